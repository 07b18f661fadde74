// SPDX-License-Identifier: LGPL-2.1-or-later

// The writer's end. main's thread makes the segment once and adds and removes LUNs (the control
// thread below); the lanes write their shards through recorder.h and never come here. The
// environment may refuse (another process, a full tmpfs, a foreign file): that is a SegmentError,
// the target starts without telemetry or refuses to start, as control decides. Misuse by our own
// code is a check.
//
// The seqlock's writer is Impl::write_slot(); the proof stands with its reader in decode.cc. What
// it needs from here:
//
// - one writer per slot: only the control thread changes slots;
// - the sequence is odd before the first word of the contents changes: the contents' stores are
//   releases, so none may be seen before the store of the odd number that precedes it;
// - it is even after the last: the words are stored from the last to the first, the sequence is the
//   first word of a slot, so it comes last, and it is a release, too.
//
// A slot's shards are cleared (memset, add_lun) although others might look: readers take shards of
// a live slot only, and the slot is a tombstone until write_slot() says otherwise; loops write by
// handles that they have dropped before remove_lun() (recorder.h says so), or, where an I/O did not
// end in time, with the last of it, and a slot is given again when it has rested for a minute and
// no loop has I/O there. So neither side can meet the clearing.
#include "telemetry/segment.h"

#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

#include "base/check.h"
#include "telemetry/catalog.h"
#include "telemetry/layout.h"
#include "telemetry/segment_file.h"

namespace lungate::telemetry {
namespace {

using layout::Header;
using layout::LoopShard;
using layout::LunShard;
using layout::LunSlot;
using layout::SlotState;

/// Tables begin on pages, so that memory is reserved table by table.
constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t page_up(std::uint64_t bytes) {
  return (bytes + kPage - 1) & ~(kPage - 1);
}
static_assert(sizeof(LunShard) % kPage == 0, "a slot's shards fill pages of their own");

/// Cuts what does not fit, and always ends with a zero byte.
template <std::size_t kSize>
void copy_text(std::array<char, kSize>& to, std::string_view from) {
  const std::size_t length = std::min(from.size(), kSize - 1);
  const auto end = std::copy_n(from.begin(), length, to.begin());
  std::fill(end, to.end(), '\0');
}

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

// Everything but `state` and `lun_slots_used` is final from here on. The tables' places are written
// down rather than implied: a reader of another release must find them although its own structs are
// larger or smaller.
void fill_header(Header& header, const SegmentPlan& plan, const Identity& identity) {
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
  header.loops = {sizeof(Header), sizeof(LoopShard), plan.loops};
  header.lun_slots = {page_up(header.loops.offset + plan.loops * sizeof(LoopShard)),
                      sizeof(LunSlot), plan.lun_slots};
  header.lun_shards = {page_up(header.lun_slots.offset + plan.lun_slots * sizeof(LunSlot)),
                       sizeof(LunShard), std::uint64_t{plan.lun_slots} * plan.loops};
  header.segment_bytes =
      header.lun_shards.offset + header.lun_shards.count * header.lun_shards.stride;
  copy_text(header.gateway, plan.gateway);
  copy_text(header.version, plan.version);
}

std::string hex(std::uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

}  // namespace

struct Segment::Impl {
  Impl(std::string at, SegmentFile made) : path(std::move(at)), file(std::move(made)) {}

  /// What the control thread knows of a slot; the segment itself is only ever written.
  struct Slot {
    SlotState state = SlotState::kFree;
    BootTime removed;
    std::string target;
    std::uint16_t lun = 0;
    LunSlot image{};  // what stands in the segment
  };

  // Constant after create().
  std::string path;
  SegmentFile file;
  Header* header = nullptr;
  LoopShard* loops = nullptr;
  LunSlot* lun_slots = nullptr;
  LunShard* lun_shards = nullptr;
  // The control thread's.
  std::vector<Slot> slots;

  /// The one place where offsets become pointers. The mapping lives as long as `file`, so the
  /// pointers do.
  void map_tables() {
    std::byte* base = file.bytes().data();
    header = reinterpret_cast<Header*>(base);
    loops = reinterpret_cast<LoopShard*>(base + header->loops.offset);
    lun_slots = reinterpret_cast<LunSlot*>(base + header->lun_slots.offset);
    lun_shards = reinterpret_cast<LunShard*>(base + header->lun_shards.offset);
  }

