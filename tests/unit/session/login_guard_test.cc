// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session/login_guard.h"

#include <gtest/gtest.h>

namespace lungate::session {
namespace {

using namespace std::chrono_literals;

Source host(unsigned number) {
  return Source::of(
      {"10.0." + std::to_string(number / 256) + "." + std::to_string(number % 256), 1, false}, {});
}

class Guard : public ::testing::Test {
 protected:
  void after(Nanoseconds time) { now_ = now_ + time; }
  /// Whether the last of these made the source refused.
  bool fails(int times, unsigned number = 1) {
    bool refused = false;
    for (int i = 0; i < times; ++i) refused = guard_.failed(host(number), now_);
    return refused;
  }
  bool refuses(unsigned number = 1) const { return guard_.refuses(host(number), now_); }

  LoginGuard guard_{{3, 10s, 4}};
  BootTime now_{1'000'000};
};

TEST_F(Guard, RefusesAfterSoManyAndNotBefore) {
  EXPECT_FALSE(refuses());
  EXPECT_FALSE(fails(2));
  EXPECT_FALSE(refuses());
  EXPECT_TRUE(fails(1));
  EXPECT_TRUE(refuses());
  EXPECT_FALSE(refuses(2)) << "another source";
}

TEST_F(Guard, TellsHowManyAreRefusedNow) {
  fails(2, 1);
  EXPECT_EQ(guard_.refused(now_), 0u);
  fails(3, 2);
  fails(3, 3);
  EXPECT_EQ(guard_.refused(now_), 2u);
  after(10s);
  EXPECT_EQ(guard_.refused(now_), 0u) << "remembered, and refused no more";
}

TEST_F(Guard, ForgivesWhenItsTimeHasPassedAndCountsAnew) {
  fails(3);
  after(9'999ms);
  EXPECT_TRUE(refuses());
  after(1ms);
  EXPECT_FALSE(refuses());
  EXPECT_FALSE(fails(2));
  EXPECT_FALSE(refuses());
  EXPECT_TRUE(fails(1));
}

/// Guards failed(): logins that had begun, or an attacker's, must not stretch it for the others.
TEST_F(Guard, FailuresMeanwhileMakeItNoLonger) {
  fails(3);
  after(9s);
  EXPECT_FALSE(fails(30)) << "it is refused already";
  after(1s);
  EXPECT_FALSE(refuses());
}

TEST_F(Guard, CountsWithinAMinuteOnly) {
  fails(2);
  after(limits::kFailedLoginsWindow);
  EXPECT_FALSE(fails(2)) << "the first two are over";
  after(limits::kFailedLoginsWindow - 1ns);
  EXPECT_TRUE(fails(1));
}

TEST_F(Guard, TheTableIsBoundedAndTheOldestGivesWay) {
  for (unsigned number = 1; number <= 4; ++number) {
    fails(2, number);
    after(1ms);
  }
  for (unsigned number = 100; number < 103; ++number) {
    fails(1, number);
    after(1ms);
    EXPECT_EQ(guard_.size(), 4u);
  }
  EXPECT_TRUE(fails(1, 4)) << "the newest of the first four is still known";
  EXPECT_FALSE(fails(1, 3));
}

/// Guards Record::outlived_by: who has many addresses could end a refusal by their failures.
TEST_F(Guard, WhoIsRefusedIsNotForgottenForOneWhoIsNot) {
  fails(3);
  for (unsigned number = 100; number < 110; ++number) {
    after(1ms);
    fails(1, number);
  }
  EXPECT_EQ(guard_.size(), 4u);
  EXPECT_TRUE(refuses());
}

TEST_F(Guard, ZeroIsOff) {
  LoginGuard off({0, 10s, 4});
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(off.failed(host(1), now_));
  EXPECT_FALSE(off.refuses(host(1), now_));
  EXPECT_EQ(off.size(), 0u);
}

}  // namespace
}  // namespace lungate::session
