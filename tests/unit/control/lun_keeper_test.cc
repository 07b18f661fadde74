// SPDX-License-Identifier: LGPL-2.1-or-later
#include "control/lun_keeper.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "base/log.h"
#include "telemetry/reader.h"

namespace lungate::control {
namespace {

using namespace std::chrono_literals;

/// A store that can be lost.
class FickleStore final : public backend::Backend {
 public:
  explicit FickleStore(std::string seed) {
    traits_.kind = "file";
    traits_.identity_seed = std::move(seed);
  }
  ~FickleStore() override { EXPECT_TRUE(closed_) << "a store is closed before it goes"; }

  void lose() {
    const std::lock_guard lock(mutex_);
    state_.ready = false;
    state_.reason = "its lock was taken away";
    state_.loss = backend::Loss::kLockLost;
    if (watcher_ != nullptr) watcher_->backend_changed();
  }

  void submit(backend::Request&) noexcept override {}
  backend::State state() const override {
    const std::lock_guard lock(mutex_);
    return state_;
  }
  const backend::Traits& traits() const override { return traits_; }
  void watch(backend::Watcher* watcher) override {
    const std::lock_guard lock(mutex_);
    watcher_ = watcher;
  }
  void close() noexcept override { closed_ = true; }

 private:
  backend::Traits traits_;
  mutable std::mutex mutex_;
  backend::State state_{.ready = true, .read_only = false, .size_bytes = 1 << 20, .reason = {}};
  backend::Watcher* watcher_ = nullptr;
  std::atomic<bool> closed_ = false;
};

/// Gives what the test has put in the place where the LUN's store is looked for.
class FickleStores final : public Stores {
 public:
  using Stores::Stores;

  void put(std::string seed) {
    const std::lock_guard lock(mutex_);
    seed_ = std::move(seed);
  }
  void lose_it() {
    const std::lock_guard lock(mutex_);
    if (const auto store = last_.lock()) store->lose();
  }
  unsigned opens() const { return opens_; }

  Result<std::shared_ptr<backend::Backend>, Refusal> open(const config::Target&,
                                                          const config::Lun&) override {
    const std::lock_guard lock(mutex_);
    ++opens_;
    if (seed_.empty()) return err(Refusal{telemetry::OfflineReason::kMissing, "it is missing"});
    auto store = std::make_shared<FickleStore>(seed_);
    last_ = store;
    return std::shared_ptr<backend::Backend>(std::move(store));
  }

