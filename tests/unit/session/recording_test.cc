// SPDX-License-Identifier: LGPL-2.1-or-later
// What a joining floor leaves in the segment beside its histograms: initiators, portals, slow and
// stuck commands, full windows, comparisons.
#include <gtest/gtest.h>

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
  EXPECT_EQ(lun_counter(rig, LunCounter::kSlowReads), 1u);
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
  EXPECT_GE(slow[0].duration_ns(), 200'000'000u);
  EXPECT_EQ(slow[1].task_tag, newer) << "the first is not told again";
  rig.store().let_go();
  EXPECT_GOOD(peer.finish(tag));
  EXPECT_GOOD(peer.finish(newer));
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
