// SPDX-License-Identifier: LGPL-2.1-or-later

// Which cell of the segment is which series. Writer and readers link the same tables, so they
// cannot disagree within one build; between two builds schema_hash() tells. Everything is constant
// and thread-safe. Nothing of a peer's comes near: labels are words of this file, and a row that is
// missing or too much does not compile (static_assert of the sizes below).
#include "telemetry/catalog.h"

#include <iterator>

#include "telemetry/histogram.h"
#include "telemetry/layout.h"

namespace lungate::telemetry {
namespace {

using namespace metrics;

// The page's order: what is one per LUN first, then the gateway, the segment, the exporter.
// Prometheus does not care; who reads a page by eye does, and golden.txt of the exporter's tests
// follows it.
constexpr const Metric* kCatalogue[] = {
    &kLunInfo,
    &kLunUp,
    &kLunOfflineInfo,
    &kLunSize,
    &kLunOpDuration,
    &kLunStageSeconds,
    &kLunOpSize,
    &kLunBytes,
    &kLunOpErrors,
    &kLunInFlight,
    &kLunOldestInFlight,
    &kLunOldestWaiting,
    &kLunTaskSetFull,
    &kLunUnitAttentions,
    &kLunAbortedCommands,
    &kLunTaskManagement,
    &kLunSlowOps,
    &kLunSloThreshold,
    &kLunSloObjective,
    &kLunQueueDepthLimit,
    &kLunCompareAndWrites,
    &kLunCompareMiscompares,
    &kLunOpens,
    &kLunLosses,
    &kLunPlaceUsed,
    &kInitiatorOps,
    &kInitiatorBytes,
    &kInitiatorLatency,
    &kInitiatorSlowOps,
    &kInitiatorErrors,
    &kBuildInfo,
    &kProcessStartTime,
    &kSessions,
    &kDiscoverySessions,
    &kConnections,
    &kLogins,
    &kLoginFailures,
    &kSessionCloses,
    &kPduProtocolErrors,
    &kDigestErrors,
    &kNopTimeouts,
    &kRejects,
    &kConnectionsAccepted,
    &kConnectionsRefused,
    &kNetworkBytes,
    &kStageDuration,
    &kLoopLag,
    &kLoopBusy,
    &kLoopTurns,
    &kLoopTickAge,
    &kLoopTurnAge,
    &kWindowFullSeconds,
    &kWindowFulls,
    &kSlowRecordsDropped,
    &kInitiatorsWithoutSlot,
    &kConfigInfo,
    &kConfigLoaded,
    &kConfigReloads,
    &kCephUp,
    &kCephClients,
    &kCephClientsFenced,
    &kCephTimeouts,
    &kLoginSourcesRefused,
    &kPortalConnections,
    &kPortalAccepted,
    &kPortalPdus,
    &kPortalBytes,
    &kPortalRetransmitted,
    &kPortalOutOfOrder,
    &kShmUp,
    &kShmFault,
    &kShmGeneration,
    &kShmHeartbeatAge,
    &kShmLayoutInfo,
    &kShmReadRetries,
    &kShmSlotsSkipped,
    &kExporterBuildInfo,
    &kExporterScrapes,
    &kExporterScrapeDuration,
    &kExporterSeries,
    &kExporterSeriesDropped,
    &kExporterLunsRepeated,
    &kExporterSegmentsRefused,
    &kExporterAuthenticationFailures,
    &kExporterTlsExpiry,
};

/// A row that is exported from its first event only.
constexpr bool kOnEvent = false;

constexpr CellRow one(const Metric& metric) {
  return {&metric, {}, {}, {}, {}, true};
}
constexpr CellRow task(std::string_view function, std::string_view response, bool from_start) {
  return {&kLunTaskManagement, "function", function, "response", response, from_start};
}

// In the order of LunCounter.
constexpr CellRow kLunCounterRows[] = {
    {&kLunTaskSetFull, {}, {}, {}, {}, true},
    {&kLunUnitAttentions, {}, {}, {}, {}, true},
    {&kLunAbortedCommands, {}, {}, {}, {}, true},
    task("abort_task", "complete", true),
    task("abort_task", "no_task", kOnEvent),
    task("abort_task", "unsupported", kOnEvent),
    task("abort_task", "rejected", kOnEvent),
    task("abort_task_set", "complete", kOnEvent),
    task("abort_task_set", "no_task", kOnEvent),
    task("abort_task_set", "unsupported", kOnEvent),
    task("abort_task_set", "rejected", kOnEvent),
    task("clear_task_set", "complete", kOnEvent),
    task("clear_task_set", "no_task", kOnEvent),
    task("clear_task_set", "unsupported", kOnEvent),
    task("clear_task_set", "rejected", kOnEvent),
    task("lun_reset", "complete", true),
    task("lun_reset", "no_task", kOnEvent),
    task("lun_reset", "unsupported", kOnEvent),
    task("lun_reset", "rejected", kOnEvent),
    task("target_reset", "complete", true),
    task("target_reset", "no_task", kOnEvent),
    task("target_reset", "unsupported", kOnEvent),
    task("target_reset", "rejected", kOnEvent),
    {&kLunSlowOps, "op", "read", {}, {}, true},
    {&kLunSlowOps, "op", "write", {}, {}, true},
    one(kLunCompareAndWrites),
    one(kLunCompareMiscompares),
    {&kLunOpens, "result", "done", {}, {}, true},
    {&kLunOpens, "result", "failed", {}, {}, true},
    one(kLunLosses),
};

constexpr CellRow login(std::string_view result) {
  return {&kLogins, "result", result, {}, {}, true};
}
constexpr CellRow login_failed(std::string_view reason) {
  return {&kLoginFailures, "reason", reason, {}, {}, true};
}
constexpr CellRow close(std::string_view reason) {
  return {&kSessionCloses, "reason", reason, {}, {}, true};
}
constexpr CellRow reject(std::string_view reason) {
  return {&kRejects, "reason", reason, {}, {}, kOnEvent};
}

// In the order of GatewayCounter.
constexpr CellRow kGatewayCounterRows[] = {
    login("success"),
    login("auth_failure"),
    login("acl_denied"),
    login("no_target"),
    login("protocol"),
    login("limit"),
    login("timeout"),
    close("logout"),
    close("peer_closed"),
    close("nop_timeout"),
    close("protocol_error"),
    close("digest"),
    close("send_timeout"),
    close("receive_timeout"),
    close("reinstated"),
    close("stalled"),
    close("drained"),
    close("admin"),
    one(kPduProtocolErrors),
    {&kDigestErrors, "kind", "header", {}, {}, true},
    {&kDigestErrors, "kind", "data", {}, {}, true},
    one(kNopTimeouts),
    reject("data_digest"),
    reject("snack"),
    reject("protocol_error"),
    reject("unsupported"),
    reject("too_many_immediate"),
    reject("task_in_progress"),
    reject("invalid_field"),
    reject("long_operation"),
    reject("waiting_for_logout"),
    one(kConnectionsAccepted),
    {&kConnectionsRefused, "reason", "limit", {}, {}, true},
    {&kConnectionsRefused, "reason", "system", {}, {}, true},
    {&kNetworkBytes, "direction", "receive", {}, {}, true},
    {&kNetworkBytes, "direction", "send", {}, {}, true},
    close("evicted"),
    close("discovery_timeout"),
    close("no_memory"),
    login_failed("not_allowed"),
    login_failed("no_target"),
    login_failed("unknown_user"),
    login_failed("wrong_secret"),
    login_failed("reflection"),
    login_failed("no_method"),
    login_failed("no_digest"),
    login_failed("no_mutual_secret"),
    login_failed("malformed"),
    login_failed("no_session"),
    login_failed("timeout"),
    login_failed("too_many"),
    login_failed("refused"),
    login_failed("internal"),
    {&kConnectionsRefused, "reason", "address", {}, {}, true},
    one(kWindowFulls),
    one(kSlowRecordsDropped),
    one(kInitiatorsWithoutSlot),
};

constexpr CellRow kGatewayGaugeRows[] = {
    one(kSessions),
    one(kConnections),
    one(kDiscoverySessions),
};

// Not all of them are numbers as they stand (gateway_families.cc): the hash is a label, the time is
// in nanoseconds, and kCephUsed says whether there is a series kCephUp.
constexpr CellRow kControlRows[] = {
    {&kConfigInfo, "hash", {}, {}, {}, true},
    one(kConfigLoaded),
    {&kConfigReloads, "result", "done", {}, {}, true},
    {&kConfigReloads, "result", "refused", {}, {}, true},
    one(kCephUp),
    {&kCephUp, {}, "used", {}, {}, true},
    one(kCephClients),
    one(kCephClientsFenced),
    one(kCephTimeouts),
    one(kLoginSourcesRefused),
};

static_assert(std::size(kLunCounterRows) == kLunCounters);
static_assert(std::size(kGatewayCounterRows) == kGatewayCounters);
static_assert(std::size(kGatewayGaugeRows) == kGatewayGauges);
static_assert(std::size(kControlRows) == kControlCells);

// FNV-1a, because it needs ten lines, is the same on every machine, and has nobody to resist: two
// catalogues that collide by chance (one in 2^64) would be mixed up by an exporter of the wrong
// build, no more.
class Fnv1a {
 public:
  constexpr void add(std::string_view text) {
    for (const char c : text) byte(static_cast<std::uint8_t>(c));
    byte(0);  // ("ab", "c") and ("a", "bc") differ
  }
  constexpr void add(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) byte(static_cast<std::uint8_t>(number >> shift));
  }
  constexpr std::uint64_t value() const { return hash_; }

