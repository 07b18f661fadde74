// SPDX-License-Identifier: LGPL-2.1-or-later
#include "exporter/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "exporter/buckets.h"
#include "exporter/exposition.h"
#include "exporter/families.h"
#include "tests/unit/exporter/page_fixture.h"

namespace lungate::exporter {
namespace {

std::string example_page() {
  Page page;
  add_gateway(page, example());
  return to_text(page.take());
}

std::string text_of_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The page as it was looked at and found right. LUNGATE_REWRITE_GOLDEN=1 writes it anew: then read
// the difference.
TEST(Page, IsTheGoldenPage) {
  const std::string golden =
      std::string(__FILE__).substr(0, std::string(__FILE__).rfind('/')) + "/golden.txt";
  if (std::getenv("LUNGATE_REWRITE_GOLDEN") != nullptr) std::ofstream(golden) << example_page();
  EXPECT_EQ(example_page(), text_of_file(golden));
}

TEST(Page, PassesPromtool) {
  if (::access("/usr/bin/promtool", X_OK) != 0) GTEST_SKIP() << "promtool is not installed";
  FILE* promtool = ::popen("/usr/bin/promtool check metrics 2>&1", "w");
  ASSERT_NE(promtool, nullptr);
  const std::string page = example_page();
  std::fwrite(page.data(), 1, page.size(), promtool);
  EXPECT_EQ(::pclose(promtool), 0) << "its findings stand above";
}

TEST(Page, LatencyBucketsAreNamedAsRulesNameThem) {
  const auto series = series_in(example_page());
  std::string lun_read = "lungate_lun_op_duration_seconds_bucket{gateway=\"gw-a\",";
  lun_read += "target=\"iqn.2026-11.io.lungate:store\",lun=\"3\",op=\"read\",le=\"";
  for (const char* le : {"5e-05", "0.0001", "0.0002", "0.0005", "0.001", "0.0015", "0.002", "0.003",
                         "0.005", "0.0075", "0.01",   "0.02",   "0.05",  "0.1",    "0.2",   "0.5",
                         "1",     "2",      "5",      "10",     "30",    "+Inf"}) {
    EXPECT_TRUE(series.contains(lun_read + le + "\"}")) << le;
  }
  EXPECT_EQ(count(series, lun_read), kLatencyEdges.size() + 1);
  EXPECT_EQ(series.at(lun_read + "0.0001\"}"), 1) << "100,000 ns are at most 0.0001 s";
  EXPECT_EQ(series.at(lun_read + "0.0002\"}"), 2) << "100,001 ns are more";
  EXPECT_EQ(series.at(lun_read + "0.005\"}"), 3);
  EXPECT_EQ(series.at(lun_read + "30\"}"), 3);
  EXPECT_EQ(series.at(lun_read + "+Inf\"}"), 4);
}

TEST(Page, SizeBucketsArePowersOfTwo) {
  const auto series = series_in(example_page());
  std::string lun_read = "lungate_lun_op_size_bytes_bucket{gateway=\"gw-a\",";
  lun_read += "target=\"iqn.2026-11.io.lungate:store\",lun=\"3\",op=\"read\",le=\"";
  for (const char* le :
       {"4096", "8192", "16384", "32768", "65536", "131072", "262144", "1048576"}) {
    EXPECT_EQ(series.at(lun_read + le + "\"}"), 4) << le;
  }
}

TEST(Page, EveryHistogramIsConsistent) {
  Page page;
  add_gateway(page, example());
  for (const auto& family : page.take()) {
    if (family.type != prometheus::MetricType::Histogram) continue;
    for (const auto& metric : family.metric) {
      std::uint64_t before = 0;
      for (const auto& bucket : metric.histogram.bucket) {
        EXPECT_GE(bucket.cumulative_count, before) << family.name;
        before = bucket.cumulative_count;
      }
      EXPECT_GE(metric.histogram.sample_count, before) << family.name;
    }
  }
}

TEST(Page, LabelsAreThoseOfTheCatalogue) {
  Page page;
  add_gateway(page, example());
  for (const auto& family : page.take()) {
    const auto metrics = telemetry::catalogue();
    const auto declared = std::find_if(metrics.begin(), metrics.end(), [&family](const auto* one) {
      return one->name == family.name;
    });
    ASSERT_NE(declared, metrics.end()) << family.name;
    for (const auto& metric : family.metric) {
      std::string labels;
      for (const auto& label : metric.label) labels += (labels.empty() ? "" : ",") + label.name;
      EXPECT_EQ(labels, (*declared)->labels) << family.name;
    }
  }
}

TEST(Page, CountsItsSeries) {
  Page page;
  add_gateway(page, example());
  const std::size_t announced = page.series();
  EXPECT_EQ(series_in(to_text(page.take())).size(), announced);
}

TEST(Page, RareSeriesAppearWithTheirFirstEvent) {
  const auto series = series_in(example_page());
  EXPECT_EQ(count(series, "lungate_rejects_total"), 1u);
  const std::string errors =
      "lungate_lun_op_errors_total{gateway=\"gw-a\",target=\"iqn.2026-11.io.lungate:store\",";
  EXPECT_TRUE(series.contains(errors + "lun=\"3\",op=\"other\",sense=\"busy\"}"));
  EXPECT_FALSE(series.contains(errors + "lun=\"4\",op=\"other\",sense=\"busy\"}"));
  EXPECT_TRUE(series.contains(errors + "lun=\"4\",op=\"read\",sense=\"medium\"}"));
}

TEST(Page, AgesAreComputedHere) {
  const auto series = series_in(example_page());
  EXPECT_EQ(series.at("lungate_lun_oldest_inflight_seconds{gateway=\"gw-a\","
                      "target=\"iqn.2026-11.io.lungate:store\",lun=\"3\"}"),
            2);
  EXPECT_EQ(series.at("lungate_event_loop_last_tick_age_seconds{gateway=\"gw-a\",loop=\"0\"}"),
            0.5);
}

TEST(Page, AnOfflineLunSaysWhy) {
  const auto series = series_in(example_page());
  const std::string labels = "{gateway=\"gw-a\",target=\"iqn.2026-11.io.lungate:store\",lun=\"4\"";
  EXPECT_EQ(series.at("lungate_lun_up" + labels + "}"), 0);
  EXPECT_EQ(series.at("lungate_lun_offline_info" + labels + ",reason=\"locked\"}"), 1);
  EXPECT_EQ(count(series, "lungate_lun_offline_info"), 1u);
}

/// They tie a series to /dev/disk/by-id/wwn-0x... of a host.
TEST(Page, ALunSaysItsWwnAndSerial) {
  Page made;
  auto snapshot = example();
  snapshot.luns[0].wwn = "3aabbccddeeff001";
  snapshot.luns[0].serial = "SER11";
  add_gateway(made, snapshot);
  const std::string page = to_text(made.take());
  const std::size_t at = page.find("lungate_lun_info{");
  const std::string line = page.substr(at, page.find('\n', at) - at);
  EXPECT_THAT(line, ::testing::HasSubstr("wwn=\"3aabbccddeeff001\""));
  EXPECT_THAT(line, ::testing::HasSubstr("serial=\"SER11\""));
}

TEST(Page, ALunKeepsToItsBudgetOfSeries) {
  Page page;
  auto snapshot = example();
  snapshot.luns.resize(1);
  add_gateway(page, snapshot);
  const std::size_t with_one = page.series();
  page.take();
  Page without;
  snapshot.luns.clear();
  add_gateway(without, snapshot);
  EXPECT_LE(with_one - without.series(), 140u);
}

TEST(Exposition, EscapesWhatALabelMayHold) {
  Page page;
  page.add(telemetry::metrics::kExporterBuildInfo, with({}, "version", "a\"b\\c"), 1);
  EXPECT_THAT(to_text(page.take()), ::testing::HasSubstr("version=\"a\\\"b\\\\c\""));
}

}  // namespace
}  // namespace lungate::exporter
