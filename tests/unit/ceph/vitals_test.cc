// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ceph/vitals.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace lungate::ceph {
namespace {

TEST(Vitals, GoByTheLastCallThatSaysSomething) {
  Vitals vitals;
  EXPECT_FALSE(vitals.answers) << "nobody was asked yet";
  vitals.heard(-ENOENT);
  EXPECT_FALSE(vitals.answers) << "a keyring that is not there is no answer";
  vitals.heard(0);
  EXPECT_TRUE(vitals.answers);
  vitals.heard(-EACCES);
  EXPECT_TRUE(vitals.answers);
  EXPECT_EQ(vitals.timeouts, 0u);
  vitals.heard(-ETIMEDOUT);
  EXPECT_FALSE(vitals.answers);
  EXPECT_EQ(vitals.timeouts, 1u);
  vitals.heard(17);
  EXPECT_TRUE(vitals.answers);
}

TEST(Vitals, ADiskThatDoesNotAnswerSaysNothingOfTheMonitors) {
  Vitals vitals;
  vitals.heard(0);
  vitals.gave_up();
  EXPECT_TRUE(vitals.answers);
  EXPECT_EQ(vitals.timeouts, 1u);
}

}  // namespace
}  // namespace lungate::ceph
