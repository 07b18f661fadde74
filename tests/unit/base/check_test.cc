// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/check.h"

#include <gtest/gtest.h>

namespace lungate {
namespace {

TEST(Check, LetsWhatHoldsPass) {
  check(true, "one is one");
}

// Its place is that of the caller, not of the header.
TEST(CheckDeathTest, StopsWithTheInvariantAndThePlace) {
  EXPECT_DEATH(check(false, "one is two"),
               "lungate: check failed: one is two \\(.*check_test.cc:[0-9]+\\)");
}

}  // namespace
}  // namespace lungate
