// SPDX-License-Identifier: LGPL-2.1-or-later

// What one LUN shows. Part of add_gateway(), on the page thread. A LUN costs about 150
// series, and a gateway may have a thousand: page_test.cc holds the budget. Hence the folding of
// operations into three classes, the few buckets (buckets.h), and rows that appear with their first
// event only. What is left out while zero is decided by the catalogue (from_start), never here.
#include "exporter/families.h"

namespace lungate::exporter {
namespace {

using namespace telemetry::metrics;
using telemetry::ErrorClass;
using telemetry::LunSnapshot;
using telemetry::OfflineReason;
using telemetry::OpClass;
using telemetry::Snapshot;
using telemetry::Stage;

constexpr std::array<std::string_view, 2> kDirections = {"read", "write"};

// The only series with texts. They stand here and not on every series, so that a renamed image
// begins one new series and not a hundred.
void add_identity(Page& page, const LunSnapshot& lun, const Labels& labels) {
  Labels info = with(labels, "backend", lun.backend);
  info = with(std::move(info), "pool", lun.pool);
  info = with(std::move(info), "namespace", lun.rados_namespace);
  info = with(std::move(info), "image", lun.image);
  info = with(std::move(info), "wwn", lun.wwn);
  info = with(std::move(info), "serial", lun.serial);
  page.add(kLunInfo, std::move(info), 1);
}

// The reason is a series of its own that is there only while the LUN is offline: as a label of
// lungate_lun_up it would split that one's history.
void add_state(Page& page, const Snapshot& snapshot, const LunSnapshot& lun, const Labels& labels) {
  const bool up = lun.offline == OfflineReason::kNone;
  page.add(kLunUp, labels, up ? 1 : 0);
  if (!up) {
    const auto reason = telemetry::kOfflineReasonNames[telemetry::index_of(lun.offline)];
    page.add(kLunOfflineInfo, with(labels, "reason", reason), 1);
  }
  page.add(kLunSize, labels, static_cast<double>(lun.size_bytes));
  page.add(kLunInFlight, labels, static_cast<double>(lun.in_flight));
  const auto age = [&](BootTime since) {
    return since.ns != 0 ? seconds(snapshot.taken_at - since) : 0.0;
  };
  page.add(kLunOldestInFlight, labels, age(lun.oldest_in_store));
  page.add(kLunOldestWaiting, labels, age(lun.oldest_waiting));
  if (lun.place_used) page.add(kLunPlaceUsed, labels, *lun.place_used);
}

// What the configuration says, so that rules need no edit for a LUN of its own service level. What
// is not promised has no series: a threshold of 0 would be one that everything misses.
void add_promises(Page& page, const LunSnapshot& lun, const Labels& labels) {
  const std::array thresholds = {lun.slo_read_ns, lun.slo_write_ns};
  for (std::size_t i = 0; i < thresholds.size(); ++i) {
    if (thresholds[i] == 0) continue;
    page.add(kLunSloThreshold, with(labels, "op", kDirections[i]), seconds(thresholds[i]));
  }
  if (lun.slo_objective > 0) page.add(kLunSloObjective, labels, lun.slo_objective);
  if (lun.queue_depth_limit != 0) {
    page.add(kLunQueueDepthLimit, labels, static_cast<double>(lun.queue_depth_limit));
  }
}

// Count and sum of the duration are those of its buckets and stages (see decode.cc), so +Inf,
// _count and the sum of stages agree on every page.
void add_op(Page& page, const LunSnapshot& lun, const Labels& labels, OpClass op) {
  const Labels of_op = with(labels, "op", telemetry::kOpClassNames[telemetry::index_of(op)]);
  page.add(kLunOpDuration, of_op, lun.latency_of(op));
  for (std::size_t i = 0; i < telemetry::kStages; ++i) {
    page.add(kLunStageSeconds, with(of_op, "stage", telemetry::kStageNames[i]),
             seconds(lun.stage_ns_of(op, static_cast<Stage>(i))));
  }
  for (std::size_t i = 1; i < telemetry::kErrorClasses; ++i) {  // 0 is "no error"
    const auto error = static_cast<ErrorClass>(i);
    const std::uint64_t count = lun.errors_of(op, error);
    if (count == 0 && !telemetry::from_start(error)) continue;
    page.add(kLunOpErrors, with(of_op, "sense", telemetry::kErrorClassNames[i]),
             static_cast<double>(count));
  }
}

}  // namespace

// In the catalogue's order; what comes behind them differs.
Labels labels_of_lun(const Snapshot& snapshot, const LunSnapshot& lun) {
  Labels labels = with({}, "gateway", snapshot.gateway);
  labels = with(std::move(labels), "target", lun.target);
  return with(std::move(labels), "lun", std::to_string(lun.lun));
}

void add_lun(Page& page, const Snapshot& snapshot, const LunSnapshot& lun) {
  const Labels labels = labels_of_lun(snapshot, lun);
  add_identity(page, lun, labels);
  add_state(page, snapshot, lun, labels);
  add_promises(page, lun, labels);
  for (std::size_t op = 0; op < telemetry::kOpClasses; ++op) {
    add_op(page, lun, labels, static_cast<OpClass>(op));
  }
  for (std::size_t i = 0; i < kDirections.size(); ++i) {
    page.add(kLunOpSize, with(labels, "op", kDirections[i]), lun.sizes[i]);
    page.add(kLunBytes, with(labels, "direction", kDirections[i]),
             static_cast<double>(lun.sizes[i].sum_bytes));
  }
  for (std::size_t i = 0; i < telemetry::kLunCounters; ++i) {
    page.add(telemetry::row(static_cast<telemetry::LunCounter>(i)), labels, lun.counters[i]);
  }
}

}  // namespace lungate::exporter
