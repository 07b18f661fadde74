// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session/commands.h"

#include <gtest/gtest.h>

#include "iscsi/reject.h"
#include "tests/unit/session/rig.h"

namespace lungate::session::test {
namespace {

using backend::Verb;
using iscsi::RejectReason;
using scsi::Status;

std::uint8_t reason_of(const iscsi::Reject& reject) {
  return reject.reason;
}

// --- Data-out ------------------------------------------------------------------------------------

TEST(Commands, AWriteIsMadeOfImmediateUnsolicitedAndSolicitedData) {
  Rig rig;
  Peer peer = rig.ready();
  const auto data = pattern(40 * limits::kKiB);
  const Bytes all(data);
  const auto tag = peer.write(16, all, 4096, false);
  EXPECT_TRUE(peer.silent()) << "nothing is asked for before the unsolicited data has ended";
  peer.data_out(tag, iscsi::kNoTag, 0, 4096, all.subspan(4096, 4096), true);
  // MaxOutstandingR2T is 4, MaxBurstLength 16 KiB: both are asked for at once.
  const auto first = peer.expect<iscsi::ReadyToTransfer>();
  const auto second = peer.expect<iscsi::ReadyToTransfer>();
  EXPECT_EQ(first.buffer_offset, 8192u);
  EXPECT_EQ(second.buffer_offset, 8192u + 16384u);
  EXPECT_NE(first.target_transfer_tag, second.target_transfer_tag);
  peer.give(first, all);
  peer.give(second, all);
  EXPECT_GOOD(peer.finish(tag));
  EXPECT_EQ(rig.store().content(16 * kBlock, data.size()), data);
}

TEST(Commands, NoMoreR2tsAreOpenThanWasNegotiated) {
  Rig rig;
  Peer peer = rig.ready({.keys = {{"MaxOutstandingR2T", "2"}, {"InitialR2T", "Yes"}}});
  const auto data = pattern(64 * limits::kKiB);
  const auto tag = peer.write(0, data, 0);
  const auto first = peer.expect<iscsi::ReadyToTransfer>();
  peer.expect<iscsi::ReadyToTransfer>();
  EXPECT_TRUE(peer.silent());
  peer.give(first, data);
  EXPECT_EQ(peer.expect<iscsi::ReadyToTransfer>().buffer_offset, 32u * limits::kKiB);
  // finish() would have to answer the second one, which it has not seen: hang up in the middle.
  EXPECT_EQ(rig.store().submitted(Verb::kWrite), 0u);
  (void)tag;
}

/// Guards kMaxOutstandingR2tMax: what an operator may set, what is told and what is used were three
/// figures once.
TEST(Commands, AsManyR2tsAreOpenAsWereNegotiated) {
  RigOptions options;
  options.settings.iscsi.max_outstanding_r2t = limits::kMaxOutstandingR2tMax;
  Rig rig(options);
  Peer peer = rig.ready(
      {.keys = {{"MaxOutstandingR2T", "64"}, {"InitialR2T", "Yes"}, {"MaxBurstLength", "512"}}});
  const auto data = pattern(64 * limits::kKiB);
  peer.write(0, data, 0);
  std::uint32_t open = 0;
  const auto ping = peer.ping();
  Pdu next = peer.receive();
  for (; next.opcode() == iscsi::Opcode::kReadyToTransfer; next = peer.receive()) ++open;
  EXPECT_EQ(next.tag(), ping);
  EXPECT_EQ(open, rig.descriptions().at(0).parameters.max_outstanding_r2t);
  EXPECT_EQ(open, limits::kMaxOutstandingR2tMax);
}

/// Guards Commands::place_data_out: a PDU that breaks the transfer's rules fails its task, and
/// nothing of the data is written.
TEST(Commands, DataAtAWrongOffsetFailsTheTaskAndNoOther) {
  Rig rig;
  Peer peer = rig.ready();
  const auto data = pattern(16384);
  const auto tag = peer.write(0, data, 0);
  const auto r2t = peer.expect<iscsi::ReadyToTransfer>();
  peer.data_out(tag, r2t.target_transfer_tag, 0, 512, Bytes(data).first(1024), false);
  const Outcome outcome = peer.finish(tag);
  EXPECT_EQ(outcome.status, Status::kCheckCondition);
  EXPECT_EQ(outcome.sense, scsi::sense::kDataPhaseError);
  // What was on its way already is dropped without a word.
  peer.data_out(tag, r2t.target_transfer_tag, 1, 1536, Bytes(data).first(1024), true);
  EXPECT_TRUE(peer.silent());
  EXPECT_EQ(rig.store().submitted(Verb::kWrite), 0u);
}

TEST(Commands, MoreUnsolicitedDataThanTheFirstBurstFailsTheTask) {
  Rig rig;
  Peer peer = rig.ready();
  const auto data = pattern(32768);
  const auto tag = peer.write(0, data, 4096, false);
  peer.data_out(tag, iscsi::kNoTag, 0, 4096, Bytes(data).first(8192), true);
  EXPECT_EQ(peer.finish(tag).status, Status::kCheckCondition);
  EXPECT_EQ(rig.store().submitted(Verb::kWrite), 0u);
}

/// Guards `kept` in Commands::place_data_out: there is no place at all beyond the buffer's end.
TEST(Commands, UnsolicitedDataBeyondTheCdbIsThrownAway) {
  Rig rig;
  Peer peer = rig.ready();
  const auto data = pattern(8192);
  auto header = peer.command(cdb10(0x2a, 0, 1), 8192, iscsi::ScsiCommand::kWriteBit);
  header.flags &= static_cast<std::uint8_t>(~iscsi::kFinalBit);
  peer.send(header);
  const std::uint32_t tag = header.initiator_task_tag;
  peer.data_out(tag, iscsi::kNoTag, 0, 0, Bytes(data).first(4096), false);
  peer.data_out(tag, iscsi::kNoTag, 1, 4096, Bytes(data).subspan(4096), true);
  const Outcome outcome = peer.finish(tag);
  EXPECT_GOOD(outcome);
  EXPECT_TRUE(outcome.underflow);
  EXPECT_EQ(outcome.residual, 8192 - kBlock);
  EXPECT_EQ(rig.store().content(0, kBlock), std::vector(data.begin(), data.begin() + kBlock));
  EXPECT_EQ(rig.store().content(kBlock, 4096), std::vector<std::byte>(4096));
}

// --- Data-in -------------------------------------------------------------------------------------

TEST(Commands, AReadIsCutIntoSegmentsAndTheLastCarriesTheStatus) {
  Rig rig;
  Peer peer = rig.ready();
  const auto data = pattern(40 * limits::kKiB);
  EXPECT_GOOD(peer.finish(peer.write(0, data, 4096), data));
  const Outcome read = peer.finish(peer.read(0, 80));
  EXPECT_GOOD(read);
  EXPECT_EQ(read.data, data);
  EXPECT_EQ(read.data_pdus, 5u) << "MaxRecvDataSegmentLength is 8 KiB";
  EXPECT_TRUE(read.collapsed);
}

TEST(Commands, BothDigestsGoBothWays) {
  Rig rig;
  Peer peer = rig.ready({.keys = {{"HeaderDigest", "CRC32C"}, {"DataDigest", "CRC32C"}}});
  const auto data = pattern(20 * limits::kKiB);
  EXPECT_GOOD(peer.finish(peer.write(3, data, 1536), data));
  EXPECT_EQ(peer.finish(peer.read(3, 40)).data, data);
}

TEST(Commands, WhatIsMovedAndWhatWasExpectedDifferByTheResidual) {
  Rig rig;
  Peer peer = rig.ready();
  const auto longer = peer.command(cdb10(0x28, 0, 1), 2 * kBlock, iscsi::ScsiCommand::kReadBit);
  peer.send(longer);
  Outcome outcome = peer.finish(longer.initiator_task_tag);
  EXPECT_TRUE(outcome.underflow);
  EXPECT_EQ(outcome.residual, kBlock);
  EXPECT_EQ(outcome.data.size(), kBlock);

  const auto shorter = peer.command(cdb10(0x28, 0, 1), 100, iscsi::ScsiCommand::kReadBit);
  peer.send(shorter);
  outcome = peer.finish(shorter.initiator_task_tag);
  EXPECT_TRUE(outcome.overflow);
  EXPECT_EQ(outcome.residual, kBlock - 100);
  EXPECT_EQ(outcome.data.size(), 100u);

  const auto write = peer.command(cdb10(0x2a, 0, 1), 2 * kBlock, iscsi::ScsiCommand::kWriteBit);
  peer.send(write, pattern(2 * kBlock));
  outcome = peer.finish(write.initiator_task_tag);
  EXPECT_GOOD(outcome);
  EXPECT_TRUE(outcome.underflow);
  EXPECT_EQ(outcome.residual, kBlock);
}

/// Guards Commands::expected: a WRITE whose header announces no data is GOOD, for its data was
/// never meant to come; whoever meant it to must see that none was stored.
TEST(Commands, ADirectionThatTheHeaderDeniesMovesNothingAndSaysSo) {
  Rig rig;
  Peer peer = rig.ready();
  using Command = iscsi::ScsiCommand;
  const struct {
    std::uint8_t opcode;
    std::uint8_t flags;
    std::uint32_t edtl;
  } kCases[] = {{0x2a, 0, kBlock},
                {0x2a, Command::kReadBit, kBlock},
                {0x2a, Command::kWriteBit, 0},
                {0x28, 0, 4 * kBlock},
                {0x28, Command::kReadBit, 0}};
  for (const auto& one : kCases) {
    const auto header = peer.command(cdb10(one.opcode, 0, 2), one.edtl, one.flags);
    peer.send(header);
    const Outcome outcome = peer.finish(header.initiator_task_tag);
    EXPECT_GOOD(outcome);
    EXPECT_TRUE(outcome.overflow) << int{one.opcode} << " " << int{one.flags};
    EXPECT_EQ(outcome.residual, 2 * kBlock);
    EXPECT_TRUE(outcome.data.empty());
  }
  EXPECT_EQ(rig.store().submitted(Verb::kWrite), 0u);
}

TEST(Commands, AStoreThatFailsIsToldAsSense) {
  Rig rig;
  Peer peer = rig.ready();
  rig.store().hold();
  const auto tag = peer.read(0, 1);
  rig.store().wait_held(1);
  rig.store().release(backend::Status::kIoError);
  const Outcome outcome = peer.finish(tag);
  EXPECT_EQ(outcome.sense, scsi::sense::kUnrecoveredReadError);
  EXPECT_TRUE(outcome.data.empty());
}

TEST(Commands, ALunThatIsNotThereRefusesAllButInquiry) {
  Rig rig;
  Peer peer = rig.ready();
  EXPECT_EQ(peer.run(peer.test_unit_ready(7)).sense, scsi::sense::kLogicalUnitNotSupported);
  std::array<std::uint8_t, 16> inquiry{0x12, 0, 0, 0, 96};
  const auto header = peer.command(inquiry, 96, iscsi::ScsiCommand::kReadBit, 7);
  peer.send(header);
  const Outcome outcome = peer.finish(header.initiator_task_tag);
  EXPECT_GOOD(outcome);
  ASSERT_FALSE(outcome.data.empty());
  EXPECT_EQ(outcome.data[0], std::byte{0x7f}) << "no device can be here (SPC-4, 6.4.2)";
}

// --- Order ---------------------------------------------------------------------------------------

TEST(Commands, ACommandBehindAHoleWaitsForItsTurn) {
  Rig rig;
  Peer peer = rig.ready();
  const std::uint32_t hole = peer.cmd_sn++;
  const auto late = peer.read(1, 1);
  const std::uint32_t next = peer.cmd_sn;
  EXPECT_TRUE(peer.silent());
  EXPECT_EQ(rig.store().submitted(Verb::kRead), 0u);
  peer.cmd_sn = hole;
  const auto early = peer.read(0, 1);
  EXPECT_GOOD(peer.finish(early));
  EXPECT_GOOD(peer.finish(late));
  peer.cmd_sn = next;
  EXPECT_GOOD(peer.run(peer.test_unit_ready()));
}

TEST(Commands, AHeldWriteExecutesWithAllOfItsData) {
  Rig rig;
  Peer peer = rig.ready();
  const auto data = pattern(16384);
  const std::uint32_t hole = peer.cmd_sn++;
  const auto tag = peer.write(0, data, 4096);
  const auto r2t = peer.expect<iscsi::ReadyToTransfer>();  // data may come before the turn does
  peer.give(r2t, data);
  EXPECT_TRUE(peer.silent());
  EXPECT_EQ(rig.store().submitted(Verb::kWrite), 0u);
  peer.cmd_sn = hole;
  EXPECT_GOOD(peer.run(peer.test_unit_ready()));
  EXPECT_GOOD(peer.finish(tag));
  EXPECT_EQ(rig.store().content(0, data.size()), data);
}

/// Guards the duplicate's end in Session::on_command: each used to keep its slot for ever, and the
/// 145th brought the process down.
TEST(Commands, DuplicatesOfAHeldCommandAreDropped) {
  Rig rig;
  Peer peer = rig.ready();
  const std::uint32_t hole = peer.cmd_sn++;
  const auto held = peer.read(0, 1);
  for (int i = 0; i < 300; ++i) {
    --peer.cmd_sn;
    peer.read(2, 1);
  }
  EXPECT_TRUE(peer.silent());
  EXPECT_EQ(rig.in_progress(), 1u);
  peer.cmd_sn = hole;
  const auto filler = peer.test_unit_ready();
  EXPECT_GOOD(peer.finish(filler));
  EXPECT_GOOD(peer.finish(held));
  ++peer.cmd_sn;
  EXPECT_TRUE(peer.silent());
  EXPECT_EQ(rig.in_progress(), 0u);
  EXPECT_EQ(rig.store().submitted(Verb::kRead), 1u);
}

TEST(Commands, WhatLiesOutsideTheWindowIsIgnored) {
  Rig rig;
  Peer peer = rig.ready();
  const std::uint32_t next = peer.cmd_sn;
  peer.cmd_sn = next - 1;  // a repetition
  peer.test_unit_ready();
  peer.cmd_sn = next + limits::kCommandWindow;  // the first one beyond
  peer.test_unit_ready();
  EXPECT_TRUE(peer.silent());
  peer.cmd_sn = next;
  EXPECT_GOOD(peer.run(peer.test_unit_ready()));
}

/// Guards `tasks_.find` in Commands::refusal.
TEST(Commands, ATagInUseIsRejectedAndItsCmdSnPassesBy) {
  Rig rig;
  Peer peer = rig.ready();
  rig.store().hold();
  const auto first = peer.read(0, 1);
  auto again = peer.command(cdb10(0x28, 0, 1), kBlock, iscsi::ScsiCommand::kReadBit);
  again.initiator_task_tag = first;
  peer.send(again);
  EXPECT_EQ(reason_of(peer.expect<iscsi::Reject>()),
            static_cast<std::uint8_t>(RejectReason::kTaskInProgress));
  EXPECT_EQ(peer.last_data().size(), iscsi::kBhsBytes) << "the header is quoted";
  EXPECT_GOOD(peer.run(peer.test_unit_ready()));
  rig.store().let_go();
  EXPECT_GOOD(peer.finish(first));
  EXPECT_EQ(rig.counter(telemetry::GatewayCounter::kRejectTaskInProgress), 1u);
}

// --- Bounds --------------------------------------------------------------------------------------

/// Guards kImmediateCommandsMax: immediate commands stand outside the window.
TEST(Commands, ImmediateCommandsAreBounded) {
  Rig rig;
  Peer peer = rig.ready();
  rig.store().hold();
  const auto immediate_read = [&] {
    auto header = peer.command(cdb10(0x28, 0, 1), kBlock, iscsi::ScsiCommand::kReadBit);
    header.opcode_byte |= iscsi::kImmediateBit;
    --peer.cmd_sn;
    peer.send(header);
    return header.initiator_task_tag.value();
  };
  for (std::uint32_t i = 0; i < limits::kImmediateCommandsMax; ++i) immediate_read();
  EXPECT_TRUE(peer.silent());
  immediate_read();
  EXPECT_EQ(reason_of(peer.expect<iscsi::Reject>()),
            static_cast<std::uint8_t>(RejectReason::kTooManyImmediateCommands));
  rig.store().let_go();
  for (std::uint32_t i = 0; i < limits::kImmediateCommandsMax; ++i)
    EXPECT_EQ(peer.receive().opcode(), iscsi::Opcode::kDataIn);
  const auto after = immediate_read();
  EXPECT_GOOD(peer.finish(after));
}

/// Guards `tasks_.full()` in Commands::refusal: in one burst the slots run out before a single
/// answer has left, although the window never closes.
TEST(Commands, ABurstBeyondTheWindowFindsAnEnd) {
  Rig rig;
  Peer peer = rig.ready();
  constexpr int kBurst = 400;
  std::vector<std::byte> burst;
  for (int i = 0; i < kBurst; ++i) {
    const auto one = peer.framed(bytes_of(peer.command({}, 0, 0)), {});
    burst.insert(burst.end(), one.begin(), one.end());
  }
  peer.send_bytes(burst);
  for (int i = 0; i < kBurst; ++i) {
    const auto opcode = peer.receive().opcode();
    EXPECT_TRUE(opcode == iscsi::Opcode::kScsiResponse || opcode == iscsi::Opcode::kReject);
  }
  EXPECT_GOOD(peer.run(peer.test_unit_ready()));
}

/// Guards take_buffer(): what is beyond the budget is answered, neither allocated nor asked for.
TEST(Commands, MoreDataThanTheBudgetIsTaskSetFull) {
  Rig rig;
  Peer peer = rig.ready();
  rig.store().hold();
  constexpr auto kCommands = limits::kTaskBytesPerConnectionMax / limits::kTransferBytesMax;
  constexpr auto kBlocks = static_cast<std::uint16_t>(limits::kTransferBytesMax / kBlock);
  for (std::size_t i = 0; i < kCommands; ++i) peer.read(0, kBlocks);
  rig.store().wait_held(kCommands);
  const auto data = pattern(8192);
  EXPECT_EQ(peer.finish(peer.write(0, data, 4096)).status, Status::kTaskSetFull);
  EXPECT_EQ(peer.run(peer.read(0, 1)).status, Status::kTaskSetFull);
  EXPECT_GOOD(peer.run(peer.test_unit_ready())) << "what needs no buffer goes on";
  rig.store().release(backend::Status::kIoError);
  EXPECT_EQ(peer.receive().opcode(), iscsi::Opcode::kScsiResponse);
  const auto fits = peer.read(0, 1);
  rig.store().wait_held(kCommands);
  peer.hang_up();
  (void)fits;
}

/// Guards cost() in take_buffer(): a read of 1 MiB and a block gets a buffer of 4 MiB.
TEST(Commands, TheBudgetCountsWhatBuffersReallyCost) {
  Rig rig;
  Peer peer = rig.ready();
  rig.store().hold();
  constexpr auto kCommands = limits::kTaskBytesPerConnectionMax / (4 * limits::kMiB);
  constexpr std::uint16_t kBlocks = limits::kMiB / kBlock + 1;
  for (std::size_t i = 0; i < kCommands; ++i) peer.read(0, kBlocks);
  rig.store().wait_held(kCommands);
  EXPECT_EQ(peer.run(peer.read(0, kBlocks)).status, Status::kTaskSetFull);
  rig.check_accounts();
}

/// Guards kTaskBytesPerLaneMax: what thousands of peers may hold together is the lane's, and a
/// connection with room in its own budget is refused when that is used up. And kTaskBytesFloor: but
/// for what each may have all the same.
TEST(Commands, MoreDataThanTheLanesBudgetIsTaskSetFull) {
  RigOptions options;
  options.lanes = 1;
  options.settings.task_bytes_per_lane = 2 * limits::kMiB;
  Rig rig(options);
  Peer first = rig.ready({.isid = 1});
  Peer second = rig.ready({.isid = 2});
  rig.store().hold();
  const auto full = [&] {
    rig.settle();
    return rig.snapshot().luns.at(0).counters[static_cast<std::size_t>(
        telemetry::LunCounter::kTaskSetFull)];
  };
  constexpr std::uint16_t kMiBBlocks = limits::kMiB / kBlock;
  first.read(0, kMiBBlocks);
  first.read(0, kMiBBlocks);
  rig.store().wait_held(2);
  const auto modest = second.read(0, kMiBBlocks);
  rig.store().wait_held(3);
  EXPECT_EQ(second.finish(second.read(0, 1)).status, Status::kTaskSetFull);
  const auto data = pattern(8192);
  EXPECT_EQ(second.finish(second.write(0, data, 4096), data).status, Status::kTaskSetFull);
  EXPECT_GOOD(second.run(second.test_unit_ready())) << "what needs no buffer goes on";
  EXPECT_EQ(full(), 2u);
  rig.check_accounts();
  rig.store().release(backend::Status::kIoError);
  EXPECT_EQ(first.receive().opcode(), iscsi::Opcode::kScsiResponse);
  rig.store().let_go();
  EXPECT_GOOD(second.finish(modest));
  EXPECT_GOOD(second.finish(second.write(0, data, 4096), data));
}

TEST(Commands, TheWindowClosesAndOpensWithTheCommandsInProgress) {
  RigOptions options;
  options.settings.iscsi.command_window = 4;
  Rig rig(options);
  Peer peer = rig.ready();
  rig.store().hold();
  for (int i = 0; i < 4; ++i) peer.read(0, 1);
  EXPECT_TRUE(peer.silent());
  EXPECT_EQ(peer.max_cmd_sn(), peer.cmd_sn - 1) << "closed";
  peer.read(0, 1);  // a fifth one, outside
  EXPECT_TRUE(peer.silent());
  EXPECT_EQ(rig.store().held(), 4u);
  rig.store().let_go();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(peer.receive().opcode(), iscsi::Opcode::kDataIn);
  EXPECT_EQ(peer.max_cmd_sn(), peer.cmd_sn - 1 + 3) << "the last answer opens it whole";
}

// --- Digests -------------------------------------------------------------------------------------

/// Guards data_digest_ok in Session::pdu and Commands::arrived: bytes that are not what was sent
/// are never written.
TEST(Commands, DataWithAWrongDigestFailsTheTask) {
  Rig rig;
  Peer peer = rig.ready({.keys = {{"DataDigest", "CRC32C"}}});
  const auto data = pattern(4096);
  auto header = peer.command(cdb10(0x2a, 0, 8), 4096, iscsi::ScsiCommand::kWriteBit);
  header.data_segment_bytes = 4096;
  auto bytes = peer.framed(bytes_of(header), data);
  bytes[iscsi::kBhsBytes + 100] ^= std::byte{1};
  peer.send_bytes(bytes);
  EXPECT_EQ(reason_of(peer.expect<iscsi::Reject>()),
            static_cast<std::uint8_t>(RejectReason::kDataDigestError));
  const Outcome outcome = peer.finish(header.initiator_task_tag);
  EXPECT_EQ(outcome.status, Status::kCheckCondition);
  EXPECT_EQ(outcome.sense.key, scsi::SenseKey::kAbortedCommand);
  EXPECT_EQ(rig.store().submitted(Verb::kWrite), 0u);
  EXPECT_GOOD(peer.finish(peer.write(0, data, 4096)));
}

TEST(Commands, ADataOutWithAWrongDigestFailsTheTask) {
  Rig rig;
  Peer peer = rig.ready({.keys = {{"DataDigest", "CRC32C"}}});
  const auto data = pattern(16384);
  const auto tag = peer.write(0, data, 0);
  const auto r2t = peer.expect<iscsi::ReadyToTransfer>();
  iscsi::DataOut header;
  header.flags = iscsi::kFinalBit;
  header.initiator_task_tag = tag;
  header.target_transfer_tag = r2t.target_transfer_tag;
  header.data_segment_bytes = r2t.desired_data_transfer_length.value();
  auto bytes = peer.framed(bytes_of(header), data);
  bytes.back() ^= std::byte{1};
  peer.send_bytes(bytes);
  peer.expect<iscsi::Reject>();
  EXPECT_EQ(peer.finish(tag).sense.key, scsi::SenseKey::kAbortedCommand);
  EXPECT_EQ(rig.store().submitted(Verb::kWrite), 0u);
}

TEST(Commands, WhatTheyCostIsRecorded) {
  Rig rig;
  Peer peer = rig.ready();
  const auto before = rig.snapshot().luns.at(0);
  EXPECT_GOOD(peer.finish(peer.write(0, pattern(4096), 4096)));
  EXPECT_GOOD(peer.finish(peer.read(0, 16)));
  rig.settle();
  const auto after = rig.snapshot().luns.at(0);
  EXPECT_EQ(after.bytes[0] - before.bytes[0], 8192u);
  EXPECT_EQ(after.bytes[1] - before.bytes[1], 4096u);
  EXPECT_EQ(after.latency[0].count() - before.latency[0].count(), 1u);
  rig.store().hold();
  peer.read(0, 1);
  rig.store().wait_held(1);
  const auto stuck = rig.snapshot().luns.at(0);
  EXPECT_EQ(stuck.in_flight, 1u);
  EXPECT_GT(stuck.oldest_in_store.ns, 0u);
}

}  // namespace
}  // namespace lungate::session::test
