// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/clock.h"

#include <gtest/gtest.h>

#include <ctime>

namespace lungate {
namespace {

using namespace std::chrono_literals;

static_assert(BootTime{10} - BootTime{4} == 6);
static_assert(BootTime{4} - BootTime{10} == 0, "never negative");
static_assert(BootTime{4} + 6ns == BootTime{10});
static_assert(BootTime{} < BootTime{1});

TEST(Clock, NeverGoesBack) {
  BootTime before = boot_now();
  for (int i = 0; i < 100'000; ++i) {
    const BootTime now = boot_now();
    ASSERT_GE(now, before);
    before = now;
  }
}

TEST(Clock, IsTheOneThatCountsSleep) {
  timespec reading{};
  ASSERT_EQ(::clock_gettime(CLOCK_BOOTTIME, &reading), 0);
  const BootTime ours = boot_now();
  const BootTime theirs{static_cast<std::uint64_t>(reading.tv_sec) * 1'000'000'000u +
                        static_cast<std::uint64_t>(reading.tv_nsec)};
  EXPECT_GE(ours, theirs);
  EXPECT_LT(ours - theirs, 1'000'000'000u);
}

TEST(Clock, WallTimeIsOfThisCentury) {
  EXPECT_GT(wall_now_ns(), 1'700'000'000'000'000'000u);  // November 2023
}

}  // namespace
}  // namespace lungate
