// SPDX-License-Identifier: LGPL-2.1-or-later
#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>

#include "base/clock.h"
#include "tests/unit/backend/rbd/lun.h"

namespace lungate::backend::rbd {
namespace {

using test::Data;
using test::kMiB;
using test::Told;

class ResizeTest : public test::LunTest {
 protected:
  void SetUp() override {
    LunTest::SetUp();
    if (IsSkipped()) return;
    image_ = admin_->make_image({.bytes = 16 * kMiB, .object_order = 20});
    ASSERT_EQ(open(image_), "");
    backend_->watch(&told_);
  }
  bool size_becomes(std::uint64_t bytes) {
    return told_.until([&] { return backend_->state().size_bytes == bytes; });
  }

  std::string image_;
  Told told_;
};

TEST_F(ResizeTest, GrowthIsSeen) {
  EXPECT_EQ(read_status(16 * kMiB, 512), Status::kOutOfRange);
  admin_->resize(image_, 24 * kMiB);
  EXPECT_TRUE(size_becomes(24 * kMiB));
  EXPECT_EQ(write(24 * kMiB - 512, Data(512)), Status::kOk);
}

TEST_F(ResizeTest, ShrinkIsSeen) {
  admin_->resize(image_, 8 * kMiB);
  EXPECT_TRUE(size_becomes(8 * kMiB));
  EXPECT_EQ(read_status(8 * kMiB, 512), Status::kOutOfRange);
  EXPECT_EQ(read_status(8 * kMiB - 512, 512), Status::kOk);
}

/// The image is shrunk and grown while requests of all verbs hit every part of it. Each is
/// answered, with kOk or kOutOfRange; nothing aborts. Then all is as it should be.
TEST_F(ResizeTest, ShrinkUnderLoadNeverAborts) {
  constexpr std::size_t kInFlight = 24;
  const std::uint64_t seed = std::random_device{}();
  printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  std::atomic<bool> stop{false};
  std::thread resizer([&] {
    for (int i = 0; i < 40; ++i) admin_->resize(image_, (i % 2 == 0 ? 3 : 16) * kMiB);
    stop = true;
  });
  std::vector<test::Asked> requests(kInFlight);
  std::vector<Data> data(kInFlight, test::noise(256 * 1024, seed));
  const auto next = [&](test::Asked& request) {
    const auto slot = static_cast<std::size_t>(&request - requests.data());
    const std::size_t bytes = 512 * (1 + random() % 512);
    request = test::Asked{};
    request.verb = static_cast<Verb>(random() % kBlockVerbs);
    request.offset = 512 * (random() % ((16 * kMiB - bytes) / 512));
    request.length = request.verb == Verb::kWriteSame ? bytes / 512 * 512 : bytes;
    request.data = MutableBytes(data[slot]).first(request.verb == Verb::kWriteSame ? 512 : bytes);
    request.reply_to = &inbox_;
    backend_->submit(request);
  };
  for (test::Asked& request : requests) next(request);
  std::size_t in_flight = kInFlight;
  std::size_t done = 0;
  std::size_t refused = 0;
  while (in_flight > 0) {
    Request* request = inbox_.take();
    ASSERT_NE(request, nullptr) << "a request was never answered";
    ++(request->status == Status::kOk ? done : refused);
    EXPECT_TRUE(request->status == Status::kOk || request->status == Status::kOutOfRange)
        << name(request->status) << " " << request->error;
    if (stop)
      --in_flight;
    else
      next(static_cast<test::Asked&>(*request));
  }
  resizer.join();
  printf("%zu requests done, %zu refused as out of range\n", done, refused);
  EXPECT_GT(done, 0u);
  EXPECT_GT(refused, 0u);
  EXPECT_TRUE(size_becomes(16 * kMiB));
  EXPECT_EQ(write(16 * kMiB - 4096, test::noise(4096, 7)), Status::kOk);
  EXPECT_EQ(read(16 * kMiB - 4096, 4096), test::noise(4096, 7));
}

}  // namespace
}  // namespace lungate::backend::rbd
