// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ceph/pool.h"

#include "tests/unit/ceph/lab.h"

namespace lungate::ceph {
namespace {

class PoolTest : public test::CephTest {
 protected:
  Result<Pool, Error> open(const std::string& name, const std::string& name_space = {}) {
    auto cluster = Cluster::connect(test::cluster_settings());
    if (!cluster) return err(std::move(cluster.error()));
    return Pool::open(*cluster, name, name_space);
  }
};

TEST_F(PoolTest, MissingPoolIsNamed) {
  const auto pool = open("no-such-pool");
  ASSERT_FALSE(pool);
  EXPECT_EQ(pool.error().cause, Cause::kNotFound);
  EXPECT_EQ(pool.error().text, "there is no pool 'no-such-pool'");
}

TEST_F(PoolTest, KeysComeBack) {
  auto pool = open("rbd");
  ASSERT_TRUE(pool);
  const std::string object = "lungate." + test::fresh_name();
  EXPECT_FALSE((*pool->get(object, "a")).has_value());
  EXPECT_TRUE((*pool->list(object, 10)).empty());
  const std::string binary("b\0c\xff", 4);
  ASSERT_TRUE(pool->put(object, "a", "1"));
  ASSERT_TRUE(pool->put(object, "b", binary));
  EXPECT_EQ(**pool->get(object, "b"), binary);
  EXPECT_FALSE((*pool->get(object, "c")).has_value());
  EXPECT_EQ((*pool->list(object, 10)).size(), 2u);
  EXPECT_EQ((*pool->list(object, 1)).size(), 1u);
  ASSERT_TRUE(pool->erase(object, {"a", "b"}));
  EXPECT_TRUE((*pool->list(object, 10)).empty());
}

TEST_F(PoolTest, NamespacesAreApart) {
  auto one = open("rbd", "one");
  auto two = open("rbd", "two");
  ASSERT_TRUE(one && two);
  const std::string object = "lungate." + test::fresh_name();
  ASSERT_TRUE(one->put(object, "a", "1"));
  EXPECT_FALSE((*two->get(object, "a")).has_value());
  ASSERT_TRUE(one->erase(object, {"a"}));
}

TEST_F(PoolTest, NoLockIsAnEmptyList) {
  auto pool = open("rbd");
  ASSERT_TRUE(pool);
  EXPECT_TRUE((*pool->lockers("lungate." + test::fresh_name(), "rbd_lock")).empty());
}

}  // namespace
}  // namespace lungate::ceph
