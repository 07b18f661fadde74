// SPDX-License-Identifier: LGPL-2.1-or-later

// The segment's layout: an ABI between processes that may be upgraded apart from each other.
// README.md tells the format in prose; both change in the same commit.
//
//   +----------------+ 0
//   | Header         |  written once, but for `state`, `control` and the numbers of slots used
//   +----------------+ loops.offset
//   | LoopShard      |  one per loop, written by that loop alone
//   +----------------+ lun_slots.offset
//   | LunSlot        |  who is who; written by the control thread, seqlock per slot
//   +----------------+ lun_shards.offset
//   | LunShard       |  [slot][loop], written by that loop alone
//   +----------------+ slow_records.offset
//   | SlowRecord     |  [loop][ring], written by that loop alone; seqlock per record
//   +----------------+ nexus_slots.offset
//   | NexusSlot      |  an initiator on a LUN; written under the segment's mutex, seqlock per slot
//   +----------------+ nexus_shards.offset
//   | NexusShard     |  [slot][loop], written by that loop alone
//   +----------------+ portal_slots.offset
//   | PortalSlot     |  written before publication
//   +----------------+ portal_shards.offset
//   | PortalShard    |  [slot][loop], written by that loop alone
//   +----------------+ segment_bytes
//
// Rules: fixed-width little-endian integers, offsets and never pointers, no padding that is not
// named. Arrays are larger than what is in use today (the *Room constants) so that a new operation,
// stage or counter is a minor version: readers take the counts from the header and ignore what they
// do not know. A change that moves or redefines a field is a major version: old readers refuse it.
//
// Fields are plain integers here because the reader works on a private copy; in the live mapping
// they are only ever touched through std::atomic_ref (recorder.h, slot_writer.h).
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "telemetry/histogram.h"
#include "telemetry/kinds.h"

