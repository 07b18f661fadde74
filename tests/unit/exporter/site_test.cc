// SPDX-License-Identifier: LGPL-2.1-or-later
#include "exporter/site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporter/exposition.h"

namespace lungate::exporter {
namespace {

class Site : public ::testing::Test {
 protected:
  Reply get(const std::string& path) { return site_.at(path).make(); }

  Collector collector_{{"/no/such/segment"}, "9.9.9"};
  Routes site_ = make_site(collector_);
};

TEST_F(Site, MetricsNameTheirFormat) {
  const Reply reply = get("/metrics");
  EXPECT_EQ(reply.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(reply.body, ::testing::HasSubstr("lungate_shm_up{gateway=\"segment\""));
}

TEST_F(Site, ThePageSaysHowLongTheLastOneTook) {
  get("/metrics");
  const std::string line = "\nlungate_exporter_scrape_duration_seconds ";
  const std::string page = get("/metrics").body;
  const std::size_t at = page.find(line);
  ASSERT_NE(at, std::string::npos);
  EXPECT_GT(std::stod(page.substr(at + line.size())), 0);
}

TEST_F(Site, HealthIsTheExportersOwn) {
  EXPECT_EQ(get("/healthz").status, 200u);
}

// A page of 1,000 LUNs takes a while: it must not be made where /healthz is answered.
TEST_F(Site, OnlyThePageIsSlow) {
  for (const auto& [path, route] : site_) EXPECT_EQ(route.slow, path == "/metrics") << path;
}

TEST_F(Site, TheLandingPageLeadsOn) {
  EXPECT_THAT(get("/").body, ::testing::HasSubstr("href=\"/metrics\""));
}

}  // namespace
}  // namespace lungate::exporter
