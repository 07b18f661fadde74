// SPDX-License-Identifier: LGPL-2.1-or-later
// Every reason for which a PDU is rejected: how a peer comes to it, what it reads, what is counted.
#include "session/sender.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "iscsi/reject.h"
#include "tests/unit/session/rig.h"

namespace lungate::session::test {
namespace {

using iscsi::RejectReason;
using telemetry::GatewayCounter;

template <class Bhs>
std::vector<std::byte> sent(Peer& peer, Bhs header, Bytes data = {}) {
  header.data_segment_bytes = static_cast<std::uint32_t>(data.size());
  peer.send_bytes(peer.framed(bytes_of(header), data));
  const Bytes bytes = bytes_of(header);
  return {bytes.begin(), bytes.end()};
}

iscsi::ScsiCommand read_command(Peer& peer) {
  return peer.command(cdb10(0x28, 0, 1), kBlock, iscsi::ScsiCommand::kReadBit);
}

iscsi::LogoutRequest logout_request(Peer& peer, std::uint8_t reason) {
  iscsi::LogoutRequest request;
  request.opcode_byte = static_cast<std::uint8_t>(request.kOpcode) | iscsi::kImmediateBit;
  request.flags = static_cast<std::uint8_t>(iscsi::kFinalBit | reason);
  request.initiator_task_tag = peer.next_tag();
  request.cmd_sn = peer.cmd_sn;
  return request;
}

iscsi::NopOut ping_in_order(Peer& peer, std::uint32_t cmd_sn) {
  iscsi::NopOut ping;
  ping.initiator_task_tag = peer.next_tag();
  ping.target_transfer_tag = iscsi::kNoTag;
  ping.cmd_sn = cmd_sn;
  return ping;
}

/// Each returns the header of the PDU that is to be rejected, as it was sent.
std::vector<std::byte> a_wrong_digest(Rig&, Peer& peer) {
  auto ping = ping_in_order(peer, peer.cmd_sn);
  ping.data_segment_bytes = 64;
  auto bytes = peer.framed(bytes_of(ping), pattern(64));
  bytes.back() ^= std::byte{1};
  peer.send_bytes(bytes);
  return {bytes.begin(), bytes.begin() + iscsi::kBhsBytes};
}

std::vector<std::byte> a_snack(Rig&, Peer& peer) {
  return sent(peer, iscsi::SnackRequest{});
}

std::vector<std::byte> a_text_without_keys(Rig&, Peer& peer) {
  iscsi::TextRequest request;
  request.flags = iscsi::kFinalBit;
  request.initiator_task_tag = peer.next_tag();
  request.cmd_sn = peer.cmd_sn++;
  return sent(peer, request, bytes_of(std::string_view("no equals sign\0", 15)));
}

std::vector<std::byte> an_unknown_opcode(Rig&, Peer& peer) {
  iscsi::BasicHeader header;
  header.opcode_byte = 0x1c;
  return sent(peer, header);
}

std::vector<std::byte> one_immediate_command_too_many(Rig& rig, Peer& peer) {
  rig.store().hold();
  for (std::uint32_t i = 0;; ++i) {
    auto header = read_command(peer);
    header.opcode_byte |= iscsi::kImmediateBit;
    --peer.cmd_sn;
    auto bytes = sent(peer, header);
    if (i == limits::kImmediateCommandsMax) return bytes;
  }
}

std::vector<std::byte> a_tag_that_is_in_use(Rig& rig, Peer& peer) {
  rig.store().hold();
  auto header = read_command(peer);
  sent(peer, header);
  header.cmd_sn = peer.cmd_sn++;
  return sent(peer, header);
}

std::vector<std::byte> a_logout_for_no_reason(Rig&, Peer& peer) {
  return sent(peer, logout_request(peer, 0x55));
}

std::vector<std::byte> more_data_than_is_held(Rig&, Peer& peer) {
  const auto data = pattern(limits::kHeldBytesPerSessionMax / 2);
  const std::uint32_t hole = peer.cmd_sn;
  sent(peer, ping_in_order(peer, hole + 1), data);
  sent(peer, ping_in_order(peer, hole + 2), data);
  return sent(peer, ping_in_order(peer, hole + 3), data);
}

std::vector<std::byte> a_second_logout(Rig& rig, Peer& peer) {
  rig.store().hold();
  sent(peer, read_command(peer));
  rig.store().wait_held(1);
  sent(peer, logout_request(peer, 0));
  return sent(peer, logout_request(peer, 0));
}

const struct Row {
  RejectReason reason;
  GatewayCounter counter;
  std::uint8_t on_the_wire;  // RFC 7143, 11.17.1
  std::vector<std::byte> (*provoke)(Rig&, Peer&);
} kRows[] = {
    {RejectReason::kDataDigestError, GatewayCounter::kRejectDataDigest, 0x02, a_wrong_digest},
    {RejectReason::kSnackReject, GatewayCounter::kRejectSnack, 0x03, a_snack},
    {RejectReason::kProtocolError, GatewayCounter::kRejectProtocolError, 0x04, a_text_without_keys},
    {RejectReason::kCommandNotSupported, GatewayCounter::kRejectUnsupported, 0x05,
     an_unknown_opcode},
    {RejectReason::kTooManyImmediateCommands, GatewayCounter::kRejectTooManyImmediate, 0x06,
     one_immediate_command_too_many},
    {RejectReason::kTaskInProgress, GatewayCounter::kRejectTaskInProgress, 0x07,
     a_tag_that_is_in_use},
    {RejectReason::kInvalidPduField, GatewayCounter::kRejectInvalidField, 0x09,
     a_logout_for_no_reason},
    {RejectReason::kOutOfResources, GatewayCounter::kRejectLongOperation, 0x0a,
     more_data_than_is_held},
    {RejectReason::kWaitingForLogout, GatewayCounter::kRejectWaitingForLogout, 0x0c,
     a_second_logout},
};
/// Of the standard's table, and sent by nobody here: there is no data to be acknowledged at error
/// recovery level 0.
constexpr RejectReason kNeverSent[] = {RejectReason::kInvalidDataAck};

TEST(Rejects, EveryReasonIsInOneOfTheTwoTables) {
  std::multiset<RejectReason> listed(std::begin(kNeverSent), std::end(kNeverSent));
  for (const Row& row : kRows) listed.insert(row.reason);
  std::multiset<RejectReason> all;
  for (const auto& one : iscsi::kRejectReasons) all.insert(one.value);
  EXPECT_EQ(listed, all);
}

TEST(Rejects, EachSaysWhyQuotesTheHeaderAndIsCounted) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(iscsi::name(row.reason));
    Rig rig({.lanes = 1});
    Peer peer = rig.ready({.keys = {{"DataDigest", "CRC32C"}}});
    const std::vector<std::byte> header = row.provoke(rig, peer);
    const Pdu reject = peer.receive();
    EXPECT_EQ(reject.header[0], std::byte{0x3f});
    EXPECT_EQ(reject.header[1], std::byte{0x80});
    EXPECT_EQ(reject.header[2], std::byte{row.on_the_wire});
    EXPECT_EQ(reject.tag(), iscsi::kNoTag);
    EXPECT_EQ(reject.data, header);
    const auto snapshot = rig.snapshot();
    for (const Row& other : kRows)
      EXPECT_EQ(snapshot.counters[telemetry::index_of(other.counter)],
                other.reason == row.reason ? 1u : 0u);
  }
}

}  // namespace
}  // namespace lungate::session::test
