// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session/session.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <utility>

#include "iscsi/reject.h"
#include "tests/unit/session/rig.h"

namespace lungate::session::test {
namespace {

using iscsi::RejectReason;
using telemetry::GatewayCounter;

RejectReason rejected(Peer& peer) {
  return static_cast<RejectReason>(peer.expect<iscsi::Reject>().reason);
}

std::string text_of_last(const Peer& peer) {
  return std::string(text_of(peer.last_data()));
}

LoginOptions discovery() {
  LoginOptions options;
  options.target.clear();
  return options;
}

// --- NOP -----------------------------------------------------------------------------------------

TEST(Session, APingComesBackWithItsData) {
  Rig rig;
  Peer peer = rig.ready();
  const auto data = pattern(1000);
  const auto tag = peer.ping(data);
  EXPECT_EQ(peer.expect<iscsi::NopIn>().initiator_task_tag, tag);
  EXPECT_EQ(peer.last_data(), data);
}

TEST(Session, APingInOrderWaitsForItsTurn) {
  Rig rig;
  Peer peer = rig.ready();
  iscsi::NopOut ping;
  ping.initiator_task_tag = peer.next_tag();
  ping.target_transfer_tag = iscsi::kNoTag;
  ping.cmd_sn = peer.cmd_sn + 1;
  peer.send(ping, pattern(100));
  EXPECT_TRUE(peer.silent());
  const auto filler = peer.test_unit_ready();
  EXPECT_GOOD(peer.finish(filler));
  peer.expect<iscsi::NopIn>();
  EXPECT_EQ(peer.last_data(), pattern(100)) << "its data was kept for it";
}

/// Guards kHeldBytesPerSessionMax: a window full of pings behind a hole would keep their data.
TEST(Session, PingsThatWaitForTheirTurnKeepABoundedAmountOfData) {
  Rig rig;
  Peer peer = rig.ready();
  iscsi::NopOut ping;
  ping.target_transfer_tag = iscsi::kNoTag;
  const auto data = pattern(limits::kMaxRecvDataSegmentBytes / 2);
  const std::uint32_t hole = peer.cmd_sn;
  for (std::uint32_t i = 1; i <= 3; ++i) {
    ping.initiator_task_tag = peer.next_tag();
    ping.cmd_sn = hole + i;
    peer.send(ping, data);
  }
  EXPECT_EQ(rejected(peer), RejectReason::kOutOfResources) << "the third";
  EXPECT_GOOD(peer.finish(peer.test_unit_ready()));
  peer.expect<iscsi::NopIn>();
  peer.expect<iscsi::NopIn>();
  peer.cmd_sn = hole + 4;
  ping.initiator_task_tag = peer.next_tag();
  ping.cmd_sn = hole + 5;
  peer.send(ping, pattern(limits::kMaxRecvDataSegmentBytes));
  EXPECT_TRUE(peer.silent()) << "what has been answered makes room";
  EXPECT_GOOD(peer.finish(peer.test_unit_ready()));
  peer.expect<iscsi::NopIn>();
}

TEST(Session, ASignOfLifeIsNotAnswered) {
  Rig rig;
  Peer peer = rig.ready();
  iscsi::NopOut sign;
  sign.opcode_byte |= iscsi::kImmediateBit;
  sign.initiator_task_tag = iscsi::kNoTag;
  sign.target_transfer_tag = iscsi::kNoTag;
  sign.cmd_sn = peer.cmd_sn;
  peer.send(sign);
  EXPECT_TRUE(peer.silent());
}

// --- Logout --------------------------------------------------------------------------------------

TEST(Session, ALogoutIsAnsweredAndClosesTheConnection) {
  Rig rig;
  Peer peer = rig.ready();
  const auto tag = peer.logout();
  const auto response = peer.expect<iscsi::LogoutResponse>();
  EXPECT_EQ(response.initiator_task_tag, tag);
  EXPECT_EQ(response.response, 0);
  EXPECT_TRUE(peer.closed());
  EXPECT_TRUE(eventually([&] { return rig.sessions() == 0 && rig.connections() == 0; }));
  EXPECT_EQ(rig.counter(GatewayCounter::kCloseLogout), 1u);
}

/// Guards the baton in Session::log_out: what the initiator does after the answer must not be
/// overtaken by what it did before.
TEST(Session, ALogoutWaitsForTheBackend) {
  Rig rig;
  Peer peer = rig.ready();
  rig.store().hold();
  peer.finish(peer.test_unit_ready());
  peer.write(0, pattern(4096), 4096);
  rig.store().wait_held(1);
  peer.logout();
  EXPECT_TRUE(peer.silent());
  rig.store().release();
  EXPECT_EQ(peer.expect<iscsi::LogoutResponse>().response, 0);
  EXPECT_TRUE(peer.closed());
}

TEST(Session, ALogoutThatIsRefusedEndsNothing) {
  Rig rig;
  Peer peer = rig.ready();
  peer.logout(1, 99);
  EXPECT_EQ(peer.expect<iscsi::LogoutResponse>().response, 1) << "no such connection";
  peer.logout(2);
  EXPECT_EQ(peer.expect<iscsi::LogoutResponse>().response, 2) << "no recovery at level 0";
  peer.logout(77);
  EXPECT_EQ(rejected(peer), RejectReason::kInvalidPduField);
  EXPECT_GOOD(peer.run(peer.test_unit_ready()));
  peer.logout(1, 0);
  EXPECT_EQ(peer.expect<iscsi::LogoutResponse>().response, 0);
  EXPECT_TRUE(peer.closed());
}

/// Guards SessionState::kLoggingOut: while one write hangs, a peer could make the gateway remember
/// logouts without end.
TEST(Session, ASecondLogoutIsRejectedWhileTheFirstWaits) {
  Rig rig;
  Peer peer = rig.ready();
  rig.store().hold();
  peer.write(0, pattern(4096), 4096);
  rig.store().wait_held(1);
  const auto first = peer.logout();
  for (int i = 0; i < 1000; ++i) peer.logout();
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(rejected(peer), RejectReason::kWaitingForLogout);
  rig.store().release();
  const auto response = peer.expect<iscsi::LogoutResponse>();
  EXPECT_EQ(response.initiator_task_tag, first);
  EXPECT_EQ(response.response, 0);
  EXPECT_TRUE(peer.closed());
  EXPECT_EQ(rig.counter(GatewayCounter::kRejectWaitingForLogout), 1000u);
}

TEST(Session, ADrainLeavesALogoutItsAnswer) {
  Rig rig;
  Peer peer = rig.ready();
  rig.store().hold();
  peer.read(0, 1);
  rig.store().wait_held(1);
  peer.logout();
  EXPECT_TRUE(peer.silent());
  Signal drained;
  rig.on_home([&] { rig.gateway().drain(drained.done()); });
  rig.settle();
  rig.store().release();
  EXPECT_EQ(peer.expect<iscsi::LogoutResponse>().response, 0);
  EXPECT_TRUE(peer.closed());
  EXPECT_TRUE(drained.wait());
  EXPECT_EQ(rig.counter(GatewayCounter::kCloseLogout), 1u);
}

TEST(SessionStates, OnlyTheStepsOfASessionsLifeAreAllowed) {
  using enum SessionState;
  const std::set<std::pair<SessionState, SessionState>> steps = {
      {kServing, kDraining}, {kServing, kLoggingOut}, {kServing, kClosed}, {kDraining, kLoggingOut},
      {kDraining, kClosed},  {kLoggingOut, kClosed},  {kClosed, kFinished}};
  for (const SessionState from : {kServing, kDraining, kLoggingOut, kClosed, kFinished})
    for (const SessionState to : {kServing, kDraining, kLoggingOut, kClosed, kFinished})
      EXPECT_EQ(kSessionTable.allow(from, to), steps.contains({from, to}))
          << static_cast<int>(from) << " to " << static_cast<int>(to);
}

// --- Text ----------------------------------------------------------------------------------------

// As a picture, and not from the table: rows are "from", columns "to", in the order of TextState.
constexpr std::array<std::string_view, 4> kTextPicture = {
    //  idl gat ans ope
    "    .   x   .   .",  // idle
    "    x   x   x   .",  // gathering
    "    x   .   .   x",  // answering
    "    x   x   .   .",  // open
};

TEST(TextStates, OnlyTheStepsOfThePictureAreAllowed) {
  for (std::size_t from = 0; from < kTextPicture.size(); ++from) {
    for (std::size_t to = 0; to < kTextPicture.size(); ++to) {
      const bool expected = kTextPicture[from][4 + 4 * to] == 'x';
      EXPECT_EQ(kTextTable.allow(static_cast<TextState>(from), static_cast<TextState>(to)),
                expected)
          << from << " -> " << to;
    }
  }
}

TEST(TextStatesDeathTest, AnAnswerWithoutARequestIsOurMistake) {
  StateOf<TextState, kTextTable> state{TextState::kIdle};
  EXPECT_DEATH(state.enter(TextState::kAnswering), "from state to state by its table");
}

TEST(Session, SendTargetsNamesTheTargetAndItsPortals) {
  Rig rig;
  for (const LoginOptions& options : {discovery(), LoginOptions{}}) {
    Peer peer = rig.connect();
    EXPECT_EQ(peer.login(options), 0);
    const auto tag = peer.text(std::string_view("SendTargets=All\0", 16));
    const auto response = peer.expect<iscsi::TextResponse>();
    EXPECT_EQ(response.initiator_task_tag, tag);
    EXPECT_NE(response.flags & iscsi::kFinalBit, 0);
    EXPECT_EQ(response.target_transfer_tag, iscsi::kNoTag);
    const std::string text = text_of_last(peer);
    EXPECT_NE(text.find("TargetName=" + LoginOptions{}.target), std::string::npos) << text;
    EXPECT_NE(text.find("TargetAddress=127.0.0.1:"), std::string::npos) << text;
    EXPECT_NE(text.find(",1"), std::string::npos) << "the portal group tag";
  }
}

TEST(Session, ADrainAsksForALogoutAndWaitsForIt) {
  RigOptions options;
  options.settings.logout_patience = std::chrono::seconds(5);
  Rig rig(options);
  Peer peer = rig.ready();
  Signal drained;
  rig.on_home([&] { rig.gateway().drain(drained.done()); });
  const auto message = peer.expect<iscsi::AsyncMessage>();
  EXPECT_EQ(message.event, 1);
  EXPECT_EQ(message.parameter3, 5);
  EXPECT_FALSE(drained.happened());
  peer.logout();
  peer.expect<iscsi::LogoutResponse>();
  EXPECT_TRUE(peer.closed());
  EXPECT_TRUE(drained.wait());
}

TEST(Session, WhoDoesNotLogOutWhenAskedIsClosedInTheEnd) {
  RigOptions options;
  options.settings.logout_patience = std::chrono::seconds(1);
  Rig rig(options);
  Peer peer = rig.ready();
  Signal drained;
  rig.on_home([&] { rig.gateway().drain(drained.done()); });
  peer.expect<iscsi::AsyncMessage>();
  EXPECT_TRUE(peer.closed());
  EXPECT_TRUE(drained.wait());
}

/// A lane finds both letters in one turn. Guards take_leave(): the answer to a TARGET COLD RESET
/// was lost when the end of the sessions came in the same turn.
TEST(Session, WhatWasSaidInTheTurnThatEndsItIsSent) {
  RigOptions options;
  options.settings.logout_patience = std::chrono::seconds(60);
  Rig rig(options);
  Peer peer = rig.ready();
  const SessionId id = rig.descriptions().front().id;
  Signal drained;
  rig.on_home([&] {
    rig.gateway().drain(drained.done());
    return rig.gateway().disconnect(id);
  });
  EXPECT_EQ(peer.expect<iscsi::AsyncMessage>().event, 1);
  EXPECT_TRUE(peer.closed());
  EXPECT_TRUE(drained.wait());
}

TEST(Session, TargetsThatAnInitiatorMayNotUseAreNotNamed) {
  Rig rig;
  config::Target& secret = rig.directory.targets["iqn.2026-11.io.lungate:secret"].config;
  secret.iqn = "iqn.2026-11.io.lungate:secret";
  secret.initiators.emplace_back().iqn = "iqn.2026-11.io.lungate:somebody";
  rig.publish();
  Peer peer = rig.connect();
  peer.login(discovery());
  peer.text(std::string_view("SendTargets=All\0", 16));
  peer.expect<iscsi::TextResponse>();
  EXPECT_EQ(text_of_last(peer).find("secret"), std::string::npos);
}

TEST(Session, ALongAnswerComesInPiecesAsThePeerAsksForThem) {
  Rig rig;
  for (int i = 0; i < 200; ++i) {
    const std::string iqn = "iqn.2026-11.io.lungate:" + std::to_string(i) + std::string(100, 'x');
    rig.directory.targets[iqn].config.iqn = iqn;
  }
  rig.publish();
  Peer peer = rig.connect();
  peer.login(discovery());
  peer.text(std::string_view("SendTargets=All\0", 16));
  std::string whole;
  unsigned pieces = 0;
  for (;;) {
    const auto response = peer.expect<iscsi::TextResponse>();
    whole += text_of_last(peer);
    EXPECT_LE(peer.last_data().size(), 8192u);
    ++pieces;
    if ((response.flags & iscsi::kFinalBit) != 0) break;
    EXPECT_NE(response.flags & iscsi::kContinueBit, 0);
    EXPECT_TRUE(peer.silent()) << "the next piece waits to be asked for";
    peer.text("", response.target_transfer_tag);
  }
  EXPECT_GT(pieces, 2u);
  for (int i = 0; i < 200; ++i)
    EXPECT_NE(whole.find(":" + std::to_string(i) + "xxx"), std::string::npos) << i;
}

TEST(Session, ARequestMayComeInPieces) {
  Rig rig;
  Peer peer = rig.connect();
  peer.login(discovery());
  iscsi::TextRequest request;
  request.flags = iscsi::kContinueBit;
  request.initiator_task_tag = peer.next_tag();
  request.cmd_sn = peer.cmd_sn++;
  peer.send(request, bytes_of(std::string_view("SendTar")));
  const auto more = peer.expect<iscsi::TextResponse>();
  EXPECT_EQ(more.flags & iscsi::kFinalBit, 0);
  EXPECT_TRUE(peer.last_data().empty());
  peer.text(std::string_view("gets=All\0", 9), more.target_transfer_tag);
  peer.expect<iscsi::TextResponse>();
  EXPECT_NE(text_of_last(peer).find("TargetName="), std::string::npos);
}

/// Guards the tag's comparison in TextExchange::request: a foreign one was taken for a
/// continuation, and its text appended to whatever was there.
TEST(Session, TextUnderAForeignTransferTagIsRejectedAndEndsTheExchange) {
  Rig rig;
  Peer peer = rig.connect();
  peer.login(discovery());
  peer.text(std::string_view("SendTargets=All\0", 16), 4711);
  EXPECT_EQ(rejected(peer), RejectReason::kInvalidPduField) << "no exchange is open";

  iscsi::TextRequest begun;
  begun.flags = iscsi::kContinueBit;
  begun.initiator_task_tag = peer.next_tag();
  begun.cmd_sn = peer.cmd_sn++;
  peer.send(begun, bytes_of(std::string_view("SendTar")));
  const std::uint32_t ours = peer.expect<iscsi::TextResponse>().target_transfer_tag;
  peer.text(std::string_view("gets=All\0", 9), ours + 1);
  EXPECT_EQ(rejected(peer), RejectReason::kInvalidPduField);
  peer.text(std::string_view("gets=All\0", 9), ours);
  EXPECT_EQ(rejected(peer), RejectReason::kInvalidPduField) << "the negotiation has been reset";
  peer.text(std::string_view("SendTargets=All\0", 16));
  peer.expect<iscsi::TextResponse>();
  EXPECT_NE(text_of_last(peer).find("TargetName="), std::string::npos);
}

/// Guards begin(): without a transfer tag nothing of the exchange before is left (11.10.4).
TEST(Session, ANewTextForgetsTheOneThatWasNotFinished) {
  Rig rig;
  Peer peer = rig.connect();
  peer.login(discovery());
  iscsi::TextRequest begun;
  begun.flags = iscsi::kContinueBit;
  begun.initiator_task_tag = peer.next_tag();
  begun.cmd_sn = peer.cmd_sn++;
  peer.send(begun, bytes_of(std::string_view("SendTar")));
  peer.expect<iscsi::TextResponse>();
  peer.text(std::string_view("SendTargets=All\0", 16));
  peer.expect<iscsi::TextResponse>();
  EXPECT_NE(text_of_last(peer).find("TargetName="), std::string::npos);
}

TEST(Session, ATextEndsWhenTheInitiatorSaysSo) {
  Rig rig;
  Peer peer = rig.connect();
  peer.login(discovery());
  iscsi::TextRequest request;
  request.initiator_task_tag = peer.next_tag();
  request.cmd_sn = peer.cmd_sn++;
  peer.send(request, bytes_of(std::string_view("SendTargets=All\0", 16)));
  const auto open = peer.expect<iscsi::TextResponse>();
  EXPECT_EQ(open.flags, 0) << "F=1 in answer to F=0 is an error (11.11.1)";
  EXPECT_NE(open.target_transfer_tag, iscsi::kNoTag);
  peer.text("", open.target_transfer_tag);
  EXPECT_EQ(peer.expect<iscsi::TextResponse>().flags, iscsi::kFinalBit);
  request.flags = iscsi::kFinalBit | iscsi::kContinueBit;
  request.cmd_sn = peer.cmd_sn++;
  peer.send(request);
  EXPECT_EQ(rejected(peer), RejectReason::kProtocolError) << "more to come, and no more to come";
}

TEST(Session, TextThatIsNoTextIsRejected) {
  Rig rig;
  Peer peer = rig.ready();
  peer.text(std::string_view("no equals sign\0", 15));
  EXPECT_EQ(rejected(peer), RejectReason::kProtocolError);
  EXPECT_GOOD(peer.run(peer.test_unit_ready()));
}

// --- What is refused -----------------------------------------------------------------------------

TEST(Session, ADiscoverySessionTakesNoCommands) {
  Rig rig;
  Peer peer = rig.connect();
  EXPECT_EQ(peer.login(discovery()), 0);
  peer.test_unit_ready();
  EXPECT_EQ(rejected(peer), RejectReason::kCommandNotSupported);
  peer.text(std::string_view("SendTargets=All\0", 16));
  peer.expect<iscsi::TextResponse>();  // the command's CmdSN has passed by
  peer.manage(5, iscsi::kNoTag);
  EXPECT_EQ(rejected(peer), RejectReason::kCommandNotSupported);
  peer.logout();
  peer.expect<iscsi::LogoutResponse>();
}

TEST(Session, SnackAndUnknownOpcodesAreRejected) {
  Rig rig;
  Peer peer = rig.ready();
  iscsi::SnackRequest snack;
  peer.send(snack);
  EXPECT_EQ(rejected(peer), RejectReason::kSnackReject);
  EXPECT_EQ(peer.last_data().size(), iscsi::kBhsBytes);
  for (const unsigned opcode : {0x1cu, 0x3fu, 0x20u, 0x03u}) {
    iscsi::BasicHeader header;
    header.opcode_byte = static_cast<std::uint8_t>(opcode);
    peer.send(header, pattern(100));
    EXPECT_EQ(rejected(peer), RejectReason::kCommandNotSupported) << opcode;
  }
  EXPECT_GOOD(peer.run(peer.test_unit_ready()));
  EXPECT_EQ(rig.counter(GatewayCounter::kRejectSnack), 1u);
  EXPECT_EQ(rig.counter(GatewayCounter::kRejectUnsupported), 4u);
}

/// Guards `row->numbered` behind the digest check in Session::pdu: bytes 24 to 27 of a SNACK are no
/// CmdSN, and must not be used up.
TEST(Session, AWrongDigestUsesUpACmdSnWhereThereIsOne) {
  Rig rig;
  Peer peer = rig.ready({.keys = {{"DataDigest", "CRC32C"}}});
  const auto spoilt = [&](auto header) {
    header.data_segment_bytes = 64;
    auto bytes = peer.framed(bytes_of(header), pattern(64));
    bytes.back() ^= std::byte{1};
    peer.send_bytes(bytes);
    EXPECT_EQ(rejected(peer), RejectReason::kDataDigestError);
  };
  iscsi::SnackRequest snack;
  snack.reserved24 = peer.cmd_sn;
  spoilt(snack);
  EXPECT_GOOD(peer.run(peer.test_unit_ready()));
  iscsi::NopOut ping;
  ping.initiator_task_tag = peer.next_tag();
  ping.target_transfer_tag = iscsi::kNoTag;
  ping.cmd_sn = peer.cmd_sn++;
  spoilt(ping);
  EXPECT_GOOD(peer.run(peer.test_unit_ready()));
  // Without a task tag it has no place among the commands, with or without the I bit.
  ping.initiator_task_tag = iscsi::kNoTag;
  ping.cmd_sn = peer.cmd_sn;
  spoilt(ping);
  EXPECT_GOOD(peer.run(peer.test_unit_ready()));
  EXPECT_EQ(rig.counter(GatewayCounter::kDataDigestErrors), 3u);
}

TEST(Session, AWrongHeaderDigestClosesTheConnection) {
  Rig rig;
  Peer peer = rig.ready({.keys = {{"HeaderDigest", "CRC32C"}}});
  auto bytes = peer.framed(bytes_of(peer.command({}, 0, 0)), {});
  bytes[20] ^= std::byte{1};
  peer.send_bytes(bytes);
  EXPECT_TRUE(peer.closed());
  EXPECT_TRUE(eventually([&] { return rig.sessions() == 0; }));
  EXPECT_EQ(rig.counter(GatewayCounter::kCloseDigest), 1u);
}

TEST(Session, ADataSegmentThatIsTooLongClosesTheConnection) {
  Rig rig;
  Peer peer = rig.ready();
  auto header = peer.command(cdb10(0x2a, 0, 1), 512, iscsi::ScsiCommand::kWriteBit);
  header.data_segment_bytes = limits::kMaxRecvDataSegmentBytes + 1;
  peer.send_bytes(bytes_of(header));
  EXPECT_TRUE(peer.closed());
}

TEST(Session, OperatorsSeeWhatItIs) {
  Rig rig({.luns = 2});
  Peer peer = rig.ready({.isid = 0x123456789abc});
  const auto all = rig.descriptions();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].identity.initiator_name, LoginOptions{}.initiator);
  EXPECT_EQ(all[0].identity.target_name, LoginOptions{}.target);
  EXPECT_EQ(all[0].tsih, peer.tsih());
  EXPECT_EQ(all[0].portal_group_tag, 1);
  EXPECT_EQ(all[0].parameters.max_burst_bytes, 16384u);
  EXPECT_EQ(all[0].luns, (std::vector<std::uint16_t>{0, 1}));
  EXPECT_EQ(all[0].peer.rfind("127.0.0.1:", 0), 0u);
}

}  // namespace
}  // namespace lungate::session::test
