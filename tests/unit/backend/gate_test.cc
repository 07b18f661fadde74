// SPDX-License-Identifier: LGPL-2.1-or-later
#include "backend/gate.h"

#include <gtest/gtest.h>

#include <thread>
#include <type_traits>
#include <vector>

namespace lungate::backend {
namespace {

static_assert(!std::is_copy_constructible_v<Gate> && !std::is_move_constructible_v<Gate>);

TEST(Gate, IsIdleWhenAllHaveLeft) {
  Gate gate;
  EXPECT_TRUE(gate.idle());
  gate.enter();
  gate.enter();
  gate.leave();
  EXPECT_FALSE(gate.idle());
  gate.leave();
  EXPECT_TRUE(gate.idle());
}

TEST(Gate, StaysClosed) {
  Gate gate;
  EXPECT_FALSE(gate.closed());
  gate.close();
  gate.close();
  EXPECT_TRUE(gate.closed());
  EXPECT_TRUE(gate.idle());
}

TEST(Gate, CountsOnEveryThread) {
  Gate gate;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        gate.enter();
        gate.leave();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  gate.close();  // stops if one was lost
}

TEST(GateDeathTest, RequestsMustNotOutliveTheirGate) {
  auto forget = [] {
    Gate gate;
    gate.enter();
  };
  EXPECT_DEATH(forget(), "lungate: check failed: requests outlive their backend .*gate.h:[0-9]+");
}

TEST(GateDeathTest, LeavingMoreOftenThanEnteringIsOurMistake) {
  EXPECT_DEATH(Gate().leave(), "a request ends once");
}

TEST(GateDeathTest, ClosingOverRequestsIsOurMistake) {
  auto hasty = [] {
    Gate gate;
    gate.enter();
    gate.close();
  };
  EXPECT_DEATH(hasty(), "no request is in progress at close");
}

TEST(GateDeathTest, BeginningAfterTheEndIsOurMistake) {
  auto late = [] {
    Gate gate;
    gate.close();
    gate.enter();
  };
  EXPECT_DEATH(late(), "no request begins after close");
}

}  // namespace
}  // namespace lungate::backend
