// SPDX-License-Identifier: LGPL-2.1-or-later

// A header is believed here or not at all. read_header() is called once per reading, before
// anything else of the segment is. The checks come in the order in which they make each other safe:
// kind and version first (else the fields mean something else), then extent, counts, tables,
// identity. Every sum and product is bounded by an earlier check. The fault's sentence names the
// field and its value, for the log of an exporter whose segment somebody else's bug has damaged.
// hostile_segment_test.cc changes every field; tests/fuzz/telemetry the rest.
#include "telemetry/validate.h"

#include <time.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "base/limits.h"
#include "telemetry/catalog.h"

namespace lungate::telemetry {
namespace {

using layout::Header;
using layout::Table;
using Checked = Result<void, ReadError>;

Checked fault(Fault what, std::string detail) {
  return err(ReadError{what, std::move(detail)});
}

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

// The compatibility rule of README.md, "Versions": another major number is refused whatever it
// holds. Equal minor numbers with unequal schemas are two builds of one version with other metrics:
// showing one's counter under the other's name is worse than showing none. Another minor number may
// have another schema: counts say how much of it there is.
Checked check_kind(const Header& header) {
  if (header.magic != layout::kMagic) return fault(Fault::kForeign, "no segment's first bytes");
  if (header.endian_probe != layout::kEndianProbe) {
    return fault(Fault::kForeign, "another byte order");
  }
  if (header.major != layout::kMajor) {
    return fault(Fault::kVersion,
                 "layout " + number(header.major) + ", known is " + number(layout::kMajor));
  }
  if (header.minor == layout::kMinor && header.schema_hash != schema_hash()) {
    return fault(Fault::kSchema, "written by a build with other metrics");
  }
  return {};
}

Checked check_extent(const Header& header, std::uint64_t size) {
  if (header.header_bytes < sizeof(Header) || header.header_bytes > kStrideMax) {
    return fault(Fault::kCorrupt, "header_bytes " + number(header.header_bytes));
  }
  if (header.segment_bytes > limits::kSegmentBytesMax) {
    return fault(Fault::kCorrupt, "segment_bytes " + number(header.segment_bytes));
  }
  if (header.segment_bytes > size) {
    return fault(Fault::kTruncated,
                 number(size) + " of " + number(header.segment_bytes) + " bytes are there");
  }
  return {};
}

struct NamedCount {
  const char* name;
  std::uint64_t value;
  std::uint64_t max;
};

// What loops have a share in. REQUIRES: the counts are bounded and there are loops, so that no
// product wraps.
Checked check_shares(const Header& header) {
  const std::uint64_t loops = header.loops.count;
  const bool fits = header.lun_shards.count == header.lun_slots.count * loops &&
                    header.nexus_shards.count == header.nexus_slots.count * loops &&
                    header.portal_shards.count == header.portal_slots.count * loops;
  if (!fits) return fault(Fault::kCorrupt, "shards are not slots times loops");
  if (header.slow_records.count % loops != 0) {
    return fault(Fault::kCorrupt, "slow records are not the same for each loop");
  }
  return {};
}

// Rooms bound what a newer writer may say; what our own structs hold is read, the rest is not
// looked at.
Checked check_counts(const Header& header) {
  const layout::Counts& counts = header.counts;
  // A writer may know fewer or more kinds than we do, but never more than there is room for.
  const NamedCount rooms[] = {
      {"ops", counts.ops, layout::kOpsRoom},
      {"stages", counts.stages, layout::kStagesRoom},
      {"error_classes", counts.error_classes, layout::kErrorClassesRoom},
      {"lun_counters", counts.lun_counters, layout::kLunCountersRoom},
      {"gateway_counters", counts.gateway_counters, layout::kGatewayCountersRoom},
      {"gateway_gauges", counts.gateway_gauges, layout::kGatewayGaugesRoom},
      {"lun_slots_used", header.lun_slots_used, header.lun_slots.count},
      {"lun_slots", header.lun_slots.count, kSlotsReadMax},
      {"loops", header.loops.count, kLoopsReadMax},
      {"slow_records", header.slow_records.count, kLoopsReadMax * kSlowPerLoopReadMax},
      {"nexus_slots_used", header.nexus_slots_used, header.nexus_slots.count},
      {"nexus_slots", header.nexus_slots.count, kNexusSlotsReadMax},
      {"portal_slots", header.portal_slots.count, kPortalsReadMax},
      {"state", header.state, 255},
  };
  for (const NamedCount& room : rooms) {
    if (room.value > room.max) {
      return fault(Fault::kCorrupt, std::string(room.name) + " is " + number(room.value) +
                                        ", at most " + number(room.max));
    }
  }
  if (counts.latency_bins != kBins || counts.size_bins != kSizeBins) {
    return fault(Fault::kCorrupt, "another histogram");
  }
  if (header.loops.count == 0) return fault(Fault::kCorrupt, "no loops");
  return check_shares(header);
}

struct NamedTable {
  const char* name;
  Table table;
  std::uint64_t struct_bytes;
  bool since_2_3 = false;  // may be absent: all zero

