// SPDX-License-Identifier: LGPL-2.1-or-later

// What the segment said at one moment, as a plain value: shards merged, everything checked. The
// exporter and `lungate top` know the segment by this type only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "telemetry/histogram.h"
#include "telemetry/kinds.h"

namespace lungate::telemetry {

/// Latencies by bin. The count is the sum of the bins, so that it can never disagree with them.
struct Histogram {
  std::array<std::uint64_t, kBins> bins{};
  std::uint64_t sum_ns = 0;

  std::uint64_t count() const;
  /// How many were at most kEdgesNs[edge]. Exact. REQUIRES: edge < kEdges.
  std::uint64_t at_or_below(std::size_t edge) const;
  /// The latency that a share `q` (0 to 1) of the values does not exceed, interpolated within its
  /// bin; 0 without values. Values below and above the ladder are taken for its ends.
  double quantile_seconds(double q) const;

  Histogram& operator+=(const Histogram& other);
  /// What came between two readings of the same cells; never negative.
  friend Histogram operator-(const Histogram& later, const Histogram& earlier);
};

/// Sizes of reads or writes by power of two, 512 bytes to 8 MiB and above.
struct SizeHistogram {
  std::array<std::uint64_t, kSizeBins> bins{};
  std::uint64_t sum_bytes = 0;

  std::uint64_t count() const;
};

/// One LUN of one gateway, all loops together.
struct LunSnapshot {
  // Identity. (slot, slot_generation) tells two readings of the same LUN from two LUNs.
  std::uint32_t slot = 0;
  std::uint64_t slot_generation = 0;
  std::string target;
  std::uint16_t lun = 0;
  std::string backend;
  std::string pool;
  std::string rados_namespace;
  std::string image;
  std::string wwn;
  std::string serial;
  std::uint64_t block_bytes = 0;

  // Levels.
  std::uint64_t size_bytes = 0;
  OfflineReason offline = OfflineReason::kNone;
  std::uint64_t in_flight = 0;
  // Since when; 0: none. What a request that the store owes an answer to, or a command that its
  // initiator owes data or an earlier one to, waits for longest. Of a writer before layout 2.3 the
  // first is the oldest command, whatever it waits for, and the second is not known.
  BootTime oldest_in_store;
  BootTime oldest_waiting;
  std::optional<double> place_used;  // 0 to 1, of its pool or file system

  // What the configuration promises.
  std::uint64_t slo_read_ns = 0;  // 0: nothing
  std::uint64_t slo_write_ns = 0;
  double slo_objective = 0;  // share of I/O, 0 to 1
  std::uint64_t queue_depth_limit = 0;

  // Since the LUN was added.
  std::array<Histogram, kOps> latency;
  std::array<std::array<std::uint64_t, kStages>, kOps> stage_ns{};
  std::array<SizeHistogram, 2> sizes;  // read, write
  std::array<std::uint64_t, kOps> bytes{};
  std::array<std::array<std::uint64_t, kErrorClasses>, kOps> errors{};
  std::array<std::uint64_t, kLunCounters> counters{};

  /// Flush, unmap and other in one, as the exporter's default profile shows them.
  Histogram latency_of(OpClass op_class) const;
  std::uint64_t stage_ns_of(OpClass op_class, Stage stage) const;
  std::uint64_t errors_of(OpClass op_class, ErrorClass error) const;
};

/// One loop's signs of life. A heartbeat that grows old with turn_start at 0 is a loop whose timer
/// does not come (a stopped process); with turn_start set, one that is stuck inside a callback
/// since then.
struct LoopSnapshot {
  BootTime heartbeat;
  BootTime turn_start;  // 0: waiting for events
  std::uint64_t turns = 0;
  std::uint64_t busy_ns = 0;
  Histogram lag;
};

/// One initiator on one LUN, all loops and sessions together, since it got its slot.
struct NexusSnapshot {
  std::uint32_t slot = 0;
  std::uint64_t slot_generation = 0;
  std::size_t lun = 0;    // index of Snapshot::luns
  std::string initiator;  // empty: all that got no slot of their own on this LUN
  std::array<std::uint64_t, kOpClasses> ops{};
  std::array<std::uint64_t, kOpClasses> bytes{};
  std::array<std::uint64_t, kOpClasses> latency_ns{};
  std::uint64_t slow = 0;
  std::uint64_t errors = 0;
};

struct PortalSnapshot {
  std::string address;
  std::uint16_t tag = 0;
  std::uint64_t connections = 0;
  std::uint64_t accepted = 0;
  std::uint64_t pdus_received = 0;
  std::uint64_t pdus_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_retransmitted = 0;
  std::uint64_t segments_out_of_order = 0;
};

/// An I/O of the slow ring.
struct SlowSnapshot {
  std::uint32_t loop = 0;
  std::uint64_t number = 0;  // of its loop, from 1 on
  SlowKind kind = SlowKind::kEnded;
  std::size_t lun = 0;  // index of Snapshot::luns; records of LUNs that are gone are left out
  Op op = Op::kOther;
  ErrorClass error = ErrorClass::kNone;
  std::uint8_t opcode = 0;
  std::uint64_t lba = 0;
  std::uint64_t bytes = 0;
  std::uint32_t task_tag = 0;
  BootTime start;
  BootTime recorded;
  std::array<std::uint64_t, kStages> stage_ns{};
  std::string initiator;
  std::string peer;
  std::optional<Stage> stage;  // of a stuck one, where it is; none: not in one that we know

  std::uint64_t duration_ns() const { return recorded - start; }
};

/// One reading of one segment. Copies of shards taken one after the other while they change: sums
/// may be an I/O behind their bins, and no two LUNs are of the same instant.
struct Snapshot {
  // The writer.
  std::string gateway;
  std::string version;
  std::array<std::uint8_t, 16> instance_uuid{};
  std::uint64_t generation = 0;
  std::uint32_t pid = 0;
  std::uint64_t start_wall_ns = 0;
  std::uint16_t layout_major = 0;
  std::uint16_t layout_minor = 0;
  bool stopping = false;
  bool alive = false;  // its lock is held: false in a post-mortem reading only

  BootTime taken_at;  // ages are computed from this: (taken_at - heartbeat) is in nanoseconds

  std::vector<LoopSnapshot> loops;
  std::array<std::uint64_t, kGatewayCounters> counters{};
  std::array<std::uint64_t, kGatewayGauges> gauges{};
  std::array<std::array<Histogram, kStages>, kOpClasses> stages;
  std::vector<LunSnapshot> luns;  // no (target, lun) twice
  std::array<std::uint64_t, kControlCells> control{};
  std::uint64_t window_full_ns = 0;
  std::vector<PortalSnapshot> portals;
  std::vector<NexusSnapshot> nexuses;  // no (lun, initiator) twice
  std::vector<SlowSnapshot> slow;      // oldest `recorded` first

  // This reading.
  std::uint64_t slot_retries = 0;    // slots that changed meanwhile and were read again
  std::uint64_t slots_skipped = 0;   // kept changing, or held nonsense
  std::uint64_t slots_repeated = 0;  // claimed a (target, lun), or what else is there once, again

  /// Age of the most silent loop's heartbeat.
  std::uint64_t heartbeat_age_ns() const;
};

}  // namespace lungate::telemetry
