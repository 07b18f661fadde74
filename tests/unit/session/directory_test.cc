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

Numbers numbers(const VisibleLuns& visible) {
  Numbers all;
  for (const auto& [number, lun] : visible) all.push_back(number);
  return all;
}

TEST(Directory, AnOpenTargetShowsAllOfItsLuns) {
  EXPECT_EQ(numbers(visible_luns(target(), {"iqn.2026-11.a:anybody", "192.0.2.7"})),
            (Numbers{0, 3, 9}));
}

TEST(Directory, AnAccessShowsItsShare) {
  ExportedTarget closed = target();
  closed.config.initiators.resize(2);
  closed.config.initiators[0].iqn = "iqn.2026-11.a:some";
  closed.config.initiators[0].luns = {3, 7};
  closed.config.initiators[1].iqn = "iqn.2026-11.a:all";
  const auto seen_by = [&](std::string_view who) {
    return numbers(visible_luns(closed, {who, "192.0.2.7"}));
  };
  EXPECT_EQ(seen_by("iqn.2026-11.a:some"), (Numbers{3})) << "7 is not there";
  EXPECT_EQ(seen_by("iqn.2026-11.a:all"), (Numbers{0, 3, 9}));
  EXPECT_EQ(seen_by("iqn.2026-11.a:none"), Numbers{});
}

TEST(Directory, AnAccessMayHaveNumbersOfItsOwnAndMayNotWrite) {
  ExportedTarget closed = target();
  config::Initiator& some = closed.config.initiators.emplace_back();
  some.iqn = "iqn.2026-11.a:some";
  some.map.resize(1);
  some.map[0].lun = 9;
  some.map[0].as = 0;
  some.map[0].read_only = true;
  EXPECT_EQ(visible_luns(closed, {"iqn.2026-11.a:some", "192.0.2.7"}),
            (VisibleLuns{{0, {13, true}}}));
}

TEST(Directory, FindsTargetsByName) {
  Directory directory;
  directory.targets["iqn.2026-11.io.lungate:t"] = target();
  EXPECT_NE(directory.find("iqn.2026-11.io.lungate:t"), nullptr);
  EXPECT_EQ(directory.find("iqn.2026-11.io.lungate:u"), nullptr);
}

}  // namespace
}  // namespace lungate::session
