// SPDX-License-Identifier: LGPL-2.1-or-later
#include "exporter/collector.h"

#include <random>

#include "exporter/exposition.h"
#include "tests/unit/exporter/page_fixture.h"
#include "tests/unit/telemetry/release.h"
#include "tests/unit/telemetry/segment_fixture.h"

namespace lungate::exporter {
namespace {

using telemetry::OtherProcess;
using telemetry::Segment;

class Scrape : public telemetry::SegmentTest {
 protected:
  std::map<std::string, double> scrape() {
    page_ = to_text(collector_.Collect());
    auto series = series_in(page_);
    EXPECT_FALSE(series.empty()) << "no page, or a series twice";
    return series;
  }
  /// 1 or 0 as the page says of the first segment.
  double up(const std::string& gateway = "gw-a") {
    return scrape().at("lungate_shm_up{gateway=\"" + gateway + "\",segment=\"" + path_ + "\"}");
  }
  /// The one reason that is 1; "up" when none is.
  std::string reason() {
    std::string found = "up";
    for (const auto& [name, value] : scrape()) {
      if (!name.starts_with("lungate_shm_fault") || value == 0) continue;
      EXPECT_EQ(found, "up") << "one reason at a time";
      const std::size_t at = name.find("reason=\"") + 8;
      found = name.substr(at, name.find('"', at) - at);
    }
    return found;
  }
  /// Series that only a living target has.
  std::size_t data_series() {
    const auto series = scrape();
    return count(series, "lungate_lun_") + count(series, "lungate_sessions");
  }

  std::function<void()> target() {
    return [this] {
      static std::unique_ptr<Segment> segment;
      segment = std::move(*Segment::create(plan()));
      static_cast<void>(segment->add_lun(telemetry::lun_number(3)));
    };
  }

