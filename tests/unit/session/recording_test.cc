// SPDX-License-Identifier: LGPL-2.1-or-later
// What a joining floor leaves in the segment beside its histograms: initiators, portals, slow and
// stuck commands, full windows, comparisons.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <string>

#include "session/counting.h"
#include "tests/unit/session/rig.h"

namespace lungate::session::test {
namespace {

using namespace std::chrono_literals;
using telemetry::GatewayCounter;
using telemetry::index_of;
using telemetry::LunCounter;
using telemetry::NexusSnapshot;
using telemetry::OpClass;
using telemetry::SlowKind;
using telemetry::SlowSnapshot;
using telemetry::Stage;

constexpr const char* kOther = "iqn.2026-11.io.lungate:other";

/// Nothing is fast enough for it.
constexpr telemetry::LunPromise kImpossible{1, 1, 0.99, 128};

std::uint64_t lun_counter(const Rig& rig, LunCounter counter) {
  return rig.snapshot().luns.at(0).counters[index_of(counter)];
}

/// Of LUN 0; nothing when it has no place.
std::optional<NexusSnapshot> nexus_of(Rig& rig, const std::string& initiator) {
  rig.settle();
  for (const NexusSnapshot& one : rig.snapshot().nexuses)
    if (one.initiator == initiator) return one;
  return std::nullopt;
}

// --- Initiators ----------------------------------------------------------------------------------

TEST(Recording, EachInitiatorHasItsOwnCounters) {
  Rig rig;
  Peer one = rig.ready();
  Peer two = rig.ready({.isid = 2, .initiator = kOther});
  const auto data = pattern(2 * kBlock);
  EXPECT_GOOD(one.finish(one.read(0, 4)));
  EXPECT_GOOD(one.finish(one.read(0, 4)));
  EXPECT_GOOD(two.finish(two.write(8, data, data.size()), data));
  const auto of_one = nexus_of(rig, LoginOptions{}.initiator);
  const auto of_two = nexus_of(rig, kOther);
  ASSERT_TRUE(of_one && of_two);
  EXPECT_EQ(of_one->ops[index_of(OpClass::kRead)], 2u);
  EXPECT_EQ(of_one->bytes[index_of(OpClass::kRead)], 8u * kBlock);
  EXPECT_EQ(of_one->ops[index_of(OpClass::kWrite)], 0u);
  EXPECT_GT(of_one->latency_ns[index_of(OpClass::kRead)], 0u);
  EXPECT_EQ(of_two->ops[index_of(OpClass::kWrite)], 1u);
  EXPECT_EQ(of_two->bytes[index_of(OpClass::kWrite)], 2u * kBlock);
}

/// Guards the first line of NexusLun::record: a host that looks at a thousand disks would use a
/// thousand places.
TEST(Recording, WhoOnlyLooksTakesNoPlace) {
  Rig rig;
  Peer peer = rig.ready();
  EXPECT_FALSE(nexus_of(rig, LoginOptions{}.initiator));
  EXPECT_GOOD(peer.finish(peer.read(0, 1)));
  EXPECT_GOOD(peer.run(peer.test_unit_ready()));
  const auto nexus = nexus_of(rig, LoginOptions{}.initiator);
  ASSERT_TRUE(nexus);
  EXPECT_EQ(nexus->ops[index_of(OpClass::kOther)], 1u) << "from then on all is counted";
}

/// Guards is_met_by_looking(): a host that only meets conflicts must have a row that says so.
TEST(Recording, WhoMeetsAConflictHasAPlace) {
  Rig rig;
  Peer holder = rig.ready();
  Peer other = rig.ready({.isid = 2, .initiator = kOther});
  const auto run = [](Peer& peer, std::uint8_t opcode) {
    const auto header = peer.command({opcode}, 0, iscsi::kFinalBit);
    peer.send(header);
    return peer.finish(header.initiator_task_tag).status;
  };
  EXPECT_EQ(run(other, 0xff), scsi::Status::kCheckCondition) << "no such command";
  EXPECT_FALSE(nexus_of(rig, kOther)) << "whoever looks meets that";
  EXPECT_EQ(run(holder, 0x16), scsi::Status::kGood);
  EXPECT_EQ(run(other, 0x16), scsi::Status::kReservationConflict);
  const auto nexus = nexus_of(rig, kOther);
  ASSERT_TRUE(nexus);
  EXPECT_EQ(nexus->errors, 1u);
  EXPECT_EQ(nexus->ops[index_of(OpClass::kOther)], 1u);
  EXPECT_FALSE(nexus_of(rig, LoginOptions{}.initiator));
}

/// Guards `now` in NexusLun::record: who had found no place was counted under the empty name for
/// the session's life. (The empty name itself never gets one.)
TEST(Recording, WhoHasNoPlaceAsksAgain) {
  Rig rig;
  LaneLun lun;
  NexusLun nexus;
  nexus.lun = &lun;
  auto loop = rig.recorder(1);
  const telemetry::IoRecord io{telemetry::Op::kRead, telemetry::ErrorClass::kNone, 512, {}};
  const BootTime begun{1'000};
  nexus.record(loop, "", io, false, begun);
  nexus.record(loop, "", io, false, begun + limits::kNexusLook + -1ns);
  EXPECT_EQ(rig.counter(GatewayCounter::kInitiatorsNoSlot), 1u);
  nexus.record(loop, "", io, false, begun + limits::kNexusLook);
  EXPECT_EQ(rig.counter(GatewayCounter::kInitiatorsNoSlot), 2u);
  EXPECT_EQ(rig.snapshot().nexuses.at(0).ops[0], 3u) << "each is counted, once";
}

TEST(Recording, AnInitiatorsErrorsAndSlowCommandsAreItsOwn) {
  Rig rig;
  rig.promise(kImpossible);
  Peer peer = rig.ready();
  EXPECT_GOOD(peer.finish(peer.read(0, 1)));
  rig.store().hold();
  const auto tag = peer.read(0, 1);
  rig.store().wait_held(1);
  rig.store().release(backend::Status::kIoError);
  EXPECT_EQ(peer.finish(tag).status, scsi::Status::kCheckCondition);
  const auto nexus = nexus_of(rig, LoginOptions{}.initiator);
  ASSERT_TRUE(nexus);
  EXPECT_EQ(nexus->errors, 1u);
  EXPECT_EQ(nexus->slow, 2u);
}

// --- Slow and stuck ------------------------------------------------------------------------------

TEST(Recording, ASlowCommandIsKeptWithWhatIsKnownOfIt) {
  Rig rig;
  rig.promise(kImpossible);
  Peer peer = rig.ready();
  const auto tag = peer.read(0x123, 4);
  EXPECT_GOOD(peer.finish(tag));
  rig.settle();
  const auto snapshot = rig.snapshot();
  ASSERT_EQ(snapshot.slow.size(), 1u);
  const SlowSnapshot& slow = snapshot.slow[0];
  EXPECT_EQ(slow.kind, SlowKind::kEnded);
  EXPECT_EQ(slow.opcode, 0x28);
  EXPECT_EQ(slow.lba, 0x123u);
  EXPECT_EQ(slow.bytes, 4u * kBlock);
  EXPECT_EQ(slow.task_tag, tag);
  EXPECT_EQ(slow.initiator, LoginOptions{}.initiator);
  EXPECT_EQ(slow.peer, rig.descriptions().at(0).peer);
  EXPECT_EQ(slow.lun, 0u);
  EXPECT_GT(slow.duration_ns(), 0u);
  EXPECT_EQ(std::accumulate(slow.stage_ns.begin(), slow.stage_ns.end(), std::uint64_t{0}),
            slow.duration_ns());
  EXPECT_EQ(slow.stage, std::nullopt);
  EXPECT_EQ(lun_counter(rig, LunCounter::kSlowReads), 1u);
}

/// Guards Session::slow_share().
TEST(Recording, ASessionHasItsShareOfTheSlowOnes) {
  Rig rig;
  rig.promise(kImpossible);
  Peer greedy = rig.ready();
  for (int i = 0; i < 40; ++i) EXPECT_GOOD(greedy.finish(greedy.read(0, 1)));
  rig.settle();
  std::map<std::uint64_t, std::uint32_t> in_second;
  for (const SlowSnapshot& slow : rig.snapshot().slow)
    ++in_second[slow.recorded.ns / 1'000'000'000];
  EXPECT_FALSE(in_second.empty());
  for (const auto& [second, kept] : in_second) EXPECT_LE(kept, limits::kSlowPerSessionSecond);
}

TEST(Recording, WhatIsFastEnoughIsNotKept) {
  Rig rig;
  rig.promise({3'600'000'000'000, 3'600'000'000'000, 0.99, 128});
  Peer peer = rig.ready();
  EXPECT_GOOD(peer.finish(peer.read(0, 4)));
  rig.settle();
  EXPECT_TRUE(rig.snapshot().slow.empty());
  EXPECT_EQ(lun_counter(rig, LunCounter::kSlowReads), 0u);
}

/// Guards look_for_stuck() and seen_stuck: in flight it is in no histogram, and it is told once.
TEST(Recording, AStuckCommandIsKeptOnceWhileItIsInFlight) {
  RigOptions options;
  options.settings.stuck_after = 200ms;
  Rig rig(options);
  Peer peer = rig.ready();
  rig.store().hold();
  const auto tag = peer.read(7, 2);
  rig.store().wait_held(1);
  ASSERT_TRUE(eventually([&] { return !rig.snapshot().slow.empty(); }));
  const auto newer = peer.read(9, 1);
  ASSERT_TRUE(eventually([&] { return rig.snapshot().slow.size() == 2; }));
  const auto slow = rig.snapshot().slow;
  EXPECT_EQ(slow[0].kind, SlowKind::kStuck);
  EXPECT_EQ(slow[0].lba, 7u);
  EXPECT_EQ(slow[0].bytes, 2u * kBlock);
  EXPECT_EQ(slow[0].task_tag, tag);
  EXPECT_EQ(slow[0].initiator, LoginOptions{}.initiator);
  EXPECT_EQ(slow[0].stage_ns[index_of(Stage::kBackend)], 0u) << "it is not over";
  EXPECT_EQ(slow[0].stage, Stage::kBackend) << "though its receiving took no time either";
  EXPECT_GE(slow[0].duration_ns(), 200'000'000u);
  EXPECT_EQ(slow[1].task_tag, newer) << "the first is not told again";
  rig.store().let_go();
  EXPECT_GOOD(peer.finish(tag));
  EXPECT_GOOD(peer.finish(newer));
}

TEST(Recording, AStuckCommandThatWaitsForItsDataIsInReceive) {
  RigOptions options;
  options.settings.stuck_after = 200ms;
  Rig rig(options);
  Peer peer = rig.ready();
  const auto data = pattern(16384);
  const auto tag = peer.write(0, data, 0);
  const auto r2t = peer.expect<iscsi::ReadyToTransfer>();
  ASSERT_TRUE(eventually([&] { return !rig.snapshot().slow.empty(); }));
  EXPECT_EQ(rig.snapshot().slow[0].stage, Stage::kReceive);
  peer.give(r2t, data);
  EXPECT_GOOD(peer.finish(tag));
}

/// Guards Lane::look_for_stuck, which goes past those whose session has had its share: whoever came
/// later would wait until the last of them is told.
TEST(Recording, ASessionsStuckCommandsDoNotHideThoseOfOthers) {
  constexpr std::uint32_t kMany = 2 * limits::kStuckPerSessionSecond + 1;
  RigOptions options;
  options.lanes = 1;
  options.settings.stuck_after = 300ms;
  Rig rig(options);
  Peer greedy = rig.ready();
  Peer other = rig.ready({.isid = 2, .initiator = kOther});
  rig.store().hold();
  for (std::uint32_t i = 0; i < kMany; ++i) greedy.read(i, 1);
  rig.store().wait_held(kMany);
  other.read(0, 1);
  rig.store().wait_held(kMany + 1);
  ASSERT_TRUE(eventually([&] { return rig.snapshot().slow.size() == kMany + 1; }));
  const auto slow = rig.snapshot().slow;
  const auto others = std::find_if(slow.begin(), slow.end(),
                                   [](const SlowSnapshot& one) { return one.initiator == kOther; });
  ASSERT_NE(others, slow.end());
  EXPECT_LT(others->recorded, slow.back().recorded);
  rig.store().let_go();
}

// --- The oldest ----------------------------------------------------------------------------------

telemetry::LunSnapshot lun_of(Rig& rig) {
  rig.settle();
  return rig.snapshot().luns.at(0);
}

/// Guards TasksSince: a peer that sends no data could say that the store hangs, for as long as it
/// liked.
TEST(Recording, WhatWaitsForItsInitiatorIsNotTheStores) {
  Rig rig;
  Peer peer = rig.ready();
  const auto data = pattern(16384);
  rig.store().hold();
  const auto tag = peer.write(0, data, 0);
  const auto r2t = peer.expect<iscsi::ReadyToTransfer>();
  auto lun = lun_of(rig);
  EXPECT_EQ(lun.in_flight, 1u);
  EXPECT_EQ(lun.oldest_in_store, BootTime{});
  const BootTime waiting = lun.oldest_waiting;
  EXPECT_NE(waiting, BootTime{});
  peer.give(r2t, data);
  rig.store().wait_held(1);
  lun = lun_of(rig);
  EXPECT_GE(lun.oldest_in_store, waiting) << "since it was submitted";
  EXPECT_EQ(lun.oldest_waiting, BootTime{});
  rig.store().let_go();
  EXPECT_GOOD(peer.finish(tag));
  lun = lun_of(rig);
  EXPECT_EQ(lun.oldest_in_store, BootTime{});
}

TEST(Recording, ACommandThatWaitsForAnEarlierOneWaitsForItsInitiator) {
  Rig rig;
  Peer peer = rig.ready();
  const std::uint32_t hole = peer.cmd_sn++;
  const auto tag = peer.read(0, 1);
  EXPECT_TRUE(peer.silent());
  EXPECT_NE(lun_of(rig).oldest_waiting, BootTime{});
  EXPECT_EQ(lun_of(rig).oldest_in_store, BootTime{});
  peer.cmd_sn = hole;
  EXPECT_GOOD(peer.finish(peer.test_unit_ready()));
  EXPECT_GOOD(peer.finish(tag));
  EXPECT_EQ(lun_of(rig).oldest_waiting, BootTime{});
}

TEST(Recording, WhoLeavesWhileItIsWaitedForWaitsNoMore) {
  Rig rig;
  Peer peer = rig.ready();
  peer.write(0, pattern(16384), 0);
  peer.expect<iscsi::ReadyToTransfer>();
  EXPECT_NE(lun_of(rig).oldest_waiting, BootTime{});
  peer.hang_up();
  EXPECT_TRUE(eventually([&] { return lun_of(rig).in_flight == 0; }));
  EXPECT_EQ(lun_of(rig).oldest_waiting, BootTime{});
}

// --- Portals -------------------------------------------------------------------------------------

TEST(Recording, APortalHasWhatComesAndGoesThroughIt) {
  Rig rig;
  {
    Peer peer = rig.ready();
    EXPECT_GOOD(peer.finish(peer.read(0, 64)));
    rig.settle();
    const auto snapshot = rig.snapshot();
    ASSERT_EQ(snapshot.portals.size(), 1u);
    const telemetry::PortalSnapshot& portal = snapshot.portals[0];
    EXPECT_EQ(portal.connections, 1u);
    EXPECT_EQ(portal.accepted, 1u);
    EXPECT_EQ(portal.bytes_received, snapshot.counters[index_of(GatewayCounter::kBytesReceived)]);
    EXPECT_EQ(portal.bytes_sent, snapshot.counters[index_of(GatewayCounter::kBytesSent)]);
    const auto before = portal;
    peer.ping();
    peer.receive();
    rig.settle();
    EXPECT_EQ(rig.snapshot().portals[0].pdus_received, before.pdus_received + 1);
    EXPECT_EQ(rig.snapshot().portals[0].pdus_sent, before.pdus_sent + 1);
  }
  EXPECT_TRUE(eventually([&] { return rig.snapshot().portals[0].connections == 0; }));
  EXPECT_EQ(rig.snapshot().portals[0].accepted, 1u);
}

// --- The command window --------------------------------------------------------------------------

/// Guards Window: the time counts while the window is full, and not only when it opens again.
TEST(Recording, TheTimeOfAFullWindowIsCounted) {
  RigOptions options;
  options.settings.iscsi.command_window = 2;
  Rig rig(options);
  Peer peer = rig.ready();
  const auto fulls = rig.counter(GatewayCounter::kWindowFulls);
  EXPECT_EQ(rig.snapshot().window_full_ns, 0u);
  rig.store().hold();
  const auto one = peer.read(0, 1);
  rig.store().wait_held(1);
  rig.settle();
  EXPECT_EQ(rig.counter(GatewayCounter::kWindowFulls), fulls) << "one place is left";
  const auto two = peer.read(1, 1);
  ASSERT_TRUE(eventually([&] { return rig.snapshot().window_full_ns > 200'000'000; }));
  EXPECT_EQ(rig.counter(GatewayCounter::kWindowFulls), fulls + 1);
  rig.store().let_go();
  EXPECT_GOOD(peer.finish(one));
  EXPECT_GOOD(peer.finish(two));
  rig.settle();
  const std::uint64_t counted = rig.snapshot().window_full_ns;
  EXPECT_GOOD(peer.run(peer.test_unit_ready()));
  rig.settle();
  EXPECT_EQ(rig.snapshot().window_full_ns, counted);
}

/// Guards Window::end in Session::closed: commands that are absorbed keep the session, and nobody
/// waits for a place there.
TEST(Recording, AWindowWhoseInitiatorHasGoneCountsNoMore) {
  RigOptions options;
  options.settings.iscsi.command_window = 1;
  Rig rig(options);
  Peer peer = rig.ready();
  rig.store().hold();
  peer.read(0, 1);
  rig.store().wait_held(1);
  ASSERT_TRUE(eventually([&] { return rig.snapshot().window_full_ns > 0; }));
  peer.hang_up();
  ASSERT_TRUE(eventually([&] { return rig.counter(GatewayCounter::kClosePeerClosed) == 1; }));
  rig.settle();
  const std::uint64_t counted = rig.snapshot().window_full_ns;
  rig.store().let_go();
  ASSERT_TRUE(eventually([&] { return rig.connections() == 0; }));
  EXPECT_EQ(rig.snapshot().window_full_ns, counted);
}

// --- Comparisons ---------------------------------------------------------------------------------

TEST(Recording, ComparisonsAndTheirDifferencesAreCounted) {
  Rig rig;
  Peer peer = rig.ready();
  auto cdb = std::array<std::uint8_t, 16>{0x89};
  cdb[13] = 1;
  const auto compare = [&](Bytes data) {
    const auto header =
        peer.command(cdb, static_cast<std::uint32_t>(data.size()), iscsi::ScsiCommand::kWriteBit);
    peer.send(header, data);
    return peer.finish(header.initiator_task_tag).status;
  };
  std::vector<std::byte> same(2 * kBlock);
  const auto other = pattern(2 * kBlock);
  EXPECT_EQ(compare(same), scsi::Status::kGood);
  EXPECT_EQ(compare(other), scsi::Status::kCheckCondition);
  rig.settle();
  EXPECT_EQ(lun_counter(rig, LunCounter::kCompareAndWrites), 2u);
  EXPECT_EQ(lun_counter(rig, LunCounter::kCompareMiscompares), 1u);
  cdb[5] = cdb[4] = cdb[3] = cdb[2] = 0xff;
  EXPECT_EQ(compare(same), scsi::Status::kCheckCondition) << "beyond the end";
  rig.settle();
  EXPECT_EQ(lun_counter(rig, LunCounter::kCompareAndWrites), 2u) << "it has compared nothing";
}

}  // namespace
}  // namespace lungate::session::test
