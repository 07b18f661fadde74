// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config/config.h"

#include <gtest/gtest.h>

namespace lungate::config {
namespace {

TEST(Store, NamesTellWhatIsTheSame) {
  EXPECT_EQ(to_string(Store(Image{"rbd", "", "vm"})), "rbd:rbd/vm");
  EXPECT_EQ(to_string(Store(Image{"rbd", "ns", "vm"})), "rbd:rbd/ns/vm");
  EXPECT_EQ(to_string(Store(File{"/a", 512, 5})), "file:/a");
  EXPECT_EQ(to_string(Store(Null{4096})), "null:4096");
}

}  // namespace
}  // namespace lungate::config
