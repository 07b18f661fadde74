// SPDX-License-Identifier: LGPL-2.1-or-later
#include "backend/backend.h"

#include <gtest/gtest.h>

#include <set>

namespace lungate::backend {
namespace {

constexpr std::uint64_t kMax = ~std::uint64_t{0};

static_assert(in_range(0, 512, 512) && in_range(512, 0, 512));
static_assert(!in_range(1, 512, 512) && !in_range(513, 0, 512));
// offset + length would wrap to something small.
static_assert(!in_range(kMax, 2, 512) && !in_range(512, kMax, 1024));
static_assert(in_range(0, kMax, kMax));

TEST(Names, AreDistinctForEveryValue) {
  std::set<std::string_view> verbs, statuses;
  for (std::size_t i = 0; i < kVerbs; ++i) verbs.insert(name(static_cast<Verb>(i)));
  for (std::size_t i = 0; i < kStatuses; ++i) statuses.insert(name(static_cast<Status>(i)));
  EXPECT_EQ(verbs.size(), kVerbs);
  EXPECT_EQ(statuses.size(), kStatuses);
  EXPECT_EQ(name(Verb::kWriteSame), "write_same");
  EXPECT_EQ(name(Verb::kAllocation), "allocation");
  EXPECT_EQ(name(Status::kNoMemory), "no_memory");
}

struct NoSink final : MailSink {
  void post(Mail&) noexcept override {}
};

class CheckRequestTest : public testing::Test {
 protected:
  CheckRequestTest() {
    request_.deliver = [](Mail&) noexcept {};
    request_.reply_to = &sink_;
  }
  Request& asking(Verb verb, std::uint64_t length, std::size_t data_bytes) {
    request_.verb = verb;
    request_.length = length;
    request_.data = MutableBytes(buffer_).first(data_bytes);
    return request_;
  }

  NoSink sink_;
  struct Plain final : Request {
  } request_;
  std::array<std::byte, 64> buffer_{};
};

TEST_F(CheckRequestTest, LetsPassWhatKeepsTheContract) {
  check_request(asking(Verb::kRead, 64, 64));
  check_request(asking(Verb::kWriteSame, 640, 64));
  check_request(asking(Verb::kDiscard, kMax, 0));  // the range is the adapter's to refuse
  check_request(asking(Verb::kAllocation, kMax, 0));
  check_request(asking(Verb::kFlush, 0, 0));
}

TEST_F(CheckRequestTest, StopsAtEachBrokenRequirement) {
  EXPECT_DEATH(check_request(asking(Verb::kRead, 0, 0)), "at least one byte");
  EXPECT_DEATH(check_request(asking(Verb::kAllocation, 0, 0)), "at least one byte");
  EXPECT_DEATH(check_request(asking(Verb::kWrite, 64, 32)), "data is as long as the range");
  EXPECT_DEATH(check_request(asking(Verb::kWriteSame, 96, 64)), "a whole number of times");
  EXPECT_DEATH(check_request(asking(Verb::kWriteSame, 64, 0)), "a whole number of times");
  request_.reply_to = nullptr;
  EXPECT_DEATH(check_request(asking(Verb::kFlush, 0, 0)), "a request has a way back");
}

}  // namespace
}  // namespace lungate::backend
