// SPDX-License-Identifier: LGPL-2.1-or-later
// Initiators on LUNs: whose I/O stands where, and who has a series when there are more of them than
// slots (the fixture has three).
#include <atomic>
#include <chrono>
#include <thread>

#include "telemetry/nexus_table.h"
#include "tests/unit/telemetry/allocations.h"
#include "tests/unit/telemetry/segment_fixture.h"

namespace lungate::telemetry {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr BootTime kNoon{1'000'000'000'000'000};
constexpr BootTime kLater = kNoon + limits::kNexusIdleTime;
constexpr const char* kA = "iqn.2026-11.io.lungate:a";
constexpr const char* kB = "iqn.2026-11.io.lungate:b";
constexpr const char* kC = "iqn.2026-11.io.lungate:c";
constexpr const char* kD = "iqn.2026-11.io.lungate:d";
constexpr const char* kE = "iqn.2026-11.io.lungate:e";

class Initiators : public SegmentTest {
 protected:
  Initiators() : Initiators(true) {}
  explicit Initiators(bool counted) {
    auto plan = SegmentTest::plan();
    plan.initiators = counted;
    segment_ = start(plan);
    for (std::uint16_t number = 0; number < 2; ++number) {
      slots_[number] = *segment_->add_lun(lun_number(number), kNoon);
    }
  }
  NexusRecorder ask(const char* initiator, unsigned lun = 0, unsigned loop = 0,
                    BootTime now = kNoon) {
    return segment_->loop(loop).nexus(slots_[lun], initiator, now);
  }
  /// Takes all three slots: by A, B and C, one I/O each.
  void fill() {
    for (const char* initiator : {kA, kB, kC}) ask(initiator).record(read_of(512, 1), false);
  }
  /// "lun/initiator" of all that are there.
  std::vector<std::string> names() {
    std::vector<std::string> names;
    const Snapshot snapshot = read();
    for (const NexusSnapshot& one : snapshot.nexuses) {
      names.push_back(std::to_string(snapshot.luns[one.lun].lun) + "/" + one.initiator);
    }
    return names;
  }
  static std::string on(int lun, const char* initiator) {
    return std::to_string(lun) + "/" + initiator;
  }
  NexusSnapshot of(const char* initiator) {
    for (NexusSnapshot& one : read().nexuses) {
      if (one.initiator == initiator) return one;
    }
    ADD_FAILURE() << initiator << " is not there";
    return {};
  }
  std::uint64_t without_slot() {
    return read().counters[index_of(GatewayCounter::kInitiatorsNoSlot)];
  }

