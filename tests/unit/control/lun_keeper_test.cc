// SPDX-License-Identifier: LGPL-2.1-or-later
#include "control/lun_keeper.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "base/log.h"
#include "telemetry/reader.h"

namespace lungate::control {
namespace {

using namespace std::chrono_literals;

/// One LUN in a file, kept by a keeper on a real home loop with a real gateway.
class LunKeeperTest : public ::testing::Test {
 protected:
  template <class Work>
  auto on_home(Work work) {
    auto task = std::make_shared<std::packaged_task<decltype(work())()>>(std::move(work));
    auto result = task->get_future();
    home_.post([task] { (*task)(); });
    return result.get();
  }

  void SetUp() override {
    log::set_level(log::Level::kError);
    std::string folder = std::filesystem::temp_directory_path() / "lungate-XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    telemetry::SegmentPlan plan;
    plan.path = folder_ / "segment";
    plan.gateway = "test";
    plan.lun_slots = 64;  // each rests for a minute when its LUN has gone
    auto segment = telemetry::Segment::create(plan);
    ASSERT_TRUE(segment) << segment.error().detail;
    segment_ = std::move(*segment);
    gateway_ = std::make_unique<session::Gateway>(home_, session::Settings{}, *segment_, 1);
    gateway_->start();
    workers_ = std::make_unique<event::Workers>(2);
    thread_ = std::thread([this] { home_.run(); });
    target_.iqn = "iqn.2026-11.io.lungate:t";
  }

  void TearDown() override {
    if (keeper_) remove();
    workers_.reset();
    on_home([this] { gateway_->stop(); });
    home_.stop();
    thread_.join();
    keeper_.reset();
    gateway_.reset();
    segment_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string disk() const { return folder_ / "disk"; }
  config::Lun lun(std::uint64_t size_bytes) const {
    config::Lun lun;
    lun.store = config::File{disk(), size_bytes, 0};
    return lun;
  }
  void make_disk(std::uint64_t size_bytes) const {
    std::ofstream(disk()).put('\0');
    std::filesystem::resize_file(disk(), size_bytes);
  }

  /// A keeper that has begun; does not wait for what comes of it.
  std::future<void> begin(const config::Lun& lun) {
    auto known = std::make_shared<std::promise<void>>();
    auto result = known->get_future();
    on_home([this, lun, known] {
      const KeeperTools tools{home_, *workers_, *gateway_, *segment_, stores_, 1};
      keeper_ = std::make_shared<LunKeeper>(tools, 1, target_, lun);
      ASSERT_TRUE(keeper_->start([known] { known->set_value(); }));
    });
    return result;
  }
  std::future<void> begin_removal() {
    auto gone = std::make_shared<std::promise<void>>();
    auto result = gone->get_future();
    on_home(
        [this, gone] { std::exchange(keeper_, nullptr)->remove([gone] { gone->set_value(); }); });
    return result;
  }
  void remove() { EXPECT_TRUE(came(begin_removal())); }

  static bool came(std::future<void> what) {
    return what.wait_for(10s) == std::future_status::ready;
  }
  LunPhase phase() {
    return on_home([this] { return keeper_->phase(); });
  }
  template <class Condition>
  bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!on_home(condition)) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(1ms);
    }
    return true;
  }
  std::vector<telemetry::LunSnapshot> published() const {
    auto snapshot = telemetry::Reader(folder_ / "segment").read();
    EXPECT_TRUE(snapshot);
    return snapshot ? snapshot->luns : std::vector<telemetry::LunSnapshot>{};
  }

  std::filesystem::path folder_;
  config::Config config_;
  config::Target target_;
  event::Loop home_;
  Stores stores_{config_};
  std::unique_ptr<telemetry::Segment> segment_;
  std::unique_ptr<session::Gateway> gateway_;
  std::unique_ptr<event::Workers> workers_;
  std::shared_ptr<LunKeeper> keeper_;
  std::thread thread_;
};

TEST_F(LunKeeperTest, AFileThatIsThereIsServed) {
  make_disk(1 << 20);
  ASSERT_TRUE(came(begin(lun(0))));
  EXPECT_EQ(phase(), LunPhase::kReady);
  EXPECT_EQ(keeper_->size_bytes(), 1u << 20);
  EXPECT_EQ(keeper_->reason(), "");
  const auto luns = published();
  ASSERT_EQ(luns.size(), 1u);
  EXPECT_EQ(luns[0].backend, "file");
  EXPECT_EQ(luns[0].image, disk());
  EXPECT_EQ(luns[0].offline, telemetry::OfflineReason::kNone);
  EXPECT_EQ(luns[0].size_bytes, 1u << 20);
  remove();
  EXPECT_TRUE(published().empty());
}

TEST_F(LunKeeperTest, AFileThatIsMissingIsTriedAgainUntilItIsThere) {
  ASSERT_TRUE(came(begin(lun(0)))) << "known, and known to be missing";
  EXPECT_EQ(phase(), LunPhase::kOffline);
  EXPECT_NE(keeper_->reason(), "");
  EXPECT_EQ(published().at(0).offline, telemetry::OfflineReason::kMissing);
  make_disk(1 << 20);
  EXPECT_TRUE(eventually([this] { return keeper_->phase() == LunPhase::kReady; }));
  EXPECT_TRUE(
      eventually([this] { return published().at(0).offline == telemetry::OfflineReason::kNone; }));
}

TEST_F(LunKeeperTest, AConfiguredSizeMakesAndGrowsTheFile) {
  ASSERT_TRUE(came(begin(lun(1 << 20))));
  EXPECT_EQ(std::filesystem::file_size(disk()), 1u << 20);
  on_home([this] { keeper_->resize(lun(2 << 20)); });
  EXPECT_TRUE(eventually([this] { return keeper_->size_bytes() == 2u << 20; }));
  EXPECT_EQ(std::filesystem::file_size(disk()), 2u << 20);
  EXPECT_TRUE(eventually([this] { return published().at(0).size_bytes == 2u << 20; }));
}

/// Guards the look at the configuration in LunKeeper::opened: a size that changes while the store
/// is being opened was forgotten.
TEST_F(LunKeeperTest, ASizeThatChangesWhileItOpensIsNotForgotten) {
  auto known = begin(lun(1 << 20));
  on_home([this] { keeper_->resize(lun(2 << 20)); });
  ASSERT_TRUE(came(std::move(known)));
  EXPECT_TRUE(eventually([this] { return keeper_->size_bytes() == 2u << 20; }));
}

TEST_F(LunKeeperTest, ItGoesInEveryPhase) {
  for (int round = 0; round < 20; ++round) {
    auto known = begin(lun(1 << 20));
    remove();  // mostly while it opens
    EXPECT_TRUE(published().empty());
  }
  std::filesystem::remove(disk());
  ASSERT_TRUE(came(begin(lun(0))));
  EXPECT_EQ(phase(), LunPhase::kOffline);
  remove();
}

TEST_F(LunKeeperTest, PhasesHaveNames) {
  EXPECT_EQ(name(LunPhase::kOpening), "opening");
  EXPECT_EQ(name(LunPhase::kClosing), "closing");
}

}  // namespace
}  // namespace lungate::control
