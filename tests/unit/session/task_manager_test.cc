// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session/task_manager.h"

#include <gtest/gtest.h>

#include "tests/unit/session/rig.h"

namespace lungate::session::test {
namespace {

using backend::Verb;
using iscsi::TaskResponse;

constexpr std::uint8_t kAbortTask = 1;
constexpr std::uint8_t kAbortTaskSet = 2;
constexpr std::uint8_t kLunReset = 5;

/// The answer to the task management request with this tag is the next PDU.
TaskResponse answer_to(Peer& peer, std::uint32_t tag) {
  const auto response = peer.expect<iscsi::TaskManagementResponse>();
  EXPECT_EQ(response.initiator_task_tag, tag);
  return static_cast<TaskResponse>(response.response);
}

// --- Absorbed ------------------------------------------------------------------------------------

/// Guards Commands::abort: the baton keeps the answer back until the backend has let go of the
/// buffer (AddressSanitizer sees it if the buffer does not live that long).
TEST(TaskManager, AnAbortIsAnsweredWhenTheBackendHasEnded) {
  Rig rig;
  Peer peer = rig.ready();
  rig.store().hold();
  const auto read = peer.read(0, 16);
  rig.store().wait_held(1);
  const auto abort = peer.manage(kAbortTask, read);
  EXPECT_TRUE(peer.silent());
  EXPECT_EQ(rig.in_progress(), 1u);
  rig.store().release();
  EXPECT_EQ(answer_to(peer, abort), TaskResponse::kComplete);
  EXPECT_TRUE(peer.silent()) << "the command itself is not answered";
  EXPECT_EQ(rig.in_progress(), 0u);
  rig.store().let_go();
  EXPECT_GOOD(peer.run(peer.test_unit_ready()));
}

/// Guards backend::hurry: a store that has only been asked something need not look any more.
TEST(TaskManager, WhoTakesACommandBackIsInAHurry) {
  Rig rig;
  Peer peer = rig.ready({.isid = 1});
  Peer other = rig.ready({.isid = 2});
  rig.store().hold();
  const auto read = peer.read(0, 1);
  other.read(0, 1);
  rig.store().wait_held(2);
  EXPECT_EQ(rig.store().hurried(), 0u);
  peer.manage(kAbortTask, read);
  EXPECT_TRUE(eventually([&] { return rig.store().hurried() == 1; }));
  other.hang_up();
  EXPECT_TRUE(eventually([&] { return rig.store().hurried() == 2; }));
  rig.store().let_go();
}

TEST(TaskManager, TwoWhoAbortTheSameTaskAreBothAnswered) {
  Rig rig;
  Peer peer = rig.ready();
  rig.store().hold();
  const auto read = peer.read(0, 1);
  rig.store().wait_held(1);
  const auto first = peer.manage(kAbortTask, read);
  const auto second = peer.manage(kAbortTaskSet, iscsi::kNoTag);
  EXPECT_TRUE(peer.silent());
  rig.store().release();
  EXPECT_EQ(answer_to(peer, first), TaskResponse::kComplete);
  EXPECT_EQ(answer_to(peer, second), TaskResponse::kComplete);
}

TEST(TaskManager, AnAbortedWriteWithR2tsOutEndsAtOnceAndItsDataGoNowhere) {
  Rig rig;
  Peer peer = rig.ready();
  const auto data = pattern(16384);
  const auto write = peer.write(0, data, 0);
  const auto r2t = peer.expect<iscsi::ReadyToTransfer>();
  EXPECT_EQ(answer_to(peer, peer.manage(kAbortTask, write)), TaskResponse::kComplete);
  peer.give(r2t, data);
  EXPECT_TRUE(peer.silent());
  EXPECT_EQ(rig.store().submitted(Verb::kWrite), 0u);
  EXPECT_EQ(rig.in_progress(), 0u);
}

/// The framer holds the buffer while a Data-Out is on its way, and must not write into it after it
/// was given back: it is another command's by then. So what is taken away keeps it till its answer.
TEST(TaskManager, AResetInTheMiddleOfADataOutLeavesItsBufferToTheFramer) {
  Rig rig({.lanes = 1});  // one pool, from which the next command gets the same memory
  Peer peer = rig.ready({.isid = 1});
  Peer other = rig.ready({.isid = 2});
  const auto data = pattern(16384);
  const auto write = peer.write(0, data, 0);
  const auto r2t = peer.expect<iscsi::ReadyToTransfer>();
  iscsi::DataOut header;
  header.flags = iscsi::kFinalBit;
  header.initiator_task_tag = write;
  header.target_transfer_tag = r2t.target_transfer_tag;
  header.data_segment_bytes = static_cast<std::uint32_t>(data.size());
  const auto bytes = peer.framed(bytes_of(header), data);
  rig.receive_exactly(peer, Bytes(bytes).first(5000));
  EXPECT_EQ(answer_to(other, other.manage(kLunReset, iscsi::kNoTag)), TaskResponse::kComplete);
  other.attentions();

  rig.store().hold();
  const auto others = pattern(16384, 7);
  const auto next = other.write(100, others, 0);
  other.give(other.expect<iscsi::ReadyToTransfer>(), others);
  rig.store().wait_held(1);
  peer.send_bytes(Bytes(bytes).subspan(5000));
  EXPECT_EQ(peer.finish(write).status, scsi::Status::kTaskAborted);
  rig.store().let_go();
  EXPECT_GOOD(other.finish(next));
  EXPECT_EQ(rig.store().submitted(Verb::kWrite), 1u) << "nothing of what was taken away";
  EXPECT_EQ(rig.store().content(100 * kBlock, others.size()), others);
  EXPECT_EQ(peer.attentions().front(), scsi::sense::kBusDeviceReset);
}

/// Guards `receiving_` in Commands::take_away, and what a failed command asks for: one that is
/// taken away before its PDU is whole used to ask for its data, and to hold up the reset with it.
TEST(TaskManager, AResetInTheMiddleOfACommandIsAnswered) {
  Rig rig;
  Peer peer = rig.ready({.isid = 1});
  Peer other = rig.ready({.isid = 2});
  const auto data = pattern(16384);
  auto header =
      peer.command(cdb10(0x2a, 0, 32), 16384, iscsi::ScsiCommand::kWriteBit | iscsi::kFinalBit);
  header.data_segment_bytes = 8192;
  const auto bytes = peer.framed(bytes_of(header), Bytes(data).first(8192));
  rig.receive_exactly(peer, Bytes(bytes).first(4000));
  EXPECT_EQ(rig.in_progress(), 1u);
  EXPECT_EQ(answer_to(other, other.manage(kLunReset, iscsi::kNoTag)), TaskResponse::kComplete);
  peer.send_bytes(Bytes(bytes).subspan(4000));
  EXPECT_EQ(peer.finish(header.initiator_task_tag).status, scsi::Status::kTaskAborted)
      << "it asks for no more data";
  EXPECT_EQ(peer.attentions().front(), scsi::sense::kBusDeviceReset);
  EXPECT_EQ(rig.store().submitted(Verb::kWrite), 0u);
}

// --- Held ----------------------------------------------------------------------------------------

TEST(TaskManager, AHeldCommandThatIsAbortedNeverRuns) {
  Rig rig;
  Peer peer = rig.ready();
  const std::uint32_t hole = peer.cmd_sn++;
  const auto held = peer.read(0, 1);
  EXPECT_EQ(answer_to(peer, peer.manage(kAbortTask, held)), TaskResponse::kComplete);
  const std::uint32_t next = peer.cmd_sn;
  peer.cmd_sn = hole;
  EXPECT_GOOD(peer.run(peer.test_unit_ready()));
  peer.cmd_sn = next;
  EXPECT_TRUE(peer.silent());
  EXPECT_EQ(rig.store().submitted(Verb::kRead), 0u);
  EXPECT_EQ(rig.in_progress(), 0u);
  EXPECT_GOOD(peer.run(peer.test_unit_ready())) << "its CmdSN has passed by";
}

/// Guards leave_lun() in Commands::abort: a peer that never fills its hole must not hold up other
/// initiators' resets, nor the removal of the LUN.
TEST(TaskManager, AHeldCommandHoldsNobodyUp) {
  Rig rig;
  Peer peer = rig.ready({.isid = 1});
  Peer other = rig.ready({.isid = 2});
  ++peer.cmd_sn;
  peer.read(0, 1);
  EXPECT_TRUE(peer.silent());
  EXPECT_EQ(answer_to(other, other.manage(kLunReset, iscsi::kNoTag)), TaskResponse::kComplete);
  rig.directory.targets.begin()->second.luns.clear();
  rig.publish();
  Signal removed;
  rig.on_home([&] { rig.gateway().remove_lun(1, removed.done()); });
  EXPECT_TRUE(removed.wait());
  peer.logout();
  peer.expect<iscsi::LogoutResponse>();
}

/// Guards classify() in TaskManager::abort_unseen.
TEST(TaskManager, ACommandThatIsStillToComeIsAbortedInAdvance) {
  Rig rig;
  Peer peer = rig.ready();
  const std::uint32_t lost = peer.cmd_sn++;
  EXPECT_EQ(answer_to(peer, peer.manage(kAbortTask, 4711, 0, lost)), TaskResponse::kComplete);
  const std::uint32_t next = peer.cmd_sn;
  peer.cmd_sn = lost;
  peer.read(0, 1);  // here it is, too late
  peer.cmd_sn = next;
  EXPECT_TRUE(peer.silent());
  EXPECT_EQ(rig.store().submitted(Verb::kRead), 0u);
  EXPECT_GOOD(peer.run(peer.test_unit_ready()));
}

/// Guards classify() in TaskManager::abort_unseen: a number outside the window is no promise.
TEST(TaskManager, NoNumberOutsideTheWindowIsUsedUp) {
  RigOptions options;
  options.settings.iscsi.command_window = 4;
  Rig rig(options);
  Peer peer = rig.ready();
  rig.store().hold();
  for (int i = 0; i < 4; ++i) peer.read(0, 1);
  rig.store().wait_held(4);
  const std::uint32_t next = peer.cmd_sn++;
  EXPECT_EQ(answer_to(peer, peer.manage(kAbortTask, 4711, 0, next)), TaskResponse::kNoSuchTask);
  peer.cmd_sn = next;
  rig.store().let_go();
  for (int i = 0; i < 4; ++i) peer.receive();
  EXPECT_GOOD(peer.run(peer.test_unit_ready()));
}

// --- Many ----------------------------------------------------------------------------------------

TEST(TaskManager, AResetTakesEverySessionsCommandsAndTellsEveryone) {
  Rig rig;
  Peer mine = rig.ready({.isid = 1});   // lane 0
  Peer other = rig.ready({.isid = 2});  // lane 1
  rig.store().hold();
  mine.read(0, 1);
  rig.store().wait_held(1);
  const auto taken = other.read(0, 1);
  rig.store().wait_held(2);
  const auto reset = mine.manage(kLunReset, iscsi::kNoTag);
  EXPECT_TRUE(mine.silent());
  rig.settle();  // it has been to the home loop and reached every lane
  rig.store().release();
  rig.settle();
  EXPECT_TRUE(mine.silent()) << "the other session's I/O has not ended";
  rig.store().let_go();
  EXPECT_EQ(answer_to(mine, reset), TaskResponse::kComplete);
  EXPECT_EQ(mine.attentions(), std::vector{scsi::sense::kBusDeviceReset});
  EXPECT_EQ(other.finish(taken).status, scsi::Status::kTaskAborted);
  EXPECT_EQ(other.attentions(), std::vector{scsi::sense::kBusDeviceReset});
}

/// Guards LunHome::reset: the second one shares no round that began before its commands came.
TEST(TaskManager, AResetDuringAnotherWaitsForTheCommandsThatCameBetween) {
  Rig rig;
  Peer mine = rig.ready({.isid = 1});
  Peer other = rig.ready({.isid = 2});
  rig.store().hold();
  mine.read(0, 1);
  rig.store().wait_held(1);
  const auto first = mine.manage(kLunReset, iscsi::kNoTag);
  EXPECT_TRUE(mine.silent());
  rig.settle();
  other.read(0, 1);
  rig.store().wait_held(2);
  const auto second = other.manage(kLunReset, iscsi::kNoTag);
  EXPECT_TRUE(other.silent());
  rig.settle();
  rig.store().release();
  EXPECT_EQ(answer_to(mine, first), TaskResponse::kComplete);
  rig.settle();
  EXPECT_TRUE(other.silent()) << "its command is still with the store";
  rig.store().let_go();
  EXPECT_EQ(answer_to(other, second), TaskResponse::kComplete);
  EXPECT_TRUE(other.silent()) << "its command was aborted";
}

TEST(TaskManager, ATaskSetIsOneSessionsAndOneLuns) {
  Rig rig({.luns = 2});
  Peer mine = rig.ready({.isid = 1});
  Peer other = rig.ready({.isid = 2});
  rig.store(0).hold();
  rig.store(1).hold();
  mine.read(0, 1, 0);
  const auto same_session = mine.read(0, 1, 1);
  const auto same_lun = other.read(0, 1, 0);
  rig.store(0).wait_held(2);
  rig.store(1).wait_held(1);
  const auto abort = mine.manage(kAbortTaskSet, iscsi::kNoTag, 0);
  EXPECT_TRUE(mine.silent());
  rig.store(0).let_go();
  EXPECT_EQ(answer_to(mine, abort), TaskResponse::kComplete);
  rig.store(1).let_go();
  EXPECT_GOOD(mine.finish(same_session));
  EXPECT_GOOD(other.finish(same_lun));
}

TEST(TaskManager, WhatCannotBeDoneIsRefused) {
  Rig rig;
  Peer peer = rig.ready();
  rig.store().hold();
  const auto read = peer.read(0, 1);
  rig.store().wait_held(1);
  EXPECT_EQ(answer_to(peer, peer.manage(kAbortTask, 4711)), TaskResponse::kNoSuchTask);
  EXPECT_EQ(answer_to(peer, peer.manage(kAbortTask, read, 3)), TaskResponse::kNoSuchTask);
  EXPECT_EQ(answer_to(peer, peer.manage(kLunReset, iscsi::kNoTag, 9)), TaskResponse::kNoSuchLun);
  EXPECT_EQ(answer_to(peer, peer.manage(8, read)), TaskResponse::kReassignNotSupported);
  EXPECT_EQ(answer_to(peer, peer.manage(3, iscsi::kNoTag)), TaskResponse::kNotSupported);
  EXPECT_EQ(answer_to(peer, peer.manage(0, iscsi::kNoTag)), TaskResponse::kRejected);
  rig.store().let_go();
  EXPECT_GOOD(peer.finish(read)) << "none of them has touched it";
}

/// Guards kTaskManagementPendingMax.
TEST(TaskManager, RequestsThatWaitAreBounded) {
  Rig rig;
  Peer peer = rig.ready();
  rig.store().hold();
  const auto read = peer.read(0, 1);
  rig.store().wait_held(1);
  for (std::uint32_t i = 0; i < limits::kTaskManagementPendingMax; ++i)
    peer.manage(kAbortTask, read);
  const auto refused = peer.manage(kAbortTask, read);
  EXPECT_EQ(answer_to(peer, refused), TaskResponse::kRejected);
  rig.store().let_go();
  for (std::uint32_t i = 0; i < limits::kTaskManagementPendingMax; ++i)
    EXPECT_EQ(peer.expect<iscsi::TaskManagementResponse>().response, 0);
}

}  // namespace
}  // namespace lungate::session::test
