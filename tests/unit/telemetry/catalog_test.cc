// SPDX-License-Identifier: LGPL-2.1-or-later
#include "telemetry/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "telemetry/layout.h"

namespace lungate::telemetry {
namespace {

std::string series_of(const CellRow& row) {
  std::string series(row.metric->name);
  for (const auto text : {row.label, row.value, row.label2, row.value2}) {
    series += '|';
    series += text;
  }
  return series;
}

bool has_label(const Metric& metric, std::string_view label) {
  const std::string list = "," + std::string(metric.labels) + ",";
  return list.find("," + std::string(label) + ",") != std::string::npos;
}

TEST(Catalog, NamesFollowPrometheusConventions) {
  std::set<std::string_view> names;
  for (const Metric* metric : catalogue()) {
    SCOPED_TRACE(metric->name);
    EXPECT_TRUE(names.insert(metric->name).second) << "twice";
    EXPECT_TRUE(metric->name.starts_with("lungate_"));
    EXPECT_EQ(metric->name.ends_with("_total"), metric->type == MetricType::kCounter);
    if (metric->unit == Unit::kSeconds) {
      EXPECT_THAT(std::string(metric->name), ::testing::HasSubstr("_seconds"));
    }
    if (metric->unit == Unit::kBytes) {
      EXPECT_THAT(std::string(metric->name), ::testing::HasSubstr("_bytes"));
    }
  }
}

TEST(Catalog, EveryMetricIsExplainedInOneLineAndOneParagraph) {
  for (const Metric* metric : catalogue()) {
    SCOPED_TRACE(metric->name);
    EXPECT_FALSE(metric->help.empty());
    EXPECT_FALSE(metric->advice.empty());
    // The exposition format would need escapes, which the serializer does not make for HELP.
    EXPECT_EQ(metric->help.find_first_of("\n\\"), std::string_view::npos);
  }
}

template <class Enum>
void expect_rows(std::size_t count, std::set<std::string>& seen) {
  for (std::size_t i = 0; i < count; ++i) {
    const CellRow& cell = row(static_cast<Enum>(i));
    ASSERT_NE(cell.metric, nullptr) << i;
    EXPECT_TRUE(seen.insert(series_of(cell)).second) << series_of(cell);
    for (const auto label : {cell.label, cell.label2}) {
      EXPECT_TRUE(label.empty() || has_label(*cell.metric, label)) << series_of(cell);
    }
  }
}

TEST(Catalog, EveryCellHasASeriesOfItsOwn) {
  std::set<std::string> seen;
  expect_rows<LunCounter>(kLunCounters, seen);
  expect_rows<GatewayCounter>(kGatewayCounters, seen);
  expect_rows<GatewayGauge>(kGatewayGauges, seen);
  expect_rows<ControlCell>(kControlCells, seen);
}

TEST(Catalog, RowsStandInTheOrderOfTheirEnumerators) {
  EXPECT_EQ(row(LunCounter::kAbortedCommands).metric, &metrics::kLunAbortedCommands);
  EXPECT_EQ(series_of(row(task_counter(TaskFunction::kLunReset, TaskResponse::kRejected))),
            "lungate_lun_tmf_total|function|lun_reset|response|rejected");
  EXPECT_EQ(series_of(row(task_counter(TaskFunction::kTargetReset, TaskResponse::kComplete))),
            "lungate_lun_tmf_total|function|target_reset|response|complete");
  EXPECT_EQ(row(GatewayCounter::kLoginTimeout).value, "timeout");
  EXPECT_EQ(row(GatewayCounter::kCloseLogout).value, "logout");
  EXPECT_EQ(row(GatewayCounter::kCloseAdmin).value, "admin");
  EXPECT_EQ(row(GatewayCounter::kDataDigestErrors).value, "data");
  EXPECT_EQ(row(GatewayCounter::kRejectDataDigest).metric, &metrics::kRejects);
  EXPECT_EQ(row(GatewayCounter::kRejectWaitingForLogout).value, "waiting_for_logout");
  EXPECT_EQ(row(GatewayCounter::kConnectionsRefusedSystem).value, "system");
  EXPECT_EQ(row(GatewayCounter::kBytesReceived).value, "receive");
  EXPECT_EQ(row(GatewayCounter::kCloseEvicted).metric, &metrics::kSessionCloses);
  EXPECT_EQ(row(GatewayCounter::kCloseDiscoveryTimeout).value, "discovery_timeout");
  EXPECT_EQ(row(GatewayCounter::kCloseNoMemory).value, "no_memory");
  EXPECT_EQ(row(GatewayCounter::kLoginFailedNotAllowed).metric, &metrics::kLoginFailures);
  EXPECT_EQ(row(GatewayCounter::kLoginFailedReflection).value, "reflection");
  EXPECT_EQ(row(GatewayCounter::kLoginFailedInternal).value, "internal");
  EXPECT_EQ(row(GatewayCounter::kConnectionsRefusedAddress).value, "address");
  EXPECT_EQ(row(GatewayCounter::kInitiatorsNoSlot).metric, &metrics::kInitiatorsWithoutSlot);
  EXPECT_EQ(row(LunCounter::kSlowWrites).value, "write");
  EXPECT_EQ(row(LunCounter::kOpenFailures).value, "failed");
  EXPECT_EQ(row(LunCounter::kLost).metric, &metrics::kLunLosses);
  EXPECT_EQ(row(ControlCell::kReloadsRefused).value, "refused");
  EXPECT_EQ(row(ControlCell::kSourcesRefused).metric, &metrics::kLoginSourcesRefused);
  EXPECT_EQ(row(GatewayGauge::kConnections).metric, &metrics::kConnections);
}

// The hash stands in files that other releases read. When this fails, a cell has been added or has
// changed its meaning: raise layout::kMinor (appended) or kMajor (anything else) and write the new
// number here.
TEST(Catalog, SchemaChangesWithTheLayoutVersionOnly) {
  EXPECT_EQ(layout::kMajor, 2);
  EXPECT_EQ(layout::kMinor, 3);
  EXPECT_EQ(schema_hash(), 17615785245692077725u);
}

}  // namespace
}  // namespace lungate::telemetry
