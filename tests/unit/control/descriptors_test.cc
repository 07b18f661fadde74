// SPDX-License-Identifier: LGPL-2.1-or-later
#include "control/descriptors.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace lungate::control {
namespace {

/// Puts the process's limit back: other tests of this program need descriptors, too.
class Descriptors : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0); }
  void TearDown() override { ::setrlimit(RLIMIT_NOFILE, &before_); }

  rlimit before_{};
};

TEST_F(Descriptors, AreAsManyAsTheHardLimitAllows) {
  const rlimit low{64, before_.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(raise_descriptor_limit(), before_.rlim_max);
  rlimit now{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &now), 0);
  EXPECT_EQ(now.rlim_cur, before_.rlim_max);
}

}  // namespace
}  // namespace lungate::control
