// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include "tests/sim/run.h"

namespace lungate::sim {
namespace {

TEST(Run, ASeedDoesTheSameTwice) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) EXPECT_EQ(run(seed).hash, run(seed).hash);
}

TEST(Run, AnotherSeedDoesSomethingElse) {
  EXPECT_NE(run(1).hash, run(2).hash);
}

}  // namespace
}  // namespace lungate::sim
