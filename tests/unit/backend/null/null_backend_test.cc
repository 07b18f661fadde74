// SPDX-License-Identifier: LGPL-2.1-or-later
#include "backend/null/null_backend.h"

#include <gtest/gtest.h>

#include "tests/unit/backend/drive.h"

namespace lungate::backend::null {
namespace {

using test::bytes;

class NullBackendTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kSize = 1 << 20;
  std::unique_ptr<Backend> store_ =
      open({.name = "iqn.2026-11.io.lungate:bench,0", .size_bytes = kSize});
  test::Drive drive_{*store_};
};

TEST_F(NullBackendTest, SaysWhatItIs) {
  EXPECT_EQ(store_->traits().kind, "null");
  EXPECT_EQ(store_->traits().identity_seed, "null:iqn.2026-11.io.lungate:bench,0");
  EXPECT_TRUE(store_->state().ready);
  EXPECT_EQ(store_->state().size_bytes, kSize);
}

TEST_F(NullBackendTest, ReadsZerosAndNeverWhatTheBufferHeld) {
  EXPECT_EQ(drive_.read(512, 4096), (std::pair{Status::kOk, bytes(4096, 0)}));
}

TEST_F(NullBackendTest, WritesVanish) {
  EXPECT_EQ(drive_.write(0, bytes(512, 7)), Status::kOk);
  EXPECT_EQ(drive_.write_same(0, 4096, bytes(512, 7)), Status::kOk);
  EXPECT_EQ(drive_.read(0, 512).second, bytes(512, 0));
}

TEST_F(NullBackendTest, TakesEveryVerb) {
  EXPECT_EQ(drive_.flush(), Status::kOk);
  EXPECT_EQ(drive_.discard(0, kSize), Status::kOk);
  EXPECT_EQ(drive_.write_zeroes(0, kSize), Status::kOk);
}

TEST_F(NullBackendTest, SaysThatAllOfItIsAllocated) {
  EXPECT_EQ(drive_.allocation(512, kSize - 512), "data 1048064");
  EXPECT_EQ(drive_.allocation(512, kSize), "out_of_range");
}

TEST_F(NullBackendTest, RefusesWhatLiesBeyondTheEnd) {
  EXPECT_EQ(drive_.read(kSize - 511, 512).first, Status::kOutOfRange);
  EXPECT_EQ(drive_.write(kSize, bytes(1, 1)), Status::kOutOfRange);
  EXPECT_EQ(drive_.discard(~std::uint64_t{0}, 2), Status::kOutOfRange);
}

TEST_F(NullBackendTest, NeverDeliversInline) {
  auto request = drive_.make(Verb::kRead, 0, 512, bytes(512, 1));
  request->done = [this] { drive_.loop().stop(); };
  store_->submit(*request);
  EXPECT_EQ(request->deliveries, 0);
  drive_.loop().run();
  EXPECT_EQ(request->deliveries, 1);
}

TEST_F(NullBackendTest, ARequestWithoutLengthIsOurMistake) {
  auto request = drive_.make(Verb::kDiscard, 0, 0);
  EXPECT_DEATH(store_->submit(*request), "a request is for at least one byte");
}

TEST_F(NullBackendTest, APatternThatDoesNotFitIsOurMistake) {
  auto request = drive_.make(Verb::kWriteSame, 0, 1000, bytes(512, 1));
  EXPECT_DEATH(store_->submit(*request), "the pattern fits the range");
}

TEST_F(NullBackendTest, ARequestAfterTheEndIsOurMistake) {
  store_->close();
  auto request = drive_.make(Verb::kFlush, 0, 0);
  EXPECT_DEATH(store_->submit(*request), "no request begins after close");
}

}  // namespace
}  // namespace lungate::backend::null
