// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session/directory.h"

#include <gtest/gtest.h>

namespace lungate::session {
namespace {

using Numbers = std::vector<std::uint16_t>;

ExportedTarget target() {
  ExportedTarget target;
  target.config.iqn = "iqn.2026-11.io.lungate:t";
  target.luns = {{0, 11}, {3, 12}, {9, 13}};
  return target;
}

TEST(Directory, AnOpenTargetShowsAllOfItsLuns) {
  EXPECT_EQ(visible_luns(target(), "iqn.2026-11.a:anybody"), (Numbers{0, 3, 9}));
}

TEST(Directory, AnAccessShowsItsShare) {
  ExportedTarget closed = target();
  closed.config.initiators = {{"iqn.2026-11.a:some", {3, 7}}, {"iqn.2026-11.a:all", {}}};
  EXPECT_EQ(visible_luns(closed, "iqn.2026-11.a:some"), (Numbers{3})) << "7 is not there";
  EXPECT_EQ(visible_luns(closed, "iqn.2026-11.a:all"), (Numbers{0, 3, 9}));
  EXPECT_EQ(visible_luns(closed, "iqn.2026-11.a:none"), Numbers{});
}

TEST(Directory, FindsTargetsByName) {
  Directory directory;
  directory.targets["iqn.2026-11.io.lungate:t"] = target();
  EXPECT_NE(directory.find("iqn.2026-11.io.lungate:t"), nullptr);
  EXPECT_EQ(directory.find("iqn.2026-11.io.lungate:u"), nullptr);
}

}  // namespace
}  // namespace lungate::session