 private:
  constexpr void byte(std::uint8_t value) { hash_ = (hash_ ^ value) * 0x100000001b3; }
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

void add_rows(Fnv1a& hash, std::span<const CellRow> rows) {
  hash.add(rows.size());
  for (const CellRow& row : rows) {
    hash.add(row.metric->name);
    for (const auto text : {row.label, row.value, row.label2, row.value2}) hash.add(text);
  }
}

template <std::size_t kSize>
constexpr void add_names(Fnv1a& hash, const std::array<std::string_view, kSize>& names) {
  hash.add(kSize);
  for (const auto name : names) hash.add(name);
}

}  // namespace

std::span<const Metric* const> catalogue() {
  return kCatalogue;
}

const CellRow& row(LunCounter counter) {
  return kLunCounterRows[index_of(counter)];
}
const CellRow& row(GatewayCounter counter) {
  return kGatewayCounterRows[index_of(counter)];
}
const CellRow& row(GatewayGauge gauge) {
  return kGatewayGaugeRows[index_of(gauge)];
}
const CellRow& row(ControlCell cell) {
  return kControlRows[index_of(cell)];
}

// A series that appears with its first event has no increase() over that event, so an alert on it
// fires one event late. Therefore the classes that alerts watch are there from the start, and the
// rest is not, for each costs a series per LUN and operation.
bool from_start(ErrorClass error) {
  return error == ErrorClass::kNotReady || error == ErrorClass::kMedium ||
         error == ErrorClass::kHardware || error == ErrorClass::kAborted;
}

// Names, rows and sizes, in an order that must not change: the number is compared with the one that
// another release wrote. The metrics' help and advice are left out, so that a better sentence
// separates no versions.
std::uint64_t schema_hash() {
  Fnv1a hash;
  add_names(hash, kOpNames);
  add_names(hash, kOpClassNames);
  add_names(hash, kStageNames);
  add_names(hash, kErrorClassNames);
  add_names(hash, kOfflineReasonNames);
  add_rows(hash, kLunCounterRows);
  add_rows(hash, kGatewayCounterRows);
  add_rows(hash, kGatewayGaugeRows);
  add_rows(hash, kControlRows);
  add_names(hash, kSlowKindNames);
  for (const std::uint64_t step : kLadderSteps) hash.add(step);
  hash.add(kSizeBins);
  for (const std::size_t size :
       {sizeof(layout::Header), sizeof(layout::LoopShard), sizeof(layout::LunSlot),
        sizeof(layout::LunShard), sizeof(layout::SlowRecord), sizeof(layout::NexusSlot),
        sizeof(layout::NexusShard), sizeof(layout::PortalSlot), sizeof(layout::PortalShard)}) {
    hash.add(size);
  }
  return hash.value();
}

}  // namespace lungate::telemetry