  bool absent() const {
    return since_2_3 && table.offset == 0 && table.stride == 0 && table.count == 0;
  }
  std::uint64_t end() const { return table.offset + table.count * table.stride; }
};

Checked check_table(const NamedTable& named, const Header& header) {
  if (named.absent()) return {};
  const Table& table = named.table;
  const bool stride_fits = table.stride >= named.struct_bytes && table.stride <= kStrideMax;
  // Bounds before products: count is at most kNexusSlotsReadMax * kLoopsReadMax, stride 2^20, so
  // that neither their product nor its sum with an offset below 2^30 can wrap.
  const bool placed = table.offset >= header.header_bytes && table.offset <= header.segment_bytes;
  const bool aligned = table.stride % 8 == 0 && table.offset % 8 == 0;
  if (!stride_fits || !placed || !aligned || named.end() > header.segment_bytes) {
    return fault(Fault::kCorrupt, std::string("table ") + named.name + ": offset " +
                                      number(table.offset) + ", stride " + number(table.stride) +
                                      ", count " + number(table.count));
  }
  return {};
}

// Apart from each other, because a table inside another would let one shard's counters appear as
// another LUN's name.
Checked check_tables(const Header& header) {
  std::array<NamedTable, 8> tables = {{
      {"loops", header.loops, sizeof(layout::LoopShard)},
      {"lun_slots", header.lun_slots, sizeof(layout::LunSlot)},
      {"lun_shards", header.lun_shards, sizeof(layout::LunShard)},
      {"slow_records", header.slow_records, sizeof(layout::SlowRecord), true},
      {"nexus_slots", header.nexus_slots, sizeof(layout::NexusSlot), true},
      {"nexus_shards", header.nexus_shards, sizeof(layout::NexusShard), true},
      {"portal_slots", header.portal_slots, sizeof(layout::PortalSlot), true},
      {"portal_shards", header.portal_shards, sizeof(layout::PortalShard), true},
  }};
  for (const NamedTable& table : tables) {
    if (auto checked = check_table(table, header); !checked) return checked;
  }
  std::sort(tables.begin(), tables.end(), [](const NamedTable& a, const NamedTable& b) {
    return a.table.offset < b.table.offset;
  });
  for (std::size_t i = 0; i + 1 < tables.size(); ++i) {
    if (tables[i].end() > tables[i + 1].table.offset) {
      return fault(Fault::kCorrupt, std::string("tables ") + tables[i].name + " and " +
                                        tables[i + 1].name + " overlap");
    }
  }
  return {};
}

template <std::size_t kSize>
bool ends(const std::array<char, kSize>& text) {
  return std::find(text.begin(), text.end(), '\0') != text.end();
}

// Last, because only now the fields are known to be where they are thought to be. A segment that is
// not filled yet is told from a broken one: its reader tries again soon.
Checked check_identity(const Header& header) {
  if (header.state == index_of(layout::State::kStarting)) {
    return fault(Fault::kStarting, "not filled yet");
  }
  if (header.generation == 0) return fault(Fault::kCorrupt, "generation 0");
  if (header.clock_id != CLOCK_BOOTTIME) {
    return fault(Fault::kCorrupt, "clock " + number(header.clock_id));
  }
  if (!ends(header.gateway) || header.gateway[0] == '\0') {
    return fault(Fault::kCorrupt, "the gateway has no name");
  }
  if (!ends(header.version)) return fault(Fault::kCorrupt, "the version has no end");
  return {};
}

}  // namespace

Result<Header, ReadError> read_header(const Source& source) {
  const std::uint64_t size = source.size();
  Header header;
  if (size < sizeof header || !source.read(0, std::as_writable_bytes(std::span(&header, 1)))) {
    return err(ReadError{Fault::kTruncated, number(size) + " bytes are less than a header"});
  }
  Checked checked = check_kind(header);
  if (checked) checked = check_extent(header, size);
  if (checked) checked = check_counts(header);
  if (checked) checked = check_tables(header);
  if (checked) checked = check_identity(header);
  if (!checked) return err(checked.error());
  return header;
}

}  // namespace lungate::telemetry
