// SPDX-License-Identifier: LGPL-2.1-or-later

// The catalogue: every metric of lungate, declared once. HELP lines, the segment's schema hash, the
// metric reference and the checks of dashboards and rules are made from it.
//
// A metric is what Prometheus sees; a row says which cell of the segment becomes which of its
// series. To count something new: append an enumerator in kinds.h and its row here, and raise
// layout::kMinor. To show something new that needs no cell: a metric here, its family in exporter/.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "telemetry/kinds.h"

namespace lungate::telemetry {

enum class MetricType : std::uint8_t { kCounter, kGauge, kHistogram };
enum class Unit : std::uint8_t { kNone, kSeconds, kBytes };

/// What Prometheus is told of a metric, and what its reader should know. Names follow its customs:
/// base units, `_total` for counters, no label whose values a peer could multiply without a bound.
struct Metric {
  std::string_view name;
  MetricType type = MetricType::kGauge;
  Unit unit = Unit::kNone;
  std::string_view labels;  // comma-separated, in the order in which they are written
  std::string_view help;    // one line
  std::string_view advice;  // for the operator: what a bad value looks like, what to do
};

/// Every metric, in the order of the page.
std::span<const Metric* const> catalogue();

/// The series of a counter or level that lives in one cell.
struct CellRow {
  const Metric* metric = nullptr;
  std::string_view label;  // the row's own label; empty: the metric has but this row
  std::string_view value;
  std::string_view label2;
  std::string_view value2;
  /// Exported while still zero. False where a metric has many rows of which few ever count:
  /// such a series appears with its first event (its first increase() is then not seen).
  bool from_start = true;
};

const CellRow& row(LunCounter counter);
const CellRow& row(GatewayCounter counter);
const CellRow& row(GatewayGauge gauge);
const CellRow& row(ControlCell cell);
/// Whether lungate_lun_op_errors_total has this class while it is zero: those that an alert
/// watches.
bool from_start(ErrorClass error);

/// FNV-1a of everything that gives a cell its meaning: all kinds' names, all rows, the ladder.
std::uint64_t schema_hash();

namespace metrics {

// One per LUN. `target` and `lun` are what the configuration names, never what a peer sends.
extern const Metric kLunInfo, kLunUp, kLunOfflineInfo, kLunSize, kLunOpDuration, kLunStageSeconds,
    kLunOpSize, kLunBytes, kLunOpErrors, kLunInFlight, kLunOldestInFlight, kLunOldestWaiting,
    kLunTaskSetFull, kLunUnitAttentions, kLunAbortedCommands, kLunTaskManagement, kLunSlowOps,
    kLunSloThreshold, kLunSloObjective, kLunQueueDepthLimit, kLunCompareAndWrites,
    kLunCompareMiscompares, kLunOpens, kLunLosses, kLunPlaceUsed;
// One per initiator and LUN. `initiator` is a peer's name; the segment bounds how many there are.
extern const Metric kInitiatorOps, kInitiatorBytes, kInitiatorLatency, kInitiatorSlowOps,
    kInitiatorErrors;
// One per gateway.
extern const Metric kBuildInfo, kProcessStartTime, kSessions, kDiscoverySessions, kConnections,
    kLogins, kLoginFailures, kSessionCloses, kPduProtocolErrors, kDigestErrors, kNopTimeouts,
    kRejects, kConnectionsAccepted, kConnectionsRefused, kNetworkBytes, kStageDuration, kLoopLag,
    kLoopBusy, kLoopTurns, kLoopTickAge, kLoopTurnAge, kWindowFullSeconds, kWindowFulls,
    kSlowRecordsDropped, kInitiatorsWithoutSlot, kConfigInfo, kConfigLoaded, kConfigReloads,
    kCephUp, kCephClients, kCephClientsFenced, kCephTimeouts, kLoginSourcesRefused;
// One per portal of a gateway.
extern const Metric kPortalConnections, kPortalAccepted, kPortalPdus, kPortalBytes;
extern const Metric kPortalRetransmitted, kPortalOutOfOrder;
// One per segment that the exporter reads.
extern const Metric kShmUp, kShmFault, kShmGeneration, kShmHeartbeatAge, kShmLayoutInfo,
    kShmReadRetries, kShmSlotsSkipped;
// The exporter about itself.
extern const Metric kExporterBuildInfo, kExporterScrapes, kExporterScrapeDuration, kExporterSeries,
    kExporterSeriesDropped, kExporterLunsRepeated, kExporterSegmentsRefused,
    kExporterAuthenticationFailures, kExporterTlsExpiry;

}  // namespace metrics

}  // namespace lungate::telemetry
