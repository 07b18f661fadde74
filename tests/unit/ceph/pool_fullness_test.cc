// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ceph/pool_fullness.h"

#include <gtest/gtest.h>

namespace lungate::ceph {
namespace {

TEST(PoolFullness, IsReadFromWhatTheMonitorsSay) {
  const auto pools = read_df(R"({"stats":{"total_bytes":1},"pools":[
      {"name":"rbd","id":2,"stats":{"stored":4096,"objects":3,"max_avail":8192,"bytes_used":1}},
      {"name":"meta","id":7,"stats":{"stored":0,"max_avail":5}}]})");
  ASSERT_TRUE(pools.has_value());
  EXPECT_EQ(*pools, (PoolFullnesses{{2, {4096, 8192}}, {7, {0, 5}}}));
}

TEST(PoolFullness, AQuotaIsTheRoomThatThereIs) {
  const auto pools = read_df(R"({"pools":[
      {"id":1,"stats":{"stored":30,"max_avail":900,"quota_bytes":100}},
      {"id":2,"stats":{"stored":30,"max_avail":50,"quota_bytes":100}},
      {"id":3,"stats":{"stored":130,"max_avail":900,"quota_bytes":100}},
      {"id":4,"stats":{"stored":30,"max_avail":900,"quota_bytes":0}}]})");
  ASSERT_TRUE(pools.has_value());
  EXPECT_EQ(*pools, (PoolFullnesses{{1, {30, 70}}, {2, {30, 50}}, {3, {130, 0}}, {4, {30, 900}}}));
}

TEST(PoolFullness, WhatIsNotAsExpectedIsLeftOut) {
  const auto pools = read_df(R"({"pools":[1,{},{"id":1},{"id":1,"stats":{}},
      {"id":"2","stats":{"stored":1,"max_avail":1}},
      {"id":3,"stats":{"stored":-1,"max_avail":1}},
      {"id":4,"stats":{"stored":1,"max_avail":1.5}}]})");
  ASSERT_TRUE(pools.has_value());
  EXPECT_TRUE(pools->empty());
  for (const char* answer : {"", "{", "[]", "{}", "null", R"({"pools":{}})", "\xff"})
    EXPECT_FALSE(read_df(answer).has_value()) << answer;
}

}  // namespace
}  // namespace lungate::ceph
