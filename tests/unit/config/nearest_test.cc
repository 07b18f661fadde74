// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config/nearest.h"

#include <gtest/gtest.h>

#include <string>

namespace lungate::config {
namespace {

TEST(EditDistance, CountsChanges) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("loops", "loop"), 1u);
  EXPECT_EQ(edit_distance("lopos", "loops"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(Nearest, GuessesOnlyWhatIsNear) {
  constexpr std::string_view kKeys[] = {"name", "loops", "control_socket", "id"};
  EXPECT_EQ(nearest("lopos", kKeys), "loops");
  EXPECT_EQ(nearest("loo", kKeys), "loops");
  EXPECT_EQ(nearest("control", kKeys), "control_socket");
  EXPECT_EQ(nearest("nam", kKeys), "name");
  EXPECT_EQ(nearest("log", kKeys), "");
  EXPECT_EQ(nearest("control-sockets", kKeys), "control_socket");
  EXPECT_EQ(nearest("frobnicate", kKeys), "");
  EXPECT_EQ(nearest("x", kKeys), "");
  EXPECT_EQ(nearest(std::string(1 << 20, 'x'), kKeys), "");
}

}  // namespace
}  // namespace lungate::config
