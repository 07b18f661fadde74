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
  add_gateway(page, with_initiators(example()));
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
  add_gateway(page, with_initiators(example()));
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

// A threshold of 0 would be one that every I/O misses, and 0 % used is no guess to make.
TEST(Page, WhatIsNotSaidHasNoSeries) {
  const auto series = series_in(example_page());
  const std::string lun = "{gateway=\"gw-a\",target=\"iqn.2026-11.io.lungate:store\",lun=\"";
  EXPECT_EQ(series.at("lungate_lun_slo_threshold_seconds" + lun + "3\",op=\"write\"}"), 0.02);
  EXPECT_EQ(series.at("lungate_lun_slo_objective_ratio" + lun + "3\"}"), 0.99);
  EXPECT_EQ(series.at("lungate_lun_place_used_ratio" + lun + "3\"}"), 0.875);
  EXPECT_EQ(series.at("lungate_lun_queue_depth_limit" + lun + "3\"}"), 32);
  for (const char* name : {"lungate_lun_slo_threshold_seconds", "lungate_lun_slo_objective_ratio",
                           "lungate_lun_place_used_ratio", "lungate_lun_queue_depth_limit"}) {
    EXPECT_EQ(count(series, name + lun + "4"), 0u) << name;
  }
}

TEST(Page, InitiatorsWithoutASlotHaveTheEmptyName) {
  const auto series = series_in(example_page());
  const std::string lun = "{gateway=\"gw-a\",target=\"iqn.2026-11.io.lungate:store\",lun=\"3\",";
  const std::string host = "initiator=\"iqn.2026-11.io.lungate:host\"";
  EXPECT_EQ(series.at("lungate_initiator_ops_total" + lun + "initiator=\"\",op=\"read\"}"), 9);
  EXPECT_EQ(series.at("lungate_initiator_ops_total" + lun + host + ",op=\"write\"}"), 2);
  EXPECT_EQ(series.at("lungate_initiator_latency_seconds_total" + lun + host + ",op=\"other\"}"),
            1);
  EXPECT_EQ(series.at("lungate_initiator_bytes_total" + lun + host + ",direction=\"write\"}"),
            8192);
  EXPECT_EQ(series.at("lungate_initiator_slow_ops_total" + lun + host + "}"), 2);
  EXPECT_EQ(series.at("lungate_initiator_errors_total" + lun + host + "}"), 1);
}

TEST(Page, TheProcessSaysWhatItRunsBy) {
  const auto series = series_in(example_page());
  EXPECT_EQ(series.at("lungate_config_info{gateway=\"gw-a\",hash=\"0123456789abcdef\"}"), 1);
  EXPECT_EQ(series.at("lungate_config_loaded_timestamp_seconds{gateway=\"gw-a\"}"), 1763800001);
  EXPECT_EQ(series.at("lungate_config_reloads_total{gateway=\"gw-a\",result=\"refused\"}"), 1);
  EXPECT_EQ(series.at("lungate_command_window_full_seconds_total{gateway=\"gw-a\"}"), 1.5);
  EXPECT_EQ(series.at("lungate_ceph_up{gateway=\"gw-a\"}"), 0);
}

TEST(Page, CephIsNeitherUpNorDownWhereNobodyUsesIt) {
  Page page;
  auto snapshot = example();
  snapshot.control = {};
  add_gateway(page, snapshot);
  const auto series = series_in(to_text(page.take()));
  EXPECT_EQ(count(series, "lungate_ceph_up"), 0u);
  EXPECT_EQ(count(series, "lungate_config_info"), 0u) << "an older target says nothing of it";
  EXPECT_EQ(count(series, "lungate_ceph_timeouts_total"), 1u);
}

// 153 and not 140 since layout 2.3: slow reads and writes, their two thresholds, the objective, the
// limit of the queue, how full the place is, two of COMPARE AND WRITE, three of opens and losses,
// what waits for its initiator.
// Initiators are beside it: ten each, where they are counted.
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
  EXPECT_LE(with_one - without.series(), 153u);
}

