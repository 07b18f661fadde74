// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ceph/roster.h"

#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <vector>

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

/// Guards bury_gone(): after each fence there is another connection, for years.
TEST_F(RosterTest, OfClientsThatHaveGoneItKeepsTheNameOnly) {
  Roster roster(gateway_);
  std::vector<std::string> clients;
  for (int i = 0; i < 5; ++i) {
    Pool pool = *Pool::open(*Cluster::connect(test::cluster_settings()), "rbd", "");
    ASSERT_TRUE(roster.enlist(pool));
    clients.push_back(pool.cluster()->client());
    EXPECT_TRUE(roster.in_use(clients.back()));
    EXPECT_LE(roster.remembered(), 4u) << "this one, and the one before that has just gone";
  }
  for (const std::string& client : clients) EXPECT_FALSE(roster.in_use(client)) << client;
  EXPECT_TRUE(roster.in_use("client.1")) << "never seen";
}

/// A connection that was fenced may ask on until its last image is closed: it stays abandoned.
TEST_F(RosterTest, AnAbandonedClientDoesNotComeBack) {
  Roster roster(gateway_);
  ASSERT_TRUE(roster.enlist(*pool_));
  roster.abandon(pool_->cluster()->client());
  Pool other = *Pool::open(*Cluster::connect(test::cluster_settings()), "rbd", "");
  ASSERT_TRUE(roster.enlist(other));  // the first one is buried here
  ASSERT_TRUE(roster.enlist(*pool_));
  EXPECT_FALSE(roster.in_use(pool_->cluster()->client()));
  EXPECT_TRUE(roster.in_use(other.cluster()->client()));
}

/// Guards the mutex per place: a pool without an OSD takes its own LUNs offline, not all of them.
TEST_F(RosterTest, APoolThatHangsHoldsUpNobodyElse) {
  test::Outsider admin;
  test::HungPool dead(admin);
  Pool there = *Pool::open(pool_->cluster(), dead.name(), "");
  Roster roster(gateway_);
  auto hung = std::async(std::launch::async, [&] { return roster.enlist(there).has_value(); });
  // Whichever of the two comes first: the other must not wait for it.
  EXPECT_EQ(hung.wait_for(std::chrono::milliseconds(200)), std::future_status::timeout);
  auto healthy = std::async(std::launch::async, [&] { return roster.enlist(*pool_).has_value(); });
  EXPECT_EQ(healthy.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  dead.heal();
  EXPECT_TRUE(hung.get());
  EXPECT_TRUE(healthy.get());
}

/// Guards Roster::fence_once: a fence is renewed by removing it first, and through that moment the
/// old client could write to images of the other pool that have a new owner by then.
TEST_F(RosterTest, AClientOfTwoPoolsIsFencedOnce) {
  test::Outsider admin;
  const std::string name_space = "ns-" + test::fresh_name();
  admin.make_name_space(name_space);
  Pool other = *Pool::open(pool_->cluster(), "rbd", name_space);
  Instance old = this_process();
  old.client = "client.1";
  old.address = "10.255.255.7:0/" + std::to_string(::getpid());
  ASSERT_TRUE(pool_->put(object_, old.client, encode(old)));
  ASSERT_TRUE(other.put(object_, old.client, encode(old)));
  Roster roster(gateway_);
  ASSERT_TRUE(roster.fence(*pool_, old));
  EXPECT_GT(admin.blocklisted_for_s(old.address), 0);
  admin.command(R"({"prefix": "osd blocklist", "blocklistop": "rm", "addr": ")" + old.address +
                "\"}");  // shows whether it is said again
  ASSERT_TRUE(roster.fence(other, old));
  EXPECT_EQ(admin.blocklisted_for_s(old.address), 0);
  EXPECT_TRUE((*roster.find(other, old.client))->fenced);
  ASSERT_TRUE(other.erase(object_, {old.client}));
}

}  // namespace
}  // namespace lungate::ceph
