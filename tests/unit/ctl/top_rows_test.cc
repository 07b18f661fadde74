// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/top_rows.h"

#include <gtest/gtest.h>

#include "tests/unit/ctl/readings.h"

namespace lungate::ctl {
namespace {

using telemetry::ControlCell;
using telemetry::ErrorClass;
using telemetry::index_of;
using telemetry::Op;
using telemetry::OpClass;

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
  EXPECT_EQ(top.head.interval_s, 2.0);
  ASSERT_EQ(top.luns.size(), 1u);
  const TopRow& row = top.luns[0];
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
  const TopRow row = make_top(before.snapshot(), after.snapshot()).luns[0];
  EXPECT_NEAR(row.read.p50_s, 0.001, 0.0001);
  EXPECT_NEAR(row.read.p99_s, 0.1, 0.01);
}

TEST(MakeTop, WhatIsInFlightHasAnAge) {
  Reading after = earlier();
  after.at_s(40).in_flight(3, 10);
  const TopRow row = make_top(earlier().snapshot(), after.snapshot()).luns[0];
  EXPECT_EQ(row.in_flight, 3u);
  EXPECT_EQ(row.oldest_s, 30.0);
}

TEST(MakeTop, ANewLunIsMeasuredFromZero) {
  Reading after = earlier();
  after.at_s(11).lun("b", 1).ios(Op::kWrite, 30, 512, 0.01);
  const Top top = make_top(earlier().snapshot(), after.snapshot());
  ASSERT_EQ(top.luns.size(), 2u);
  EXPECT_EQ(top.luns[0].read.per_second, 0.0);
  EXPECT_EQ(top.luns[1].write.per_second, 30.0);
}

TEST(MakeTop, AReusedSlotOrARestartedTargetCountsAnew) {
  Reading reused = earlier();
  reused.at_s(11).slot_generation(2);
  EXPECT_EQ(make_top(earlier().snapshot(), reused.snapshot()).luns[0].read.per_second, 5000.0);
  Reading restarted = earlier();
  restarted.at_s(11).generation(2);
  EXPECT_EQ(make_top(earlier().snapshot(), restarted.snapshot()).luns[0].read.per_second, 5000.0);
}

TEST(MakeTop, OneReadingTwiceHasNoRates) {
  const Top top = make_top(earlier().snapshot(), earlier().snapshot());
  EXPECT_EQ(top.head.interval_s, 0.0);
  EXPECT_EQ(top.luns[0].read.per_second, 0.0);
  EXPECT_EQ(top.luns[0].read.p50_s, 0.0);
}

TEST(MakeTop, ErrorsOfAllOperationsCount) {
  Reading after = earlier();
  after.at_s(12)
      .errors(Op::kRead, ErrorClass::kMedium, 3)
      .errors(Op::kOther, ErrorClass::kIllegalRequest, 1)
      .errors(Op::kRead, ErrorClass::kNone, 99);
  EXPECT_EQ(make_top(earlier().snapshot(), after.snapshot()).luns[0].errors_per_second, 2.0);
}

TEST(MakeTop, AnOfflineLunSaysWhy) {
  Reading after = earlier();
  after.last().offline = telemetry::OfflineReason::kLocked;
  EXPECT_EQ(make_top(earlier().snapshot(), after.snapshot()).luns[0].state, "locked");
}

TEST(MakeTop, SumsAndOrders) {
  Reading before = Reading().lun("b", 0).lun("a", 1).lun("a", 0);
  Reading after = before;
  after.at_s(11);
  after.snapshot().luns[0].in_flight = 4;
  after.ios(Op::kWrite, 10, 1000, 0.001);  // of the last: a, 0
  after.snapshot().luns[1].latency[0].bins[5] = 40;
  const Top top = make_top(before.snapshot(), after.snapshot());
  EXPECT_EQ(top.luns[0].lun, 0u);
  EXPECT_EQ(top.luns[1].lun, 1u);
  EXPECT_EQ(top.luns[2].target, "iqn.2026-11.io.lungate:b");
  const TopRow sum = total(top.luns);
  EXPECT_EQ(sum.read.per_second, 40.0);
  EXPECT_EQ(sum.write.per_second, 10.0);
  EXPECT_EQ(sum.in_flight, 4u);
}

// --- verdicts ------------------------------------------------------------------------------------

Verdict verdict(Reading after) {
  return make_top(earlier().snapshot(), after.at_s(40).snapshot()).luns[0].verdict;
}

TEST(Verdict, P99AgainstTheSlo) {
  Reading after = earlier();
  after.ios(Op::kRead, 100, 4096, 0.015);
  EXPECT_EQ(verdict(after), Verdict::kFine) << "nothing is promised";
  EXPECT_EQ(verdict(after.slo(0.020, 0.001, 0.99)), Verdict::kFine);
  EXPECT_EQ(verdict(after.slo(0.010, 0.020, 0.99)), Verdict::kSlow);
  EXPECT_EQ(verdict(earlier().slo(0.010, 0.020, 0.99)), Verdict::kFine)
      << "what was slow is before the interval";
  EXPECT_EQ(verdict(earlier().ios(Op::kWrite, 10, 512, 0.05).slo(0.010, 0.020, 0.99)),
            Verdict::kSlow);
}

TEST(Verdict, StuckFromTheTimeOnThatTheTargetCallsStuck) {
  EXPECT_EQ(verdict(earlier().in_flight(1, 31)), Verdict::kFine);
  EXPECT_EQ(verdict(earlier().in_flight(1, 30)), Verdict::kStuck);
}

TEST(Verdict, TheWorstIsTold) {
  Reading after = earlier();
  after.ios(Op::kRead, 100, 4096, 0.5).errors(Op::kRead, ErrorClass::kMedium, 1);
  EXPECT_EQ(verdict(after), Verdict::kErrors);
  EXPECT_EQ(verdict(after.slo(0.010, 0.010, 0.99)), Verdict::kSlow);
  EXPECT_EQ(verdict(after.in_flight(1, 1)), Verdict::kStuck);
  after.last().offline = telemetry::OfflineReason::kFenced;
  EXPECT_EQ(verdict(after), Verdict::kOffline);
}

TEST(MakeTop, SlowIsCountedByTheTarget) {
  Reading after = earlier();
  after.at_s(12);
  after.last().counters[index_of(telemetry::LunCounter::kSlowReads)] = 3;
  after.last().counters[index_of(telemetry::LunCounter::kSlowWrites)] = 1;
  EXPECT_EQ(make_top(earlier().snapshot(), after.snapshot()).luns[0].slow_per_second, 2.0);
}

// --- initiators ----------------------------------------------------------------------------------

Reading with_initiators() {
  return earlier().nexus("a").nexus("b").lun("b", 1).nexus("a").nexus("");
}

Top two_initiators() {
  Reading after = with_initiators();
  after.at_s(12).did(OpClass::kRead, 10, 512, 0.001);
  auto& nexuses = after.snapshot().nexuses;
  nexuses[0].ops = {100, 0, 0};
  nexuses[0].latency_ns = {200'000'000, 0, 0};
  nexuses[2].ops = {300, 50, 4};
  nexuses[2].bytes = {300 * 4096, 50 * 512, 0};
  nexuses[2].latency_ns = {1'800'000'000, 50'000'000, 0};
  nexuses[2].errors = 6;
  return make_top(with_initiators().snapshot(), after.snapshot());
}

TEST(Nexuses, ARowEach) {
  const Top top = two_initiators();
  ASSERT_EQ(top.nexuses.size(), 4u);
  EXPECT_EQ(top.nexuses[0].initiator, "(others)");
  EXPECT_EQ(top.nexuses[0].read.per_second, 5.0);
  const TopRow& row = top.nexuses[2];
  EXPECT_EQ(row.initiator, "iqn.1993-08.org.debian:a");
  EXPECT_EQ(row.target, "iqn.2026-11.io.lungate:b");
  EXPECT_EQ(row.lun, 1u);
  EXPECT_EQ(row.read.per_second, 150.0);
  EXPECT_EQ(row.read.bytes_per_second, 150.0 * 4096);
  EXPECT_DOUBLE_EQ(row.read.mean_s, 0.006);
  EXPECT_EQ(row.other_per_second, 2.0);
  EXPECT_EQ(row.errors_per_second, 3.0);
  EXPECT_EQ(row.verdict, Verdict::kErrors);
}

TEST(Nexuses, AreOneRowPerInitiator) {
  const std::vector<TopRow> rows = by_initiator(two_initiators().nexuses);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[1].initiator, "iqn.1993-08.org.debian:a");
  EXPECT_EQ(rows[1].luns, 2u);
  EXPECT_EQ(rows[1].read.per_second, 200.0);
  EXPECT_DOUBLE_EQ(rows[1].read.mean_s, 0.005) << "100 of 2 ms and 300 of 6 ms";
  EXPECT_EQ(rows[1].verdict, Verdict::kErrors);
  EXPECT_EQ(rows[2].verdict, Verdict::kFine);
}

TEST(Nexuses, AreSlowWhenMoreIsSlowThanTheSloAllows) {
  const auto verdict_with = [](std::uint64_t slow) {
    Reading before = earlier().slo(0.01, 0.01, 0.9).nexus("a");
    Reading after = before;
    after.at_s(11).did(OpClass::kRead, 100, 512, 0.001).snapshot().nexuses[0].slow = slow;
    return make_top(before.snapshot(), after.snapshot()).nexuses[0].verdict;
  };
  EXPECT_EQ(verdict_with(10), Verdict::kFine);
  EXPECT_EQ(verdict_with(11), Verdict::kSlow);
}

TEST(Nexuses, OfAnOfflineLunAreOffline) {
  Reading after = earlier().nexus("a");
  after.last().offline = telemetry::OfflineReason::kFenced;
  const Top top = make_top(earlier().snapshot(), after.snapshot());
  EXPECT_EQ(top.nexuses[0].state, "fenced");
  EXPECT_EQ(by_initiator(top.nexuses)[0].verdict, Verdict::kOffline);
}

TEST(Nexuses, ASlotThatWasGivenToAnotherCountsAnew) {
  Reading before = earlier().nexus("a").did(OpClass::kRead, 1000, 512, 0.001);
  Reading after = earlier().nexus("b").did(OpClass::kRead, 40, 512, 0.001);
  after.at_s(11).snapshot().nexuses[0].slot_generation = 2;
  EXPECT_EQ(make_top(before.snapshot(), after.snapshot()).nexuses[0].read.per_second, 40.0);
  // Of a LUN that is not there (a reading between two writes): left out, not guessed.
  after.snapshot().nexuses[0].lun = 7;
  EXPECT_TRUE(make_top(before.snapshot(), after.snapshot()).nexuses.empty());
}

// --- headline ------------------------------------------------------------------------------------

TEST(Head, BusySharesCountTheTurnThatHasNotEnded) {
  Reading before = earlier();
  Reading after = earlier();
  after.at_s(12);
  auto& loops = after.snapshot().loops;
  loops[0].busy_ns = 500'000'000;
  loops[1].turn_start = {11'000'000'000};
  EXPECT_EQ(make_top(before.snapshot(), after.snapshot()).head.busy,
            (std::vector<double>{0.25, 0.5}));
  before.snapshot().loops[1].turn_start = {9'000'000'000};
  loops[1].turn_start = {9'000'000'000};
  EXPECT_EQ(make_top(before.snapshot(), after.snapshot()).head.busy[1], 1.0);
  after.generation(2);
  EXPECT_EQ(make_top(before.snapshot(), after.snapshot()).head.busy[0], 0.0);
}

TEST(Head, CephAndTheWindow) {
  Reading before = earlier();
  Reading after = earlier();
  after.at_s(12);
  EXPECT_FALSE(make_top(before.snapshot(), after.snapshot()).head.ceph_used);
  const auto set = [&](ControlCell cell, std::uint64_t value) {
    after.snapshot().control[index_of(cell)] = value;
  };
  set(ControlCell::kCephUsed, 1);
  set(ControlCell::kCephTimeouts, 3);
  before.snapshot().control[index_of(ControlCell::kCephTimeouts)] = 1;
  after.snapshot().window_full_ns = 500'000'000;
  TopHead head = make_top(before.snapshot(), after.snapshot()).head;
  EXPECT_TRUE(head.ceph_used);
  EXPECT_FALSE(head.ceph_up);
  EXPECT_EQ(head.ceph_timeouts, 2u);
  EXPECT_EQ(head.window_full_s_per_second, 0.25);
  set(ControlCell::kCephUp, 1);
  EXPECT_TRUE(make_top(before.snapshot(), after.snapshot()).head.ceph_up);
}

}  // namespace
}  // namespace lungate::ctl
