// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session/counting.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "tests/unit/session/rig.h"

namespace lungate::session::test {
namespace {

using telemetry::ErrorClass;
using telemetry::GatewayCounter;
using telemetry::Op;

TEST(Counting, ErrorsHaveTheClassOfTheirSense) {
  scsi::Execution execution;
  EXPECT_EQ(error_class(execution), ErrorClass::kNone);
  execution.status = scsi::Status::kBusy;
  EXPECT_EQ(error_class(execution), ErrorClass::kBusy);
  execution.status = scsi::Status::kTaskSetFull;
  EXPECT_EQ(error_class(execution), ErrorClass::kTaskSetFull);
  execution.status = scsi::Status::kCheckCondition;
  const std::pair<scsi::AdditionalSense, ErrorClass> kRows[] = {
      {scsi::sense::kBecomingReady, ErrorClass::kNotReady},
      {scsi::sense::kWriteError, ErrorClass::kMedium},
      {scsi::sense::kLbaOutOfRange, ErrorClass::kIllegalRequest},
      {scsi::sense::kResetOccurred, ErrorClass::kUnitAttention},
      {scsi::sense::kWriteProtected, ErrorClass::kDataProtect},
      {scsi::sense::kDataPhaseError, ErrorClass::kAborted},
      {scsi::sense::kNone, ErrorClass::kOther},
  };
  for (const auto& [sense, error] : kRows) {
    execution.sense.what = sense;
    EXPECT_EQ(error_class(execution), error) << sense.text;
  }
}

/// Each reason of an end, and the one counter that it raises; none: logins are counted where they
/// end (login_phase_test.cc).
TEST(Counting, EveryReasonOfAnEndHasItsCounter) {
  const std::map<CloseReason, std::optional<GatewayCounter>> kCounterOf = {
      {CloseReason::kLogout, GatewayCounter::kCloseLogout},
      {CloseReason::kPeerClosed, GatewayCounter::kClosePeerClosed},
      {CloseReason::kProtocolError, GatewayCounter::kCloseProtocolError},
      {CloseReason::kDigestError, GatewayCounter::kCloseDigest},
      {CloseReason::kLoginRefused, std::nullopt},
      {CloseReason::kLoginTimeout, std::nullopt},
      {CloseReason::kReceiveTimeout, GatewayCounter::kCloseReceiveTimeout},
      {CloseReason::kSendTimeout, GatewayCounter::kCloseSendTimeout},
      {CloseReason::kNopTimeout, GatewayCounter::kCloseNopTimeout},
      {CloseReason::kReinstated, GatewayCounter::kCloseReinstated},
      {CloseReason::kAdministrative, GatewayCounter::kCloseAdmin},
      {CloseReason::kStalled, GatewayCounter::kCloseStalled},
      {CloseReason::kDrained, GatewayCounter::kCloseDrained},
      {CloseReason::kEvicted, GatewayCounter::kCloseEvicted},
      {CloseReason::kDiscoveryTimeout, GatewayCounter::kCloseDiscoveryTimeout},
      {CloseReason::kNoMemory, GatewayCounter::kCloseNoMemory}};
  EXPECT_EQ(kCounterOf.size(), kCloseReasons);
  Rig rig({.lanes = 1});
  const auto closes = [&] {
    std::map<GatewayCounter, std::uint64_t> counted;
    const auto snapshot = rig.snapshot();
    for (const auto& [reason, counter] : kCounterOf)
      if (counter) counted[*counter] = snapshot.counters[telemetry::index_of(*counter)];
    return counted;
  };
  telemetry::LoopRecorder recorder = rig.recorder(0);
  for (const auto& [reason, counter] : kCounterOf) {
    auto expected = closes();
    if (counter) ++expected[*counter];
    count_close(recorder, reason);
    EXPECT_EQ(closes(), expected) << name(reason);
  }
  EXPECT_EQ(rig.counter(GatewayCounter::kNopTimeouts), 1u) << "an end and a sign of sick paths";
}

/// Runs one command on a LUN of its own and gives what its LUN has counted as moved.
std::uint64_t moved_by(Op op, const std::array<std::uint8_t, 16>& cdb, std::uint32_t edtl,
                       std::uint8_t flags, Bytes data_out = {}) {
  Rig rig({.lanes = 1});
  Peer peer = rig.ready();
  const auto bytes = [&] { return rig.snapshot().luns.at(0).bytes[telemetry::index_of(op)]; };
  const std::uint64_t before = bytes();
  const auto header = peer.command(cdb, edtl, flags);
  peer.send(header, data_out);
  peer.finish(header.initiator_task_tag);
  rig.settle();
  return bytes() - before;
}

/// Guards moved_bytes(): an allocation length of 255 was counted as 255 bytes, however many were
/// there to be sent.
TEST(Counting, DataInCountsAsFarAsItWasSent) {
  constexpr std::uint8_t kIn = iscsi::ScsiCommand::kReadBit;
  const auto inquiry = moved_by(Op::kOther, {0x12, 0, 0, 0, 255}, 255, kIn);
  EXPECT_GE(inquiry, 36u);
  EXPECT_LT(inquiry, 255u);
  EXPECT_EQ(moved_by(Op::kOther, {0x12, 0, 0, 0, 20}, 20, kIn), 20u) << "cut by the CDB";
  EXPECT_EQ(moved_by(Op::kOther, {0x12, 0, 0, 0, 36}, 16, kIn), 16u) << "cut by EDTL";
  EXPECT_EQ(moved_by(Op::kOther, {0xa0, 0, 0, 0, 0, 0, 0, 0, 1, 0}, 256, kIn), 16u)
      << "REPORT LUNS of one LUN";
  EXPECT_LT(moved_by(Op::kOther, {0x1a, 0, 0x3f, 0, 255}, 255, kIn), 255u) << "MODE SENSE";
  EXPECT_EQ(moved_by(Op::kRead, cdb10(0x28, 0, 4), 4 * kBlock, kIn), 4 * kBlock);
}

TEST(Counting, DataOutCountsAsFarAsItWasTaken) {
  constexpr std::uint8_t kOut = iscsi::ScsiCommand::kWriteBit;
  const auto data = pattern(4 * kBlock);
  EXPECT_EQ(moved_by(Op::kWrite, cdb10(0x2a, 0, 4), 4 * kBlock, kOut, data), 4 * kBlock);
  EXPECT_EQ(moved_by(Op::kWrite, cdb10(0x2a, 0, 2), 4 * kBlock, kOut, data), 2 * kBlock)
      << "what the CDB does not want moves nowhere";
}

TEST(Counting, WhatFailsHasMovedNothing) {
  EXPECT_EQ(
      moved_by(Op::kRead, cdb10(0x28, 0xffffff00, 4), 4 * kBlock, iscsi::ScsiCommand::kReadBit),
      0u);
}

}  // namespace
}  // namespace lungate::session::test
