// SPDX-License-Identifier: LGPL-2.1-or-later
// The lock over the life of a backend: refused, lost, taken again. lock_test.cc has the rules.
#include <gmock/gmock.h>

#include <cerrno>

#include "tests/unit/backend/rbd/lun.h"
#include "tests/unit/base/no_threads.h"

namespace lungate::backend::rbd {
namespace {

using test::Data;
using test::noise;
using test::Told;
using testing::AllOf;
using testing::HasSubstr;

class OwnershipTest : public test::LunTest {
 protected:
  /// The address that holds the lock of this test's image, as the cluster tells.
  std::string owner_address(const std::string& image) {
    auto cluster = *ceph::Cluster::connect(test::cluster_settings());
    const auto opened = ceph::Image::open(cluster, {"rbd", "", image, ""}, false);
    return (*(*opened)->lock_holder())->address;
  }
};

TEST_F(OwnershipTest, ForeignHolderKeepsTheImageAndIsNamed) {
  const std::string image = admin_->make_image();
  test::Outsider qemu;
  qemu.hold(image);
  EXPECT_THAT(open(image),
              AllOf(HasSubstr("locked by " + qemu.client()), HasSubstr(qemu.address())));
  EXPECT_EQ(admin_->blocklisted_for_s(qemu.address()), 0);
}

TEST_F(OwnershipTest, FencedGatewaySaysSoAndComesBackOnANewConnection) {
  const std::string image = admin_->make_image();
  const std::string idle_image = admin_->make_image();
  auto idle = opener_->open(options(idle_image));  // shares the connection
  ASSERT_TRUE(idle);
  ASSERT_EQ(open(image), "");
  Told told;
  Told idle_told;
  backend_->watch(&told);
  (*idle)->watch(&idle_told);
  ASSERT_EQ(write(0, noise(4096, 1)), Status::kOk);

  admin_->blocklist(owner_address(image));
  EXPECT_EQ(write(0, noise(4096, 2)), Status::kNotOwner);
  // From the OSD, or refused before it was sent if the broken watch has told us first.
  EXPECT_TRUE(last_error_ == ESHUTDOWN || last_error_ == EROFS || last_error_ == 0) << last_error_;
  EXPECT_TRUE(told.until([&] { return !backend_->state().ready; }));
  EXPECT_NE(backend_->state().reason, "");
  EXPECT_EQ(backend_->state().loss, Loss::kFenced);
  // The other image knows without having tried.
  EXPECT_TRUE(idle_told.until([&] { return !(*idle)->state().ready; }));
  EXPECT_EQ(idle_told.count(), 1);
  EXPECT_EQ(write(0, noise(4096, 3)), Status::kNotOwner);
  EXPECT_EQ(last_error_, 0);  // not even submitted
  EXPECT_EQ(read_status(0, 4096), Status::kNotOwner);
  EXPECT_EQ(run(Verb::kFlush, 0, 0), Status::kNotOwner);
  EXPECT_EQ(told.count(), 1);

  idle->reset();
  ASSERT_EQ(open(image), "");
  EXPECT_EQ(read(0, 4096), noise(4096, 1));
  EXPECT_EQ(write(0, noise(4096, 4)), Status::kOk);
}

/// Guards kJoinedAttemptPatience: who tries again and again must not occupy an opener's thread for
/// as long as the first one did.
TEST_F(OwnershipTest, ARetryOnlyLooksWhetherTheAttemptBeforeItHasEnded) {
  const std::string image = admin_->make_image();
  const test::HungPool dead(*admin_);
  Options options;
  options.image = {dead.name(), "", image, ""};
  options.timeout = std::chrono::seconds(3);
  const BootTime begin = boot_now();
  EXPECT_THAT(open(options), HasSubstr("has not answered for 3000 ms"));
  EXPECT_GE(boot_now() - begin, 3'000'000'000u);
  options.timeout = std::chrono::seconds(60);
  const BootTime again = boot_now();
  const std::string why = open(options);
  EXPECT_GE(boot_now() - again, 1'000'000'000u) << why;
  EXPECT_LT(boot_now() - again, 20'000'000'000u) << why;
  EXPECT_THAT(why, HasSubstr("has not answered"));
}

TEST_F(OwnershipTest, FenceIsNoticedWithoutIo) {
  const std::string image = admin_->make_image();
  ASSERT_EQ(open(image), "");
  Told told;
  backend_->watch(&told);
  admin_->blocklist(owner_address(image));
  EXPECT_TRUE(told.until([&] { return !backend_->state().ready; }));
  EXPECT_THAT(backend_->state().reason, HasSubstr("fenced"));
  EXPECT_EQ(backend_->state().loss, Loss::kFenced);
}

TEST_F(OwnershipTest, LockThatAnOperatorRemovesIsNoticed) {
  const std::string image = admin_->make_image();
  ASSERT_EQ(open(image), "");
  Told told;
  backend_->watch(&told);
  admin_->remove_lock(image);
  EXPECT_TRUE(told.until([&] { return !backend_->state().ready; }));
  EXPECT_EQ(backend_->state().loss, Loss::kLockLost);
  EXPECT_EQ(write(0, Data(512)), Status::kNotOwner);
  EXPECT_EQ(open(image), "");
}

TEST_F(OwnershipTest, SettingThatForbidsServingTakesTheImageOffline) {
  const std::string image = admin_->make_image();
  ASSERT_EQ(open(image), "");
  Told told;
  backend_->watch(&told);
  admin_->set_config(image, "rbd_skip_partial_discard", "true");
  EXPECT_TRUE(told.until([&] { return !backend_->state().ready; }));
  EXPECT_THAT(backend_->state().reason, HasSubstr("rbd_skip_partial_discard=true"));
  EXPECT_EQ(backend_->state().loss, Loss::kUnfit);
  EXPECT_EQ(write(0, Data(512)), Status::kNotOwner);
}

TEST_F(OwnershipTest, MissingThingsAreNamed) {
  Options options = this->options("nobody");
  EXPECT_EQ(open(options), "there is no image 'rbd/nobody'");
  options.image.pool = "nowhere";
  EXPECT_EQ(open(options), "there is no pool 'nowhere'");
}

TEST_F(OwnershipTest, UnreachableClusterEndsInTime) {
  ceph::ClusterSettings settings = test::cluster_settings();
  settings.overrides = {{"mon_host", "v2:127.0.0.1:1/0"}, {"client_mount_timeout", "30"}};
  Opener opener(settings, 16, gateway_);
  Options options = this->options("any");
  options.timeout = std::chrono::milliseconds(200);
  const auto first = opener.open(options);
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().cause, ceph::Cause::kUnreachable);
  EXPECT_THAT(first.error().text, HasSubstr("has not answered for 200 ms"));
  EXPECT_FALSE(opener.open(options));  // joins the attempt that still runs
}

/// Guards start_detached() in the opener: an error of the machine, and the next try may work.
TEST_F(OwnershipTest, WithoutAThreadAnOpenIsRefused) {
  const std::string image = admin_->make_image();
  {
    const test::NoThreads machine;
    EXPECT_THAT(open(image), HasSubstr("the machine gives no thread"));
  }
  EXPECT_EQ(open(image), "");
}

}  // namespace
}  // namespace lungate::backend::rbd