namespace lungate::telemetry::layout {

static_assert(std::endian::native == std::endian::little, "the segment is little-endian");
static_assert(std::atomic_ref<std::uint64_t>::is_always_lock_free);

inline constexpr std::array<char, 8> kMagic = {'L', 'U', 'N', 'G', 'A', 'T', 'E', '\n'};
inline constexpr std::uint16_t kMajor = 2;
inline constexpr std::uint16_t kMinor = 3;
inline constexpr std::uint64_t kEndianProbe = 0x0102030405060708;

// How much room each kind has. The numbers are part of the layout: raising one moves what follows
// it and is a major version. They leave space for what is foreseen: one more operation, a stage
// (relay between gateways), about twice the counters of today.
inline constexpr std::size_t kOpsRoom = 6;
inline constexpr std::size_t kStagesRoom = 8;
inline constexpr std::size_t kErrorClassesRoom = 32;
inline constexpr std::size_t kLunCountersRoom = 64;
inline constexpr std::size_t kGatewayCountersRoom = 128;
inline constexpr std::size_t kGatewayGaugesRoom = 32;
inline constexpr std::size_t kBinsRoom = 192;
inline constexpr std::size_t kControlCellsRoom = 32;
static_assert(kOps <= kOpsRoom && kStages <= kStagesRoom && kErrorClasses <= kErrorClassesRoom);
static_assert(kLunCounters <= kLunCountersRoom && kGatewayCounters <= kGatewayCountersRoom);
static_assert(kGatewayGauges <= kGatewayGaugesRoom && kBins <= kBinsRoom);
static_assert(kControlCells <= kControlCellsRoom);

/// What the writer is doing. Dead or alive is not said here but by the file's lock.
enum class State : std::uint64_t {
  kStarting = 0,  // being filled: not yet published, or never finished
  kReady = 1,
  kStopping = 2,  // draining, or has ended in good order
};

/// Where a table is. `stride` may be larger than the struct that a reader knows, never smaller.
struct Table {
  std::uint64_t offset;
  std::uint64_t stride;
  std::uint64_t count;
};
static_assert(sizeof(Table) == 24);

/// How many of each kind the writer knows; the rest of each array is zero.
struct Counts {
  std::uint32_t ops;
  std::uint32_t stages;
  std::uint32_t error_classes;
  std::uint32_t lun_counters;
  std::uint32_t gateway_counters;
  std::uint32_t gateway_gauges;
  std::uint32_t latency_bins;
  std::uint32_t size_bins;
};
static_assert(sizeof(Counts) == 32);

inline constexpr std::size_t kHeaderBytes = 4096;
inline constexpr std::size_t kTablesRoom = 16;
inline constexpr std::size_t kGatewayNameBytes = 128;
inline constexpr std::size_t kVersionBytes = 64;

/// The first page. `state`, `control` and the numbers of slots used change (atomic, one writer
/// each); the rest is constant from publication on, so a reader may copy it without care for order.
struct Header {
  std::array<char, 8> magic;
  std::uint16_t major;
  std::uint16_t minor;
  std::uint32_t header_bytes;
  std::uint64_t endian_probe;
  std::uint64_t segment_bytes;
  std::uint64_t schema_hash;  // of the catalogue: equal minor versions have equal schemas
  std::uint64_t features;     // none defined: 0
  std::array<std::uint8_t, 16> instance_uuid;
  std::uint64_t generation;       // random per start; never 0
  std::uint32_t pid;              // for people; not for liveness (pid namespaces, reuse)
  std::uint32_t clock_id;         // which clock all *_ns points in time are on: CLOCK_BOOTTIME (7)
  std::uint64_t pid_start_ticks;  // field 22 of /proc/<pid>/stat
  std::uint64_t start_wall_ns;
  std::uint64_t start_boot_ns;
  std::uint64_t state;           // layout::State
  std::uint64_t lun_slots_used;  // slots from here on have never been used
  Counts counts;
  Table loops;
  Table lun_slots;
  Table lun_shards;
  // Since 2.3; all zero in a segment of an older writer.
  Table slow_records;
  Table nexus_slots;
  Table nexus_shards;
  Table portal_slots;
  Table portal_shards;
  std::array<Table, kTablesRoom - 8> more_tables;  // 0 = absent
  std::array<char, kGatewayNameBytes> gateway;     // UTF-8, ends with a zero byte
  std::array<char, kVersionBytes> version;         // of the program
  // Since 2.3: ControlCell. Written by the control thread, each cell for itself.
  std::array<std::uint64_t, kControlCellsRoom> control;
  std::uint64_t nexus_slots_used;  // slots from here on have never been used
  std::array<std::uint8_t, 3104> reserved;
};
static_assert(offsetof(Header, magic) == 0);
static_assert(offsetof(Header, major) == 8);
static_assert(offsetof(Header, minor) == 10);
static_assert(offsetof(Header, header_bytes) == 12);
static_assert(offsetof(Header, endian_probe) == 16);
static_assert(offsetof(Header, segment_bytes) == 24);
static_assert(offsetof(Header, schema_hash) == 32);
static_assert(offsetof(Header, features) == 40);
static_assert(offsetof(Header, instance_uuid) == 48);
static_assert(offsetof(Header, generation) == 64);
static_assert(offsetof(Header, pid) == 72);
static_assert(offsetof(Header, clock_id) == 76);
static_assert(offsetof(Header, pid_start_ticks) == 80);
static_assert(offsetof(Header, start_wall_ns) == 88);
static_assert(offsetof(Header, start_boot_ns) == 96);
static_assert(offsetof(Header, state) == 104);
static_assert(offsetof(Header, lun_slots_used) == 112);
static_assert(offsetof(Header, counts) == 120);
static_assert(offsetof(Header, loops) == 152);
static_assert(offsetof(Header, lun_slots) == 176);
static_assert(offsetof(Header, lun_shards) == 200);
static_assert(offsetof(Header, slow_records) == 224);
static_assert(offsetof(Header, nexus_slots) == 248);
static_assert(offsetof(Header, nexus_shards) == 272);
static_assert(offsetof(Header, portal_slots) == 296);
static_assert(offsetof(Header, portal_shards) == 320);
static_assert(offsetof(Header, more_tables) == 344);
static_assert(offsetof(Header, gateway) == 536);
static_assert(offsetof(Header, version) == 664);
static_assert(offsetof(Header, control) == 728);
static_assert(offsetof(Header, nexus_slots_used) == 984);
static_assert(offsetof(Header, reserved) == 992);

using Bins = std::array<std::uint64_t, kBinsRoom>;

/// What one loop has done for the gateway as a whole, and its signs of life. A loop writes its own
/// shard and no other; times are CLOCK_BOOTTIME, sums and counters begin at zero with the segment.
struct LoopShard {
  std::uint64_t heartbeat_ns;   // the last time this loop said that it lives
  std::uint64_t turn_start_ns;  // of the turn in progress; 0: the loop waits for events
  // Ended turns, and the time in them: busy_ns / turns is what an event waits for when the loop is
  // loaded, and rate(busy_ns) is the loop's share of one core.
  std::uint64_t turns;
  std::uint64_t busy_ns;         // time in turns, summed
  std::uint64_t lag_ns;          // sum of what `lag` counts
  std::uint64_t window_full_ns;  // since 2.3: time that sessions had no place for a command, summed
  // Zero, and not looked at: later fields of this cache line and the next go here.
  std::array<std::uint64_t, 10> reserved;
  // In the order of kinds.h; what is beyond the writer's counts is zero.
  std::array<std::uint64_t, kGatewayGaugesRoom> gauges;
  std::array<std::uint64_t, kGatewayCountersRoom> counters;
  // Sums before bins, here and below: who reads upwards sees a sum that is no newer than its bins.
  std::array<std::array<std::uint64_t, kStagesRoom>, kOpClasses> stage_ns;
  Bins lag;
  std::array<std::array<Bins, kStagesRoom>, kOpClasses> stages;
  std::array<std::uint64_t, 40> reserved_tail;
};
static_assert(offsetof(LoopShard, heartbeat_ns) == 0);
static_assert(offsetof(LoopShard, turn_start_ns) == 8);
static_assert(offsetof(LoopShard, turns) == 16);
static_assert(offsetof(LoopShard, busy_ns) == 24);
static_assert(offsetof(LoopShard, lag_ns) == 32);
static_assert(offsetof(LoopShard, window_full_ns) == 40);
static_assert(offsetof(LoopShard, reserved) == 48);
static_assert(offsetof(LoopShard, gauges) == 128);
static_assert(offsetof(LoopShard, counters) == 384);
static_assert(offsetof(LoopShard, stage_ns) == 1408);
static_assert(offsetof(LoopShard, lag) == 1600);
static_assert(offsetof(LoopShard, stages) == 3136);
static_assert(offsetof(LoopShard, reserved_tail) == 40000);
static_assert(sizeof(LoopShard) == 40320);

/// Values of LunSlot::state. Free, live, tombstone, live, ...: a slot never becomes free again, so
/// a free one has never had memory, and a tombstone's memory is there already.
enum class SlotState : std::uint64_t {
  kFree = 0,
  kLive = 1,
  kTombstone = 2,  // removed: readers drop it; not reused for kTombstoneTime
};

inline constexpr std::size_t kTargetBytes = 224;  // an iSCSI name has 223 bytes (RFC 7143, 4.2.7.1)
inline constexpr std::size_t kImageBytes = 256;
inline constexpr std::size_t kPoolBytes = 128;
inline constexpr std::size_t kIdBytes = 64;
inline constexpr std::size_t kBackendBytes = 16;

/// Who a LUN is. Written by the control thread only, `state` to the end of the texts as one change
/// under the sequence number (slot_reader.h tells how a reader gets a whole one). A slot that
/// becomes free and is given away again has a higher generation, so that (slot, generation) is one
/// LUN for as long as the segment lives. Texts are UTF-8 and end with a zero byte; longer ones are
/// cut.
struct LunSlot {
  std::uint64_t sequence;    // odd: `state` to the end of the texts are being changed
  std::uint64_t state;       // SlotState
  std::uint64_t generation;  // raised each time the slot is given to another LUN
  std::uint64_t tombstone_ns;
  std::uint64_t lun;  // the number that initiators see
  std::uint64_t block_bytes;
  // Outside the seqlock, each for itself:
  std::uint64_t size_bytes;
  std::uint64_t offline;  // OfflineReason; 0: the LUN serves
  std::array<char, kTargetBytes> target;
  std::array<char, kPoolBytes> pool;
  std::array<char, kPoolBytes> rados_namespace;
  std::array<char, kImageBytes> image;
  std::array<char, kIdBytes> wwn;
  std::array<char, kIdBytes> serial;
  std::array<char, kBackendBytes> backend;
  // Outside the seqlock again, since 2.3.
  std::uint64_t slo_read_ns;        // a read is good when it took at most so long; 0: not said
  std::uint64_t slo_write_ns;       // a write
  std::uint64_t slo_objective_ppm;  // share of I/O that is to be good, in millionths
  std::uint64_t queue_depth_limit;  // commands of one session that it takes at most
  std::uint64_t place_used_ppm;     // of its pool or file system, in millionths, plus 1; 0: unknown
  std::array<std::uint8_t, 40> reserved;
};
static_assert(offsetof(LunSlot, sequence) == 0);
static_assert(offsetof(LunSlot, state) == 8);
static_assert(offsetof(LunSlot, generation) == 16);
static_assert(offsetof(LunSlot, tombstone_ns) == 24);
static_assert(offsetof(LunSlot, lun) == 32);
static_assert(offsetof(LunSlot, block_bytes) == 40);
static_assert(offsetof(LunSlot, size_bytes) == 48);
static_assert(offsetof(LunSlot, offline) == 56);
static_assert(offsetof(LunSlot, target) == 64);
static_assert(offsetof(LunSlot, pool) == 288);
static_assert(offsetof(LunSlot, rados_namespace) == 416);
static_assert(offsetof(LunSlot, image) == 544);
static_assert(offsetof(LunSlot, wwn) == 800);
static_assert(offsetof(LunSlot, serial) == 864);
static_assert(offsetof(LunSlot, backend) == 928);
static_assert(offsetof(LunSlot, slo_read_ns) == 944);
static_assert(offsetof(LunSlot, slo_write_ns) == 952);
static_assert(offsetof(LunSlot, slo_objective_ppm) == 960);
static_assert(offsetof(LunSlot, queue_depth_limit) == 968);
static_assert(offsetof(LunSlot, place_used_ppm) == 976);
static_assert(offsetof(LunSlot, reserved) == 984);
static_assert(sizeof(LunSlot) == 1024);

/// What one loop has done for one LUN. The number of I/Os is the sum of their bins, and the sum of
/// their latencies the sum of their stages: neither is stored twice.
///
/// in_flight and the oldest are levels that the loop says at each change; everything else counts
/// from the moment when the LUN got its slot. By operation, then by stage, class or bin.
struct LunShard {
  std::uint64_t in_flight;
  std::uint64_t oldest_start_ns;  // of the I/Os in flight; 0: none
  // Since 2.3, levels too: since when the store owes the answer that it owes for longest, and since
  // when the command waits that has waited for its initiator for longest; 0: none.
  std::uint64_t oldest_in_store_ns;
  std::uint64_t oldest_waiting_ns;
  std::array<std::uint64_t, 12> reserved;
  std::array<std::uint64_t, kOpsRoom> bytes;
  std::array<std::uint64_t, 2> reserved_bytes;
  std::array<std::array<std::uint64_t, kStagesRoom>, kOpsRoom> stage_ns;
  std::array<std::uint64_t, kLunCountersRoom> counters;
  std::array<std::array<std::uint64_t, kErrorClassesRoom>, kOpsRoom> errors;
  std::array<std::array<std::uint64_t, kSizeBins>, 2> sizes;  // read, write
  std::array<Bins, kOpsRoom> latency;
  std::array<std::uint64_t, 24> reserved_tail;
};
static_assert(offsetof(LunShard, in_flight) == 0);
static_assert(offsetof(LunShard, oldest_start_ns) == 8);
static_assert(offsetof(LunShard, oldest_in_store_ns) == 16);
static_assert(offsetof(LunShard, oldest_waiting_ns) == 24);
static_assert(offsetof(LunShard, reserved) == 32);
static_assert(offsetof(LunShard, bytes) == 128);
static_assert(offsetof(LunShard, reserved_bytes) == 176);
static_assert(offsetof(LunShard, stage_ns) == 192);
static_assert(offsetof(LunShard, counters) == 576);
static_assert(offsetof(LunShard, errors) == 1088);
static_assert(offsetof(LunShard, sizes) == 2624);
static_assert(offsetof(LunShard, latency) == 2880);
static_assert(offsetof(LunShard, reserved_tail) == 12096);
static_assert(sizeof(LunShard) == 12288);

inline constexpr std::size_t kPeerBytes = 64;  // "[fe80::1%eth0]:49152"

/// One I/O that was slow, or was stuck when it was looked at. Its loop is the only writer: sequence
/// odd, contents, sequence even, as with a LunSlot. Never written: sequence 0.
struct SlowRecord {
  std::uint64_t sequence;
  std::uint64_t number;  // of the loop's records, from 1 on: newer is higher
  std::uint64_t kind;    // SlowKind
  std::uint64_t start_ns;
  std::uint64_t recorded_ns;  // when it ended, or when it was seen to be stuck
  std::array<std::uint64_t, kStagesRoom> stage_ns;  // kStuck: what is over; the rest is 0
  std::uint64_t lun_slot;
  std::uint64_t lun_slot_generation;
  std::uint64_t op;           // Op
  std::uint64_t opcode;       // byte 0 of the CDB
  std::uint64_t error_class;  // ErrorClass; kStuck: 0
  std::uint64_t lba;          // of commands that have one, else 0
  std::uint64_t bytes;        // moved, or to be moved
  std::uint64_t task_tag;     // ITT
  std::array<char, kTargetBytes> initiator;
  std::array<char, kPeerBytes> peer;
  std::uint64_t stage;  // Stage that it is in, plus 1; 0: in none, it has ended
  std::array<std::uint8_t, 48> reserved;
};
static_assert(offsetof(SlowRecord, sequence) == 0);
static_assert(offsetof(SlowRecord, number) == 8);
static_assert(offsetof(SlowRecord, kind) == 16);
static_assert(offsetof(SlowRecord, start_ns) == 24);
static_assert(offsetof(SlowRecord, recorded_ns) == 32);
static_assert(offsetof(SlowRecord, stage_ns) == 40);
static_assert(offsetof(SlowRecord, lun_slot) == 104);
static_assert(offsetof(SlowRecord, lun_slot_generation) == 112);
static_assert(offsetof(SlowRecord, op) == 120);
static_assert(offsetof(SlowRecord, opcode) == 128);
static_assert(offsetof(SlowRecord, error_class) == 136);
static_assert(offsetof(SlowRecord, lba) == 144);
static_assert(offsetof(SlowRecord, bytes) == 152);
static_assert(offsetof(SlowRecord, task_tag) == 160);
static_assert(offsetof(SlowRecord, initiator) == 168);
static_assert(offsetof(SlowRecord, peer) == 392);
static_assert(offsetof(SlowRecord, stage) == 456);
static_assert(offsetof(SlowRecord, reserved) == 464);
static_assert(sizeof(SlowRecord) == 512);

/// Records of each loop that a writer of today keeps: as many as an operator reads in one sitting,
/// and an incident leaves. Readers take the number from the table (records / loops). Record number
/// n of a loop is its n % kSlowRecords-th.
inline constexpr std::size_t kSlowRecords = 256;

/// Who does I/O on which LUN: one initiator name, one LUN, however many sessions. Given at the
/// first I/O; given away again when nothing has been counted there for limits::kNexusIdleTime.
/// An empty name: all those that got no slot of their own on this LUN.
struct NexusSlot {
  std::uint64_t sequence;    // odd: what follows is being changed
  std::uint64_t state;       // SlotState
  std::uint64_t generation;  // raised each time the slot is given to another
  std::uint64_t lun_slot;
  std::uint64_t lun_slot_generation;
  std::array<char, kTargetBytes> initiator;
  std::array<std::uint8_t, 56> reserved;
};
static_assert(offsetof(NexusSlot, sequence) == 0);
static_assert(offsetof(NexusSlot, state) == 8);
static_assert(offsetof(NexusSlot, generation) == 16);
static_assert(offsetof(NexusSlot, lun_slot) == 24);
static_assert(offsetof(NexusSlot, lun_slot_generation) == 32);
static_assert(offsetof(NexusSlot, initiator) == 40);
static_assert(offsetof(NexusSlot, reserved) == 264);
static_assert(sizeof(NexusSlot) == 320);

/// What one loop has done for one initiator on one LUN, by OpClass. The loop itself begins it anew
/// when the slot is another's, so that nobody but the loop ever writes here: cells of another
/// generation than the slot's are of whoever had it before, and count for nothing.
struct NexusShard {
  std::uint64_t generation;  // of the slot when these were counted; said before they are
  std::uint64_t slow;        // reads and writes above the LUN's SLO
  std::uint64_t errors;      // commands that ended in something else than GOOD
  std::uint64_t reserved;
  std::array<std::uint64_t, 4> ops;
  std::array<std::uint64_t, 4> bytes;
  std::array<std::uint64_t, 4> latency_ns;
};
static_assert(kOpClasses <= 4);
static_assert(offsetof(NexusShard, generation) == 0);
static_assert(offsetof(NexusShard, slow) == 8);
static_assert(offsetof(NexusShard, errors) == 16);
static_assert(offsetof(NexusShard, ops) == 32);
static_assert(offsetof(NexusShard, bytes) == 64);
static_assert(offsetof(NexusShard, latency_ns) == 96);
static_assert(sizeof(NexusShard) == 128);
static_assert(sizeof(NexusSlot) + 2 * sizeof(NexusShard) == 576, "limits::kNexusSlots says so");

/// An address that the target listens on; the table is final from publication on.
struct PortalSlot {
  std::array<char, kPeerBytes> address;
  std::uint64_t tag;  // target portal group
  std::array<std::uint8_t, 56> reserved;
};
static_assert(offsetof(PortalSlot, address) == 0);
static_assert(offsetof(PortalSlot, tag) == 64);
static_assert(sizeof(PortalSlot) == 128);

/// What came and went through one portal on one loop.
struct PortalShard {
  std::uint64_t connections;  // level
  std::uint64_t accepted;
  std::uint64_t pdus_received;
  std::uint64_t pdus_sent;
  std::uint64_t bytes_received;
  std::uint64_t bytes_sent;
  std::uint64_t bytes_retransmitted;
  std::uint64_t segments_out_of_order;
};
static_assert(offsetof(PortalShard, connections) == 0);
static_assert(offsetof(PortalShard, accepted) == 8);
static_assert(offsetof(PortalShard, pdus_received) == 16);
static_assert(offsetof(PortalShard, pdus_sent) == 24);
static_assert(offsetof(PortalShard, bytes_received) == 32);
static_assert(offsetof(PortalShard, bytes_sent) == 40);
static_assert(offsetof(PortalShard, bytes_retransmitted) == 48);
static_assert(offsetof(PortalShard, segments_out_of_order) == 56);
static_assert(sizeof(PortalShard) == 64);

// Single writers on cache lines of their own: every shard begins on one.
inline constexpr std::size_t kCacheLine = 64;
static_assert(sizeof(Header) == kHeaderBytes);
static_assert(sizeof(LoopShard) % kCacheLine == 0 && sizeof(LunShard) % kCacheLine == 0);
static_assert(std::is_trivially_copyable_v<Header> && std::is_trivially_copyable_v<LoopShard>);
static_assert(std::is_trivially_copyable_v<LunSlot> && std::is_trivially_copyable_v<LunShard>);
static_assert(sizeof(SlowRecord) % kCacheLine == 0 && sizeof(NexusShard) % kCacheLine == 0);
static_assert(sizeof(PortalShard) % kCacheLine == 0);

}  // namespace lungate::telemetry::layout
