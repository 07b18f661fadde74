// SPDX-License-Identifier: LGPL-2.1-or-later

// Rates out of two readings of the same counters. Pure; called for each page of `top`. The readings
// may straddle a restart, a LUN that was removed, a slot that was given to another: identity is
// (generation of the segment, slot, generation of the slot), and what is not the same is measured
// from zero. Quantiles come from the difference of histograms, so that they are of this interval
// and not of the LUN's whole life.
#include "ctl/top_rows.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace lungate::ctl {
namespace {

using telemetry::ControlCell;
using telemetry::GatewayGauge;
using telemetry::Histogram;
using telemetry::index_of;
using telemetry::LoopSnapshot;
using telemetry::LunCounter;
using telemetry::LunSnapshot;
using telemetry::NexusSnapshot;
using telemetry::Op;
using telemetry::OpClass;
using telemetry::Snapshot;

constexpr double kNs = 1e9;

/// Never negative: a counter that fell was begun anew.
std::uint64_t grown(std::uint64_t later, std::uint64_t earlier) {
  return later >= earlier ? later - earlier : later;
}

/// The slots of an earlier reading, to find each one's former self.
// A map, not a search per slot: a thousand LUNs with four initiators each are read every second.
template <class Slot>
class Former {
 public:
  /// `same` false: another process wrote it, nothing is the same.
  Former(const std::vector<Slot>& slots, bool same) {
    if (!same) return;
    for (const Slot& slot : slots) slots_[{slot.slot, slot.slot_generation}] = &slot;
  }
  /// A slot of zeros when it is new: everything that it counted came since then.
  const Slot& of(const Slot& slot) const {
    static const Slot nothing;
    const auto found = slots_.find({slot.slot, slot.slot_generation});
    return found == slots_.end() ? nothing : *found->second;
  }

