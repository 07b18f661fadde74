// SPDX-License-Identifier: LGPL-2.1-or-later
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

void add_identity(Page& page, const LunSnapshot& lun, const Labels& labels) {
  Labels info = with(labels, "backend", lun.backend);
  info = with(std::move(info), "pool", lun.pool);
  info = with(std::move(info), "namespace", lun.rados_namespace);
  info = with(std::move(info), "image", lun.image);
  info = with(std::move(info), "wwn", lun.wwn);
  info = with(std::move(info), "serial", lun.serial);
  page.add(kLunInfo, std::move(info), 1);
}

void add_state(Page& page, const Snapshot& snapshot, const LunSnapshot& lun, const Labels& labels) {
  const bool up = lun.offline == OfflineReason::kNone;
  page.add(kLunUp, labels, up ? 1 : 0);
  if (!up) {
    const auto reason = telemetry::kOfflineReasonNames[telemetry::index_of(lun.offline)];
    page.add(kLunOfflineInfo, with(labels, "reason", reason), 1);
  }
  page.add(kLunSize, labels, static_cast<double>(lun.size_bytes));
  page.add(kLunInFlight, labels, static_cast<double>(lun.in_flight));
  const bool busy = lun.oldest_start.ns != 0;
  page.add(kLunOldestInFlight, labels, busy ? seconds(snapshot.taken_at - lun.oldest_start) : 0.0);
}

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

void add_lun(Page& page, const Snapshot& snapshot, const LunSnapshot& lun) {
  Labels labels = with({}, "gateway", snapshot.gateway);
  labels = with(std::move(labels), "target", lun.target);
  labels = with(std::move(labels), "lun", std::to_string(lun.lun));
  add_identity(page, lun, labels);
  add_state(page, snapshot, lun, labels);
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
