// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session/lun_home.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "tests/unit/session/fake_store.h"

namespace lungate::session {
namespace {

/// Letters that come when the test says so.
struct Letters final : MailSink {
  std::vector<Mail*> waiting;
  void post(Mail& letter) noexcept override { waiting.push_back(&letter); }
  void deliver_all() {
    for (Mail* letter : std::exchange(waiting, {})) letter->deliver(*letter);
  }
};

/// Lanes that acknowledge when the test says so.
struct Lanes final : LaneBroadcast {
  std::vector<Done> aborts;
  std::vector<LunUpdate> updates;
  std::vector<scsi::NexusName> preempted;
  std::vector<Taker> by;  // of the last abort
  Letters letters;

  void update_lun(const LunUpdate& update, Done done) override {
    updates.push_back(update);
    done();
  }
  void abort_lun(LunId, const std::vector<Taker>& sessions, Done done) override {
    aborts.push_back(std::move(done));
    by = sessions;
  }
  void abort_nexuses(LunId, const std::vector<scsi::NexusName>& names, SessionId,
                     Done done) override {
    preempted = names;
    done();
  }
  MailSink& mailbox() override { return letters; }
  void quiesce_lun(LunId, LunFate, Done done) override { done(); }
  void end_abort(std::size_t index) { std::exchange(aborts.at(index), nullptr)(); }
};

struct Home {
  Lanes lanes;
  std::shared_ptr<LunHome> home = std::make_shared<LunHome>(1, scsi::Unit{}, lanes);
  std::vector<int> answered;

