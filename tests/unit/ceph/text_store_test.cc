// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ceph/text_store.h"

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/limits.h"
#include "tests/unit/ceph/lab.h"

namespace lungate::ceph {
namespace {

TEST(TextVersion, IsReadAsItWasWritten) {
  const TextVersion version{42, 1'790'000'000, "root@gw-a", "[target]\n\nx = 1\n"};
  EXPECT_EQ(decode_text_version(42, encode(version)), version);
  const TextVersion empty{1, 0, "", ""};
  EXPECT_EQ(decode_text_version(1, encode(empty)), empty);
}

TEST(TextVersion, WhatANewerReleaseAddsIsSkipped) {
  const auto version = decode_text_version(1, "note x y\ntime 7\n\ntext");
  ASSERT_TRUE(version);
  EXPECT_EQ(version->unix_s, 7u);
  EXPECT_EQ(version->text, "text");
}

TEST(TextVersion, WhatIsNotOursIsNotRead) {
  for (const char* value : {"", "time 7", "time 7\n", "author a\n\ntext", "time x\n\n", "time\n\n"})
    EXPECT_FALSE(decode_text_version(1, value)) << value;
}

class TextStoreTest : public test::CephTest {
 protected:
  void SetUp() override {
    CephTest::SetUp();
    if (IsSkipped()) return;
    store_.emplace(pool(), object_);
  }
  void TearDown() override {
    if (!store_) return;
    Pool pool = this->pool();
    const auto entries = pool.list(object_, 10'000);
    for (const auto& [key, value] : *entries) ASSERT_TRUE(pool.erase(object_, {key}));
  }
  static Pool pool() {
    return std::move(*Pool::open(*Cluster::connect(test::cluster_settings()), "rbd", ""));
  }
  static TextVersion version(std::uint64_t number, std::string text) {
    return {number, 1'790'000'000 + number, "me", std::move(text)};
  }

  const std::string object_ = "lungate.text." + test::fresh_name();
  std::optional<TextStore> store_;
};

TEST_F(TextStoreTest, BeginsWithNothing) {
  EXPECT_EQ(*store_->current(), std::nullopt);
  EXPECT_TRUE(store_->history()->empty());
  EXPECT_EQ(*store_->version(1), std::nullopt);
}

TEST_F(TextStoreTest, KeepsWhatWasBefore) {
  EXPECT_TRUE(*store_->put(version(1, "one")));
  EXPECT_TRUE(*store_->put(version(2, "two")));
  EXPECT_EQ((*store_->current())->text, "two");
  EXPECT_EQ((*store_->version(1))->text, "one");
  const auto history = *store_->history();
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[0], version(2, "two"));
  EXPECT_EQ(history[1], version(1, "one"));
}

/// Guards the comparison in Pool::change(): without it the second change takes the first one back
/// and nobody is told.
TEST_F(TextStoreTest, WhoWasOvertakenIsTold) {
  EXPECT_FALSE(*store_->put(version(2, "there is no first"))) << "and no object either";
  EXPECT_EQ(*store_->current(), std::nullopt);
  ASSERT_TRUE(*store_->put(version(1, "mine")));
  EXPECT_FALSE(*store_->put(version(1, "yours")));
  EXPECT_EQ((*store_->current())->text, "mine");
  EXPECT_EQ(store_->history()->size(), 1u);
}

TEST_F(TextStoreTest, OfManyAtOnceOneChangesIt) {
  constexpr int kWriters = 4;
  std::vector<int> stored(kWriters);
  std::vector<std::thread> writers;
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([&, i] {
      TextStore mine(pool(), object_);
      stored[i] = *mine.put(version(1, std::to_string(i))) ? 1 : 0;
    });
  }
  for (std::thread& writer : writers) writer.join();
  int all = 0;
  for (const int one : stored) all += one;
  EXPECT_EQ(all, 1);
  EXPECT_EQ(stored.at(std::stoul((*store_->current())->text)), 1);
}

TEST_F(TextStoreTest, ForgetsTheOldest) {
  for (std::uint64_t number = 1; number <= limits::kTextVersionsMax + 2; ++number)
    ASSERT_TRUE(*store_->put(version(number, "text")));
  const auto history = *store_->history();
  EXPECT_EQ(history.size(), limits::kTextVersionsMax);
  EXPECT_EQ(history.back().number, 3u);
  EXPECT_EQ(*store_->version(2), std::nullopt);
}

TEST_F(TextStoreTest, TakesTheLargestText) {
  const std::string text(limits::kConfigBytesMax, '#');
  ASSERT_TRUE(*store_->put(version(1, text)));
  EXPECT_EQ((*store_->current())->text, text);
}

TEST_F(TextStoreTest, AnObjectOfSomebodyElseIsNotTouched) {
  Pool pool = this->pool();
  ASSERT_TRUE(pool.put(object_, "current", "garbage"));
  EXPECT_EQ(store_->current().error().cause, Cause::kUnfit);
  EXPECT_FALSE(*store_->put(version(1, "text")));
  ASSERT_TRUE(pool.put(object_, "current", "7"));
  EXPECT_EQ(store_->current().error().cause, Cause::kUnfit) << "the version is not there";
  ASSERT_TRUE(pool.put(object_, "v00000000000000000007", "garbage"));
  EXPECT_EQ(store_->version(7).error().cause, Cause::kUnfit);
  EXPECT_EQ(store_->history().error().cause, Cause::kUnfit);
}

}  // namespace
}  // namespace lungate::ceph
