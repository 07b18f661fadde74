// SPDX-License-Identifier: LGPL-2.1-or-later
#include "exporter/openmetrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/limits.h"
#include "exporter/families.h"
#include "tests/unit/exporter/page_fixture.h"

namespace lungate::exporter {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;
using ::testing::HasSubstr;
using ::testing::Not;

std::string page_of(const telemetry::Snapshot& snapshot, const Exemplars& exemplars = {}) {
  Page page;
  add_gateway(page, snapshot);
  return to_openmetrics(page.take(), exemplars);
}

TEST(OpenMetrics, EndsWithItsEnd) {
  EXPECT_TRUE(page_of(example()).ends_with("\n# EOF\n"));
  EXPECT_EQ(to_openmetrics({}, {}), "# EOF\n");
}

TEST(OpenMetrics, ACountersFamilyHasNoTotal) {
  const std::string page = page_of(example());
  EXPECT_THAT(page,
              HasSubstr("# TYPE lungate_lun_bytes counter\n# UNIT lungate_lun_bytes bytes\n"));
  EXPECT_THAT(page, HasSubstr("\nlungate_lun_bytes_total{"));
  EXPECT_THAT(page, Not(HasSubstr("# TYPE lungate_lun_bytes_total")));
}

// A server that changes the format must go on with its series.
TEST(OpenMetrics, BoundsAreNamedAsInTheTextFormat) {
  const std::string page = page_of(example());
  EXPECT_THAT(page, HasSubstr("le=\"1\"}"));
  EXPECT_THAT(page, HasSubstr("le=\"4096\"}"));
  EXPECT_THAT(page, HasSubstr("le=\"5e-05\"}"));
  EXPECT_THAT(page, HasSubstr("le=\"+Inf\"}"));
}

// Two families of one name would be an error of the whole page.
TEST(OpenMetrics, NoTwoFamiliesHaveOneName) {
  std::set<std::string> names;
  for (const telemetry::Metric* metric : telemetry::catalogue()) {
    std::string name(metric->name);
    if (metric->type == telemetry::MetricType::kCounter) {
      ASSERT_TRUE(name.ends_with("_total")) << name;
      name.resize(name.size() - 6);
    }
    EXPECT_TRUE(names.insert(name).second) << name;
  }
}

TEST(OpenMetrics, TheUnitIsTheNamesEnd) {
  MetricFamily plain{"lungate_seconds_since", "", MetricType::Gauge, {}};
  plain.metric.emplace_back();
  EXPECT_THAT(to_openmetrics({plain}, {}), Not(HasSubstr("UNIT")));
  plain.name = "lungate_age_seconds";
  EXPECT_THAT(to_openmetrics({plain}, {}),
              HasSubstr("# TYPE lungate_age_seconds gauge\n# UNIT lungate_age_seconds seconds\n"));
}

TEST(OpenMetrics, EscapesQuotesInHelpToo) {
  const MetricFamily family{"g", "a\\b\nc\"d", MetricType::Gauge, {}};
  EXPECT_THAT(to_openmetrics({family}, {}), HasSubstr("# HELP g a\\\\b\\nc\\\"d\n"));
}

telemetry::SlowSnapshot slow_read(std::uint64_t duration_ns, std::uint64_t number) {
  telemetry::SlowSnapshot slow;
  slow.loop = 1;
  slow.number = number;
  slow.lun = 0;
  slow.op = telemetry::Op::kRead;
  slow.lba = ~std::uint64_t{0};
  slow.task_tag = 0xdeadbeef;
  slow.start = {90'000'000'000};
  slow.recorded = {90'000'000'000 + duration_ns};
  return slow;
}

class WithExemplars : public ::testing::Test {
 protected:
  WithExemplars() {
    snapshot_.slow = {slow_read(5'000'000, 1), slow_read(4'000'000, 2),
                      slow_read(40'000'000'000, 3)};
    snapshot_.slow.push_back(slow_read(2'000'000, 4));
    snapshot_.slow.back().kind = telemetry::SlowKind::kStuck;
  }
  std::string page() {
    Exemplars exemplars;
    exemplars.add(snapshot_, 1'763'800'000'000'000'000);
    return page_of(snapshot_, exemplars);
  }
  static std::string line(const std::string& page, const std::string& le) {
    const std::string head =
        "lungate_lun_op_duration_seconds_bucket{gateway=\"gw-a\","
        "target=\"iqn.2026-11.io.lungate:store\",lun=\"3\",op=\"read\",le=\"" +
        le + "\"} ";
    const std::size_t at = page.find(head);
    if (at == std::string::npos) return "no such line";
    return page.substr(at + head.size(), page.find('\n', at) - at - head.size());
  }

  telemetry::Snapshot snapshot_ = example();
};

// The newest, within its bucket, at the time when it ended.
TEST_F(WithExemplars, ABucketShowsItsNewestSlowIo) {
  EXPECT_EQ(line(page(), "0.005"),
            "3 # {lun=\"3\",record=\"1/2\",task=\"0xdeadbeef\",lba=\"18446744073709551615\"} 0.004 "
            "1763800090.004");
  EXPECT_THAT(line(page(), "+Inf"), HasSubstr("record=\"1/3\""));
  EXPECT_THAT(line(page(), "0.0075"), Not(HasSubstr("#")));
}

TEST_F(WithExemplars, WhatHasNotEndedIsInNoBucket) {
  EXPECT_THAT(line(page(), "0.002"), Not(HasSubstr("#")));
}

TEST_F(WithExemplars, RecordsOfNoLunAreLeftOut) {
  for (auto& slow : snapshot_.slow) slow.lun = 99;
  EXPECT_THAT(page(), Not(HasSubstr(" # {")));
}

// The format counts characters, and Prometheus with it: bytes would be another bound.
TEST(ExemplarLabels, AreCountedInCharacters) {
  const auto labels = [](std::size_t runes, const std::string& rune) {
    Labels made = {{"name", ""}};
    for (std::size_t i = 4; i < runes; ++i) made[0].value += rune;
    return made;
  };
  for (const char* rune : {"a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x92\xbe"}) {
    EXPECT_TRUE(is_short_enough(labels(128, rune))) << rune;
    EXPECT_FALSE(is_short_enough(labels(129, rune))) << rune;
  }
}

/// A full ring of each loop, every record in a bucket of its own LUN.
telemetry::Snapshot full_rings(const std::string& gateway) {
  auto snapshot = example();
  snapshot.gateway = gateway;
  const telemetry::LunSnapshot lun = snapshot.luns[0];
  const std::size_t records = 2 * limits::kExemplarsPerSegmentMax;
  snapshot.luns.assign(records, lun);
  for (std::size_t i = 0; i < records; ++i) {
    snapshot.luns[i].lun = static_cast<std::uint16_t>(i);
    snapshot.slow.push_back(slow_read(5'000'000, i + 1));
    snapshot.slow.back().lun = i;
  }
  return snapshot;
}

TEST(ExemplarNumber, IsBoundedForASegment) {
  Exemplars exemplars;
  exemplars.add(full_rings("gw-a"), 0);
  EXPECT_EQ(exemplars.size(), limits::kExemplarsPerSegmentMax);
}

// In equal shares: who is read first has no more than who is read last.
TEST(ExemplarNumber, IsBoundedForAPage) {
  Exemplars exemplars(limits::kExporterSegmentsMax);
  std::size_t before = 0;
  for (std::size_t i = 0; i < limits::kExporterSegmentsMax; ++i) {
    exemplars.add(full_rings("gw-" + std::to_string(i)), 0);
    EXPECT_EQ(exemplars.size() - before,
              limits::kExemplarsPerPageMax / limits::kExporterSegmentsMax);
    before = exemplars.size();
  }
  EXPECT_LE(exemplars.size(), limits::kExemplarsPerPageMax);
}

TEST(ExemplarNumber, TheirTextTakesNoMoreThanItSays) {
  const auto snapshot = full_rings("gw-a");
  Exemplars exemplars;
  exemplars.add(snapshot, 1'763'800'000'000'000'000);
  EXPECT_LE(page_of(snapshot, exemplars).size(),
            page_of(snapshot, Exemplars()).size() + exemplars.text_bytes());
}

TEST_F(WithExemplars, LabelsAreShortEnough) {
  snapshot_.luns[0].lun = 0xffff;
  for (auto& slow : snapshot_.slow) slow.loop = ~0u, slow.number = ~std::uint64_t{0};
  const std::string text = page();
  const std::size_t begin = text.find(" # {") + 4;
  EXPECT_LT(text.find('}', begin) - begin, 128u);
}

}  // namespace
}  // namespace lungate::exporter
