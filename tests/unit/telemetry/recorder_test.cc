// SPDX-License-Identifier: LGPL-2.1-or-later
#include "telemetry/recorder.h"

#include <atomic>
#include <thread>

#include "telemetry/slot_writer.h"
#include "tests/unit/telemetry/allocations.h"
#include "tests/unit/telemetry/segment_fixture.h"

namespace lungate::telemetry {
namespace {

class Recorder : public SegmentTest {
 protected:
  Recorder() {
    segment_ = start();
    slot_ = *segment_->add_lun(lun_number(0));
  }
  LunRecorder lun(unsigned loop = 0) const { return segment_->loop(loop).lun(slot_); }
  LunSnapshot recorded() { return read().luns.at(0); }

  std::unique_ptr<Segment> segment_;
  SlotId slot_;
};

TEST_F(Recorder, OneReadIsInEveryPlace) {
  lun().record({Op::kRead, ErrorClass::kNone, 4096, {1'000, 2'000, 3'000'000, 4'000}});
  const LunSnapshot lun = recorded();
  EXPECT_EQ(lun.latency[0].bins[bin_of(3'007'000)], 1u);
  EXPECT_EQ(lun.latency[0].count(), 1u);
  EXPECT_EQ(lun.latency[0].sum_ns, 3'007'000u);
  EXPECT_THAT(lun.stage_ns[0], ::testing::ElementsAre(1'000, 2'000, 3'000'000, 4'000));
  EXPECT_EQ(lun.sizes[0].bins[size_bin_of(4096)], 1u);
  EXPECT_EQ(lun.sizes[0].sum_bytes, 4096u);
  EXPECT_EQ(lun.sizes[1].count(), 0u);
  const Snapshot snapshot = read();
  EXPECT_EQ(snapshot.stages[0][2].bins[bin_of(3'000'000)], 1u);
  EXPECT_EQ(snapshot.stages[0][2].sum_ns, 3'000'000u);
  EXPECT_EQ(snapshot.stages[0][0].count(), 1u);
}

TEST_F(Recorder, OperationsStayApart) {
  for (const Op op : {Op::kRead, Op::kWrite, Op::kFlush, Op::kUnmap, Op::kOther}) {
    for (std::size_t n = 0; n <= index_of(op); ++n) lun().record({op, ErrorClass::kNone, 1, {}});
  }
  const LunSnapshot lun = recorded();
  for (std::size_t op = 0; op < kOps; ++op) {
    EXPECT_EQ(lun.latency[op].count(), op + 1) << kOpNames[op];
    EXPECT_EQ(lun.bytes[op], op + 1) << kOpNames[op];
  }
}

TEST_F(Recorder, ErrorsCountByOperationAndClass) {
  lun().record({Op::kWrite, ErrorClass::kMedium, 0, {}});
  lun().record({Op::kWrite, ErrorClass::kNone, 0, {}});
  const LunSnapshot lun = recorded();
  EXPECT_EQ(lun.errors_of(OpClass::kWrite, ErrorClass::kMedium), 1u);
  EXPECT_EQ(lun.errors_of(OpClass::kRead, ErrorClass::kMedium), 0u);
  EXPECT_EQ(lun.latency_of(OpClass::kWrite).count(), 2u) << "failed I/O has a latency, too";
}

TEST_F(Recorder, LoopsAreSummed) {
  lun(0).record(read_of(512, 1'000));
  lun(1).record(read_of(512, 1'000));
  lun(1).add(LunCounter::kTaskSetFull, 3);
  lun(0).add(TaskFunction::kAbortTask, TaskResponse::kNoTask);
  segment_->loop(0).set(GatewayGauge::kSessions, 2);
  segment_->loop(1).set(GatewayGauge::kSessions, 5);
  segment_->loop(1).add(GatewayCounter::kBytesSent, 100);
  const Snapshot snapshot = read();
  const LunSnapshot& lun = snapshot.luns.at(0);
  EXPECT_EQ(lun.latency[0].count(), 2u);
  EXPECT_EQ(lun.counters[index_of(LunCounter::kTaskSetFull)], 3u);
  EXPECT_EQ(lun.counters[index_of(task_counter(TaskFunction::kAbortTask, TaskResponse::kNoTask))],
            1u);
  EXPECT_EQ(snapshot.gauges[index_of(GatewayGauge::kSessions)], 7u);
  EXPECT_EQ(snapshot.counters[index_of(GatewayCounter::kBytesSent)], 100u);
}

TEST_F(Recorder, TheOldestIsThatOfAnyLoop) {
  lun(0).set_in_flight(2, {100});
  lun(1).set_in_flight(1, {200});
  lun(0).set_in_store({500});
  lun(1).set_in_store({300});
  lun(1).set_waiting({400});
  EXPECT_EQ(recorded().in_flight, 3u);
  EXPECT_EQ(recorded().oldest_in_store.ns, 300u);
  EXPECT_EQ(recorded().oldest_waiting.ns, 400u);
  lun(1).set_in_store({});
  lun(1).set_waiting({});
  EXPECT_EQ(recorded().oldest_in_store.ns, 500u);
  EXPECT_EQ(recorded().oldest_waiting.ns, 0u);
  lun(0).set_in_store({});
  EXPECT_EQ(recorded().oldest_in_store.ns, 0u) << "whatever else is in flight";
}

TEST_F(Recorder, TurnsAddUpToBusyTime) {
  LoopRecorder loop = segment_->loop(1);
  loop.turn_started({1'000});
  EXPECT_EQ(read().loops.at(1).turn_start.ns, 1'000u);
  loop.turn_ended({1'400});
  loop.turn_started({2'000});
  loop.turn_ended({2'100});
  loop.lagged(5'000'000);
  const LoopSnapshot seen = read().loops.at(1);
  EXPECT_EQ(seen.busy_ns, 500u);
  EXPECT_EQ(seen.turns, 2u);
  EXPECT_EQ(seen.turn_start.ns, 0u);
  EXPECT_EQ(seen.heartbeat.ns, 2'100u);
  EXPECT_EQ(seen.lag.at_or_below(edge_at(5'000'000)), 1u);
}

TEST_F(Recorder, TheMostSilentLoopMakesTheHeartbeat) {
  segment_->loop(0).turn_ended({9'000});
  segment_->loop(1).turn_ended({4'000});
  EXPECT_EQ(read({10'000}).heartbeat_age_ns(), 6'000u);
}

TEST(DefaultRecorder, CountsNothingAndHurtsNobody) {
  LoopRecorder loop;
  LunRecorder lun = loop.lun({});
  lun.record(read_of(1, 1));
  lun.set_in_flight(1, {1});
  lun.set_in_store({1});
  lun.set_waiting({1});
  lun.add(LunCounter::kTaskSetFull);
  loop.turn_started({1});
  loop.turn_ended({2});
  loop.lagged(1);
  loop.add(GatewayCounter::kLoginSuccess);
  loop.set(GatewayGauge::kSessions, 1);
  loop.window_was_full(1);
  loop.keep_slow({}, {});
  EXPECT_FALSE(lun.record({Op::kRead, ErrorClass::kNone, 0, {~0ull, 0, 0, 0}}));
  EXPECT_TRUE(loop.nexus({}, "a").record(read_of(1, 1), true));
  PortalRecorder portal = loop.portal(0);
  portal.connected();
  portal.disconnected();
  portal.received(1, 1);
  portal.sent(1, 1);
  portal.lost(1, 1);
}

TEST_F(Recorder, PortalsAreSummedOverLoops) {
  PortalRecorder first = segment_->loop(0).portal(0);
  PortalRecorder second = segment_->loop(1).portal(0);
  first.connected();
  first.connected();
  first.disconnected();
  second.connected();
  first.received(2, 96);
  second.sent(3, 1000);
  first.lost(1448, 0);
  second.lost(52, 7);
  const PortalSnapshot portal = read().portals.at(0);
  EXPECT_EQ(portal.address, "10.0.0.1:3260");
  EXPECT_EQ(portal.connections, 2u);
  EXPECT_EQ(portal.accepted, 3u);
  EXPECT_EQ(portal.pdus_received, 2u);
  EXPECT_EQ(portal.bytes_received, 96u);
  EXPECT_EQ(portal.pdus_sent, 3u);
  EXPECT_EQ(portal.bytes_sent, 1000u);
  EXPECT_EQ(portal.bytes_retransmitted, 1500u);
  EXPECT_EQ(portal.segments_out_of_order, 7u);
}

TEST_F(Recorder, APortalThatIsNotInThePlanCountsNothing) {
  segment_->loop(0).portal(1).connected();
  EXPECT_EQ(read().portals.size(), 1u);
  EXPECT_EQ(read().portals[0].accepted, 0u);
}

TEST_F(Recorder, FullWindowsAddUp) {
  segment_->loop(0).window_was_full(30);
  segment_->loop(1).window_was_full(12);
  EXPECT_EQ(read().window_full_ns, 42u);
}

TEST_F(Recorder, RecordingAllocatesNothing) {
  const std::uint64_t before = allocations();
  auto proof = std::make_unique<int>(1);
  ASSERT_GT(allocations(), before) << "the counter counts";
  LoopRecorder loop = segment_->loop(0);
  LunRecorder lun = loop.lun(slot_);
  NexusRecorder nexus = loop.nexus(slot_, "iqn.2026-11.io.lungate:host");
  PortalRecorder portal = loop.portal(0);
  segment_->promise_lun(slot_, {1'000'000, 1'000'000, 0.99, 32});
  SlowIo slow;
  slow.initiator = "iqn.2026-11.io.lungate:host";
  const std::uint64_t begun = allocations();
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const IoRecord io = {static_cast<Op>(i % kOps),
                         static_cast<ErrorClass>(i % kErrorClasses),
                         i << 9,
                         {i, i * 10, i * 1'000'000, i}};
    nexus.record(io, lun.record(io));
    slow.recorded = {i * 1'000'000'000};
    loop.keep_slow(slot_, slow);
    portal.sent(1, i);
    lun.set_in_flight(static_cast<std::uint32_t>(i), {i});
    lun.add(LunCounter::kTaskSetFull);
    loop.turn_started({i});
    loop.turn_ended({i + 1});
    loop.add(GatewayCounter::kBytesSent, i);
  }
  EXPECT_EQ(allocations(), begun);
}

// Two loops count, the control thread adds and removes LUNs, a reader reads all the while: no count
// is lost, no half-written identity is seen. The thread sanitizer watches the writers.
TEST_F(Recorder, CountsWhileLunsComeAndGoAndAreRead) {
  constexpr std::uint64_t kIos = 100'000;
  std::atomic<unsigned> running{kLoops};
  const auto work = [&](unsigned loop) {
    LunRecorder recorder = lun(loop);
    for (std::uint64_t i = 0; i < kIos; ++i) recorder.record(read_of(4096, i));
    --running;
  };
  std::thread first(work, 0);
  std::thread second(work, 1);
  BootTime now{1};
  std::uint64_t last = 0;
  while (running != 0) {
    const SlotId other = *segment_->add_lun(lun_number(42), now);
    for (const LunSnapshot& lun : read().luns) {
      ASSERT_EQ(lun.target, kTarget);
      ASSERT_TRUE(lun.lun == 0 || lun.lun == 42) << lun.lun;
      if (lun.lun != 0) continue;
      ASSERT_GE(lun.latency[0].count(), last) << "counters only rise";
      last = lun.latency[0].count();
    }
    segment_->remove_lun(other, now);
    now = now + limits::kTombstoneTime;
  }
  first.join();
  second.join();
  EXPECT_EQ(recorded().latency[0].count(), 2 * kIos);
  EXPECT_EQ(recorded().bytes[0], 2 * kIos * 4096);
}

using RecorderDeathTest = Recorder;

TEST_F(RecorderDeathTest, ASlotThatNobodyHasGivenIsOurMistake) {
  EXPECT_DEATH(segment_->loop(0).lun(SlotId{slot_.value + 1}), "that add_lun\\(\\) has given");
  EXPECT_DEATH(segment_->loop(0).lun(SlotId{1'000'000}), "a slot of this segment");
  segment_->remove_lun(slot_, {1});
  segment_->loop(0).lun(slot_).record(read_of(512, 1));  // late I/O still ends there
}

/// Guards the seqlock: a number that is skipped, said twice or odd is a second writer, or one that
/// has lost count, and readers would take two halves for a whole.
TEST(SlotWriterDeathTest, SequencesGoFromEvenToEven) {
  layout::NexusSlot slot{};
  layout::NexusSlot image{};
  image.sequence = 2;
  detail::write_whole(slot, image);
  for (const std::uint64_t wrong : {0u, 1u, 2u, 3u, 5u, 6u}) {
    image.sequence = wrong;
    EXPECT_DEATH(detail::write_whole(slot, image), "from even number to even number") << wrong;
  }
  image.sequence = 4;
  detail::write_whole(slot, image);
  EXPECT_EQ(slot.sequence, 4u);
}

}  // namespace
}  // namespace lungate::telemetry
