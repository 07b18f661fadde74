// SPDX-License-Identifier: LGPL-2.1-or-later
#include "iscsi/discovery.h"

#include <gtest/gtest.h>

namespace lungate::iscsi {
namespace {

const std::vector<DiscoveredTarget> kTargets = {
    {"iqn.2026-11.io.lungate:a", {{"10.0.0.1", 3260, 1}, {"2001:db8::1", 3260, 1}}},
    {"iqn.2026-11.io.lungate:b", {{"10.0.0.2", 3261, 2}}},
};

constexpr std::string_view kTextOfA =
    "TargetName=iqn.2026-11.io.lungate:a;TargetAddress=10.0.0.1:3260,1;"
    "TargetAddress=[2001:db8::1]:3260,1;";
constexpr std::string_view kTextOfB =
    "TargetName=iqn.2026-11.io.lungate:b;TargetAddress=10.0.0.2:3261,2;";

std::string ask(std::string_view value, std::string_view own = {}) {
  auto text = send_targets(value, own, kTargets);
  if (!text) return "reject";
  for (char& c : *text) {
    if (c == '\0') c = ';';
  }
  return *text;
}

TEST(Discovery, Portals) {
  EXPECT_EQ(portal_text({"127.0.0.1", 3260, 1}), "127.0.0.1:3260,1");
  EXPECT_EQ(portal_text({"::1", 3260, 65535}), "[::1]:3260,65535");
  EXPECT_EQ(portal_text({"gw-a.example.org", 860, 2}), "gw-a.example.org:860,2");
}

TEST(Discovery, All) {
  EXPECT_EQ(ask("All"), std::string(kTextOfA) + std::string(kTextOfB));
}

TEST(Discovery, OneByName) {
  EXPECT_EQ(ask("iqn.2026-11.io.lungate:b"), kTextOfB);
  EXPECT_EQ(ask("IQN.2026-11.io.lungate:B"), kTextOfB);
}

TEST(Discovery, AbsentTargetIsNoError) {
  EXPECT_EQ(ask("iqn.2026-11.io.lungate:c"), "");
}

TEST(Discovery, WhatIsNoQuestion) {
  for (const char* value : {"", "all", "ALL", "Alle", "A", "iqn"}) {
    EXPECT_EQ(ask(value), "reject") << value;
  }
}

TEST(Discovery, NormalSessionHearsOfItsOwnTarget) {
  const std::string_view own = "iqn.2026-11.io.lungate:a";
  EXPECT_EQ(ask("", own), kTextOfA);
  EXPECT_EQ(ask("All", own), kTextOfA);
  EXPECT_EQ(ask(own, own), kTextOfA);
  EXPECT_EQ(ask("iqn.2026-11.io.lungate:b", own), "");
  EXPECT_EQ(ask("Alle", own), "reject");
}

TEST(Discovery, ManyTargets) {
  std::vector<DiscoveredTarget> many(256);
  for (std::size_t i = 0; i < many.size(); ++i) {
    many[i].name = "iqn.2026-11.io.lungate:" + std::string(190, 'x') + std::to_string(i);
    many[i].portals.assign(32, {"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 3260, 1});
  }
  const auto text = send_targets("All", {}, many);
  ASSERT_TRUE(text);
  EXPECT_GT(text->size(), 400000u)
      << "longer than what a peer may send: the configuration bounds it";
  EXPECT_NE(text->find("x255"), std::string::npos);
}

}  // namespace
}  // namespace lungate::iscsi
