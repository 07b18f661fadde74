// SPDX-License-Identifier: LGPL-2.1-or-later
// FORMAT UNIT and SANITIZE between a session and its store: what is stored when, and what a unit
// is whose work has not ended well.
#include <gtest/gtest.h>

#include <functional>

#include "scsi/kept_state.h"
#include "tests/unit/session/rig.h"

namespace lungate::session::test {
namespace {

using backend::Verb;
using scsi::MediumFailure;
using scsi::MediumWork;
using scsi::Status;

constexpr std::uint8_t kImmediateAndExit = 0xa0;  // IMMED, AUSE
constexpr std::uint8_t kExit = 0x20;

struct WorkRig {
  Rig rig;
  Peer peer;

  WorkRig() : peer(rig.connect()) {
    scsi::Unit unit = rig.unit(0);
    unit.runs_medium_jobs = true;
    rig.bring_online(0, unit);
    EXPECT_EQ(peer.login({}), 0);
    peer.attentions();
  }

  /// SANITIZE, OVERWRITE with one pass of one byte.
  std::uint32_t overwrite(std::uint8_t flags) {
    std::array<std::uint8_t, 16> cdb{0x48, static_cast<std::uint8_t>(flags | 0x01)};
    cdb[8] = 5;
    const std::array<std::uint8_t, 5> list{0x01, 0, 0, 1, 0xa5};
    const auto header = peer.command(cdb, 5, iscsi::ScsiCommand::kWriteBit | iscsi::kFinalBit);
    peer.send(header, std::as_bytes(std::span(list)));
    return header.initiator_task_tag;
  }
  Outcome exit_failure_mode() {
    const auto header = peer.command({0x48, kExit | 0x1f}, 0, iscsi::kFinalBit);
    peer.send(header);
    return peer.finish(header.initiator_task_tag);
  }
  scsi::AdditionalSense readiness() { return peer.run(peer.test_unit_ready()).sense; }

  std::optional<MediumFailure> kept() {
    const auto state = scsi::decode_state(bytes_of(std::string_view(rig.store().stored())));
    EXPECT_TRUE(state) << state.error();
    return state->medium;
  }
  /// Lets one request go when it is there.
  void release(backend::Status status = backend::Status::kOk) {
    rig.store().wait_held(1);
    rig.store().release(status);
  }

