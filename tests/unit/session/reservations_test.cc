// SPDX-License-Identifier: LGPL-2.1-or-later
// Reservations between sessions: what one initiator does, the others meet, on every lane, and the
// store has it before the answer.
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "scsi/kept_state.h"
#include "tests/unit/session/rig.h"

namespace lungate::session {
namespace {

using backend::Verb;
using scsi::Status;
using test::kBlock;
using test::pattern;
using test::Peer;
using test::Rig;

enum Action : std::uint8_t {
  kRegister = 0,
  kReserve = 1,
  kRelease = 2,
  kClear = 3,
  kPreempt = 4,
  kPreemptAndAbort = 5
};
constexpr std::uint8_t kWriteExclusive = 1;
constexpr std::uint8_t kRegistrantsOnly = 5;

struct Out {
  std::uint64_t key = 0;
  std::uint64_t service_action_key = 0;
  std::uint8_t type = 0;
  bool aptpl = false;
};

std::uint32_t reserve_out(Peer& peer, Action action, const Out& out) {
  std::array<std::uint8_t, 16> cdb{0x5f, action, out.type};
  cdb[8] = 24;
  std::vector<std::byte> list(24);
  store(MutableBytes(list), be64(out.key));
  store(MutableBytes(list).subspan(8), be64(out.service_action_key));
  list[20] = std::byte{out.aptpl};
  const auto header = peer.command(cdb, 24, iscsi::ScsiCommand::kWriteBit | iscsi::kFinalBit);
  peer.send(header, list);
  return header.initiator_task_tag;
}

Status run(Peer& peer, Action action, const Out& out) {
  return peer.run(reserve_out(peer, action, out)).status;
}

Status write(Peer& peer) {
  return peer.run(peer.write(0, pattern(kBlock), kBlock)).status;
}

struct TwoHosts {
  Rig rig;
  Peer a = rig.ready({.isid = 1});
  Peer b = rig.ready({.isid = 2});

  void both_register() {
    EXPECT_EQ(run(a, kRegister, {.service_action_key = 0xa}), Status::kGood);
    EXPECT_EQ(run(b, kRegister, {.service_action_key = 0xb}), Status::kGood);
  }
};

TEST(Reservations, KeepOthersFromWriting) {
  TwoHosts hosts;
  EXPECT_EQ(run(hosts.a, kRegister, {.service_action_key = 0xa}), Status::kGood);
  EXPECT_EQ(run(hosts.a, kReserve, {.key = 0xa, .type = kWriteExclusive}), Status::kGood);
  EXPECT_EQ(write(hosts.b), Status::kReservationConflict);
  EXPECT_EQ(write(hosts.a), Status::kGood);
  EXPECT_EQ(run(hosts.a, kRelease, {.key = 0xa, .type = kWriteExclusive}), Status::kGood);
  EXPECT_EQ(write(hosts.b), Status::kGood);
}

TEST(Reservations, OutliveTheSession) {
  TwoHosts hosts;
  hosts.both_register();
  EXPECT_EQ(run(hosts.a, kReserve, {.key = 0xa, .type = kWriteExclusive}), Status::kGood);
  hosts.a.hang_up();
  EXPECT_EQ(write(hosts.b), Status::kReservationConflict);
  Peer again = hosts.rig.ready({.isid = 1});
  EXPECT_EQ(write(again), Status::kGood) << "it is the same nexus";
}

TEST(Reservations, AreAnsweredWhenTheStoreHasThem) {
  TwoHosts hosts;
  hosts.rig.store().hold();
  const auto tag = reserve_out(hosts.a, kRegister, {.service_action_key = 0xa, .aptpl = true});
  hosts.rig.store().wait_held(1);
  EXPECT_TRUE(hosts.a.silent());
  EXPECT_EQ(hosts.rig.store().stored(), "");
  hosts.rig.store().release();
  EXPECT_GOOD(hosts.a.run(tag));
  const auto stored = scsi::decode_state(bytes_of(std::string_view(hosts.rig.store().stored())));
  ASSERT_TRUE(stored);
  ASSERT_EQ(stored->reservations.registrations.size(), 1u);
  EXPECT_EQ(stored->reservations.registrations[0].key, 0xau);
  EXPECT_EQ(stored->reservations.registrations[0].nexus.initiator_port,
            "iqn.2026-11.io.lungate:initiator,i,0x000000000001");
}

TEST(Reservations, ThatCannotBeStoredAreNotTaken) {
  TwoHosts hosts;
  hosts.rig.store().hold();
  const auto tag = reserve_out(hosts.a, kRegister, {.service_action_key = 0xa, .aptpl = true});
  hosts.rig.store().wait_held(1);
  hosts.rig.store().release(backend::Status::kIoError);
  EXPECT_EQ(hosts.a.run(tag).status, Status::kCheckCondition);
  hosts.rig.store().let_go();
  EXPECT_EQ(run(hosts.a, kReserve, {.key = 0xa, .type = kWriteExclusive}),
            Status::kReservationConflict)
      << "it has not registered";
}

TEST(Reservations, APreemptedHostIsToldAndShutOut) {
  TwoHosts hosts;
  hosts.both_register();
  EXPECT_EQ(run(hosts.a, kReserve, {.key = 0xa, .type = kRegistrantsOnly}), Status::kGood);
  EXPECT_EQ(write(hosts.b), Status::kGood);
  EXPECT_EQ(
      run(hosts.b, kPreempt, {.key = 0xb, .service_action_key = 0xa, .type = kRegistrantsOnly}),
      Status::kGood);
  const auto told = hosts.a.attentions();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].asc, 0x2a);
  EXPECT_EQ(told[0].ascq, 0x05) << "REGISTRATIONS PREEMPTED";
  EXPECT_EQ(write(hosts.a), Status::kReservationConflict);
}