  std::unique_ptr<Segment> segment_;
  std::array<SlotId, 2> slots_;
};

TEST_F(Initiators, OneIoIsInEveryPlace) {
  NexusRecorder recorder = ask(kA);
  EXPECT_TRUE(recorder.record({Op::kWrite, ErrorClass::kMedium, 4096, {1, 2, 3, 4}}, true));
  const NexusSnapshot seen = of(kA);
  EXPECT_THAT(seen.ops, ::testing::ElementsAre(0, 1, 0));
  EXPECT_THAT(seen.bytes, ::testing::ElementsAre(0, 4096, 0));
  EXPECT_THAT(seen.latency_ns, ::testing::ElementsAre(0, 10, 0));
  EXPECT_EQ(seen.slow, 1u);
  EXPECT_EQ(seen.errors, 1u);
}

TEST_F(Initiators, WhatHasNoServiceLevelIsNoSlowReadOrWrite) {
  ask(kA).record({Op::kFlush, ErrorClass::kNone, 0, {}}, true);
  EXPECT_EQ(of(kA).slow, 0u);
  EXPECT_EQ(of(kA).ops[index_of(OpClass::kOther)], 1u);
}

TEST_F(Initiators, LoopsAndSessionsAreSummed) {
  for (const unsigned loop : {0u, 1u, 1u}) ask(kA, 0, loop).record(read_of(512, 7), false);
  EXPECT_EQ(of(kA).ops[0], 3u);
  EXPECT_EQ(of(kA).latency_ns[0], 21u);
  EXPECT_THAT(names(), UnorderedElementsAre(on(0, kA)));
}

TEST_F(Initiators, LunsAndInitiatorsStayApart) {
  ask(kA, 0).record(read_of(512, 1), false);
  ask(kA, 1).record(read_of(1024, 1), false);
  ask(kB, 1).record(read_of(2048, 1), false);
  EXPECT_THAT(names(), UnorderedElementsAre(on(0, kA), on(1, kA), on(1, kB)));
  EXPECT_EQ(of(kB).bytes[0], 2048u);
}

TEST_F(Initiators, LatecomersAreCountedTogetherPerLun) {
  fill();
  ask(kD, 0).record(read_of(512, 1), false);
  ask(kE, 0).record(read_of(512, 1), false);
  EXPECT_THAT(names(), UnorderedElementsAre(on(0, kA), on(0, kB), on(0, kC), on(0, "")));
  EXPECT_EQ(of("").ops[0], 2u);
  EXPECT_EQ(without_slot(), 2u);
  ask(kD, 1).record(read_of(512, 1), false);
  EXPECT_THAT(names(), ::testing::Contains(on(1, "")));
}

TEST_F(Initiators, WhoHasASlotKeepsItInAFullTable) {
  fill();
  ask(kD);
  ask(kA, 0, 1).record(read_of(512, 1), false);
  EXPECT_EQ(of(kA).ops[0], 2u);
  EXPECT_EQ(without_slot(), 1u);
}

TEST_F(Initiators, OnlyTheIdleLoseTheirSlot) {
  fill();
  NexusRecorder b = ask(kB);
  ask(kD);  // no slot is left: from here on it is watched who does something
  b.record(read_of(512, 1), false);
  ask(kE, 0, 0, kLater).record(read_of(1024, 1), false);
  const auto left = names();
  EXPECT_THAT(left, ::testing::IsSupersetOf({on(0, kB), on(0, kE)}));
  EXPECT_EQ(of(kE).ops[0], 1u) << "it begins at zero, whatever its cells held";
  EXPECT_EQ(of(kE).bytes[0], 1024u);
  EXPECT_TRUE(b.record(read_of(512, 1), false));
  EXPECT_EQ(of(kB).ops[0], 3u);
}

TEST_F(Initiators, NobodyIsIdleBeforeItsTime) {
  fill();
  ask(kD);
  const BootTime almost = kLater + std::chrono::seconds(-1);
  ask(kE, 0, 0, almost);
  EXPECT_THAT(names(), UnorderedElementsAre(on(0, kA), on(0, kB), on(0, kC), on(0, "")));
}

/// Guards the generation in NexusRecorder::record(): a session that slept for an hour counted its
/// I/O under the name of whoever had got its slot.
TEST_F(Initiators, AHandleKnowsThatItsSlotWasGivenAway) {
  fill();
  NexusRecorder sleeper = ask(kA);
  ask(kD);
  for (const char* initiator : {"x", "y", "z"}) ask(initiator, 0, 0, kLater);
  ASSERT_THAT(names(), UnorderedElementsAre(on(0, "x"), on(0, "y"), on(0, "z"), on(0, "")));
  EXPECT_FALSE(sleeper.record(read_of(512, 1), true));
  for (const char* initiator : {"x", "y", "z"}) {
    EXPECT_EQ(of(initiator).ops[0], 0u) << initiator;
    EXPECT_EQ(of(initiator).slow, 0u) << initiator;
  }
}

/// Guards the generation in take_back(): who slept went on counting where no reader looks, as long
/// as nobody else had got the slot.
TEST_F(Initiators, AHandleKnowsThatItsSlotWasTakenBack) {
  fill();
  NexusRecorder sleepers[] = {ask(kA), ask(kB), ask(kC)};
  ask(kD);
  ask("x", 0, 0, kLater);
  ASSERT_THAT(names(), UnorderedElementsAre(on(0, "x"), on(0, "")));
  for (NexusRecorder& sleeper : sleepers) EXPECT_FALSE(sleeper.record(read_of(512, 1), true));
  EXPECT_TRUE(ask(kA).record(read_of(512, 1), false));
  EXPECT_EQ(of(kA).ops[0], 1u);
}

/// Guards NexusRecorder::ask_again_: sessions live for months, and latecomers stayed nameless.
TEST_F(Initiators, WhoHasNoSlotAsksAgain) {
  for (const char* initiator : {kA, kB, kC}) ask(initiator, 1).record(read_of(512, 1), false);
  NexusRecorder owner = ask(kA, 1);
  NexusRecorder late = ask(kD);
  const BootTime soon = kNoon + limits::kNexusLook;
  EXPECT_TRUE(late.record(read_of(512, 1), false, soon + std::chrono::nanoseconds(-1)));
  EXPECT_TRUE(owner.record(read_of(512, 1), false, kLater)) << "who has one never does";
  segment_->remove_lun(slots_[1], kNoon);
  EXPECT_FALSE(late.record(read_of(512, 1), false, soon));
  EXPECT_TRUE(ask(kD, 0, 0, soon).record(read_of(512, 1), false, kLater));
  EXPECT_EQ(of(kD).ops[0], 1u);
  EXPECT_EQ(of("").ops[0], 1u);
}

/// Guards the order in find(): each failure lost a slot for ever. Without memory nobody is counted,
/// and the target lives.
TEST_F(Initiators, WithoutMemoryNothingIsLost) {
  const std::string long_name = std::string("iqn.2026-11.io.lungate:") + std::string(64, 'x');
  for (std::uint64_t spared = 0; spared < 8; ++spared) {
    fail_allocation_after(spared);
    NexusRecorder recorder = ask(long_name.c_str());
    if (!allocation_has_failed()) break;
    EXPECT_TRUE(recorder.record(read_of(512, 1), false)) << "it counts nothing";
    EXPECT_THAT(names(), IsEmpty());
    ASSERT_LT(spared, 7u);
  }
  EXPECT_THAT(names(), UnorderedElementsAre(on(0, long_name.c_str())));
  for (const char* initiator : {kA, kB}) ask(initiator).record(read_of(512, 1), false);
  EXPECT_THAT(names(), UnorderedElementsAre(on(0, long_name.c_str()), on(0, kA), on(0, kB)));
}

/// Guards NexusShard::generation: loop 1 counted for the old pair and has not met the new one.
TEST_F(Initiators, CellsOfALoopThatDoesNotKnowTheNewPairAreNotItsOwn) {
  for (const char* initiator : {kA, kB, kC}) ask(initiator, 0, 1).record(read_of(512, 1), true);
  ask(kD);
  for (const char* initiator : {"x", "y", "z"}) {
    ask(initiator, 0, 0, kLater).record(read_of(512, 1), false);
    EXPECT_EQ(of(initiator).ops[0], 1u);
    EXPECT_EQ(of(initiator).slow, 0u);
  }
}

TEST_F(Initiators, ALunTakesItsInitiatorsAlong) {
  fill();
  ask(kD, 0).record(read_of(512, 1), false);
  ask(kD, 1).record(read_of(512, 1), false);
  segment_->remove_lun(slots_[0], kNoon);
  EXPECT_THAT(names(), UnorderedElementsAre(on(1, "")));
  ask(kD, 1);
  EXPECT_THAT(names(), UnorderedElementsAre(on(1, ""), on(1, kD))) << "their slots are free";
  EXPECT_TRUE(ask(kA, 0).record(read_of(512, 1), false)) << "a LUN that is gone counts nothing";
  EXPECT_THAT(names(), UnorderedElementsAre(on(1, ""), on(1, kD)));
}

TEST_F(Initiators, AnotherLunInTheSlotBeginsAnew) {
  fill();
  ask(kD).record(read_of(512, 1), false);
  segment_->remove_lun(slots_[0], kNoon);
  ask(kA);  // a lane that was late: it must not be the old LUN's when the slot is another's
  const BootTime rested = kNoon + limits::kTombstoneTime;
  slots_[0] = *segment_->add_lun(lun_number(7), rested);
  ASSERT_EQ(slots_[0].value, 0u) << "the slot rested, and is given again";
  EXPECT_THAT(names(), IsEmpty());
  fill();
  ask(kD).record(read_of(512, 1), false);
  EXPECT_EQ(of(kA).ops[0], 1u);
  EXPECT_EQ(of("").ops[0], 1u);
}

TEST_F(Initiators, NamesAreCutAsTextsAre) {
  const std::string name(layout::kTargetBytes - 1, 'x');
  ask((name + "1").c_str()).record(read_of(512, 1), false);
  ask((name + "2").c_str()).record(read_of(512, 1), false);
  EXPECT_EQ(of(name.c_str()).ops[0], 2u) << "one name, one slot";
}

class NoInitiators : public Initiators {
 protected:
  NoInitiators() : Initiators(false) {}
};

TEST_F(NoInitiators, CountNothing) {
  EXPECT_TRUE(ask(kA).record(read_of(512, 1), true));
  EXPECT_THAT(read().nexuses, IsEmpty());
  EXPECT_EQ(without_slot(), 0u);
  segment_->remove_lun(slots_[0], kNoon);
}

// Two lanes ask and count, the control thread adds and removes a LUN, a reader reads all the while.
TEST_F(Initiators, ComeAndGoWhileTheyAreCountedAndRead) {
  std::atomic<unsigned> running{kLoops};
  std::atomic<std::uint32_t> other{0};
  const auto work = [&](unsigned loop) {
    for (std::uint64_t i = 0; i < 20'000; ++i) {
      const std::string name = "iqn.2026-11.io.lungate:" + std::to_string(i % 7);
      const BootTime now = kNoon + std::chrono::minutes(i);
      const SlotId lun = i % 2 == 0 ? slots_[0] : SlotId{other};
      segment_->loop(loop).nexus(lun, name, now).record(read_of(4096, 1), false);
    }
    --running;
  };
  std::thread first(work, 0);
  std::thread second(work, 1);
  BootTime now = kNoon;
  while (running != 0) {
    const SlotId added = *segment_->add_lun(lun_number(42), now);
    other = added.value;
    const Snapshot snapshot = read();
    for (const NexusSnapshot& one : snapshot.nexuses) {
      ASSERT_LT(one.lun, snapshot.luns.size());
      ASSERT_EQ(one.bytes[0] % 4096, 0u);
    }
    segment_->remove_lun(added, now);
    now = now + limits::kTombstoneTime;
  }
  first.join();
  second.join();
  EXPECT_EQ(read().slots_repeated, 0u);
}

}  // namespace
}  // namespace lungate::telemetry
