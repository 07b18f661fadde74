// SPDX-License-Identifier: LGPL-2.1-or-later
// Connection reinstatement (RFC 7143, 6.3.4): a login with a session's own TSIH and CID takes the
// place of its connection, and the session continues: nothing of the nexus is lost but commands.
#include <gtest/gtest.h>

#include <utility>

#include "tests/unit/session/rig.h"

namespace lungate::session::test {
namespace {

using scsi::AdditionalSense;
using telemetry::GatewayCounter;
using Attentions = std::vector<AdditionalSense>;
namespace sense = scsi::sense;

constexpr std::uint16_t kTooManyConnections = 0x0206;
constexpr std::uint16_t kNoSuchSession = 0x020a;
constexpr std::uint8_t kLunReset = 5;

struct Reinstatement {
  Rig rig;
  Peer old;

  explicit Reinstatement(unsigned luns = 1) : rig(two_lanes(luns)), old(rig.ready()) {}
  static RigOptions two_lanes(unsigned luns) {
    RigOptions options;
    options.luns = luns;
    return options;
  }

  LoginOptions own() const { return {.tsih = old.tsih()}; }
  /// On the other lane, unless there was another connection.
  Peer take_place() {
    Peer fresh = rig.connect();
    EXPECT_EQ(fresh.login(own()), 0);
    return fresh;
  }
  /// A write of the old connection is with the store, and a login waits for its end.
  Peer wait_behind_a_write(unsigned seed = 1) {
    rig.store().hold();
    old.write(0, pattern(4096, seed), 4096);
    rig.store().wait_held(1);
    Peer fresh = rig.connect();
    fresh.send_login(own());
    EXPECT_TRUE(old.closed());
    return fresh;
  }
};

/// Guards the wait in Registry::admit, and the handle that Registry::ended gives again.
TEST(Reinstatement, TheLoginWaitsForTheOldConnectionsIoAndContinuesTheSession) {
  Reinstatement test;
  Peer fresh = test.wait_behind_a_write();
  test.rig.settle();
  test.rig.settle();
  EXPECT_FALSE(fresh.poll()) << "not before the write has ended";
  test.rig.store().let_go();
  EXPECT_EQ(fresh.finish_login(), 0);
  EXPECT_EQ(fresh.tsih(), test.old.tsih());
  EXPECT_EQ(test.rig.counter(GatewayCounter::kCloseReinstated), 1u);
  EXPECT_EQ(fresh.attentions(), Attentions{sense::kCommandsClearedByProtocol});
  EXPECT_GOOD(fresh.finish(fresh.write(0, pattern(4096, 2), 4096)));
  EXPECT_EQ(test.rig.store().content(0, 4096), pattern(4096, 2));
  EXPECT_EQ(test.rig.sessions(), 1u);
}

/// The nexus is not lost (6.3.5.1): whoever had no commands is told nothing.
TEST(Reinstatement, OfAnIdleConnectionTellsNothing) {
  Reinstatement test;
  for (int i = 0; i < 3; ++i) {
    Peer fresh = test.take_place();
    EXPECT_TRUE(test.old.closed());
    EXPECT_EQ(fresh.attentions(), Attentions{});
    EXPECT_EQ(fresh.tsih(), test.old.tsih());
    test.old = std::move(fresh);
  }
}

/// Guards NexusMap::inherit: what the session owed is told by whoever continues it, once.
TEST(Reinstatement, KeepsWhatWasNotToldYet) {
  Reinstatement test(3);
  Peer other = test.rig.ready({.isid = 2});
  other.manage(kLunReset, iscsi::kNoTag, 1);
  other.expect<iscsi::TaskManagementResponse>();
  Peer fresh = test.take_place();
  EXPECT_EQ(fresh.attentions(0), Attentions{});
  EXPECT_EQ(fresh.attentions(1), Attentions{sense::kBusDeviceReset});
  EXPECT_EQ(fresh.attentions(2), Attentions{});
}

/// Guards LaneLun::tellings: what is told while there is no session to hear it.
TEST(Reinstatement, WhatIsToldMeanwhileIsNotLost) {
  Reinstatement test(3);
  Peer other = test.rig.ready({.isid = 2});
  Peer fresh = test.wait_behind_a_write();
  other.manage(kLunReset, iscsi::kNoTag, 1);
  other.expect<iscsi::TaskManagementResponse>();
  test.rig.store().let_go();
  EXPECT_EQ(fresh.finish_login(), 0);
  EXPECT_EQ(fresh.attentions(0), Attentions{sense::kCommandsClearedByProtocol});
  EXPECT_EQ(fresh.attentions(1), Attentions{sense::kResetOccurred});
  EXPECT_EQ(fresh.attentions(2), Attentions{});
}

/// Guards the inventory in NexusLegacy, and LUNs that are gone by then.
TEST(Reinstatement, AnotherInventoryMeanwhileIsTold) {
  Reinstatement test(2);
  Peer fresh = test.wait_behind_a_write();
  test.rig.directory.targets.begin()->second.luns.erase(1);
  test.rig.publish();
  test.rig.store().let_go();
  EXPECT_EQ(fresh.finish_login(), 0);
  EXPECT_EQ(fresh.attentions(),
            (Attentions{sense::kCommandsClearedByProtocol, sense::kReportedLunsChanged}));
}

/// Guards Registry::continues in Gateway::session_ended. RESERVE is what a lost nexus loses.
TEST(Reinstatement, KeepsAReservation) {
  Reinstatement test;
  Peer other = test.rig.ready({.isid = 2});
  const auto write = [](Peer& peer) {
    return peer.run(peer.write(0, pattern(kBlock), kBlock)).status;
  };
  const auto reserve = test.old.command({0x16}, 0, iscsi::kFinalBit);
  test.old.send(reserve);
  EXPECT_GOOD(test.old.run(reserve.initiator_task_tag));
  Peer fresh = test.take_place();
  test.rig.settle();
  EXPECT_EQ(write(other), scsi::Status::kReservationConflict);
  EXPECT_EQ(write(fresh), scsi::Status::kGood);
  Peer anew = test.rig.connect();
  EXPECT_EQ(anew.login({}), 0);
  EXPECT_TRUE(eventually([&] { return write(other) == scsi::Status::kGood; }))
      << "session reinstatement loses the nexus";
}

/// A registration is the initiator port's, and would outlive the session, too.
TEST(Reinstatement, KeepsAPersistentReservation) {
  Reinstatement test;
  Peer other = test.rig.ready({.isid = 2});
  const auto reserve_out = [&](std::uint8_t action, std::uint64_t key, std::uint64_t new_key) {
    std::array<std::uint8_t, 16> cdb{0x5f, action, 1};  // write exclusive
    cdb[8] = 24;
    std::vector<std::byte> list(24);
    store(MutableBytes(list), be64(key));
    store(MutableBytes(list).subspan(8), be64(new_key));
    const auto header = test.old.command(cdb, 24, iscsi::ScsiCommand::kWriteBit | iscsi::kFinalBit);
    test.old.send(header, list);
    return test.old.run(header.initiator_task_tag);
  };
  EXPECT_GOOD(reserve_out(0, 0, 0xa));
  EXPECT_GOOD(reserve_out(1, 0xa, 0));
  Peer fresh = test.take_place();
  EXPECT_EQ(other.run(other.write(0, pattern(kBlock), kBlock)).status,
            scsi::Status::kReservationConflict);
  EXPECT_GOOD(fresh.run(fresh.write(0, pattern(kBlock), kBlock)));
}

/// 11.12.8: the login's CmdSN is its next command's, wherever the old connection stood.
TEST(Reinstatement, CommandsAreNumberedFromTheLoginOn) {
  for (const std::uint32_t cmd_sn : {7u, 100u, 5000u, 0xffff'fffeu}) {
    Reinstatement test;
    Peer fresh = test.rig.connect();
    fresh.cmd_sn = cmd_sn;
    EXPECT_EQ(fresh.login(test.own()), 0);
    for (int i = 0; i < 4; ++i) EXPECT_GOOD(fresh.run(fresh.test_unit_ready()));
  }
}

TEST(Reinstatement, ANewConnectionBesideTheOldOneIsRefused) {
  Reinstatement test;
  Peer second = test.rig.connect();
  EXPECT_EQ(second.login({.tsih = test.old.tsih(), .cid = 1}), kTooManyConnections);
  EXPECT_GOOD(test.old.run(test.old.test_unit_ready()));
}

TEST(Reinstatement, ASessionOfSomebodyElseIsNotTaken) {
  Reinstatement test;
  Peer stranger = test.rig.connect();
  EXPECT_EQ(stranger.login({.isid = 2, .tsih = test.old.tsih()}), kNoSuchSession);
  Peer looking = test.rig.connect();
  EXPECT_EQ(looking.login({.tsih = test.old.tsih(), .target = ""}), kNoSuchSession);
  EXPECT_GOOD(test.old.run(test.old.test_unit_ready()));
}

/// A session ends with its connection, if that is what we hear first.
TEST(Reinstatement, OfASessionThatHasLoggedOutFindsNone) {
  Reinstatement test;
  test.old.logout(1);
  test.old.expect<iscsi::LogoutResponse>();
  EXPECT_TRUE(test.old.closed());
  EXPECT_TRUE(eventually([&] { return test.rig.sessions() == 0; }));
  Peer late = test.rig.connect();
  EXPECT_EQ(late.login(test.own()), kNoSuchSession);
}

/// Guards the legacy in Session::closed, which only a connection has that was taken away.
TEST(Reinstatement, OfASessionWhoseLastCommandOutlivesItsConnectionFindsNone) {
  Reinstatement test;
  test.rig.store().hold();
  test.old.read(0, 1);
  test.rig.store().wait_held(1);
  test.old.hang_up();
  EXPECT_TRUE(eventually([&] { return test.rig.counter(GatewayCounter::kClosePeerClosed) == 1; }));
  Peer late = test.rig.connect();
  late.send_login(test.own());
  EXPECT_TRUE(eventually(
      [&] { return test.rig.on_home([&] { return test.rig.gateway().waiting_logins(); }) == 1; }));
  test.rig.store().let_go();
  EXPECT_EQ(late.finish_login(), kNoSuchSession);
}

TEST(Reinstatement, OfADiscoverySessionKeepsItsHandle) {
  Rig rig;
  Peer first = rig.connect();
  EXPECT_EQ(first.login({.target = ""}), 0);
  Peer second = rig.connect();
  EXPECT_EQ(second.login({.tsih = first.tsih(), .target = ""}), 0);
  EXPECT_EQ(second.tsih(), first.tsih());
  EXPECT_TRUE(first.closed());
  second.ping();
  second.expect<iscsi::NopIn>();
  EXPECT_TRUE(eventually([&] { return rig.sessions() == 1 && rig.connections() == 1; }));
}

/// The login is asked for last: whoever has not proved himself throws nobody out.
TEST(Reinstatement, WithoutTheProofTheOldConnectionLives) {
  Reinstatement test;
  config::Chap& chap = test.rig.directory.targets.begin()->second.config.chap;
  chap.user = "host";
  chap.secret = Secret(bytes_of(std::string_view("a-secret-of-some-length")));
  test.rig.publish();
  Peer wrong = test.rig.connect();
  const auto say = [&](std::string_view text, std::uint8_t flags) {
    iscsi::LoginRequest request;
    request.flags = flags;
    request.isid[5] = 1;
    request.tsih = test.old.tsih();
    wrong.send(request, bytes_of(text));
    return wrong.finish_login();
  };
  const std::string names = "InitiatorName=" + LoginOptions{}.initiator + '\0' +
                            "TargetName=" + LoginOptions{}.target + '\0' + "AuthMethod=CHAP" + '\0';
  EXPECT_EQ(say(names, 0x00), 0);
  EXPECT_EQ(say(std::string_view("CHAP_A=5\0", 9), 0x00), 0);
  const std::string proof =
      "CHAP_N=host" + std::string(1, '\0') + "CHAP_R=0x" + std::string(32, '1') + '\0';
  EXPECT_EQ(say(proof, 0x81), 0x0201);
  Peer unasked = test.rig.connect();
  EXPECT_NE(unasked.login(test.own()), 0) << "straight to the operational stage";
  test.rig.settle();
  EXPECT_GOOD(test.old.run(test.old.test_unit_ready()));
  EXPECT_EQ(test.rig.counter(GatewayCounter::kCloseReinstated), 0u);
}

/// Nobody continues the session, whichever is heard of first: the end of the write or of the login.
TEST(Reinstatement, APeerThatGoesWhileItWaitsLeavesNoSession) {
  Reinstatement test;
  { Peer fresh = test.wait_behind_a_write(); }
  EXPECT_TRUE(eventually([&] { return test.rig.connections() == 1; })) << "the old one's write";
  test.rig.store().let_go();
  EXPECT_TRUE(eventually([&] { return test.rig.sessions() == 0 && test.rig.connections() == 0; }));
}

}  // namespace
}  // namespace lungate::session::test