  void reset(int who) {
    home->reset({static_cast<SessionId>(who)}, [this, who] { answered.push_back(who); });
  }
};

/// Guards to_reset_: every abort round leaves a baton in every command of the LUN, and initiators
/// send resets for as long as a store hangs.
TEST(LunHome, ResetsDuringAResetShareTheNext) {
  Home lun;
  for (int i = 0; i < 1000; ++i) lun.reset(i);
  EXPECT_EQ(lun.lanes.aborts.size(), 1u);
  EXPECT_TRUE(lun.answered.empty());
  lun.lanes.end_abort(0);
  EXPECT_EQ(lun.answered, std::vector{0}) << "the others' commands may have come since";
  EXPECT_EQ(lun.lanes.by.size(), 999u) << "none of whom is answered for a command of its own";
  ASSERT_EQ(lun.lanes.aborts.size(), 2u);
  lun.lanes.end_abort(1);
  EXPECT_EQ(lun.answered.size(), 1000u);
  EXPECT_EQ(lun.lanes.aborts.size(), 2u);
  EXPECT_EQ(lun.lanes.updates.size(), 2u);
  lun.reset(1000);
  ASSERT_EQ(lun.lanes.aborts.size(), 3u) << "and it begins anew";
  lun.lanes.end_abort(2);
  EXPECT_EQ(lun.answered.back(), 1000);
}

/// An answer may lead to the next request before the round is over.
TEST(LunHome, AResetThatIsAskedForByAnAnswerIsNotLost) {
  Home lun;
  lun.home->reset({}, [&] {
    lun.reset(1);
    lun.reset(2);
  });
  lun.reset(3);
  for (std::size_t i = 0; i < lun.lanes.aborts.size(); ++i) lun.lanes.end_abort(i);
  EXPECT_EQ(lun.answered.size(), 3u);
}

TEST(LunHome, AResetTellsEveryoneAfterTheLastCommandHasEnded) {
  Home lun;
  lun.reset(0);
  EXPECT_TRUE(lun.lanes.updates.empty());
  lun.lanes.end_abort(0);
  ASSERT_EQ(lun.lanes.updates.size(), 1u);
  EXPECT_EQ(lun.lanes.updates[0].attention, scsi::sense::kBusDeviceReset);
  EXPECT_EQ(lun.lanes.updates[0].except, kNoSession);
}

/// What its keeper has found with the store; after an outage, what has come about since.
TEST(LunHome, AUnitThatComesWithAFailureHasItUntilItIsLeft) {
  Home lun;
  auto store = std::make_shared<test::FakeStore>(4096);
  scsi::Unit unit;
  unit.medium_activity = scsi::activity_of(
      scsi::MediumFailure{scsi::MediumWork::kOverwrite, /*unrestricted_exit=*/true});
  lun.home->set_online(store, unit, [] {});
  ASSERT_NE(lun.home->unit().medium_activity, nullptr);
  EXPECT_TRUE(lun.home->unit().medium_activity->failed);
  scsi::MediumJob leave;
  leave.work = scsi::MediumWork::kExitFailureMode;
  lun.home->apply(leave, {1}, [](const scsi::ChangeOutcome&) {});
  lun.lanes.letters.deliver_all();
  EXPECT_EQ(lun.home->unit().medium_activity, nullptr);
  lun.home->set_offline(scsi::Availability::kOffline, [] {});
  lun.home->set_online(store, unit, [] {});
  EXPECT_EQ(lun.home->unit().medium_activity, nullptr) << "it was opened before that was left";
}

/// Its place becomes fuller, is emptied a little, and becomes fuller again.
TEST(LunHome, EverybodyIsToldOnceWhenThePlaceIsNearlyFull) {
  Home lun;
  auto store = std::make_shared<test::FakeStore>(4096);
  scsi::Unit unit;
  unit.threshold_percent = 80;
  unit.geometry.unmap_granularity_blocks = 8;
  EXPECT_FALSE(lun.home->set_fullness({90, 10})) << "nobody is there yet";
  lun.home->set_online(store, unit, [] {});
  lun.lanes.updates.clear();
  EXPECT_FALSE(lun.home->set_fullness({79, 21}));
  EXPECT_TRUE(lun.lanes.updates.empty()) << "a number alone is no news";
  EXPECT_TRUE(lun.home->set_fullness({80, 20}));
  ASSERT_EQ(lun.lanes.updates.size(), 1u);
  EXPECT_EQ(lun.lanes.updates[0].attention, scsi::sense::kSoftThresholdReached);
  EXPECT_EQ(lun.lanes.updates[0].except, kNoSession);
  EXPECT_FALSE(lun.home->set_fullness({95, 5}));
  EXPECT_EQ(scsi::room_of(*lun.lanes.updates[0].view->unit.fullness).used_bytes, 95u)
      << "snapshots that are there show it";
  lun.home->set_threshold(90);
  ASSERT_EQ(lun.lanes.updates.size(), 2u);
  EXPECT_EQ(lun.lanes.updates[1].attention, scsi::sense::kModeParametersChanged);
  EXPECT_TRUE(lun.home->set_fullness({95, 5})) << "it is another threshold";
}

/// A LUN is lost while its reservations are being stored, and removed before that has ended: both
/// its keeper's waits end, or the removal never would.
TEST(LunHome, EverybodyWhoWaitsForTheStoreIsTold) {
  Home lun;
  auto store = std::make_shared<test::FakeStore>(4096);
  store->hold();
  lun.home->set_online(store, scsi::Unit{}, [] {});
  scsi::ReservationRequest request;
  request.by = {"iqn.2026-11.io.lungate:host,i,0x000000000001", 1};
  request.service_action_key = 1;
  request.aptpl = true;
  lun.home->apply(request, {1}, [](const scsi::ChangeOutcome&) {});
  lun.home->set_offline(scsi::Availability::kOffline, [] {});
  int told = 0;
  lun.home->quiesce([&] { ++told; });
  lun.home->abandon_store();
  lun.home->retire([&] { ++told; });
  EXPECT_EQ(told, 0);
  store->let_go();
  lun.lanes.letters.deliver_all();
  EXPECT_EQ(told, 2);
}

}  // namespace
}  // namespace lungate::session
