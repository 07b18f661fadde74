// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ceph/roster.h"

#include <optional>

#include "base/limits.h"
#include "tests/unit/ceph/lab.h"

namespace lungate::ceph {
namespace {

class RosterTest : public test::CephTest {
 protected:
  void SetUp() override {
    CephTest::SetUp();
    if (IsSkipped()) return;
    pool_.emplace(std::move(*Pool::open(*Cluster::connect(test::cluster_settings()), "rbd", "")));
  }
  void TearDown() override {
    if (!pool_) return;
    const auto entries = pool_->list(object_, 10'000);
    for (const auto& [client, value] : *entries) ASSERT_TRUE(pool_->erase(object_, {client}));
  }
  const std::string gateway_ = "gw-" + test::fresh_name();
  const std::string object_ = "lungate.gateway." + gateway_;
  std::optional<Pool> pool_;
};

TEST_F(RosterTest, RemembersThisProcess) {
  Roster roster(gateway_);
  ASSERT_TRUE(roster.enlist(*pool_));
  ASSERT_TRUE(roster.enlist(*pool_));
  const auto found = roster.find(*pool_, pool_->cluster()->client());
  ASSERT_TRUE(found && *found);
  EXPECT_TRUE(same_process(**found, roster.here()));
  EXPECT_EQ((*found)->address, pool_->cluster()->addresses());
  EXPECT_FALSE((*found)->fenced);
  EXPECT_EQ(pool_->list(object_, 10)->size(), 1u);
}

TEST_F(RosterTest, OthersAreStrangers) {
  Roster roster(gateway_);
  ASSERT_TRUE(roster.enlist(*pool_));
  EXPECT_FALSE((*roster.find(*pool_, "client.1")).has_value());
  EXPECT_FALSE((*Roster("other").find(*pool_, pool_->cluster()->client())).has_value());
}

TEST_F(RosterTest, WhatCannotBeReadIsAStranger) {
  ASSERT_TRUE(pool_->put(object_, "client.1", "garbage"));
  Instance other = this_process();
  other.client = "client.3";
  other.address = "10.0.0.7:0/3";
  ASSERT_TRUE(pool_->put(object_, "client.2", encode(other)));  // under somebody else's name
  Roster roster(gateway_);
  EXPECT_FALSE((*roster.find(*pool_, "client.1")).has_value());
  EXPECT_FALSE((*roster.find(*pool_, "client.2")).has_value());
}

TEST_F(RosterTest, OldestAreForgottenButNotOurselves) {
  Instance old = this_process();
  old.boot_id = "an earlier boot";
  old.address = "10.0.0.7:0/3";
  for (std::size_t i = 0; i < limits::kFormerInstancesMax + 10; ++i) {
    old.client = "client." + std::to_string(i);
    old.enlisted_s = 1000 + i;
    ASSERT_TRUE(pool_->put(object_, old.client, encode(old)));
  }
  Roster roster(gateway_);
  ASSERT_TRUE(roster.enlist(*pool_));
  EXPECT_EQ(pool_->list(object_, 10'000)->size(), limits::kFormerInstancesMax);
  EXPECT_FALSE((*roster.find(*pool_, "client.0")).has_value());
  EXPECT_TRUE((*roster.find(*pool_, old.client)).has_value());
  EXPECT_TRUE((*roster.find(*pool_, pool_->cluster()->client())).has_value());
}

}  // namespace
}  // namespace lungate::ceph