  /// Another initiator's command that comes while the whole medium is locked, and whose turn comes
  /// when the work has begun, writes nothing. `send`: gives its tag.
  void is_overtaken(const std::function<std::uint32_t(Peer& other)>& send) {
    Peer other = rig.connect();
    EXPECT_EQ(other.login({.isid = 2}), 0);
    other.attentions();
    rig.store().hold();
    const auto tag = overwrite(kImmediateAndExit);
    rig.store().wait_held(1);  // its state: the whole medium is locked
    const auto sent = send(other);
    EXPECT_TRUE(eventually([&] { return rig.in_progress() == 2; }));
    rig.settle();
    release();
    EXPECT_GOOD(peer.finish(tag)) << "it is under way";
    EXPECT_EQ(other.finish(sent).status, Status::kBusy);
    rig.store().let_go();
    EXPECT_EQ(rig.store().submitted(Verb::kWrite), 0u);
  }
};

const MediumFailure kOverwriteFailed{MediumWork::kOverwrite, true};

/// Guards LunHome::carry_out(MediumJob): a store that is lost on the way could not be told.
TEST(MediumWork, IsStoredBeforeItBeginsAndForgottenBeforeItsAnswer) {
  WorkRig work;
  work.rig.store().hold();
  const auto tag = work.overwrite(kExit);
  work.rig.store().wait_held(1);
  EXPECT_EQ(work.rig.store().submitted(Verb::kStoreState), 1u);
  EXPECT_EQ(work.rig.store().submitted(Verb::kWriteSame), 0u);
  work.release();
  work.rig.store().wait_held(1);  // the first piece
  EXPECT_EQ(work.kept(), kOverwriteFailed);
  work.release();
  work.release();  // the flush
  work.rig.store().wait_held(1);
  EXPECT_EQ(work.rig.store().submitted(Verb::kStoreState), 2u);
  EXPECT_TRUE(work.peer.silent());
  EXPECT_EQ(work.kept(), kOverwriteFailed);
  const auto lun = work.rig.snapshot().luns.at(0);
  EXPECT_EQ(lun.in_flight, 1u);
  EXPECT_EQ(lun.oldest_in_store, BootTime{}) << "it takes hours, and nothing hangs";
  work.release();
  EXPECT_GOOD(work.peer.finish(tag));
  EXPECT_EQ(work.kept(), std::nullopt);
  work.rig.store().let_go();
}

TEST(MediumWork, ThatFailsIsRememberedUntilItIsLeft) {
  WorkRig work;
  work.rig.store().hold();
  const auto tag = work.overwrite(kImmediateAndExit);
  work.release();
  EXPECT_GOOD(work.peer.finish(tag)) << "it is under way";
  work.release(backend::Status::kIoError);
  work.rig.store().let_go();
  EXPECT_TRUE(eventually([&] { return work.readiness() == scsi::sense::kSanitizeCommandFailed; }));
  EXPECT_EQ(work.kept(), kOverwriteFailed);
  EXPECT_GOOD(work.exit_failure_mode());
  EXPECT_EQ(work.kept(), std::nullopt);
  EXPECT_GOOD(work.peer.run(work.peer.read(0, 1)));
}

/// Guards LocalExecutor::resume_parked: by its own snapshot of the unit the write might run, beside
/// the work or behind it.
TEST(MediumWork, AWriteThatCameWhileItBeganIsNotDoneDuringIt) {
  WorkRig work;
  work.is_overtaken([](Peer& other) { return other.write(0, pattern(kBlock), kBlock); });
}

/// Guards overtaken() where a lock is granted: the ORWRITE was let in before, and its turn has come
/// by the time the work is at its first piece.
TEST(MediumWork, ACommandThatWaitedForItsLockIsNotDoneDuringIt) {
  WorkRig work;
  work.is_overtaken([](Peer& other) {
    std::array<std::uint8_t, 16> or_write{0x8b};
    or_write[13] = 1;
    const auto header =
        other.command(or_write, kBlock, iscsi::ScsiCommand::kWriteBit | iscsi::kFinalBit);
    other.send(header, pattern(kBlock));
    return header.initiator_task_tag;
  });
}

/// Guards LunHome::keep_medium: what cannot be stored is not begun, and not left.
TEST(MediumWork, ThatCannotBeStoredIsNotBegun) {
  WorkRig work;
  work.rig.store().hold();
  const auto tag = work.overwrite(kExit);
  work.release(backend::Status::kUnavailable);
  EXPECT_EQ(work.peer.finish(tag).status, Status::kCheckCondition);
  work.rig.store().let_go();
  EXPECT_EQ(work.rig.store().submitted(Verb::kWriteSame), 0u);
  EXPECT_GOOD(work.peer.run(work.peer.read(0, 1)));
}

/// Guards LunHome::finish_job: what is stored says that it has failed, so the unit does.
TEST(MediumWork, WhoseEndCannotBeStoredHasFailed) {
  WorkRig work;
  work.rig.store().hold();
  const auto tag = work.overwrite(kExit);
  for (int i = 0; i < 3; ++i) work.release();
  work.release(backend::Status::kIoError);
  const Outcome outcome = work.peer.finish(tag);
  EXPECT_EQ(outcome.sense, scsi::sense::kSanitizeCommandFailed);
  work.rig.store().let_go();
  EXPECT_EQ(work.readiness(), scsi::sense::kSanitizeCommandFailed);
}

/// Guards store_reservations(): a registration meanwhile must not make half a medium a whole one.
TEST(MediumWork, IsKeptBesideReservationsThatChange) {
  WorkRig work;
  work.rig.store().hold();
  work.overwrite(kImmediateAndExit);
  work.release();
  work.rig.store().wait_held(1);  // the first piece, which stays
  scsi::ReservationRequest request;
  request.by = {"iqn.2026-11.a:b,i,0x000000000001", 1};
  request.service_action_key = 7;
  request.aptpl = true;
  work.rig.on_home([&] { work.rig.lun().apply(request, {}, [](const scsi::ChangeOutcome&) {}); });
  work.rig.store().wait_held(2);
  work.rig.store().release_all(backend::Status::kOk);
  EXPECT_TRUE(eventually([&] {
    const auto state = scsi::decode_state(bytes_of(std::string_view(work.rig.store().stored())));
    return state && state->reservations.registrations.size() == 1;
  }));
  EXPECT_EQ(work.kept(), kOverwriteFailed);
  work.rig.store().let_go();
  EXPECT_TRUE(eventually([&] { return work.kept() == std::nullopt; }));
}

constexpr std::uint8_t kAbortTask = 1;

/// Guards Change::waiter_goes: while its state was being stored nobody remembered the wish.
TEST(MediumWork, AnAbortThatComesBeforeItBeginsIsAnsweredWhenItHas) {
  WorkRig work;
  work.rig.store().hold();
  const auto tag = work.overwrite(kExit);
  work.rig.store().wait_held(1);  // its state
  const auto abort = work.peer.manage(kAbortTask, tag);
  EXPECT_TRUE(work.peer.silent());
  work.rig.settle();
  work.release();
  EXPECT_EQ(work.peer.expect<iscsi::TaskManagementResponse>().initiator_task_tag, abort);
  work.rig.store().wait_held(1);  // the first piece
  EXPECT_EQ(work.kept(), kOverwriteFailed) << "it goes on";
  work.rig.store().let_go();
  EXPECT_TRUE(eventually([&] { return work.kept() == std::nullopt; }));
}

/// Guards Asker::ticket: with the session alone it was the work at hand that was answered.
TEST(MediumWork, AnAbortOfAnotherWaitsForNoWork) {
  WorkRig work;
  work.rig.store().hold();
  const auto first = work.overwrite(kExit);
  work.release();
  work.rig.store().wait_held(1);  // the first piece
  const auto second = work.overwrite(kExit);
  EXPECT_EQ(work.peer.finish(second).sense, scsi::sense::kSanitizeInProgress);
  work.rig.store().let_go();
  EXPECT_GOOD(work.peer.finish(first));
}

/// Guards abandon_store() in Gateway::remove_lun: the removal waited for the whole of the work.
TEST(MediumWork, EndsWhenItsLunIsRemoved) {
  WorkRig work;
  work.rig.store().hold();
  const auto tag = work.overwrite(kExit);
  work.release();
  work.rig.store().wait_held(1);  // the first piece
  work.rig.directory.targets.begin()->second.luns.clear();
  work.rig.publish();
  Signal gone;
  work.rig.on_home([&] { work.rig.gateway().remove_lun(1, gone.done()); });
  EXPECT_NE(work.peer.finish(tag).status, Status::kGood);
  EXPECT_FALSE(gone.happened()) << "the store is at work for it";
  work.release();
  EXPECT_TRUE(gone.wait());
  EXPECT_EQ(work.rig.store().submitted(Verb::kWriteSame), 1u);
  EXPECT_EQ(work.kept(), kOverwriteFailed);
  work.rig.store().let_go();
}

}  // namespace
}  // namespace lungate::session::test
