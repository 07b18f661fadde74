// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session/connection.h"

#include <gtest/gtest.h>

#include "tests/unit/session/rig.h"

namespace lungate::session::test {
namespace {

using namespace std::chrono_literals;
using telemetry::GatewayCounter;

/// The lanes' deadline timer has fired this often, everywhere.
void let_tick(Rig& rig, std::uint64_t times) {
  const auto ticks = [&] {
    std::uint64_t fewest = ~std::uint64_t{0};
    for (const auto& loop : rig.snapshot().loops) fewest = std::min(fewest, loop.lag.count());
    return fewest;
  };
  const std::uint64_t until = ticks() + times;
  EXPECT_TRUE(eventually([&] { return ticks() >= until; }));
}

TEST(Connection, APeerThatAnswersPingsStaysAndOneThatDoesNotGoes) {
  RigOptions options;
  options.settings.nop_interval = 50ms;
  options.settings.nop_timeout = 300ms;
  Rig rig(options);
  Peer peer = rig.connect();
  EXPECT_EQ(peer.login({}), 0);
  for (int i = 0; i < 3; ++i) {
    const auto ping = peer.expect<iscsi::NopIn>();
    EXPECT_EQ(ping.initiator_task_tag, iscsi::kNoTag);
    iscsi::NopOut answer;
    answer.opcode_byte |= iscsi::kImmediateBit;
    answer.initiator_task_tag = iscsi::kNoTag;
    answer.target_transfer_tag = ping.target_transfer_tag;
    answer.cmd_sn = peer.cmd_sn;
    peer.send(answer);
  }
  peer.expect<iscsi::NopIn>();
  EXPECT_TRUE(peer.closed());
  EXPECT_TRUE(eventually([&] { return rig.sessions() == 0; }));
  EXPECT_EQ(rig.counter(GatewayCounter::kNopTimeouts), 1u);
}

TEST(ConnectionStates, OnlyTheStepsOfAConnectionsLifeAreAllowed) {
  using enum ConnectionState;
  const std::set<std::pair<ConnectionState, ConnectionState>> steps = {
      {kServing, kPaused}, {kPaused, kServing}, {kServing, kLeaving}, {kPaused, kLeaving},
      {kServing, kClosed}, {kPaused, kClosed},  {kLeaving, kClosed},  {kClosed, kBuried}};
  for (const ConnectionState from : {kServing, kPaused, kLeaving, kClosed, kBuried})
    for (const ConnectionState to : {kServing, kPaused, kLeaving, kClosed, kBuried})
      EXPECT_EQ(kConnectionTable.allow(from, to), steps.contains({from, to}))
          << static_cast<int>(from) << " to " << static_cast<int>(to);
}

TEST(Connection, ALoginThatDoesNotEndIsEnded) {
  RigOptions options;
  options.settings.login_timeout = 100ms;
  Rig rig(options);
  Peer silent = rig.connect();
  Peer slow = rig.connect();
  iscsi::LoginRequest request;
  request.flags = 0x04;  // operational stage, no transit
  slow.send(request, bytes_of(std::string_view("InitiatorName=iqn.2026-11.a:b\0"
                                               "SessionType=Discovery\0",
                                               52)));
  EXPECT_TRUE(silent.closed());
  EXPECT_TRUE(slow.closed());
  EXPECT_TRUE(eventually([&] { return rig.connections() == 0; }));
  EXPECT_EQ(rig.counter(GatewayCounter::kLoginTimeout), 2u);
}

TEST(Connection, APduThatDoesNotEndIsEnded) {
  RigOptions options;
  options.settings.receive_timeout = 100ms;
  Rig rig(options);
  Peer quiet = rig.ready({.isid = 1});
  Peer peer = rig.ready({.isid = 2});
  const auto bytes = peer.framed(bytes_of(peer.command({}, 0, 0)), {});
  peer.send_bytes(Bytes(bytes).first(20));
  EXPECT_TRUE(peer.closed());
  EXPECT_TRUE(eventually([&] { return rig.sessions() == 1; }));
  EXPECT_EQ(rig.counter(GatewayCounter::kCloseReceiveTimeout), 1u);
  EXPECT_GOOD(quiet.run(quiet.test_unit_ready())) << "between two PDUs there is no such limit";
}

TEST(Connection, APeerThatDoesNotReadIsEnded) {
  RigOptions options;
  options.settings.send_timeout = 300ms;
  Rig rig(options);
  Peer peer = rig.connect(4096);
  EXPECT_EQ(peer.login({}), 0);
  peer.attentions();
  for (int i = 0; i < 4; ++i) peer.read(0, 8192);
  EXPECT_TRUE(eventually([&] { return rig.sessions() == 0; }));
  EXPECT_EQ(rig.counter(GatewayCounter::kCloseSendTimeout), 1u);
}

/// Guards reading() in Session::tick: while we do not read, because the peer is slow to take what
/// it has asked for, its answer to our ping waits in the socket.
TEST(Connection, ASlowReaderIsNotTakenForADeadOne) {
  RigOptions options;
  options.settings.nop_interval = 100ms;
  options.settings.nop_timeout = 100ms;
  Rig rig(options);
  Peer peer = rig.connect(4096);
  EXPECT_EQ(peer.login({}), 0);
  peer.attentions();
  constexpr int kReads = 8;  // 32 MiB: more than the send queue and both socket buffers hold
  std::vector<std::uint32_t> tags;
  for (int i = 0; i < kReads; ++i) tags.push_back(peer.read(0, 8192));
  let_tick(rig, 8);
  EXPECT_EQ(rig.sessions(), 1u);
  EXPECT_EQ(rig.counter(GatewayCounter::kCloseNopTimeout), 0u);
}

/// Guards the choke in Connection::send: what a turn queues is bounded even when small requests
/// have large answers. The SNACKs only count how far the target has read.
TEST(Connection, SmallRequestsWithLargeAnswersStopTheReading) {
  Rig rig;
  PortalGroup& group = rig.directory.portal_groups.front();
  while (group.portals.size() < limits::kPortalsMax) group.portals.push_back(group.portals.front());
  for (std::size_t i = 0; i < limits::kTargetsMax - 1; ++i) {
    const std::string iqn = "iqn.2026-11.io.lungate:" + std::to_string(i) + std::string(150, 'x');
    rig.directory.targets[iqn].config.iqn = iqn;
  }
  rig.publish();
  Peer peer = rig.connect(4096);
  LoginOptions discovery{.keys = {{"MaxRecvDataSegmentLength", "262144"}}};
  discovery.target.clear();
  EXPECT_EQ(peer.login(discovery), 0);
  std::vector<std::byte> burst;
  const auto add = [&](Bytes header, Bytes data) {
    const auto bytes = peer.framed(header, data);
    burst.insert(burst.end(), bytes.begin(), bytes.end());
  };
  constexpr std::uint64_t kPairs = 500;
  for (std::uint64_t i = 0; i < kPairs; ++i) {
    const auto text = bytes_of(std::string_view("SendTargets=All\0", 16));
    iscsi::TextRequest request;
    request.flags = iscsi::kFinalBit;
    request.data_segment_bytes = static_cast<std::uint32_t>(text.size());
    request.initiator_task_tag = peer.next_tag();
    request.cmd_sn = peer.cmd_sn++;
    add(bytes_of(request), text);
    add(bytes_of(iscsi::SnackRequest{}), {});
  }
  rig.receive_exactly(peer, Bytes(burst).first(1000));
  peer.send_bytes(Bytes(burst).subspan(1000));
  let_tick(rig, 2);
  const std::uint64_t read = rig.counter(GatewayCounter::kRejectSnack);
  EXPECT_GE(read, 8u) << "those of the first thousand bytes; how many more, the socket decides";
  EXPECT_LT(read, 250u) << "a quarter of a megabyte each";
}

/// Guards cost() in Connection::send: by its bytes alone, the queue would take 174,000 pings.
TEST(Connection, ManySmallAnswersStopTheReading) {
  Rig rig;
  Peer peer = rig.connect(4096);
  EXPECT_EQ(peer.login({}), 0);
  constexpr std::size_t kPings = 1000;
  std::vector<std::byte> burst;
  for (std::size_t i = 0; i < kPings; ++i) {
    iscsi::NopOut ping;
    ping.opcode_byte |= iscsi::kImmediateBit;
    ping.initiator_task_tag = peer.next_tag();
    ping.cmd_sn = peer.cmd_sn;
    const auto bytes = peer.framed(bytes_of(ping), {});
    burst.insert(burst.end(), bytes.begin(), bytes.end());
  }
  const auto read = [&] { return rig.counter(GatewayCounter::kBytesReceived); };
  const std::uint64_t before = read();
  std::size_t bursts = 0;
  const auto all_is_read = [&] {
    for (int tries = 0; tries < 3; ++tries) {
      if (read() >= before + bursts * burst.size()) return true;
      let_tick(rig, 1);
    }
    return false;
  };
  for (; bursts < 170 && all_is_read(); ++bursts) peer.send_bytes(burst);
  // What the sockets hold comes on top: a few MiB in 48-byte PDUs.
  EXPECT_LT(read() - before, 120 * burst.size());
  EXPECT_LT(bursts, 170u);
}

/// Pings with so much data each, as many as the gateway takes in; it is told that it may answer
/// with as much. What the target has read and not yet said is what it holds for the peer.
std::uint64_t held_for_pings(Rig& rig, Peer& peer, std::size_t data_bytes) {
  iscsi::NopOut ping;
  ping.opcode_byte |= iscsi::kImmediateBit;
  ping.data_segment_bytes = static_cast<std::uint32_t>(data_bytes);
  ping.initiator_task_tag = peer.next_tag();
  ping.cmd_sn = peer.cmd_sn;
  const auto bytes = peer.framed(bytes_of(ping), std::vector<std::byte>(data_bytes));
  const auto read = [&] { return rig.counter(GatewayCounter::kBytesReceived); };
  const std::uint64_t before = read();
  const std::uint64_t said = rig.counter(GatewayCounter::kBytesSent);
  constexpr std::size_t kEnough = 16 * limits::kMiB;  // more than the sockets hold
  for (std::size_t sent = bytes.size(); sent < kEnough; sent += bytes.size()) {
    peer.send_bytes(bytes);
    for (int tries = 0; tries < 4 && read() < before + sent; ++tries) let_tick(rig, 1);
    if (read() < before + sent) break;
  }
  return (read() - before) - (rig.counter(GatewayCounter::kBytesSent) - said);
}

/// Guards loose() in Connection::too_much_unsent: a copy of each ping's data was kept up to
/// kSendQueueBytesHigh, by each of thousands of connections.
TEST(Connection, PingsWhoseAnswersAreNotReadStopTheReading) {
  Rig rig;
  Peer peer = rig.connect(4096);
  EXPECT_EQ(peer.login({.keys = {{"MaxRecvDataSegmentLength", "65536"}}}), 0);
  const std::uint64_t held = held_for_pings(rig, peer, 65536);
  EXPECT_GT(held, 65536u);
  EXPECT_LE(held, limits::kUnreadAnswersBytesHigh + 2 * 65536);
  EXPECT_EQ(rig.sessions(), 1u) << "it may still read them";
}

/// Guards the account of copies: a lane's share ends somewhere, and whoever asks for more goes.
TEST(Connection, APeerWhoseAnswersHaveNoPlaceIsEnded) {
  RigOptions options;
  options.lanes = 1;
  options.settings.copied_bytes_max = 100'000;
  Rig rig(options);
  Peer reader = rig.ready({.isid = 1, .keys = {{"MaxRecvDataSegmentLength", "65536"}}});
  Peer peer = rig.connect();
  EXPECT_EQ(peer.login({.isid = 2, .keys = {{"MaxRecvDataSegmentLength", "262144"}}}), 0);
  peer.ping(pattern(100'001));
  EXPECT_TRUE(peer.closed());
  EXPECT_TRUE(eventually([&] { return rig.sessions() == 1; }));
  EXPECT_EQ(rig.counter(GatewayCounter::kCloseNoMemory), 1u);
  const auto data = pattern(60'000);
  for (int i = 0; i < 3; ++i) {
    reader.ping(data);
    reader.expect<iscsi::NopIn>();
    EXPECT_EQ(reader.last_data(), data) << "what has left counts no more";
  }
}

TEST(Connection, BytesMayComeOneByOne) {
  Rig rig;
  Peer peer = rig.ready({.keys = {{"HeaderDigest", "CRC32C"}, {"DataDigest", "CRC32C"}}});
  const auto data = pattern(512);
  auto header = peer.command(cdb10(0x2a, 0, 1), 512, iscsi::ScsiCommand::kWriteBit);
  header.data_segment_bytes = 512;
  const auto bytes = peer.framed(bytes_of(header), data);
  for (const std::byte& one : bytes) peer.send_bytes({&one, 1});
  EXPECT_GOOD(peer.finish(header.initiator_task_tag));
  EXPECT_EQ(rig.store().content(0, 512), data);
}

TEST(Connection, WhatIsNotIscsiIsClosed) {
  Rig rig;
  Peer peer = rig.connect();
  const std::string request =
      "GET / HTTP/1.1\r\nHost: example.com\r\nUser-Agent: " + std::string(400, 'x') + "\r\n\r\n";
  peer.send_bytes(bytes_of(std::string_view(request)));
  EXPECT_TRUE(peer.closed());
  EXPECT_TRUE(eventually([&] { return rig.connections() == 0; }));
  EXPECT_EQ(rig.counter(GatewayCounter::kLoginProtocol), 1u);
}

}  // namespace
}  // namespace lungate::session::test
