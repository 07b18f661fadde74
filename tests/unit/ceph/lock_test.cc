// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ceph/lock.h"

#include <gmock/gmock.h>

#include <chrono>
#include <optional>
#include <semaphore>

#include "base/clock.h"
#include "tests/unit/ceph/lab.h"
#include "tests/unit/ceph/predecessor.h"

namespace lungate::ceph {
namespace {

using test::Outsider;
using test::Predecessor;
using testing::AllOf;
using testing::HasSubstr;

class LockTest : public test::CephTest {
 protected:
  void SetUp() override {
    CephTest::SetUp();
    if (IsSkipped()) return;
    admin_.emplace();
    name_ = admin_->make_image();
    open();
  }

  std::unique_ptr<Predecessor> predecessor(const std::string& gateway) {
    admin_->leave(name_);
    return std::make_unique<Predecessor>(gateway, name_);
  }
  /// On a connection of its own.
  void open() {
    image_.reset();
    image_ = std::move(
        *Image::open(*Cluster::connect(test::cluster_settings()), {"rbd", "", name_, ""}, true));
  }
  /// "" or why not.
  std::string take() {
    const auto taken = take_lock(*image_, *roster_);
    if (taken) return {};
    EXPECT_EQ(taken.error().cause, Cause::kLocked) << taken.error().text;
    return taken.error().text;
  }
  std::int64_t write(const std::vector<std::byte>& block) {
    struct Write {
      std::binary_semaphore ended{0};
      std::int64_t result = 0;
    } write;
    const auto done = [](void* completion, void* owner) {
      Write& ended = *static_cast<Write*>(owner);
      ended.result = Image::result(completion);
      ended.ended.release();
    };
    if (const int r = image_->write(0, block, done, &write); r < 0) return r;
    write.ended.acquire();
    return write.result;
  }
  /// The record of a former instance, as if it had been made elsewhere.
  void rewrite(const std::string& client, void (*change)(Instance&)) {
    Instance instance = **roster_->find(image_->pool(), client);
    change(instance);
    ASSERT_TRUE(image_->pool().put("lungate.gateway." + gateway_, client, encode(instance)));
  }

