// SPDX-License-Identifier: LGPL-2.1-or-later

// Rates out of two readings of the same counters. Pure; called by top.cc for each page. The
// readings may straddle a restart, a LUN that was removed, a slot that was given to another LUN:
// identity is (generation of the segment, slot, generation of the slot), and what is not the same
// is measured from zero. Quantiles come from the difference of histograms, so that they are of this
// interval and not of the LUN's whole life.
#include "ctl/top_rows.h"

#include <algorithm>
#include <tuple>

namespace lungate::ctl {
namespace {

using telemetry::Histogram;
using telemetry::index_of;
using telemetry::LunSnapshot;
using telemetry::Op;
using telemetry::Snapshot;

/// Never negative: a counter that fell was begun anew.
std::uint64_t grown(std::uint64_t later, std::uint64_t earlier) {
  return later >= earlier ? later - earlier : later;
}

const LunSnapshot* same_lun(const Snapshot& before, const LunSnapshot& lun) {
  const auto found = std::ranges::find_if(before.luns, [&](const LunSnapshot& old) {
    return old.slot == lun.slot && old.slot_generation == lun.slot_generation;
  });
  return found == before.luns.end() ? nullptr : &*found;
}

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
  const std::uint64_t bytes = grown(after.bytes[index_of(op)], before.bytes[index_of(op)]);
  return {static_cast<double>(ended.count()) / interval_s, static_cast<double>(bytes) / interval_s,
          ended.quantile_seconds(0.5), ended.quantile_seconds(0.99)};
}

// Every class but "none": this column asks whether to look further, the metrics say where.
std::uint64_t errors_of(const LunSnapshot& lun) {
  std::uint64_t sum = 0;
  for (const auto& of_op : lun.errors) {
    for (std::size_t error = 1; error < of_op.size(); ++error) sum += of_op[error];  // 0: none
  }
  return sum;
}

/// `before` null: the LUN is new, everything that it counted came since then.
TopRow make_row(const LunSnapshot* before, const LunSnapshot& after, double interval_s,
                BootTime now) {
  TopRow row;
  row.target = after.target;
  row.lun = after.lun;
  row.store = store_of(after);
  row.state = after.offline == telemetry::OfflineReason::kNone
                  ? "ready"
                  : telemetry::kOfflineReasonNames[index_of(after.offline)];
  row.in_flight = after.in_flight;
  if (after.oldest_start.ns != 0) {
    row.oldest_s = static_cast<double>(now - after.oldest_start) / 1e9;
  }
  if (interval_s <= 0) return row;
  const LunSnapshot nothing;
  const LunSnapshot& base = before == nullptr ? nothing : *before;
  row.read = rates(base, after, Op::kRead, interval_s);
  row.write = rates(base, after, Op::kWrite, interval_s);
  for (const Op op : {Op::kFlush, Op::kUnmap, Op::kOther}) {
    row.other_per_second += rates(base, after, op, interval_s).per_second;
  }
  row.errors_per_second =
      static_cast<double>(grown(errors_of(after), errors_of(base))) / interval_s;
  return row;
}

double all_per_second(const TopRow& row) {
  return row.read.per_second + row.write.per_second + row.other_per_second;
}

}  // namespace

// The interval is the readings' own, not the one that was asked for: a wait that took longer must
// not show as load.
Top make_top(const Snapshot& before, const Snapshot& after) {
  Top top;
  top.gateway = after.gateway;
  top.version = after.version;
  top.interval_s = static_cast<double>(after.taken_at - before.taken_at) / 1e9;
  top.heartbeat_age_s = static_cast<double>(after.heartbeat_age_ns()) / 1e9;
  top.loops = after.loops.size();
  top.sessions = after.gauges[index_of(telemetry::GatewayGauge::kSessions)];
  const bool same_process =
      before.generation == after.generation && before.instance_uuid == after.instance_uuid;
  for (const LunSnapshot& lun : after.luns) {
    const LunSnapshot* old = same_process ? same_lun(before, lun) : nullptr;
    top.rows.push_back(make_row(old, lun, top.interval_s, after.taken_at));
  }
  std::ranges::sort(top.rows, {}, [](const TopRow& row) { return std::tie(row.target, row.lun); });
  return top;
}

// Rates add up, ages do not: the oldest of all is the one to look at.
TopRow total(const Top& top) {
  TopRow sum;
  for (const TopRow& row : top.rows) {
    sum.read.per_second += row.read.per_second;
    sum.read.bytes_per_second += row.read.bytes_per_second;
    sum.write.per_second += row.write.per_second;
    sum.write.bytes_per_second += row.write.bytes_per_second;
    sum.other_per_second += row.other_per_second;
    sum.errors_per_second += row.errors_per_second;
    sum.in_flight += row.in_flight;
    sum.oldest_s = std::max(sum.oldest_s, row.oldest_s);
  }
  return sum;
}

// Stable, so that idle rows do not change places from page to page.
void sort_busiest_first(Top& top) {
  std::ranges::stable_sort(top.rows, std::greater<>(), all_per_second);
}

}  // namespace lungate::ctl