TEST(Page, AnInitiatorOnALunKeepsToItsBudgetOfSeries) {
  Page page;
  auto snapshot = with_initiators(example());
  snapshot.nexuses.resize(1);
  add_gateway(page, snapshot);
  const std::size_t with_one = page.series();
  Page without;
  snapshot.nexuses.clear();
  add_gateway(without, snapshot);
  EXPECT_EQ(with_one - without.series(), 10u);
}

/// Three LUNs, two initiators on each.
telemetry::Snapshot crowd() {
  auto snapshot = example();
  snapshot.luns.resize(1);
  snapshot.nexuses.clear();
  for (std::size_t i = 0; i < 3; ++i) {
    if (i > 0) snapshot.luns.push_back(snapshot.luns[0]);
    snapshot.luns[i].lun = static_cast<std::uint16_t>(i);
    for (const char* name : {"iqn.a", "iqn.b"}) {
      auto& nexus = snapshot.nexuses.emplace_back();
      nexus.lun = i;
      nexus.initiator = name;
    }
  }
  return snapshot;
}

std::map<std::string, double> shrunk(std::size_t series_max, std::size_t& gone) {
  Page page({kAllGroups, true});
  add_gateway(page, crowd());
  gone = page.shrink_to(series_max);
  const std::size_t announced = page.series();
  const Families all = page.take_all();
  for (std::size_t i = 0; i < all.families.size(); ++i) {
    EXPECT_TRUE(all.fine[i].empty() || all.fine[i].size() == all.families[i].metric.size());
  }
  auto series = series_in(to_text(all.families));
  EXPECT_EQ(series.size(), announced);
  return series;
}

TEST(PageLimit, WhatFitsStays) {
  std::size_t gone = 1;
  const auto all = shrunk(1'000'000, gone);
  EXPECT_EQ(gone, 0u);
  EXPECT_EQ(shrunk(all.size(), gone).size(), all.size());
  EXPECT_EQ(gone, 0u);
}

TEST(PageLimit, InitiatorsGoFirstAndTheLastLunsOnes) {
  std::size_t gone = 0;
  const auto all = shrunk(1'000'000, gone);
  const auto some = shrunk(all.size() - 1, gone);
  EXPECT_EQ(count(some, "lungate_lun_"), count(all, "lungate_lun_"));
  EXPECT_EQ(count(some, "lungate_initiator_"), count(all, "lungate_initiator_") / 3 * 2);
  EXPECT_EQ(some.size() + gone, all.size());
}

TEST(PageLimit, ThenWholeLuns) {
  std::size_t gone = 0;
  const auto all = shrunk(1'000'000, gone);
  const std::size_t initiators = count(all, "lungate_initiator_");
  const auto some = shrunk(all.size() - initiators - 1, gone);
  EXPECT_EQ(count(some, "lungate_initiator_"), 0u);
  EXPECT_EQ(count(some, "lungate_lun_"), count(all, "lungate_lun_") / 3 * 2);
  EXPECT_EQ(some.size() + gone, all.size());
}

TEST(PageLimit, TheGatewayItselfStays) {
  std::size_t gone = 0;
  const auto all = shrunk(1'000'000, gone);
  const auto some = shrunk(0, gone);
  EXPECT_EQ(some.size(),
            all.size() - count(all, "lungate_lun_") - count(all, "lungate_initiator_"));
}

TEST(PageGroups, EachMetricIsInOneOfThem) {
  std::size_t together = 0;
  for (std::size_t group = 0; group < kGroupNames.size(); ++group) {
    Page page({Groups().set(group), false});
    add_gateway(page, crowd());
    together += page.series();
    const auto taken = page.take();
    for (const auto& family : taken) {
      telemetry::Metric metric;
      metric.name = family.name;
      EXPECT_EQ(static_cast<std::size_t>(group_of(metric)), group) << family.name;
    }
  }
  Page page;
  add_gateway(page, crowd());
  EXPECT_EQ(together, page.series());
}

}  // namespace
}  // namespace lungate::exporter
