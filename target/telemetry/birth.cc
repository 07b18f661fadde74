// SPDX-License-Identifier: LGPL-2.1-or-later

// What is decided when a segment is made: an identity that no other start has, and the places of
// the tables. Segment::create() calls it once, before anything of the outside world is touched.
// Pure but for the kernel's random bytes and clocks.
#include "telemetry/birth.h"

#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "telemetry/catalog.h"
#include "telemetry/slot_writer.h"

namespace lungate::telemetry {
namespace {

using layout::Header;
using layout::Table;

/// Tables begin on pages, so that memory is reserved table by table.
constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t page_up(std::uint64_t bytes) {
  return (bytes + kPage - 1) & ~(kPage - 1);
}
static_assert(sizeof(layout::LunShard) % kPage == 0, "a slot's shards fill pages of their own");

/// When this process started, in clock ticks since boot: with the pid, an identity for people.
// Zero when /proc is not there: the field is for people, nothing decides by it.
std::uint64_t own_start_ticks() {
  std::ifstream stat("/proc/self/stat");
  std::string line{std::istreambuf_iterator<char>(stat), {}};
  const std::size_t name_end = line.rfind(')');  // the name may contain blanks
  if (name_end == std::string::npos) return 0;
  std::size_t at = name_end + 1;
  for (int field = 3; field < 22 && at != std::string::npos; ++field) at = line.find(' ', at + 1);
  return at == std::string::npos ? 0 : std::strtoull(line.c_str() + at, nullptr, 10);
}

// What tells this start from every other. The generation is the short form, for labels and for "is
// it still the same"; the UUID is for the records of whoever keeps some.
struct Identity {
  std::array<std::uint8_t, 16> uuid{};
  std::uint64_t generation = 0;
};

Identity new_identity() {
  Identity identity;
  // 24 bytes of the kernel's pool never come short once the machine has booted (getrandom(2)).
  std::array<std::uint8_t, 24> random{};
  const ssize_t got = ::getrandom(random.data(), random.size(), 0);
  check(got == static_cast<ssize_t>(random.size()), "the kernel gives 24 random bytes");
  std::memcpy(identity.uuid.data(), random.data(), 16);
  identity.uuid[6] = static_cast<std::uint8_t>((identity.uuid[6] & 0x0f) | 0x40);  // RFC 4122, v4
  identity.uuid[8] = static_cast<std::uint8_t>((identity.uuid[8] & 0x3f) | 0x80);
  std::memcpy(&identity.generation, random.data() + 16, 8);
  // 53 bits, so that it survives as a Prometheus sample (a double).
  identity.generation = (identity.generation >> 11) | 1;
  return identity;
}

/// The next table behind what is there; one of nothing is absent, all zero, as older writers have
/// it.
template <class Row>
constexpr Table table_of(std::uint64_t& end, std::uint64_t count) {
  if (count == 0) return {};
  const Table table = {page_up(end), sizeof(Row), count};
  end = table.offset + table.count * table.stride;
  return table;
}

/// The numbers of a plan.
struct Rows {
  std::uint64_t loops = 0;
  std::uint64_t lun_slots = 0;
  bool initiators = true;
  std::uint64_t nexus_slots = 0;
  std::uint64_t portals = 0;
};

// The tables' places are written down rather than implied: a reader of another release must find
// them although its own structs are larger or smaller. The LUNs' shards are the only ones that have
// no memory from the start, for they are most of the file and few of them are used.
constexpr void place_tables(Header& header, const Rows& rows) {
  const std::uint64_t loops = rows.loops;
  // Behind the pairs' own slots one for each LUN: where those are counted that got none.
  const std::uint64_t nexuses = rows.initiators ? rows.nexus_slots + rows.lun_slots : 0;
  std::uint64_t end = sizeof(Header);
  header.loops = table_of<layout::LoopShard>(end, loops);
  header.lun_slots = table_of<layout::LunSlot>(end, rows.lun_slots);
  header.lun_shards = table_of<layout::LunShard>(end, rows.lun_slots * loops);
  header.slow_records = table_of<layout::SlowRecord>(end, loops * layout::kSlowRecords);
  header.nexus_slots = table_of<layout::NexusSlot>(end, nexuses);
  header.nexus_shards = table_of<layout::NexusShard>(end, nexuses * loops);
  header.portal_slots = table_of<layout::PortalSlot>(end, rows.portals);
  header.portal_shards = table_of<layout::PortalShard>(end, rows.portals * loops);
  header.segment_bytes = end;
}

/// The largest segment that a plan within the limits makes.
constexpr std::uint64_t bytes_of_all() {
  Header header{};
  place_tables(header, {.loops = limits::kLoopsMax,
                        .lun_slots = limits::kLunSlots,
                        .nexus_slots = limits::kNexusSlots,
                        .portals = limits::kPortalsMax});
  return header.segment_bytes;
}
static_assert((bytes_of_all() + limits::kMiB - 1) / limits::kMiB == 130,
              "limits::kSegmentBytesMax names this number");
static_assert(4 * bytes_of_all() <= limits::kSegmentBytesMax, "room for a newer writer's tables");

}  // namespace

Header make_header(const SegmentPlan& plan) {
  const Identity identity = new_identity();
  Header header{};
  header.magic = layout::kMagic;
  header.major = layout::kMajor;
  header.minor = layout::kMinor;
  header.header_bytes = sizeof(Header);
  header.endian_probe = layout::kEndianProbe;
  header.schema_hash = schema_hash();
  header.instance_uuid = identity.uuid;
  header.generation = identity.generation;
  header.pid = static_cast<std::uint32_t>(::getpid());
  header.clock_id = CLOCK_BOOTTIME;
  header.pid_start_ticks = own_start_ticks();
  header.start_wall_ns = wall_now_ns();
  header.start_boot_ns = boot_now().ns;
  header.counts = {kOps,           kStages, kErrorClasses, kLunCounters, kGatewayCounters,
                   kGatewayGauges, kBins,   kSizeBins};
  place_tables(header, {.loops = plan.loops,
                        .lun_slots = plan.lun_slots,
                        .initiators = plan.initiators,
                        .nexus_slots = plan.nexus_slots,
                        .portals = plan.portals.size()});
  detail::copy_text(header.gateway, plan.gateway);
  detail::copy_text(header.version, plan.version);
  return header;
}

}  // namespace lungate::telemetry