  const std::string gateway_ = "gw-" + test::fresh_name();
  std::string name_;
  std::optional<Outsider> admin_;
  std::unique_ptr<Image> image_;
  std::optional<Roster> roster_{std::in_place, gateway_};
};

TEST_F(LockTest, FreeLockIsTakenAndGivenBack) {
  EXPECT_EQ(take(), "");
  EXPECT_TRUE(image_->owns_lock());
  EXPECT_EQ((*image_->lock_holder())->client, image_->cluster().client());
  image_->release_lock();
  EXPECT_FALSE((*image_->lock_holder()).has_value());
}

TEST_F(LockTest, ForeignHolderIsNamedAndLeftAlone) {
  Outsider qemu;
  qemu.hold(name_);
  EXPECT_THAT(take(), AllOf(HasSubstr(qemu.client()), HasSubstr(qemu.address())));
  EXPECT_EQ((*image_->lock_holder())->client, qemu.client());
  EXPECT_EQ(admin_->blocklisted_for_s(qemu.address()), 0);
}

TEST_F(LockTest, OurLockIsNotHandedToWhoAsks) {
  ASSERT_EQ(take(), "");
  Outsider qemu;
  EXPECT_ANY_THROW(qemu.hold(name_));
  EXPECT_TRUE(image_->owns_lock());
}

TEST_F(LockTest, SameImageTwiceInOneGatewayIsRefused) {
  ASSERT_EQ(take(), "");
  const auto first = std::move(image_);
  open();
  EXPECT_THAT(take(), HasSubstr("already open in this gateway"));
  EXPECT_TRUE(first->owns_lock());
}

TEST_F(LockTest, KilledPredecessorIsFencedAndItsLockTaken) {
  const auto before = predecessor(gateway_);
  before->kill();
  const BootTime start = boot_now();
  ASSERT_EQ(take(), "");
  RecordProperty("takeover_ms", std::to_string((boot_now() - start) / 1'000'000));
  printf("took over a killed instance's lock in %llu ms\n",
         static_cast<unsigned long long>((boot_now() - start) / 1'000'000));
  EXPECT_TRUE(image_->owns_lock());
  EXPECT_GT(admin_->blocklisted_for_s(before->address()), 9.0 * 365 * 86'400);
  EXPECT_TRUE((*roster_->find(image_->pool(), before->client()))->fenced);
}

TEST_F(LockTest, RunningProcessWithOurNameIsNotKilled) {
  const auto twin = predecessor(gateway_);
  EXPECT_THAT(take(),
              AllOf(HasSubstr("same gateway name"), HasSubstr(std::to_string(twin->pid()))));
  EXPECT_EQ((*image_->lock_holder())->client, twin->client());
  EXPECT_EQ(admin_->blocklisted_for_s(twin->address()), 0);
}

TEST_F(LockTest, InstanceElsewhereIsSafeWhileItTalksToCeph) {
  const auto elsewhere = predecessor(gateway_);
  rewrite(elsewhere->client(), [](Instance& instance) { instance.boot_id = "elsewhere"; });
  EXPECT_THAT(take(), HasSubstr("still talks to Ceph"));
  EXPECT_EQ(admin_->blocklisted_for_s(elsewhere->address()), 0);
}

/// A frozen instance, somewhere else, with a write in its hands: after the takeover it wakes up,
/// and nothing of it lands.
TEST_F(LockTest, InstanceElsewhereIsFencedWhenItsWatchHasLapsed) {
  const auto elsewhere = predecessor(gateway_);
  rewrite(elsewhere->client(), [](Instance& instance) { instance.boot_id = "elsewhere"; });
  elsewhere->freeze();
  const BootTime start = boot_now();
  std::string why = take();
  while (!why.empty() && boot_now() - start < 50'000'000'000) {
    EXPECT_THAT(why, HasSubstr("still talks to Ceph"));
    ::usleep(500'000);  // the cluster's own clock decides, there is nothing to wait on
    why = take();
  }
  EXPECT_EQ(why, "");
  printf("took over an unreachable instance's lock after %llu ms\n",
         static_cast<unsigned long long>((boot_now() - start) / 1'000'000));
  EXPECT_GT(admin_->blocklisted_for_s(elsewhere->address()), 9.0 * 365 * 86'400);
  const std::vector<std::byte> ours(4096, std::byte{0x55});
  ASSERT_EQ(write(ours), 0);
  elsewhere->thaw_until_refused();
  auto now = admin_->read_all(name_);
  now.resize(ours.size());
  EXPECT_EQ(now, ours);
}

TEST_F(LockTest, OtherGatewaysDeadInstanceIsAStranger) {
  const auto other = predecessor("another-" + gateway_);
  other->kill();
  EXPECT_THAT(take(), HasSubstr("locked by " + other->client()));
  EXPECT_EQ(admin_->blocklisted_for_s(other->address()), 0);
}

TEST_F(LockTest, OurOwnFencedConnectionIsSucceeded) {
  ASSERT_EQ(take(), "");
  const auto dead = std::move(image_);
  admin_->blocklist(dead->cluster().addresses());
  open();
  EXPECT_THAT(take(), HasSubstr("already open"));  // it has not been noticed yet
  EXPECT_TRUE(roster_->in_use(dead->cluster().client()));
  roster_->abandon(dead->cluster().client());
  EXPECT_EQ(take(), "");
  EXPECT_GT(admin_->blocklisted_for_s(dead->cluster().addresses()), 9.0 * 365 * 86'400);
  dead->cluster().mark_fenced();
}

/// Its last I/O was answered with "not the owner", so nobody knew that it was fenced when it
/// closed.
TEST_F(LockTest, OurOwnClosedConnectionIsSucceeded) {
  ASSERT_EQ(take(), "");
  const std::string address = image_->cluster().addresses();
  admin_->blocklist(address);
  open();  // closes the first; its lock cannot be released any more
  EXPECT_EQ(take(), "");
  EXPECT_GT(admin_->blocklisted_for_s(address), 9.0 * 365 * 86'400);
}

/// A client with several images is fenced once, not once per image.
TEST_F(LockTest, FenceIsRemembered) {
  const auto before = predecessor(gateway_);
  before->kill();
  const Instance instance = **roster_->find(image_->pool(), before->client());
  ASSERT_TRUE(roster_->fence(image_->pool(), instance));
  const double left_s = admin_->blocklisted_for_s(before->address());
  admin_->command(R"({"prefix": "osd blocklist", "blocklistop": "rm", "addr": ")" +
                  before->address() + "\"}");
  ASSERT_TRUE(roster_->fence(image_->pool(), instance));
  EXPECT_GT(left_s, 0);
  EXPECT_EQ(admin_->blocklisted_for_s(before->address()), 0);
}

}  // namespace
}  // namespace lungate::ceph
