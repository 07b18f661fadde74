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

TEST(Access, AnOpenTargetShowsEverythingToAnybody) {
  const Target open;
  const Initiator* access = find_access(open, "iqn.2026-11.a:anybody");
  ASSERT_NE(access, nullptr);
  EXPECT_TRUE(shows(*access, 0));
  EXPECT_TRUE(shows(*access, 255));
}

TEST(Access, AListedInitiatorSeesItsLuns) {
  Target target;
  target.initiators = {{"iqn.2026-11.a:one", {1, 3}}, {"iqn.2026-11.a:all", {}}};
  const Initiator* one = find_access(target, "iqn.2026-11.a:one");
  ASSERT_NE(one, nullptr);
  EXPECT_FALSE(shows(*one, 0));
  EXPECT_TRUE(shows(*one, 3));
  EXPECT_TRUE(shows(*find_access(target, "iqn.2026-11.A:All"), 0));
  EXPECT_EQ(find_access(target, "iqn.2026-11.a:on"), nullptr);
  EXPECT_EQ(find_access(target, "iqn.2026-11.a:one1"), nullptr);
  EXPECT_EQ(find_access(target, ""), nullptr);
}

}  // namespace
}  // namespace lungate::config
