// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/text.h"

#include <gtest/gtest.h>

namespace lungate::ctl {
namespace {

TEST(Table, AlignsItsColumns) {
  Table table({{"NAME"}, {"LUN", Align::kRight}, {"STATE"}});
  table.add({"a", "0", "ready"});
  table.add({"longer-name", "255", ""});
  table.add({"h\xc3\xa9", "7", "x"});
  EXPECT_EQ(table.text(),
            "NAME         LUN  STATE\n"
            "a              0  ready\n"
            "longer-name  255\n"
            "h\xc3\xa9             7  x\n");
}

TEST(Text, Durations) {
  EXPECT_EQ(duration_text(0), "00:00:00");
  EXPECT_EQ(duration_text(86'399), "23:59:59");
  EXPECT_EQ(duration_text(3 * 86'400 + 4 * 3600 + 5 * 60 + 6), "3d 04:05:06");
}

TEST(Text, LatenciesKeepThreeDigits) {
  EXPECT_EQ(latency_text(0), "-");
  EXPECT_EQ(latency_text(0.000085), "85us");
  EXPECT_EQ(latency_text(0.0009996), "1.00ms");
  EXPECT_EQ(latency_text(0.00123), "1.23ms");
  EXPECT_EQ(latency_text(0.009996), "10.0ms");
  EXPECT_EQ(latency_text(0.0123), "12.3ms");
  EXPECT_EQ(latency_text(0.09996), "100ms");
  EXPECT_EQ(latency_text(0.9996), "1.00s");
  EXPECT_EQ(latency_text(9.996), "10.0s");
  EXPECT_EQ(latency_text(100), "100.0s");
}

TEST(Text, Rates) {
  EXPECT_EQ(rate_text(0), "0");
  EXPECT_EQ(rate_text(0.5), "0.5");
  EXPECT_EQ(rate_text(9.96), "10");
  EXPECT_EQ(rate_text(123456.4), "123456");
  EXPECT_EQ(megabytes_text(1'234'567), "1.2");
}

TEST(Text, AFractionThatIsNotNothingDoesNotLookLikeIt) {
  EXPECT_EQ(fraction_text(0), "0.00%");
  EXPECT_EQ(fraction_text(0.00001), "<0.01%");
  EXPECT_EQ(fraction_text(0.0123), "1.23%");
}

TEST(Text, WhatPeersSayIsMadeSafe) {
  EXPECT_EQ(shown(""), "-");
  EXPECT_EQ(shown("iqn.2026-11.a:b"), "iqn.2026-11.a:b");
  EXPECT_EQ(shown("a\x1b[2Jb").find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace lungate::ctl
