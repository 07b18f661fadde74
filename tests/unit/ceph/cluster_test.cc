// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ceph/cluster.h"

#include <fstream>

#include "ceph/connections.h"
#include "tests/unit/ceph/lab.h"

namespace lungate::ceph {
namespace {

using test::cluster_settings;
using test::Outsider;

class ClusterTest : public test::CephTest {
 protected:
  std::shared_ptr<Cluster> connect() {
    auto cluster = Cluster::connect(cluster_settings());
    EXPECT_TRUE(cluster) << cluster.error().text;
    return cluster ? *cluster : nullptr;
  }
};

TEST_F(ClusterTest, KnowsItself) {
  const auto a = connect();
  const auto b = connect();
  EXPECT_EQ(a->fsid().size(), 36u);
  EXPECT_EQ(a->fsid(), b->fsid());
  EXPECT_NE(a->client(), b->client());
  EXPECT_NE(a->addresses(), b->addresses());
  EXPECT_TRUE(a->client().starts_with("client."));
}

TEST_F(ClusterTest, SafetyDoesNotDependOnCephConf) {
  const auto cluster = connect();
  EXPECT_EQ(cluster->option("rbd_cache"), "false");
  EXPECT_EQ(cluster->option("rbd_skip_partial_discard"), "false");
  EXPECT_EQ(cluster->option("rados_osd_op_timeout"), "0");
  EXPECT_EQ(cluster->option("no_such_option"), "");
}

TEST_F(ClusterTest, MissingConfFileIsNamed) {
  ClusterSettings settings;
  settings.conf_file = "/nonexistent/ceph.conf";
  const auto cluster = Cluster::connect(settings);
  ASSERT_FALSE(cluster);
  EXPECT_EQ(cluster.error().cause, Cause::kNotFound);
  EXPECT_NE(cluster.error().text.find("/nonexistent/ceph.conf"), std::string::npos);
}

TEST_F(ClusterTest, SilentMonitorsAreUnreachable) {
  ClusterSettings settings = cluster_settings();
  // A port of loopback that is bound by nobody; the attempt must end by the time-out.
  settings.overrides = {{"mon_host", "v2:127.0.0.1:1/0"}, {"client_mount_timeout", "1"}};
  const auto cluster = Cluster::connect(settings);
  ASSERT_FALSE(cluster);
  EXPECT_EQ(cluster.error().cause, Cause::kUnreachable);
  EXPECT_NE(cluster.error().text.find("127.0.0.1:1/0"), std::string::npos) << cluster.error().text;
}

/// librados says ENOENT; "No such file or directory" sent the operator to the monitors.
TEST_F(ClusterTest, AMissingKeyringIsNamed) {
  ClusterSettings settings = cluster_settings();
  settings.user = "nobody";
  settings.overrides = {{"auth_client_required", "cephx"}, {"keyring", "/nonexistent/keyring"}};
  const auto cluster = Cluster::connect(settings);
  ASSERT_FALSE(cluster);
  EXPECT_EQ(cluster.error().cause, Cause::kDenied);
  EXPECT_NE(cluster.error().text.find("no keyring for client.nobody"), std::string::npos)
      << cluster.error().text;
  EXPECT_NE(cluster.error().text.find("/nonexistent/keyring"), std::string::npos);
}

TEST_F(ClusterTest, FenceLastsForYears) {
  const auto cluster = connect();
  auto victim = connect();
  const std::string address = victim->addresses();
  ASSERT_TRUE(cluster->fence(address));
  Outsider admin;
  EXPECT_GT(admin.blocklisted_for_s(address), 9.0 * 365 * 86'400);
}

TEST_F(ClusterTest, FencedClientGetsAnErrorAndCanBeAbandoned) {
  const auto cluster = connect();
  auto victim = connect();
  auto pool = Pool::open(victim, "rbd", "");
  ASSERT_TRUE(pool);
  ASSERT_TRUE(cluster->fence(victim->addresses()));
  const auto put = pool->put("lungate.test", "key", "value");
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().cause, Cause::kFenced);
  int told = 0;
  victim->observe([&] { ++told; });
  const auto silent = victim->observe([&] { told += 100; });
  victim->unobserve(silent);
  victim->mark_fenced();
  victim->mark_fenced();
  EXPECT_EQ(told, 1);
}

TEST_F(ClusterTest, ImagesShareConnections) {
  Connections connections(cluster_settings(), 2);
  auto a = *connections.lease();
  auto b = *connections.lease();
  auto c = *connections.lease();
  EXPECT_EQ(a->client(), b->client());
  EXPECT_NE(a->client(), c->client());
  EXPECT_EQ(connections.count(), 2u);
  a.reset();
  auto d = *connections.lease();  // the room that a has left
  EXPECT_EQ(d->client(), b->client());
  c.reset();
  EXPECT_EQ(connections.count(), 1u);
}

TEST_F(ClusterTest, FencedConnectionIsNotHandedOut) {
  Connections connections(cluster_settings(), 16);
  auto a = *connections.lease();
  a->mark_fenced();
  auto b = *connections.lease();
  EXPECT_NE(a->client(), b->client());
}

}  // namespace
}  // namespace lungate::ceph
