// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/in_flight.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace lungate {
namespace {

static_assert(!std::is_copy_constructible_v<InFlight> && !std::is_move_constructible_v<InFlight>);

class InFlightTest : public testing::Test {
 protected:
  void close() {
    gate_.close([this] { ++idle_; });
  }

  int idle_ = 0;
  InFlight gate_;
};

TEST_F(InFlightTest, ClosesAtOnceWhenNothingIsInProgress) {
  close();
  EXPECT_EQ(idle_, 1);
}

TEST_F(InFlightTest, TellsOnceTheLastHasLeft) {
  ASSERT_TRUE(gate_.enter());
  ASSERT_TRUE(gate_.enter());
  close();
  gate_.leave();
  EXPECT_EQ(idle_, 0);
  gate_.leave();
  EXPECT_EQ(idle_, 1);
}

TEST_F(InFlightTest, LetsNobodyInWhenClosing) {
  ASSERT_TRUE(gate_.enter());
  close();
  EXPECT_FALSE(gate_.enter());
  EXPECT_EQ(gate_.count(), 1u);
  gate_.leave();
  EXPECT_FALSE(gate_.enter());
}

TEST_F(InFlightTest, RunsEmptyWithoutClosing) {
  ASSERT_TRUE(gate_.enter());
  gate_.leave();
  EXPECT_TRUE(gate_.enter());
  gate_.leave();
  EXPECT_EQ(idle_, 0);
}

TEST(InFlightDeathTest, WorkMustNotOutliveItsGate) {
  auto forget = [] {
    InFlight gate;
    std::ignore = gate.enter();
  };
  EXPECT_DEATH(forget(), "lungate: check failed: work outlives its gate .*in_flight.h:[0-9]+");
}

TEST(InFlightDeathTest, LeavingMoreOftenThanEnteringIsOurMistake) {
  EXPECT_DEATH(InFlight().leave(), "a gate is left as often as it is entered");
}

TEST(InFlightDeathTest, ClosingTwiceIsOurMistake) {
  auto twice = [] {
    InFlight gate;
    gate.close([] {});
    gate.close([] {});
  };
  EXPECT_DEATH(twice(), "a gate closes once");
}

}  // namespace
}  // namespace lungate