 private:
  std::map<std::pair<std::uint32_t, std::uint64_t>, const Slot*> slots_;
};

/// Spelled as config::to_string(Store) spells it.
std::string store_of(const LunSnapshot& lun) {
  std::string out = lun.backend;
  std::string_view separator = ":";
  for (const std::string& part : {lun.pool, lun.rados_namespace, lun.image}) {
    if (part.empty()) continue;
    out += separator;
    out += part;
    separator = "/";
  }
  return out;
}

// Bytes and counts of one interval. Readings of the two are not of one instant, so a rate may be an
// I/O off; over a second that is nothing.
OpRates rates(const LunSnapshot& before, const LunSnapshot& after, Op op, double interval_s) {
  const Histogram ended = after.latency[index_of(op)] - before.latency[index_of(op)];
  const auto bytes =
      static_cast<double>(grown(after.bytes[index_of(op)], before.bytes[index_of(op)]));
  const auto count = static_cast<double>(ended.count());
  const double mean_s = count > 0 ? static_cast<double>(ended.sum_ns) / count / kNs : 0;
  return {count / interval_s, bytes / interval_s, ended.quantile_seconds(0.5),
          ended.quantile_seconds(0.99), mean_s};
}

// An initiator has sums and no bins (they would cost 4,000 times 1.5 KiB per loop), so there is a
// mean and no quantile.
OpRates rates(const NexusSnapshot& before, const NexusSnapshot& after, OpClass op,
              double interval_s) {
  const auto of = [&](const auto& later, const auto& earlier) {
    return static_cast<double>(grown(later[index_of(op)], earlier[index_of(op)]));
  };
  const double count = of(after.ops, before.ops);
  const double latency_s = of(after.latency_ns, before.latency_ns) / kNs;
  return {count / interval_s, of(after.bytes, before.bytes) / interval_s, 0, 0,
          count > 0 ? latency_s / count : 0};
}

// Every class but "none": this column asks whether to look further, the metrics say where.
std::uint64_t errors_of(const LunSnapshot& lun) {
  std::uint64_t sum = 0;
  for (const auto& of_op : lun.errors) {
    for (std::size_t error = 1; error < of_op.size(); ++error) sum += of_op[error];  // 0: none
  }
  return sum;
}

/// Counted by the target at each I/O, against the SLO that was in force then: a reload does not
/// judge the past anew.
std::uint64_t slow_of(const LunSnapshot& lun) {
  return lun.counters[index_of(LunCounter::kSlowReads)] +
         lun.counters[index_of(LunCounter::kSlowWrites)];
}

double per_second(std::uint64_t later, std::uint64_t earlier, double interval_s) {
  return static_cast<double>(grown(later, earlier)) / interval_s;
}

bool above(double latency_s, double slo_s) {
  return slo_s > 0 && latency_s > slo_s;
}

// Offline first: what an offline LUN counts is of its past.
Verdict verdict_of_lun(const TopRow& row, bool offline) {
  if (offline) return Verdict::kOffline;
  if (row.stuck()) return Verdict::kStuck;
  if (above(row.read.p99_s, row.slo_read_s) || above(row.write.p99_s, row.slo_write_s)) {
    return Verdict::kSlow;
  }
  return row.errors_per_second > 0 ? Verdict::kErrors : Verdict::kFine;
}

/// There are no bins per initiator, but there is an exact count of what was above the SLO.
Verdict verdict_of_nexus(const TopRow& row, bool offline) {
  if (offline) return Verdict::kOffline;
  // A tenth of ten is not one in binary.
  constexpr double kRounding = 1 + 1e-9;
  const double promised = (row.slo_read_s > 0 ? row.read.per_second : 0) +
                          (row.slo_write_s > 0 ? row.write.per_second : 0);
  const double allowed = (1 - row.slo_objective) * promised * kRounding;
  if (row.slo_objective > 0 && row.slow_per_second > allowed) return Verdict::kSlow;
  return row.errors_per_second > 0 ? Verdict::kErrors : Verdict::kFine;
}

/// What is known of a LUN without a second reading; a nexus has it, too, so that a filter finds
/// both and an initiator can be held against the SLO.
void describe(TopRow& row, const LunSnapshot& lun) {
  row.target = lun.target;
  row.lun = lun.lun;
  row.store = store_of(lun);
  row.state = lun.offline == telemetry::OfflineReason::kNone
                  ? "ready"
                  : telemetry::kOfflineReasonNames[index_of(lun.offline)];
  row.slo_read_s = static_cast<double>(lun.slo_read_ns) / kNs;
  row.slo_write_s = static_cast<double>(lun.slo_write_ns) / kNs;
  row.slo_objective = lun.slo_objective;
  row.place_used = lun.place_used;
}

TopRow make_row(const LunSnapshot& before, const LunSnapshot& after, double interval_s,
                BootTime now) {
  TopRow row;
  describe(row, after);
  row.in_flight = after.in_flight;
  if (after.oldest_in_store.ns != 0) {
    row.oldest_s = static_cast<double>(now - after.oldest_in_store) / kNs;
  }
  if (interval_s > 0) {
    row.read = rates(before, after, Op::kRead, interval_s);
    row.write = rates(before, after, Op::kWrite, interval_s);
    for (const Op op : {Op::kFlush, Op::kUnmap, Op::kOther}) {
      row.other_per_second += rates(before, after, op, interval_s).per_second;
    }
    row.errors_per_second = per_second(errors_of(after), errors_of(before), interval_s);
    row.slow_per_second = per_second(slow_of(after), slow_of(before), interval_s);
  }
  row.verdict = verdict_of_lun(row, after.offline != telemetry::OfflineReason::kNone);
  return row;
}

TopRow make_row(const NexusSnapshot& before, const NexusSnapshot& after, const LunSnapshot& lun,
                double interval_s) {
  TopRow row;
  describe(row, lun);
  row.initiator = after.initiator.empty() ? kOthers : std::string_view(after.initiator);
  if (interval_s > 0) {
    row.read = rates(before, after, OpClass::kRead, interval_s);
    row.write = rates(before, after, OpClass::kWrite, interval_s);
    row.other_per_second = rates(before, after, OpClass::kOther, interval_s).per_second;
    row.errors_per_second = per_second(after.errors, before.errors, interval_s);
    row.slow_per_second = per_second(after.slow, before.slow, interval_s);
  }
  row.verdict = verdict_of_nexus(row, lun.offline != telemetry::OfflineReason::kNone);
  return row;
}

/// With the turn that has not ended: a loop that hangs in a callback is busy, not idle.
double busy_ns(const LoopSnapshot& loop, BootTime now) {
  const std::uint64_t running = loop.turn_start.ns == 0 ? 0 : now - loop.turn_start;
  return static_cast<double>(loop.busy_ns + running);
}

// Two readings of a busy loop may disagree by a turn (busy_ns is written at its end), so the share
// is held between 0 and 1. Of a process that has restarted nothing is known before the next
// reading.
std::vector<double> busy_shares(const Snapshot& before, const Snapshot& after, bool same) {
  std::vector<double> out;
  const auto interval_ns = static_cast<double>(after.taken_at - before.taken_at);
  for (std::size_t i = 0; i < after.loops.size(); ++i) {
    const bool known = same && i < before.loops.size() && interval_ns > 0;
    const double grown_ns =
        known ? busy_ns(after.loops[i], after.taken_at) - busy_ns(before.loops[i], before.taken_at)
              : 0;
    out.push_back(std::clamp(known ? grown_ns / interval_ns : 0.0, 0.0, 1.0));
  }
  return out;
}

// Levels are those of the later reading; what is counted is what came in between.
TopHead make_head(const Snapshot& before, const Snapshot& after, bool same) {
  const auto cell = [](const Snapshot& of, ControlCell at) { return of.control[index_of(at)]; };
  TopHead head;
  head.gateway = after.gateway;
  head.version = after.version;
  head.interval_s = static_cast<double>(after.taken_at - before.taken_at) / kNs;
  head.heartbeat_age_s = static_cast<double>(after.heartbeat_age_ns()) / kNs;
  head.busy = busy_shares(before, after, same);
  head.sessions = after.gauges[index_of(GatewayGauge::kSessions)];
  head.connections = after.gauges[index_of(GatewayGauge::kConnections)];
  head.ceph_used = cell(after, ControlCell::kCephUsed) != 0;
  head.ceph_up = cell(after, ControlCell::kCephUp) != 0;
  head.sources_refused = cell(after, ControlCell::kSourcesRefused);
  if (same && head.interval_s > 0) {
    head.ceph_timeouts =
        grown(cell(after, ControlCell::kCephTimeouts), cell(before, ControlCell::kCephTimeouts));
    head.window_full_s_per_second =
        per_second(after.window_full_ns, before.window_full_ns, head.interval_s) / kNs;
  }
  return head;
}

/// By name; a LUN's row has no initiator.
auto order_of(const TopRow& row) {
  return std::tie(row.initiator, row.target, row.lun);
}

}  // namespace

double TopRow::latency_s() const {
  const double p99_s = std::max(read.p99_s, write.p99_s);
  return p99_s > 0 ? p99_s : std::max(read.mean_s, write.mean_s);
}

// The interval is the readings' own, not the one that was asked for: a wait that took longer must
// not show as load.
Top make_top(const Snapshot& before, const Snapshot& after) {
  const bool same =
      before.generation == after.generation && before.instance_uuid == after.instance_uuid;
  Top top;
  top.head = make_head(before, after, same);
  const double interval_s = top.head.interval_s;
  const Former<LunSnapshot> luns(before.luns, same);
  for (const LunSnapshot& lun : after.luns) {
    top.luns.push_back(make_row(luns.of(lun), lun, interval_s, after.taken_at));
  }
  const Former<NexusSnapshot> nexuses(before.nexuses, same);
  for (const NexusSnapshot& nexus : after.nexuses) {
    if (nexus.lun >= after.luns.size()) continue;
    top.nexuses.push_back(make_row(nexuses.of(nexus), nexus, after.luns[nexus.lun], interval_s));
  }
  std::ranges::sort(top.luns, {}, order_of);
  std::ranges::sort(top.nexuses, {}, order_of);
  return top;
}

}  // namespace lungate::ctl