  Vitals vitals_;
  Collector collector_{{path_, folder_ / "gw-b"}, "9.9.9", {limits::kExporterSeries, &vitals_}};
  std::string page_;
};

TEST_F(Scrape, WithoutATargetThePageSaysSo) {
  EXPECT_EQ(up(), 0);
  EXPECT_EQ(data_series(), 0u);
  EXPECT_EQ(scrape().at("lungate_shm_fault{gateway=\"gw-a\",segment=\"" + path_ +
                        "\",reason=\"absent\"}"),
            1);
}

TEST_F(Scrape, ATargetThatComesLaterIsFound) {
  ASSERT_EQ(up(), 0);
  const auto segment = start();
  *segment->add_lun(telemetry::lun_number(3));
  EXPECT_EQ(up(), 1);
  EXPECT_GT(data_series(), 100u);
}

// The target has not been upgraded yet, the exporter has: no figure is shown under a wrong name.
TEST_F(Scrape, AnOlderTargetsSegmentIsNamedByItsVersion) {
  telemetry::write_file(path_, telemetry::release("1.0"));
  const std::string fault =
      "lungate_shm_fault{gateway=\"gw-a\",segment=\"" + path_ + "\",reason=\"version\"}";
  EXPECT_EQ(up(), 0);
  EXPECT_EQ(scrape().at(fault), 1);
  EXPECT_EQ(data_series(), 0u);
  const auto upgraded = start();
  EXPECT_EQ(up(), 1);
  EXPECT_EQ(scrape().at(fault), 0);
}

TEST_F(Scrape, ADeadTargetsSeriesEnd) {
  OtherProcess process(target());
  ASSERT_EQ(up(), 1);
  process.kill();
  EXPECT_EQ(up(), 0);
  EXPECT_EQ(data_series(), 0u);
}

TEST_F(Scrape, ARestartedTargetIsAnotherGeneration) {
  const std::string name = "lungate_shm_generation{gateway=\"gw-a\",segment=\"" + path_ + "\"}";
  OtherProcess first(target());
  const double before = scrape().at(name);
  first.kill();
  OtherProcess second(target());
  EXPECT_NE(scrape().at(name), before);
  EXPECT_EQ(up(), 1);
}

TEST_F(Scrape, DamagedSegmentsAreNamedAndServedAround) {
  { const auto segment = start(); }
  const auto image = telemetry::bytes_in(path_);
  const auto other = start({folder_ / "gw-b", "gw-b", "1", 1, 1});
  struct Case {
    const char* reason;
    std::vector<std::byte> bytes;
  };
  std::mt19937 random(7);
  std::vector<std::byte> noise(65536);
  for (std::byte& byte : noise) byte = static_cast<std::byte>(random());
  const Case cases[] = {
      {"truncated", {}},
      {"truncated", {image.begin(), image.begin() + 5000}},
      {"foreign", std::vector<std::byte>(65536)},
      {"foreign", noise},
  };
  for (const Case& one : cases) {
    telemetry::write_file(path_, one.bytes);
    EXPECT_EQ(reason(), one.reason);
    EXPECT_EQ(up(), 0);
    EXPECT_EQ(scrape().at("lungate_sessions{gateway=\"gw-b\"}"), 0) << "the other is served";
  }
}

TEST_F(Scrape, AStoppedTargetIsToldFromADeadOne) {
  { const auto segment = start(); }
  const auto other = start({folder_ / "gw-b", "gw-b", "1", 1, 1});
  EXPECT_EQ(reason(), "stopped");
}

TEST_F(Scrape, ARemovedLunsSeriesEnd) {
  const auto segment = start();
  const auto slot = *segment->add_lun(telemetry::lun_number(3));
  ASSERT_EQ(count(scrape(), "lungate_lun_up"), 1u);
  segment->remove_lun(slot);
  EXPECT_EQ(count(scrape(), "lungate_lun_"), 0u);
}

TEST_F(Scrape, TwoGatewaysShareEachFamily) {
  const auto a = start();
  const auto b = start({folder_ / "gw-b", "gw-b", "1", 1, 1});
  EXPECT_EQ(count(scrape(), "lungate_sessions"), 2u);
  std::size_t headers = 0;
  for (std::size_t at = 0; (at = page_.find("# TYPE lungate_sessions ", at)) != std::string::npos;
       ++at) {
    ++headers;
  }
  EXPECT_EQ(headers, 1u);
}

TEST_F(Scrape, OneGatewayNameIsServedOnce) {
  const auto a = start();
  const auto b = start({folder_ / "gw-b", "gw-a", "1", 1, 1});
  EXPECT_EQ(count(scrape(), "lungate_sessions"), 1u);
  EXPECT_EQ(reason(), "duplicate");
  EXPECT_GE(scrape().at("lungate_exporter_segments_refused_total"), 1);
}

TEST_F(Scrape, ALaterSegmentDoesNotTakeAGatewaysName) {
  const Collector collector({folder_ / "1", folder_ / "2"}, "9.9.9");
  const auto build = [&] {
    return count(series_in(to_text(collector.Collect())), "lungate_build");
  };
  const auto known = start({folder_ / "2", "gw-x", "known", 1, 1});
  EXPECT_EQ(build(), 1u);
  const auto later = start({folder_ / "1", "gw-x", "later", 1, 1});
  const std::string page = to_text(collector.Collect());
  EXPECT_NE(page.find("lungate_build_info{gateway=\"gw-x\",version=\"known\"}"), std::string::npos);
  EXPECT_EQ(page.find("version=\"later\""), std::string::npos);
  EXPECT_EQ(series_in(page).at("lungate_exporter_segments_refused_total"), 1);
}

TEST_F(Scrape, OneSegmentNamedTwiceIsReadOnce) {
  const auto segment = start();
  const Collector twice({path_, path_}, "9.9.9");
  EXPECT_EQ(count(series_in(to_text(twice.Collect())), "lungate_shm_up"), 1u);
}

TEST_F(Scrape, HostileNamesMakeAValidPage) {
  auto plan = SegmentTest::plan();
  plan.gateway = "gw\xff\n\"}";
  const auto segment = start(plan);
  auto lun = telemetry::lun_number(0);
  lun.image = "\xc3\x28\x1b[2J\\";
  *segment->add_lun(lun);
  scrape();
  EXPECT_EQ(page_.find('\xff'), std::string::npos);
  EXPECT_EQ(page_.find('\x1b'), std::string::npos);
  EXPECT_NE(page_.find("image=\"\xef\xbf\xbd(\xef\xbf\xbd[2J\\\\\""), std::string::npos);
}

TEST_F(Scrape, SpeaksOfItself) {
  collector_.scraped(std::chrono::milliseconds(250));
  const auto series = scrape();
  EXPECT_EQ(series.at("lungate_exporter_build_info{version=\"9.9.9\"}"), 1);
  EXPECT_EQ(series.at("lungate_exporter_scrapes_total"), 1);
  EXPECT_EQ(series.at("lungate_exporter_scrape_duration_seconds"), 0.25);
  EXPECT_EQ(series.at("lungate_exporter_series"), static_cast<double>(series.size()));
}

TEST_F(Scrape, SpeaksOfItsServer) {
  EXPECT_EQ(count(scrape(), "lungate_exporter_tls_certificate"), 0u) << "there is no TLS";
  vitals_.certificate_expiry = 1'800'000'000;
  vitals_.authentication_failures = 3;
  const auto series = scrape();
  EXPECT_EQ(series.at("lungate_exporter_tls_certificate_expiry_timestamp_seconds"), 1.8e9);
  EXPECT_EQ(series.at("lungate_exporter_authentication_failures_total"), 3);
}

TEST_F(Scrape, IsReadyWithOneSegment) {
  EXPECT_FALSE(collector_.ready());
  const auto segment = start({folder_ / "gw-b", "gw-b", "1", 1, 1});
  EXPECT_TRUE(collector_.ready());
}

TEST_F(Scrape, DropsWholeLunsAboveItsLimit) {
  const auto segment = start();
  for (std::uint16_t lun = 0; lun < 3; ++lun) {
    auto described = telemetry::lun_number(lun);
    *segment->add_lun(described);
  }
  const auto all = scrape();
  const Collector limited({path_}, "1", {all.size() - 30, &vitals_});
  const auto some = series_in(to_text(limited.Collect()));
  EXPECT_EQ(count(some, "lungate_lun_up{"), 2u);
  for (const auto& [name, value] : some) {
    EXPECT_EQ(name.find("lun=\"2\""), std::string::npos)
        << "the last one goes, and whole: " << name;
  }
  const std::size_t gone = count(all, "lungate_lun_") - count(some, "lungate_lun_");
  EXPECT_GE(gone, 30u);
  EXPECT_EQ(some.at("lungate_exporter_series_dropped_total{reason=\"limit\"}"), gone);
  EXPECT_EQ(some.at("lungate_exporter_series"), static_cast<double>(some.size()));
}

TEST_F(Scrape, CountsWhatTheBoundOfBytesLeavesOut) {
  const auto a = start();
  const auto b = start({folder_ / "gw-b", "gw-b", "1", 1, 1});
  *a->add_lun(telemetry::lun_number(0));
  *b->add_lun(telemetry::lun_number(0));
  const std::size_t all = scrape().size();
  const PageSize heads = Page().size();
  const Collector limited({path_, folder_ / "gw-b"}, "1",
                          {limits::kExporterSeries, &vitals_, {heads.memory, heads.text}});
  const auto some = series_in(to_text(limited.Collect()));
  EXPECT_EQ(count(some, "lungate_lun_") + count(some, "lungate_build_info"), 0u);
  EXPECT_EQ(count(some, "lungate_shm_up"), 2u) << "that a gateway is there is said all the same";
  EXPECT_EQ(some.at("lungate_exporter_series_dropped_total{reason=\"bytes\"}"),
            static_cast<double>(all - some.size()));
}

TEST_F(Scrape, EveryMetricOfTheCatalogueIsServed) {
  const auto segment = start();
  const auto slot = *segment->add_lun(telemetry::lun_number(3));  // offline: it is being opened
  segment->loop(0).add(telemetry::GatewayCounter::kRejectSnack);
  vitals_.certificate_expiry = 1'800'000'000;
  segment->loop(0).nexus(slot, "iqn.2026-11.io.lungate:host");
  segment->update_lun(slot, {telemetry::OfflineReason::kOpening, 0, 0.5});
  segment->promise_lun(slot, {1, 1, 0.9, 1});
  for (std::size_t cell = 0; cell < telemetry::kControlCells; ++cell) {
    segment->set(static_cast<telemetry::ControlCell>(cell), 1);
  }
  scrape();
  for (const telemetry::Metric* metric : telemetry::catalogue()) {
    // Its server's, which is not there in this test.
    if (metric == &telemetry::metrics::kExporterAuthenticationFailures ||
        metric == &telemetry::metrics::kExporterTlsExpiry) {
      continue;
    }
    EXPECT_NE(page_.find("# TYPE " + std::string(metric->name) + " "), std::string::npos)
        << metric->name;
  }
}

}  // namespace
}  // namespace lungate::exporter
