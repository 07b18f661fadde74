// SPDX-License-Identifier: LGPL-2.1-or-later
#include "backend/look_ups.h"

#include <gtest/gtest.h>

#include <array>

#include "base/limits.h"

namespace lungate::backend {
namespace {

constexpr BootTime kNow{1'000'000'000};
constexpr BootTime kLater = kNow + limits::kLookUpTime;

Request asking() {
  Request request;
  request.verb = Verb::kAllocation;
  request.length = 4096;
  return request;
}

bool passed_over(const Request& request) {
  return !request.looked && request.extent_allocated && request.extent_bytes == request.length;
}

TEST(LookUps, FewWaitAtATimeAndTheRestIsToldAllocated) {
  LookUps look_ups;
  for (unsigned i = 0; i < limits::kLookUpsPerLunMax; ++i) {
    Request request = asking();
    ASSERT_TRUE(look_ups.begin(request, kNow));
    EXPECT_TRUE(request.looked);
  }
  Request one_more = asking();
  EXPECT_FALSE(look_ups.begin(one_more, kNow));
  EXPECT_TRUE(passed_over(one_more));
  look_ups.end();
  EXPECT_TRUE(look_ups.begin(one_more, kNow));
  EXPECT_TRUE(one_more.looked);
  EXPECT_FALSE(look_ups.begin(one_more, kNow)) << "who was refused holds no place";
}

TEST(LookUps, ACommandsTimeBeginsWithItsFirstRequest) {
  LookUps look_ups;
  Request request = asking();
  ASSERT_TRUE(look_ups.begin(request, kNow));
  EXPECT_TRUE(LookUps::due(request, kNow));
  look_ups.end();
  ASSERT_TRUE(look_ups.begin(request, BootTime{kLater.ns - 1}));
  EXPECT_TRUE(LookUps::due(request, BootTime{kLater.ns - 1}));
  EXPECT_FALSE(LookUps::due(request, kLater)) << "the second request has the first one's time";
  EXPECT_TRUE(passed_over(request));
  fresh_look_ups(request);
  look_ups.end();
  ASSERT_TRUE(look_ups.begin(request, kLater));
  EXPECT_TRUE(LookUps::due(request, kLater));
}

TEST(LookUps, WhatTheClerkCannotTakeIsAnsweredAtOnceAndHoldsNoPlace) {
  LookUps look_ups;
  Request request = asking();
  Request* given = nullptr;
  const auto takes = [&](Request& one) { return (given = &one) != nullptr; };
  const auto is_full = [](Request&) { return false; };
  for (unsigned i = 0; i <= limits::kLookUpsPerLunMax; ++i)
    EXPECT_EQ(look_ups.pass_on(request, kNow, is_full), Status::kNoMemory);
  for (unsigned i = 0; i < limits::kLookUpsPerLunMax; ++i)
    EXPECT_EQ(look_ups.pass_on(request, kNow, takes), std::nullopt);
  EXPECT_EQ(given, &request);
  given = nullptr;
  EXPECT_EQ(look_ups.pass_on(request, kNow, takes), Status::kOk);
  EXPECT_EQ(given, nullptr) << "too many wait: the clerk never hears of it";
  EXPECT_TRUE(passed_over(request));
}

TEST(LookUps, WhoIsInAHurryIsLetGo) {
  LookUps look_ups;
  Request request = asking();
  ASSERT_TRUE(look_ups.begin(request, kNow));
  hurry(request);
  EXPECT_TRUE(hurried(request));
  EXPECT_FALSE(LookUps::due(request, kNow));
  EXPECT_TRUE(passed_over(request));
  fresh_look_ups(request);
  EXPECT_FALSE(hurried(request));
}

}  // namespace
}  // namespace lungate::backend