  LunShard* shards_of(std::size_t slot) const { return lun_shards + slot * header->loops.count; }

  /// No loop has I/O in flight in this slot. Relaxed loads: a count that was raised long ago is
  /// seen, and none is raised any more, for the lanes have dropped their handles of a LUN that was
  /// removed.
  bool quiet(std::size_t slot) const {
    for (std::uint64_t loop = 0; loop < header->loops.count; ++loop) {
      if (detail::get(shards_of(slot)[loop].in_flight) != 0) return false;
    }
    return true;
  }

  /// A slot that was never used, or whose rest is over.
  std::optional<std::size_t> find_slot(BootTime now) const {
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (slots[i].state == SlotState::kFree) return i;
      const bool rested = now - slots[i].removed >=
                          static_cast<std::uint64_t>(Nanoseconds(limits::kTombstoneTime).count());
      if (slots[i].state == SlotState::kTombstone && rested && quiet(i)) return i;
    }
    return std::nullopt;
  }

  /// The seqlock's writer: odd, contents, even. Every word of the contents is a release store, so
  /// none is seen before the odd number; the last store is seen after all of them.
  void write_slot(std::size_t index) {
    using Words = std::array<std::uint64_t, sizeof(LunSlot) / 8>;
    Slot& slot = slots[index];
    LunSlot& to = lun_slots[index];
    const std::uint64_t sequence = slot.image.sequence + 2;
    detail::put(to.sequence, sequence - 1);
    slot.image.sequence = sequence;
    slot.image.size_bytes = detail::get(to.size_bytes);
    slot.image.offline = detail::get(to.offline);
    const auto words = std::bit_cast<Words>(slot.image);
    auto* cells = reinterpret_cast<std::uint64_t*>(&to);
    for (std::size_t i = words.size(); i-- > 0;) {  // the sequence is the first word: it goes last
      std::atomic_ref<std::uint64_t>(cells[i]).store(words[i], std::memory_order_release);
    }
  }
};

Result<std::unique_ptr<Segment>, SegmentError> Segment::create(const SegmentPlan& plan) {
  check(plan.loops >= 1 && plan.loops <= limits::kLoopsMax, "1 to kLoopsMax loops");
  check(plan.lun_slots >= 1 && plan.lun_slots <= limits::kLunSlots, "1 to kLunSlots slots");
  const Identity identity = new_identity();
  Header header{};
  fill_header(header, plan, identity);

  // Only now is anything of the outside world touched: a plan that is wrong has left no file.
  auto file = SegmentFile::create(plan.path, header.segment_bytes, hex(identity.generation));
  if (!file) return err(file.error());
  if (auto reserved = file->reserve(0, header.lun_shards.offset); !reserved) {
    return err(reserved.error());
  }
  auto impl = std::make_unique<Impl>(plan.path, std::move(*file));
  std::memcpy(impl->file.bytes().data(), &header, sizeof header);
  impl->map_tables();
  impl->slots.resize(plan.lun_slots);
  const BootTime now = boot_now();
  for (unsigned i = 0; i < plan.loops; ++i) impl->loops[i].heartbeat_ns = now.ns;
  detail::put(impl->header->state, index_of(layout::State::kReady));
  if (auto published = impl->file.publish(plan.path); !published) return err(published.error());
  return std::unique_ptr<Segment>(new Segment(std::move(impl)));
}

Segment::Segment(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

// Says "stopping" and lets go; the file stays, so that the last counts can be looked at. A reader
// tells this end from a death by the state.
Segment::~Segment() {
  stopping();
}

// Shards are [slot][loop]: a loop's shards of two slots are `loops` apart, which is the stride that
// the handle carries.
LoopRecorder Segment::loop(unsigned index) const noexcept {
  check(index < impl_->header->loops.count, "the segment has this loop");
  return {impl_->loops + index, impl_->lun_shards + index,
          static_cast<std::uint32_t>(impl_->header->loops.count),
          static_cast<std::uint32_t>(impl_->slots.size())};
}

LunRecorder LoopRecorder::lun(SlotId slot) const noexcept {
  if (loop_ == nullptr) return {};
  check(slot.value < slots_, "a slot of this segment");
  return {first_lun_ + std::size_t{slot.value} * lun_stride_, loop_};
}

// In this order, for readers: shards zero, identity written under the seqlock as live, then the
// number of slots in use raised with a release. A reader that sees the number sees the slot; one
// that does not, does not read it.
Result<SlotId, SegmentError> Segment::add_lun(const LunDescription& lun, BootTime now) {
  using Kind = SegmentError::Kind;
  const auto same = [&lun](const Impl::Slot& slot) {
    return slot.state == SlotState::kLive && slot.lun == lun.lun && slot.target == lun.target;
  };
  if (std::any_of(impl_->slots.begin(), impl_->slots.end(), same)) {
    return err(SegmentError{Kind::kDuplicate, "the target has this LUN already"});
  }
  const auto index = impl_->find_slot(now);
  if (!index) return err(SegmentError{Kind::kNoSlot, "all LUN slots are taken or resting"});

  Impl::Slot& slot = impl_->slots[*index];
  LunShard* shards = impl_->shards_of(*index);
  const std::size_t shards_bytes = impl_->header->loops.count * sizeof(LunShard);
  if (slot.state == SlotState::kFree) {
    const auto offset = static_cast<std::uint64_t>(reinterpret_cast<std::byte*>(shards) -
                                                   impl_->file.bytes().data());
    if (auto got = impl_->file.reserve(offset, shards_bytes); !got) return err(got.error());
  } else {
    std::memset(shards, 0, shards_bytes);
  }

  slot.state = SlotState::kLive;
  slot.target = lun.target;
  slot.lun = lun.lun;
  slot.image.state = index_of(SlotState::kLive);
  slot.image.generation += 1;
  slot.image.tombstone_ns = 0;
  slot.image.lun = lun.lun;
  slot.image.block_bytes = lun.block_bytes;
  copy_text(slot.image.target, lun.target);
  copy_text(slot.image.pool, lun.pool);
  copy_text(slot.image.rados_namespace, lun.rados_namespace);
  copy_text(slot.image.image, lun.image);
  copy_text(slot.image.wwn, lun.wwn);
  copy_text(slot.image.serial, lun.serial);
  copy_text(slot.image.backend, lun.backend);
  const SlotId id{static_cast<std::uint32_t>(*index)};
  update_lun(id, {OfflineReason::kOpening, 0});
  impl_->write_slot(*index);
  std::atomic_ref<std::uint64_t> used(impl_->header->lun_slots_used);
  used.store(std::max<std::uint64_t>(used.load(std::memory_order_relaxed), *index + 1),
             std::memory_order_release);
  return id;
}

// Outside the seqlock: each is one word, and a size that is newer than an offline reason misleads
// nobody.
void Segment::update_lun(SlotId slot, const LunState& state) noexcept {
  check(slot.value < impl_->slots.size(), "a slot of this segment");
  LunSlot& to = impl_->lun_slots[slot.value];
  detail::put(to.size_bytes, state.size_bytes);
  detail::put(to.offline, index_of(state.offline));
}

// Inside the seqlock, unlike the state: a reader must not take one disk's wwn with another's
// serial. What is the same is not written, for a LUN that comes and goes.
void Segment::identify_lun(SlotId id, std::string_view wwn, std::string_view serial) noexcept {
  check(id.value < impl_->slots.size(), "a slot of this segment");
  Impl::Slot& slot = impl_->slots[id.value];
  check(slot.state == SlotState::kLive, "only a LUN that is there is identified");
  const LunSlot before = slot.image;
  copy_text(slot.image.wwn, wwn);
  copy_text(slot.image.serial, serial);
  if (slot.image.wwn == before.wwn && slot.image.serial == before.serial) return;
  impl_->write_slot(id.value);
}

// The tombstone ends the LUN's series with the next scrape. Its counters stay where they are: late
// I/O of a lane still ends in them.
void Segment::remove_lun(SlotId id, BootTime now) noexcept {
  check(id.value < impl_->slots.size(), "a slot of this segment");
  Impl::Slot& slot = impl_->slots[id.value];
  check(slot.state == SlotState::kLive, "a LUN is removed once");
  slot.state = SlotState::kTombstone;
  slot.removed = now;
  slot.image.state = index_of(SlotState::kTombstone);
  slot.image.tombstone_ns = now.ns;
  impl_->write_slot(id.value);
}

void Segment::stopping() noexcept {
  detail::put(impl_->header->state, index_of(layout::State::kStopping));
}

const std::string& Segment::path() const {
  return impl_->path;
}
std::uint64_t Segment::generation() const {
  return impl_->header->generation;
}

}  // namespace lungate::telemetry
