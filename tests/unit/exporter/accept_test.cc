// SPDX-License-Identifier: LGPL-2.1-or-later
#include "exporter/accept.h"

#include <gtest/gtest.h>

namespace lungate::exporter {
namespace {

// As versions of Prometheus send it.
TEST(Accept, PrometheusGetsOpenMetrics) {
  for (const char* accept :
       {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
        "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
        "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        "application/openmetrics-text", "Application/OpenMetrics-Text; Version=\"1.0.0\"",
        "application/openmetrics-text, */*"}) {
    EXPECT_EQ(choose_format(accept), Format::kOpenMetrics) << accept;
  }
}

TEST(Accept, OthersGetText) {
  for (const char* accept :
       {"", "*/*", "text/plain", "text/html,application/xhtml+xml,*/*;q=0.8", "text/*",
        "application/*", "application/json", "application/openmetrics-text;q=0",
        "application/openmetrics-text;q=0.5,text/plain", ";;;,,,=", "q=1", "/",
        "application/openmetrics-text,text/plain",
        "application/openmetrics-text;version=0.0.1;q=0.9,*/*;q=0.1",
        "application/openmetrics-text;q=banana,text/plain;q=0.1"}) {
    EXPECT_EQ(choose_format(accept),
              accept == std::string_view("application/*") ? Format::kOpenMetrics : Format::kText)
        << accept;
  }
}

TEST(Accept, QualitiesAreCompared) {
  EXPECT_EQ(choose_format("application/openmetrics-text;q=0.301,text/plain;q=0.3"),
            Format::kOpenMetrics);
  EXPECT_EQ(choose_format("application/openmetrics-text;q=0.3,text/plain;q=0.301"), Format::kText);
  EXPECT_EQ(choose_format("application/openmetrics-text;q=0.3,*/*;q=0.9"), Format::kText);
  EXPECT_EQ(choose_format("text/plain;q=0,application/openmetrics-text;q=0.001"),
            Format::kOpenMetrics);
}

TEST(AcceptEncoding, GzipWhenItIsWanted) {
  for (const char* list : {"gzip", "GZIP", "x-gzip", "deflate, gzip;q=0.5", "*", "gzip;q=1.000",
                           "br,gzip , identity"}) {
    EXPECT_TRUE(wants_gzip(list)) << list;
  }
}

TEST(AcceptEncoding, PlainOtherwise) {
  for (const char* list : {"", "identity", "gzip;q=0", "gzip; q=0.000", "br", "*;q=0",
                           "gzip;q=0, *", "gzip;q=0.5, identity", "gzip;q=2", "gzipped"}) {
    EXPECT_FALSE(wants_gzip(list)) << list;
  }
}

}  // namespace
}  // namespace lungate::exporter
