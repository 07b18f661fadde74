// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/sim/reservations.h"

#include <gtest/gtest.h>

namespace lungate::sim {
namespace {

constexpr unsigned kHolder = 1;
constexpr unsigned kOther = 2;
constexpr bool kWrite = true;
constexpr bool kRead = false;

/// Moments: the holder asks at 10 and hears at 20.
class Reserved : public ::testing::Test {
 protected:
  void hold(Reserve how) {
    reservations.change_begins(kHolder);
    reservations.change_done(10, 20, kHolder, how);
  }
  Reservations reservations;
};

TEST_F(Reserved, NobodyElseWritesOrReads) {
  hold(Reserve::kExclusiveAccess);
  EXPECT_TRUE(reservations.broken_by(kOther, kWrite, 30));
  EXPECT_TRUE(reservations.broken_by(kOther, kRead, 30));
  EXPECT_FALSE(reservations.broken_by(kHolder, kWrite, 30));
}

TEST_F(Reserved, WriteExclusiveLetsReadersIn) {
  hold(Reserve::kWriteExclusive);
  EXPECT_TRUE(reservations.broken_by(kOther, kWrite, 30));
  EXPECT_FALSE(reservations.broken_by(kOther, kRead, 30));
}

TEST_F(Reserved, WhatWasSentBeforeMayBeDone) {
  hold(Reserve::kSpc2);
  EXPECT_FALSE(reservations.broken_by(kOther, kWrite, 15));
}

TEST_F(Reserved, AChangeUnderWayLeavesItInDoubt) {
  hold(Reserve::kSpc2);
  reservations.change_begins(kOther);
  EXPECT_FALSE(reservations.broken_by(kOther, kWrite, 30));
  reservations.change_refused();
  EXPECT_TRUE(reservations.broken_by(kOther, kWrite, 30));
}

TEST_F(Reserved, TwoAtATimeProveNothing) {
  reservations.change_begins(kOther);
  hold(Reserve::kSpc2);
  reservations.change_done(5, 30, kOther, std::nullopt);
  EXPECT_FALSE(reservations.broken_by(kOther, kWrite, 40));
}

TEST_F(Reserved, AResetEndsOneOfSpc2) {
  hold(Reserve::kSpc2);
  reservations.reset_begins();
  EXPECT_FALSE(reservations.broken_by(kOther, kWrite, 30));
}

TEST_F(Reserved, AResetLeavesAPersistentOne) {
  hold(Reserve::kExclusiveAccess);
  reservations.reset_begins();
  EXPECT_TRUE(reservations.broken_by(kOther, kWrite, 30));
}

TEST_F(Reserved, AConflictNeedsSomebodyElse) {
  EXPECT_FALSE(reservations.possible_against(kOther));
  reservations.change_begins(kOther);
  EXPECT_FALSE(reservations.possible_against(kOther));
  reservations.change_begins(kHolder);
  EXPECT_TRUE(reservations.possible_against(kOther));
}

}  // namespace
}  // namespace lungate::sim