TEST(Reservations, PreemptAndAbortIsAnsweredWhenTheLastWriteHasEnded) {
  TwoHosts hosts;
  hosts.both_register();
  EXPECT_EQ(run(hosts.a, kReserve, {.key = 0xa, .type = kRegistrantsOnly}), Status::kGood);
  hosts.rig.store().hold();
  const auto taken = hosts.a.write(0, pattern(kBlock), kBlock);
  hosts.rig.store().wait_held(1);
  const auto tag = reserve_out(hosts.b, kPreemptAndAbort,
                               {.key = 0xb, .service_action_key = 0xa, .type = kRegistrantsOnly});
  EXPECT_TRUE(test::eventually([&] { return hosts.rig.store().hurried() == 1; }))
      << "the write has been taken back";
  EXPECT_TRUE(hosts.b.silent());
  hosts.rig.store().let_go();
  EXPECT_GOOD(hosts.b.run(tag));
  EXPECT_EQ(hosts.a.finish(taken).status, Status::kTaskAborted);
  EXPECT_EQ(write(hosts.a), Status::kCheckCondition) << "the attention";
}

/// Guards `change` in Lane::hold_ranges. Both wait for the home loop here: the PREEMPT AND ABORT
/// takes the COMPARE AND WRITE away and waits for its end; its lock must not wait for the preempt.
TEST(Reservations, PreemptAndAbortAndARangeLockDoNotWaitForEachOther) {
  TwoHosts hosts;
  hosts.both_register();
  EXPECT_EQ(run(hosts.a, kReserve, {.key = 0xa, .type = kRegistrantsOnly}), Status::kGood);
  std::promise<void> standing, go;
  std::thread holds_home([&] {
    hosts.rig.on_home([&] {
      standing.set_value();
      go.get_future().wait();
    });
  });
  standing.get_future().wait();
  const auto received = [&] {
    return hosts.rig.counter(telemetry::GatewayCounter::kBytesReceived);
  };
  const std::uint64_t before = received();
  const auto tag = reserve_out(hosts.b, kPreemptAndAbort,
                               {.key = 0xb, .service_action_key = 0xa, .type = kRegistrantsOnly});
  EXPECT_TRUE(test::eventually([&] { return received() >= before + 48 + 24; }));
  std::array<std::uint8_t, 16> compare_and_write{0x89};
  compare_and_write[13] = 1;
  const auto header = hosts.a.command(compare_and_write, 2 * kBlock,
                                      iscsi::ScsiCommand::kWriteBit | iscsi::kFinalBit);
  hosts.a.send(header, pattern(2 * kBlock));
  EXPECT_TRUE(test::eventually([&] { return received() >= before + 2 * 48 + 24 + 2 * kBlock; }));
  go.set_value();
  holds_home.join();
  EXPECT_GOOD(hosts.b.run(tag));
}

TEST(Reservations, AResetLeavesThemAndTakesWhatReserveGave) {
  TwoHosts hosts;
  std::array<std::uint8_t, 16> reserve6{0x16};
  const auto taken = hosts.a.command(reserve6, 0, iscsi::kFinalBit);
  hosts.a.send(taken);
  EXPECT_GOOD(hosts.a.run(taken.initiator_task_tag));
  EXPECT_EQ(write(hosts.b), Status::kReservationConflict);
  hosts.b.manage(5, iscsi::kNoTag);
  hosts.b.expect<iscsi::TaskManagementResponse>();
  hosts.b.attentions();
  EXPECT_EQ(write(hosts.b), Status::kGood);
}

TEST(Reservations, WhatReserveGaveGoesWithTheSession) {
  TwoHosts hosts;
  std::array<std::uint8_t, 16> reserve6{0x16};
  const auto taken = hosts.a.command(reserve6, 0, iscsi::kFinalBit);
  hosts.a.send(taken);
  EXPECT_GOOD(hosts.a.run(taken.initiator_task_tag));
  hosts.a.hang_up();
  EXPECT_TRUE(test::eventually([&] { return write(hosts.b) == Status::kGood; }));
}

/// Guards the target in Gateway::nexus_lost: towards other targets, and to look for them, an
/// initiator uses the same name and ISID.
TEST(Reservations, WhatReserveGaveOutlivesAnotherSessionOfThatName) {
  TwoHosts hosts;
  const auto taken = hosts.a.command({0x16}, 0, iscsi::kFinalBit);
  hosts.a.send(taken);
  EXPECT_GOOD(hosts.a.run(taken.initiator_task_tag));
  {
    test::LoginOptions discovery;
    discovery.target.clear();
    discovery.isid = 1;
    Peer looking = hosts.rig.connect();
    EXPECT_EQ(looking.login(discovery), 0);
  }
  EXPECT_TRUE(test::eventually([&] { return hosts.rig.sessions() == 2; }));
  hosts.rig.settle();
  EXPECT_EQ(write(hosts.b), Status::kReservationConflict);
}

}  // namespace
}  // namespace lungate::session
