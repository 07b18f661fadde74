// SPDX-License-Identifier: LGPL-2.1-or-later
#include "exporter/site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporter/exposition.h"

namespace lungate::exporter {
namespace {

class Site : public ::testing::Test {
 protected:
  Reply get(const std::string& path, const Request& request = {}) {
    return site_.at(path).make(request);
  }

  Collector collector_{{"/no/such/segment"}, "9.9.9"};
  Routes site_ = make_site(collector_, "9.9.9");
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
TEST_F(Site, WhatReadsSegmentsIsSlow) {
  for (const auto& [path, route] : site_) {
    EXPECT_EQ(route.slow, path != "/" && path != "/healthz") << path;
  }
}

TEST_F(Site, OpenMetricsForThoseWhoAskForIt) {
  const Reply reply = get("/metrics", {"application/openmetrics-text", "", {}});
  EXPECT_EQ(reply.content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_TRUE(reply.body.ends_with("# EOF\n"));
}

TEST_F(Site, NativeHistogramsOnTheirOwnPathOnly) {
  const Reply reply = get("/metrics/native", {"text/plain", "", {}});
  EXPECT_THAT(reply.content_type, ::testing::HasSubstr("encoding=delimited"));
  EXPECT_THAT(reply.body, ::testing::HasSubstr("lungate_shm_up"));
}

TEST_F(Site, PagesArePackedForThoseWhoAskForIt) {
  const Reply plain = get("/metrics", {"", "gzip;q=0", {}});
  EXPECT_TRUE(plain.body.starts_with("# HELP"));
  const Reply packed = get("/metrics", {"", "gzip", {}});
  EXPECT_TRUE(packed.body.starts_with("\x1f\x8b"));
  EXPECT_LT(packed.body.size(), plain.body.size() / 3);
  const std::pair<std::string, std::string> header("Content-Encoding", "gzip");
  EXPECT_THAT(packed.headers, ::testing::Contains(header));
  EXPECT_THAT(plain.headers, ::testing::Not(::testing::Contains(header)));
}

TEST_F(Site, GroupsCanBeChosen) {
  const std::string body = get("/metrics", {"", "", {"exporter"}}).body;
  EXPECT_THAT(body, ::testing::HasSubstr("lungate_exporter_build_info"));
  EXPECT_THAT(body, ::testing::Not(::testing::HasSubstr("lungate_shm_")));
}

TEST_F(Site, AnUnknownGroupIsAMistakeThatNamesTheKnownOnes) {
  const Reply reply = get("/metrics", {"", "", {"luns", "disks\n<"}});
  EXPECT_EQ(reply.status, 400u);
  EXPECT_EQ(reply.body,
            "unknown group 'disks?<'; there are: luns initiators portals gateway loops ceph "
            "segments exporter\n");
}

TEST_F(Site, NotReadyWithoutASegment) {
  EXPECT_EQ(get("/readyz").status, 503u);
}

TEST_F(Site, TheLandingPageLeadsOn) {
  EXPECT_THAT(get("/").body, ::testing::HasSubstr("href=\"/metrics\""));
  EXPECT_THAT(get("/").body, ::testing::HasSubstr("lungate-exporter 9.9.9"));
  EXPECT_THAT(get("/").body, ::testing::HasSubstr("<li>/no/such/segment</li>"));
}

TEST_F(Site, TheLandingPageShowsNamesAsText) {
  const Collector odd({"/tmp/<b>&\"x\""}, "1");
  EXPECT_THAT(make_site(odd, "<i>").at("/").make({}).body,
              ::testing::AllOf(::testing::HasSubstr("/tmp/&lt;b&gt;&amp;&quot;x&quot;"),
                               ::testing::HasSubstr("&lt;i&gt;")));
}

}  // namespace
}  // namespace lungate::exporter
