// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include <algorithm>

#include "config/config.h"

namespace lungate::config {
namespace {

TEST(Access, AnOpenTargetShowsEverythingToAnybody) {
  const Target open;
  const Initiator* access = find_access(open, {"iqn.2026-11.a:anybody", "192.0.2.7"});
  ASSERT_NE(access, nullptr);
  EXPECT_TRUE(shown_as(*access, 0).has_value());
  EXPECT_TRUE(shown_as(*access, 255).has_value());
}

TEST(Access, AListedInitiatorSeesItsLuns) {
  Target target;
  target.initiators = {{"iqn.2026-11.a:one", {1, 3}}, {"iqn.2026-11.a:all", {}}};
  const Initiator* one = find_access(target, {"iqn.2026-11.a:one", "192.0.2.7"});
  ASSERT_NE(one, nullptr);
  EXPECT_FALSE(shown_as(*one, 0).has_value());
  EXPECT_TRUE(shown_as(*one, 3).has_value());
  EXPECT_TRUE(shown_as(*find_access(target, {"iqn.2026-11.A:All", "192.0.2.7"}), 0).has_value());
  EXPECT_EQ(find_access(target, {"iqn.2026-11.a:on", "192.0.2.7"}), nullptr);
  EXPECT_EQ(find_access(target, {"iqn.2026-11.a:one1", "192.0.2.7"}), nullptr);
  EXPECT_EQ(find_access(target, {"", "192.0.2.7"}), nullptr);
}

/// Guards the address: a name is what anybody can say.
TEST(Access, TheAddressMustBeInOneOfTheRowsNetworks) {
  Target target;
  Initiator& row = target.initiators.emplace_back();
  row.iqn = "iqn.2026-11.a:one";
  row.networks = {*parse_network("192.0.2.0/24"), *parse_network("2001:db8::1")};
  target.initiators.push_back({"iqn.2026-11.a:*", {}});
  const auto may = [&](std::string_view iqn, std::string_view host) {
    return find_access(target, {iqn, host}) != nullptr;
  };
  EXPECT_TRUE(may("iqn.2026-11.a:one", "192.0.2.255"));
  EXPECT_TRUE(may("iqn.2026-11.a:one", "2001:db8::1"));
  EXPECT_FALSE(may("iqn.2026-11.a:one", "192.0.3.0")) << "the pattern is no second way in";
  EXPECT_FALSE(may("iqn.2026-11.a:one", ""));
  EXPECT_TRUE(may("iqn.2026-11.a:two", "192.0.3.0"));
}

/// Which row of the target answers for a name: its `iqn` or `group`, "-" for none.
std::string row_for(const Target& target, std::string_view name) {
  const Initiator* row = find_access(target, {name, "192.0.2.7"});
  if (row == nullptr) return "-";
  return row->iqn.empty() ? row->group : row->iqn;
}

Initiator group(std::string name, std::vector<std::string> members) {
  Initiator row;
  row.group = std::move(name);
  row.members = std::move(members);
  return row;
}

TEST(Access, TheMostSpecificRowWinsWhateverTheOrder) {
  std::vector<Initiator> rows = {{"*", {}},
                                 {"iqn.1994-05.com.redhat:*", {}},
                                 {"iqn.1994-05.com.redhat:web*", {}},
                                 {"iqn.1994-05.com.redhat:web-1", {}},
                                 group("esx", {"iqn.1998-01.com.vmware:*", "iqn.2026-11.a:one"})};
  for (int turn = 0; turn < 5; ++turn) {
    Target target;
    target.initiators = rows;
    EXPECT_EQ(row_for(target, "iqn.1994-05.com.redhat:web-1"), "iqn.1994-05.com.redhat:web-1");
    EXPECT_EQ(row_for(target, "IQN.1994-05.com.RedHat:WEB-1"), "iqn.1994-05.com.redhat:web-1");
    EXPECT_EQ(row_for(target, "iqn.1994-05.com.redhat:web-12"), "iqn.1994-05.com.redhat:web*");
    EXPECT_EQ(row_for(target, "iqn.1994-05.com.redhat:web"), "iqn.1994-05.com.redhat:web*");
    EXPECT_EQ(row_for(target, "iqn.1994-05.com.redhat:we"), "iqn.1994-05.com.redhat:*");
    EXPECT_EQ(row_for(target, "iqn.1994-05.com.redhat"), "*");
    EXPECT_EQ(row_for(target, "iqn.1998-01.com.vmware:host"), "esx");
    EXPECT_EQ(row_for(target, "iqn.2026-11.a:one"), "esx");
    EXPECT_EQ(row_for(target, "iqn.2026-11.a:two"), "*");
    EXPECT_EQ(row_for(target, ""), "*");
    std::rotate(rows.begin(), rows.begin() + 1, rows.end());
  }
}

TEST(Access, APatternLetsInNobodyElse) {
  Target target;
  target.initiators = {{"iqn.1994-05.com.redhat:*", {}}, group("empty", {})};
  for (const char* name : {"", "iqn.1994-05.com.redhat", "iqn.1994-05.com.redhatx:a",
                           "xiqn.1994-05.com.redhat:a", "iqn.1994-05.com.redhat;a"}) {
    EXPECT_EQ(row_for(target, name), "-") << name;
  }
}

TEST(Access, AStarInAPeersNameIsNoWildcard) {
  Target target;
  target.initiators = {{"iqn.2026-11.a:one", {}}};
  EXPECT_EQ(row_for(target, "iqn.2026-11.a:*"), "-");
  EXPECT_EQ(row_for(target, "*"), "-");
}

TEST(Access, AMapGivesNumbersAndRights) {
  Initiator access;
  access.map = {{3, 0, true}, {0, 7, false}};
  EXPECT_EQ(shown_as(access, 3), (ShownLun{0, true}));
  EXPECT_EQ(shown_as(access, 0), (ShownLun{7, false}));
  EXPECT_EQ(shown_as(access, 7), std::nullopt) << "7 is the initiator's number, not the target's";
  EXPECT_FALSE(shown_as(access, 1).has_value());
}

TEST(Access, WithoutAMapNumbersAreTheTargets) {
  Initiator access;
  EXPECT_EQ(shown_as(access, 9), (ShownLun{9, false}));
  access.luns = {2, 9};
  EXPECT_EQ(shown_as(access, 9), (ShownLun{9, false}));
  EXPECT_EQ(shown_as(access, 3), std::nullopt);
}

TEST(Access, AnInitiatorsChapStandsBeforeItsTargets) {
  Target target;
  Initiator access;
  EXPECT_FALSE(chap_of(target, access).demanded());
  target.chap.user = "all";
  EXPECT_EQ(chap_of(target, access).user, "all");
  EXPECT_EQ(chap_of(target, *find_access(target, {"iqn.2026-11.a:b", "192.0.2.7"})).user, "all")
      << "an open target demands it as well";
  access.chap.user = "one";
  EXPECT_EQ(chap_of(target, access).user, "one");
}

TEST(Access, PortalGroups) {
  Target target;
  EXPECT_TRUE(offered_at(target, 1));
  target.portal_groups = {2, 5};
  EXPECT_FALSE(offered_at(target, 1));
  EXPECT_TRUE(offered_at(target, 5));
}

}  // namespace
}  // namespace lungate::config
