// SPDX-License-Identifier: LGPL-2.1-or-later
// Every verb at random places against a plain array that does the same.
#include <algorithm>
#include <array>
#include <cstdio>

#include "tests/unit/backend/rbd/lun.h"

namespace lungate::backend::rbd {
namespace {

using test::Data;
using test::kMiB;

constexpr std::size_t kLanes = 4;  // requests in progress at a time, each in its own part
constexpr std::size_t kLaneBytes = 2 * kMiB - 1536;  // so that lanes and 1 MiB objects never agree
constexpr std::size_t kImageBytes = kLanes * kLaneBytes;

class OracleTest : public test::LunTest {
 protected:
  void SetUp() override {
    LunTest::SetUp();
    if (IsSkipped()) return;
    std::random_device device;
    seed_ = device();
    printf("seed %llu\n", static_cast<unsigned long long>(seed_));
    random_.seed(seed_);
  }

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  /// A random request inside one lane, and what it does to the array.
  void make(Request& request, Data& data, std::size_t lane, std::size_t unit) {
    const std::size_t units = kLaneBytes / unit;
    const std::size_t first = below(units);
    const std::size_t count =
        1 + below(std::min<std::size_t>(units - first, below(8) ? 64 : units));
    request.verb = static_cast<Verb>(below(kBlockVerbs));
    request.offset = lane * kLaneBytes + first * unit;
    request.length = count * unit;
    const bool pattern = request.verb == Verb::kWriteSame;
    const bool carries = request.verb == Verb::kRead || request.verb == Verb::kWrite || pattern;
    data = test::noise(!carries ? 0 : pattern ? unit : request.length, random_());
    if (pattern && below(3) == 0) std::fill(data.begin(), data.end(), std::byte{0});
    request.data = data;
    request.reply_to = &inbox_;
  }

  void apply(const Request& request) {
    const auto to = expected_.begin() + static_cast<std::ptrdiff_t>(request.offset);
    switch (request.verb) {
      case Verb::kRead:
      case Verb::kFlush:
      case Verb::kAllocation:
      case Verb::kLoadState:
      case Verb::kStoreState:
        return;
      case Verb::kWrite:
        std::copy(request.data.begin(), request.data.end(), to);
        return;
      case Verb::kDiscard:
      case Verb::kWriteZeroes:
        std::fill_n(to, request.length, std::byte{0});
        return;
      case Verb::kWriteSame:
        for (std::size_t at = 0; at < request.length; at += request.data.size())
          std::copy(request.data.begin(), request.data.end(), to + static_cast<std::ptrdiff_t>(at));
        return;
    }
  }

  /// Other lanes are written to meanwhile: what is told of them may be old, so it is not looked at.
  void check_extent(const Request& request) {
    EXPECT_GT(request.extent_bytes, 0u);
    EXPECT_LE(request.extent_bytes, request.length);
    if (request.extent_allocated) return;
    const auto from = expected_.begin() + static_cast<std::ptrdiff_t>(request.offset);
    const auto to = from + static_cast<std::ptrdiff_t>(request.extent_bytes);
    EXPECT_TRUE(std::all_of(from, to, [](std::byte byte) { return byte == std::byte{0}; }))
        << "a hole with data: " << request.offset << "+" << request.extent_bytes;
    ++holes_;
  }

  void round(std::size_t unit) {
    std::array<test::Asked, kLanes> requests;
    std::array<Data, kLanes> data;
    for (std::size_t lane = 0; lane < kLanes; ++lane) make(requests[lane], data[lane], lane, unit);
    for (Request& request : requests) backend_->submit(request);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      Request* request = inbox_.take();
      ASSERT_NE(request, nullptr);
      ASSERT_EQ(request->status, Status::kOk)
          << name(request->verb) << " " << request->offset << "+" << request->length << " errno "
          << request->error;
    }
    for (const Request& request : requests) {
      apply(request);
      if (request.verb == Verb::kAllocation) check_extent(request);
      if (request.verb != Verb::kRead) continue;
      ASSERT_TRUE(std::equal(request.data.begin(), request.data.end(),
                             expected_.begin() + static_cast<std::ptrdiff_t>(request.offset)))
          << "read " << request.offset << "+" << request.length;
    }
  }

  void rounds(int count) {
    constexpr std::array<std::size_t, 3> kUnits{512, 4096, 1};
    for (int i = 0; i < count && !HasFatalFailure(); ++i)
      round(kUnits[static_cast<std::size_t>(i) % kUnits.size()]);
    printf("%d holes looked at\n", holes_);
  }

  std::uint64_t seed_ = 0;
  std::mt19937_64 random_;
  Data expected_ = Data(kImageBytes);
  int holes_ = 0;
};

TEST_F(OracleTest, EveryVerbDoesWhatItSays) {
  const std::string image = admin_->make_image({.bytes = kImageBytes, .object_order = 20});
  ASSERT_EQ(open(image), "");
  rounds(300);
  EXPECT_EQ(read(0, kImageBytes), expected_);
  backend_.reset();
  EXPECT_EQ(admin_->read_all(image), expected_);  // and it is in the cluster
}

TEST_F(OracleTest, EveryVerbOnAnImageWithoutAnObjectMap) {
  const std::string image = admin_->make_image(
      {.bytes = kImageBytes, .object_order = 16, .without = {"fast-diff", "object-map"}});
  ASSERT_EQ(open(image), "");
  rounds(150);
  EXPECT_EQ(read(0, kImageBytes), expected_);
}

}  // namespace
}  // namespace lungate::backend::rbd
