// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/sim/register_history.h"

#include <gtest/gtest.h>

namespace lungate::sim {
namespace {

/// Operations as (value, from, to); the block holds 0 at first.
class History : public ::testing::Test {
 protected:
  History() { history.wrote(0, 0, 0); }
  bool explained() const { return !history.contradiction(); }
  RegisterHistory history;
};

TEST_F(History, WhatWasWrittenLastIsRead) {
  history.wrote(1, 1, 2);
  history.wrote(2, 3, 4);
  history.read(2, 5, 6);
  EXPECT_TRUE(explained());
}

TEST_F(History, WhatWasOverwrittenIsNot) {
  history.wrote(1, 1, 2);
  history.wrote(2, 3, 4);
  history.read(1, 5, 6);
  EXPECT_FALSE(explained());
}

TEST_F(History, TheFirstContentIsOverwritten) {
  history.wrote(1, 1, 2);
  history.read(0, 3, 4);
  EXPECT_FALSE(explained());
}

TEST_F(History, TwoWritesAtATimeMayLandInEitherOrder) {
  history.wrote(1, 1, 10);
  history.wrote(2, 2, 9);
  history.read(1, 11, 12);
  EXPECT_TRUE(explained());
}

TEST_F(History, ButNotInBoth) {
  history.wrote(1, 1, 10);
  history.wrote(2, 2, 9);
  history.read(1, 11, 12);
  history.read(2, 13, 14);
  EXPECT_FALSE(explained());
}

TEST_F(History, AReadDuringAWriteSeesEitherValue) {
  history.wrote(1, 1, 10);
  history.read(0, 2, 3);
  history.read(1, 4, 5);
  EXPECT_TRUE(explained());
}

TEST_F(History, TimeDoesNotGoBack) {
  history.wrote(1, 1, 10);
  history.read(1, 2, 3);
  history.read(0, 4, 5);
  EXPECT_FALSE(explained());
}

TEST_F(History, WhatNobodyKnowsTheEndOfMayLandLate) {
  history.wrote(1, 1, kNever);
  history.wrote(2, 3, 4);
  history.read(2, 5, 6);
  history.read(1, 7, 8);
  EXPECT_TRUE(explained());
}

TEST_F(History, WhatIsOverLandsNoMore) {
  history.wrote(1, 1, 2);
  history.wrote(2, 3, 4);
  history.read(2, 5, 6);
  history.read(1, 7, 8);
  EXPECT_FALSE(explained());
}

}  // namespace
}  // namespace lungate::sim
