// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ceph/image.h"

#include <gmock/gmock.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <semaphore>
#include <thread>

#include "tests/unit/ceph/lab.h"

namespace lungate::ceph {
namespace {

using test::kMiB;
using testing::HasSubstr;

class ImageTest : public test::CephTest {
 protected:
  void SetUp() override {
    CephTest::SetUp();
    if (IsSkipped()) return;
    cluster_ = *Cluster::connect(test::cluster_settings());
    admin_.emplace();
  }

  Result<std::unique_ptr<Image>, Error> open(const std::string& name, bool for_writing = true,
                                             const std::string& snapshot = {}) {
    return Image::open(cluster_, {"rbd", "", name, snapshot}, for_writing);
  }
  std::string refusal(const std::string& name) {
    const auto image = open(name);
    if (image) return "opened";
    EXPECT_EQ(image.error().cause, Cause::kUnfit);
    return image.error().text;
  }

  std::shared_ptr<Cluster> cluster_;
  std::optional<test::Outsider> admin_;
};

TEST(ImageSpec, ReadsAsPeopleWriteIt) {
  EXPECT_EQ(to_string(ImageSpec{"rbd", "", "vm", ""}), "rbd/vm");
  EXPECT_EQ(to_string(ImageSpec{"rbd", "ns", "vm", "monday"}), "rbd/ns/vm@monday");
}

TEST_F(ImageTest, TellsWhatItIs) {
  const auto image = open(admin_->make_image({.bytes = 10 * kMiB, .object_order = 20}));
  ASSERT_TRUE(image) << image.error().text;
  EXPECT_EQ((*image)->facts().object_bytes, kMiB);
  EXPECT_EQ((*image)->facts().stripe_bytes, kMiB);
  EXPECT_EQ((*image)->facts().data_pool_id, (*image)->facts().pool_id);
  EXPECT_FALSE((*image)->facts().id.empty());
  EXPECT_EQ(*(*image)->size_bytes(), 10 * kMiB);
}

TEST_F(ImageTest, MissingImageIsNamed) {
  const auto image = open("nobody");
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().cause, Cause::kNotFound);
  EXPECT_EQ(image.error().text, "there is no image 'rbd/nobody'");
}

TEST_F(ImageTest, WriterNeedsTheLockFeature) {
  const std::string name =
      admin_->make_image({.without = {"exclusive-lock", "object-map", "fast-diff"}});
  EXPECT_THAT(refusal(name), HasSubstr("lacks the exclusive-lock feature"));
  EXPECT_TRUE(open(name, false));  // a reader does not
}

TEST_F(ImageTest, JournaledImageIsRefused) {
  const std::string name = admin_->make_image();
  admin_->add_feature(name, "journaling");
  EXPECT_THAT(refusal(name), HasSubstr("is journaled"));
}

TEST_F(ImageTest, OwnSettingsAgainstSafetyAreRefused) {
  const std::string cached = admin_->make_image();
  admin_->set_config(cached, "rbd_cache", "true");
  EXPECT_THAT(refusal(cached), HasSubstr("rbd_cache=true"));
  const std::string skipping = admin_->make_image();
  admin_->set_config(skipping, "rbd_skip_partial_discard", "true");
  EXPECT_THAT(refusal(skipping), HasSubstr("rbd_skip_partial_discard=true"));
}

TEST_F(ImageTest, SnapshotHasAnIdOfItsOwn) {
  const std::string name = admin_->make_image();
  admin_->snapshot(name, "monday");
  const auto image = open(name, false, "monday");
  ASSERT_TRUE(image) << image.error().text;
  EXPECT_GT((*image)->facts().snapshot_id, 0u);
}

/// An empty range makes librbd end the process; it must never get there.
TEST_F(ImageTest, EmptyRangesAreRefusedBeforeLibrbd) {
  const auto image = open(admin_->make_image());
  ASSERT_TRUE(image);
  const Image::Callback never = [](void*, void*) { std::abort(); };
  EXPECT_EQ((*image)->read(0, {}, never, nullptr), -EINVAL);
  EXPECT_EQ((*image)->write(0, {}, never, nullptr), -EINVAL);
  EXPECT_EQ((*image)->discard(0, 0, never, nullptr), -EINVAL);
  EXPECT_EQ((*image)->write_zeroes(0, 0, never, nullptr), -EINVAL);
  const std::vector<std::byte> pattern(512);
  EXPECT_EQ((*image)->write_same(0, 0, pattern, never, nullptr), -EINVAL);
  EXPECT_EQ((*image)->write_same(0, 512, {}, never, nullptr), -EINVAL);
  EXPECT_EQ((*image)->write_same(0, 700, pattern, never, nullptr), -EINVAL);
}

TEST_F(ImageTest, WatchSeesAResizeByOthers) {
  const std::string name = admin_->make_image({.bytes = 8 * kMiB});
  const auto image = open(name, false);
  ASSERT_TRUE(image);
  std::binary_semaphore changed{0};
  ASSERT_TRUE((*image)->watch([&] {
    if (*(*image)->size_bytes() == 12 * kMiB) changed.release();
  }));
  admin_->resize(name, 12 * kMiB);
  EXPECT_TRUE(changed.try_acquire_for(std::chrono::seconds(20)));
}

/// Guards close_bounded(): unwatching waits for a callback that is being called, and ours asks the
/// cluster.
TEST_F(ImageTest, ClosingDoesNotWaitForACallbackThatHangs) {
  const std::string name = admin_->make_image();
  auto image = open(name);
  ASSERT_TRUE(image);
  struct Callback {
    std::counting_semaphore<> begun{0}, may_end{0};
  };
  const auto callback = std::make_shared<Callback>();
  ASSERT_TRUE((*image)->watch([callback] {
    callback->begun.release();
    callback->may_end.acquire();
  }));
  admin_->resize(name, 8 * kMiB);
  callback->begun.acquire();
  EXPECT_FALSE(close_bounded(std::move(*image), false, std::chrono::milliseconds(50)));
  callback->may_end.release(8);  // and it ends by itself, however often it was called
  while (callback.use_count() > 1) std::this_thread::yield();
}

}  // namespace
}  // namespace lungate::ceph
