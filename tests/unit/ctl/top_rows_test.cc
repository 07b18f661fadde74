// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/top_rows.h"

#include <gtest/gtest.h>

#include "tests/unit/ctl/readings.h"

namespace lungate::ctl {
namespace {

using telemetry::ErrorClass;
using telemetry::Op;

Reading earlier() {
  return Reading().at_s(10).lun("a", 0).ios(Op::kRead, 5000, 4096, 0.5);
}

TEST(MakeTop, RatesAreWhatCameBetweenTheReadings) {
  Reading before = earlier();
  Reading after = earlier();
  after.at_s(12)
      .ios(Op::kRead, 2000, 4096, 0.001)
      .ios(Op::kWrite, 100, 65536, 0.02)
      .ios(Op::kFlush, 10, 0, 0.03)
      .ios(Op::kUnmap, 4, 0, 0.03);
  const Top top = make_top(before.snapshot(), after.snapshot());
  EXPECT_EQ(top.interval_s, 2.0);
  ASSERT_EQ(top.rows.size(), 1u);
  const TopRow& row = top.rows[0];
  EXPECT_EQ(row.read.per_second, 1000.0);
  EXPECT_EQ(row.read.bytes_per_second, 4'096'000.0);
  EXPECT_NEAR(row.read.p50_s, 0.001, 0.0001);
  EXPECT_NEAR(row.read.p99_s, 0.001, 0.0001);
  EXPECT_EQ(row.write.per_second, 50.0);
  EXPECT_NEAR(row.write.p99_s, 0.02, 0.002);
  EXPECT_EQ(row.other_per_second, 7.0);
  EXPECT_EQ(row.errors_per_second, 0.0);
  EXPECT_EQ(row.store, "rbd:rbd/a");
  EXPECT_EQ(row.state, "ready");
}

TEST(MakeTop, QuantilesTellTheTailFromTheMiddle) {
  Reading before = earlier();
  Reading after = earlier();
  after.at_s(11).ios(Op::kRead, 980, 4096, 0.001).ios(Op::kRead, 20, 4096, 0.1);
  const TopRow row = make_top(before.snapshot(), after.snapshot()).rows[0];
  EXPECT_NEAR(row.read.p50_s, 0.001, 0.0001);
  EXPECT_NEAR(row.read.p99_s, 0.1, 0.01);
}

TEST(MakeTop, WhatIsInFlightHasAnAge) {
  Reading after = earlier();
  after.at_s(40).in_flight(3, 10);
  const TopRow row = make_top(earlier().snapshot(), after.snapshot()).rows[0];
  EXPECT_EQ(row.in_flight, 3u);
  EXPECT_EQ(row.oldest_s, 30.0);
}

TEST(MakeTop, ANewLunIsMeasuredFromZero) {
  Reading after = earlier();
  after.at_s(11).lun("b", 1).ios(Op::kWrite, 30, 512, 0.01);
  const Top top = make_top(earlier().snapshot(), after.snapshot());
  ASSERT_EQ(top.rows.size(), 2u);
  EXPECT_EQ(top.rows[0].read.per_second, 0.0);
  EXPECT_EQ(top.rows[1].write.per_second, 30.0);
}

TEST(MakeTop, AReusedSlotOrARestartedTargetCountsAnew) {
  Reading reused = earlier();
  reused.at_s(11).slot_generation(2);
  EXPECT_EQ(make_top(earlier().snapshot(), reused.snapshot()).rows[0].read.per_second, 5000.0);
  Reading restarted = earlier();
  restarted.at_s(11).generation(2);
  EXPECT_EQ(make_top(earlier().snapshot(), restarted.snapshot()).rows[0].read.per_second, 5000.0);
}

TEST(MakeTop, OneReadingTwiceHasNoRates) {
  const Top top = make_top(earlier().snapshot(), earlier().snapshot());
  EXPECT_EQ(top.interval_s, 0.0);
  EXPECT_EQ(top.rows[0].read.per_second, 0.0);
  EXPECT_EQ(top.rows[0].read.p50_s, 0.0);
}

TEST(MakeTop, ErrorsOfAllOperationsCount) {
  Reading after = earlier();
  after.at_s(12)
      .errors(Op::kRead, ErrorClass::kMedium, 3)
      .errors(Op::kOther, ErrorClass::kIllegalRequest, 1)
      .errors(Op::kRead, ErrorClass::kNone, 99);
  EXPECT_EQ(make_top(earlier().snapshot(), after.snapshot()).rows[0].errors_per_second, 2.0);
}

TEST(MakeTop, AnOfflineLunSaysWhy) {
  Reading after = earlier();
  after.last().offline = telemetry::OfflineReason::kLocked;
  EXPECT_EQ(make_top(earlier().snapshot(), after.snapshot()).rows[0].state, "locked");
}

TEST(Top, SumsAndOrders) {
  Reading before = Reading().lun("b", 0).lun("a", 1).lun("a", 0);
  Reading after = before;
  after.at_s(11);
  after.snapshot().luns[0].in_flight = 4;
  after.ios(Op::kWrite, 10, 1000, 0.001);  // of the last: a, 0
  after.snapshot().luns[1].latency[0].bins[5] = 40;
  Top top = make_top(before.snapshot(), after.snapshot());
  EXPECT_EQ(top.rows[0].lun, 0u);
  EXPECT_EQ(top.rows[1].lun, 1u);
  EXPECT_EQ(top.rows[2].target, "iqn.2026-11.io.lungate:b");
  const TopRow sum = total(top);
  EXPECT_EQ(sum.read.per_second, 40.0);
  EXPECT_EQ(sum.write.per_second, 10.0);
  EXPECT_EQ(sum.in_flight, 4u);
  sort_busiest_first(top);
  EXPECT_EQ(top.rows[0].lun, 1u);
  EXPECT_EQ(top.rows[1].write.per_second, 10.0);
}

}  // namespace
}  // namespace lungate::ctl