 private:
  std::mutex mutex_;
  std::string seed_;
  std::weak_ptr<FickleStore> last_;
  std::atomic<unsigned> opens_ = 0;
};

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
  std::future<void> begin(const config::Lun& lun) { return begin(lun, stores_); }
  std::future<void> begin(const config::Lun& lun, Stores& stores) {
    auto known = std::make_shared<std::promise<void>>();
    auto result = known->get_future();
    on_home([this, lun, known, &stores] {
      const KeeperTools tools{home_,     *workers_, *workers_, *workers_,
                              *gateway_, *segment_, stores,    1};
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
  FickleStores fickle_{config_};
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

/// Guards identify_lun() in serve(): lungate_lun_info had an empty wwn and serial for ever.
TEST_F(LunKeeperTest, ItsIdentityIsPublishedWhenItIsOnline) {
  config::Lun given = lun(0);
  given.naa = "3aabbccddeeff001";
  given.serial = "SER11";
  ASSERT_TRUE(came(begin(given)));
  EXPECT_EQ(published().at(0).wwn, "") << "nothing is known of a store that is missing";
  make_disk(1 << 20);
  ASSERT_TRUE(eventually([this] { return keeper_->phase() == LunPhase::kReady; }));
  EXPECT_EQ(on_home([this] { return keeper_->wwn(); }), "3aabbccddeeff001");
  EXPECT_EQ(published().at(0).wwn, "3aabbccddeeff001");
  EXPECT_EQ(published().at(0).serial, "SER11");
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

TEST_F(LunKeeperTest, AStoreThatWasLostIsOpenedAgain) {
  fickle_.put("image 1");
  ASSERT_TRUE(came(begin(lun(0), fickle_)));
  fickle_.lose_it();
  EXPECT_TRUE(
      eventually([this] { return fickle_.opens() == 2 && keeper_->phase() == LunPhase::kReady; }));
  EXPECT_EQ(keeper_->reason(), "");
}

/// Guards LunKeeper::another_store: initiators that have the first disk mounted would write its
/// file system into the second.
TEST_F(LunKeeperTest, AnotherStoreInTheOldOnesPlaceIsNotServed) {
  fickle_.put("image 1");
  ASSERT_TRUE(came(begin(lun(0), fickle_)));
  fickle_.put("image 2");
  fickle_.lose_it();
  EXPECT_TRUE(eventually([this] { return keeper_->phase() == LunPhase::kOffline; }));
  const std::string reason = on_home([this] { return keeper_->reason(); });
  EXPECT_NE(reason.find("image 1"), std::string::npos) << reason;
  EXPECT_NE(reason.find("image 2"), std::string::npos) << reason;
  EXPECT_NE(reason.find("remove the LUN"), std::string::npos) << reason;
  EXPECT_TRUE(eventually(
      [this] { return published().at(0).offline == telemetry::OfflineReason::kInvalid; }));
  // It is tried again: the old one may come back.
  EXPECT_TRUE(eventually([this] { return fickle_.opens() >= 3; }));
  EXPECT_NE(phase(), LunPhase::kReady);
  fickle_.put("image 1");
  EXPECT_TRUE(eventually([this] { return keeper_->phase() == LunPhase::kReady; }));
  remove();
  // Added again, it is what it is.
  fickle_.put("image 2");
  ASSERT_TRUE(came(begin(lun(0), fickle_)));
  EXPECT_EQ(phase(), LunPhase::kReady);
}

/// Guards gone_parts_: a LUN that is removed while its store is being closed.
TEST_F(LunKeeperTest, ItGoesWhileItsStoreIsLost) {
  for (int round = 0; round < 20; ++round) {
    fickle_.put("image 1");
    ASSERT_TRUE(came(begin(lun(0), fickle_)));
    if (round % 2 == 0) fickle_.put("image 2");
    const unsigned opens = fickle_.opens();
    fickle_.lose_it();
    if (round % 3 == 0) {  // seen in the middle, or when it is open again already
      EXPECT_TRUE(eventually([this, opens] {
        return keeper_->phase() != LunPhase::kReady || fickle_.opens() > opens;
      }));
    }
    remove();
    EXPECT_TRUE(published().empty());
  }
}

std::uint64_t counted(const telemetry::LunSnapshot& lun, telemetry::LunCounter counter) {
  return lun.counters[telemetry::index_of(counter)];
}

TEST_F(LunKeeperTest, WhatIsPromisedIsPublishedAndChangesInPlace) {
  make_disk(1 << 20);
  config::Lun promised = lun(0);
  promised.slo = {0.25, 3, 0.999};
  ASSERT_TRUE(came(begin(promised)));
  auto published_lun = published().at(0);
  EXPECT_EQ(published_lun.slo_read_ns, 250'000u);
  EXPECT_EQ(published_lun.slo_write_ns, 3'000'000u);
  EXPECT_DOUBLE_EQ(published_lun.slo_objective, 0.999);
  EXPECT_EQ(published_lun.queue_depth_limit, limits::kCommandWindow);
  promised.slo.read_ms = 7;
  on_home([&] { keeper_->resize(promised); });
  EXPECT_EQ(published().at(0).slo_read_ns, 7'000'000u);
}

TEST_F(LunKeeperTest, OpensFailuresAndLossesAreCounted) {
  ASSERT_TRUE(came(begin(lun(0), fickle_))) << "it is missing";
  using telemetry::LunCounter;
  const auto count = [this](LunCounter counter) { return counted(published().at(0), counter); };
  EXPECT_TRUE(eventually([&] { return count(LunCounter::kOpenFailures) >= 1; }));
  EXPECT_EQ(count(LunCounter::kOpens), 0u);
  EXPECT_EQ(count(LunCounter::kLost), 0u);
  fickle_.put("image 1");
  EXPECT_TRUE(eventually([&] { return count(LunCounter::kOpens) == 1; }));
  const auto failures = count(LunCounter::kOpenFailures);
  fickle_.lose_it();
  EXPECT_TRUE(eventually([&] { return count(LunCounter::kOpens) == 2; }));
  EXPECT_EQ(count(LunCounter::kLost), 1u);
  EXPECT_EQ(count(LunCounter::kOpenFailures), failures);
}

/// Guards gauge(): without a threshold nobody looked.
TEST_F(LunKeeperTest, HowFullItsPlaceIsIsPublishedWithAndWithoutAThreshold) {
  for (const std::uint32_t threshold : {80u, 0u}) {
    make_disk(1 << 20);
    config::Lun watched = lun(0);
    watched.pool_threshold_percent = threshold;
    ASSERT_TRUE(came(begin(watched)));
    ASSERT_TRUE(eventually([this] { return published().at(0).place_used.has_value(); }));
    const std::filesystem::space_info space = std::filesystem::space(folder_);
    const auto used = static_cast<double>(space.capacity - space.free);
    const double all = used + static_cast<double>(space.available);
    EXPECT_NEAR(*published().at(0).place_used, used / all, 0.1);
    remove();
  }
}

TEST_F(LunKeeperTest, APlaceThatCannotBeLookedAtIsUnknown) {
  fickle_.put("image 1");
  ASSERT_TRUE(came(begin(lun(0), fickle_)));
  EXPECT_FALSE(published().at(0).place_used.has_value());
}

TEST(LunPhases, OnlyTheStepsOfALunsLifeAreAllowed) {
  using enum LunPhase;
  const std::set<std::pair<LunPhase, LunPhase>> steps = {
      {kOffline, kOpening}, {kOpening, kReady}, {kOpening, kOffline}, {kOpening, kClosing},
      {kOpening, kGone},    {kReady, kClosing}, {kClosing, kOpening}, {kClosing, kOffline},
      {kClosing, kGone},    {kOffline, kGone}};
  for (const LunPhase from : {kOpening, kReady, kOffline, kClosing, kGone})
    for (const LunPhase to : {kOpening, kReady, kOffline, kClosing, kGone})
      EXPECT_EQ(kLunTable.allow(from, to), steps.contains({from, to}))
          << name(from) << " to " << name(to);
}

TEST_F(LunKeeperTest, PhasesHaveNames) {
  EXPECT_EQ(name(LunPhase::kOpening), "opening");
  EXPECT_EQ(name(LunPhase::kClosing), "closing");
  EXPECT_EQ(name(LunPhase::kGone), "gone");
}

}  // namespace
}  // namespace lungate::control
