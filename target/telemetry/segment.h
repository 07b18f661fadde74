// SPDX-License-Identifier: LGPL-2.1-or-later

// The writer's end of the segment: makes the file, publishes it, says which LUN sits where.
//
//   create() --> [ready] --stopping()--> [draining] --destructor--> file stays, lock is gone
//                   |  loop(i).lun(slot).record(...)                 (for a post-mortem look)
//                   |  add_lun / update_lun / remove_lun
//
// The file is filled under another name and moved to its path by rename(2): a reader sees the old
// segment whole or the new one whole. Its size never changes afterwards. A write lock (open file
// description) is held on it for life: the kernel drops it when the process ends, however it ends,
// and that is how readers tell the dead from the silent.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "base/result.h"
#include "telemetry/kinds.h"
#include "telemetry/recorder.h"

namespace lungate::telemetry {

struct PortalName {
  std::string address;  // "10.0.0.1:3260", "[::1]:3260"
  std::uint16_t tag = 1;
};

/// What a start decides; none of it changes while the segment lives. More loops or slots need a new
/// segment, that is a restart.
struct SegmentPlan {
  std::string path;     // the folder is made when only its last part is missing
  std::string gateway;  // the `gateway` label of every series; at most 127 bytes
  std::string version;  // of the program
  unsigned loops = 1;   // 1 to limits::kLoopsMax
  unsigned lun_slots = limits::kLunSlots;
  /// Where the target listens, in the order of PortalRecorder's indices; at most
  /// limits::kPortalsMax.
  std::vector<PortalName> portals = {};
  bool initiators = true;                      // counted apart from each other, per LUN
  unsigned nexus_slots = limits::kNexusSlots;  // (initiator, LUN) pairs that are, at most
};

struct SegmentError {
  enum class Kind : std::uint8_t {
    kInUse,      // a living process holds a segment at this path
    kForeign,    // another file is there; it is left alone (it might be somebody's disk image)
    kSystem,     // a system call failed: `detail` says which and why
    kNoSpace,    // the file system is full
    kNoSlot,     // every slot is taken, or was left less than kTombstoneTime ago
    kDuplicate,  // this target has this LUN already
  };
  Kind kind = Kind::kSystem;
  std::string detail;  // for people
};

/// Who a LUN is; constant while it has its slot (but for identify_lun()). Texts that are too long
/// for the segment are cut.
struct LunDescription {
  std::string_view target;  // IQN
  std::uint16_t lun = 0;
  std::string_view backend;  // "rbd", "file", "null"
  std::string_view pool;     // rbd only
  std::string_view rados_namespace;
  std::string_view image;   // rbd: the image's name; file: the path
  std::string_view wwn;     // the NAA designator of VPD 83 in hex
  std::string_view serial;  // VPD 80
  std::uint32_t block_bytes = 512;
};

/// What may change at any time, and does so without a new identity: a LUN that grows or goes
/// offline keeps its counters.
struct LunState {
  OfflineReason offline = OfflineReason::kNone;  // kNone: it serves
  std::uint64_t size_bytes = 0;
  std::optional<double> place_used = {};  // 0 to 1, of its pool or file system; empty: not known
};

/// What the configuration promises of a LUN. Changes with a reload; what was counted stays.
struct LunPromise {
  std::uint64_t read_ns = 0;  // a read is good when it took at most so long; 0: nothing is promised
  std::uint64_t write_ns = 0;
  double objective = 0;  // share of the I/O that is to be good
  std::uint32_t queue_depth_limit = 0;
};

/// Everything but loop() is for one thread (the control thread), and blocks for microseconds only.
class Segment {
 public:
  /// Makes and publishes the segment. Removes what an earlier start has left half-made.
  static Result<std::unique_ptr<Segment>, SegmentError> create(const SegmentPlan& plan);

  /// Marks the end in good order. Afterwards no handle may be used.
  ~Segment();
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;

  /// REQUIRES: index < plan.loops. The handle is for that loop's thread.
  LoopRecorder loop(unsigned index) const noexcept;

  /// Gives the LUN a slot and reserves its memory (a full file system is found out here, and not
  /// by a fault while an I/O is counted). It begins offline (kOpening) and with all counters zero.
  Result<SlotId, SegmentError> add_lun(const LunDescription& lun, BootTime now = boot_now());

  void update_lun(SlotId slot, const LunState& state) noexcept;
  void promise_lun(SlotId slot, const LunPromise& promise) noexcept;

  /// LunDescription's wwn and serial, for who adds a LUN before they are known. Readers see the old
  /// two or the new two.
  void identify_lun(SlotId slot, std::string_view wwn, std::string_view serial) noexcept;

  /// The LUN's series end with the next scrape. The slot is not given to another LUN for
  /// limits::kTombstoneTime, nor while a loop says that I/O is in flight there.
  void remove_lun(SlotId slot, BootTime now = boot_now()) noexcept;

  /// What the process says of itself; each is one word, shown as it stands.
  void set(ControlCell cell, std::uint64_t value) noexcept;
  void add(ControlCell cell, std::uint64_t n = 1) noexcept;

  /// Says that the process is on its way out; counting goes on.
  void stopping() noexcept;

  const std::string& path() const;
  std::uint64_t generation() const;

 private:
  struct Impl;
  explicit Segment(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lungate::telemetry
