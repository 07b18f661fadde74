// SPDX-License-Identifier: LGPL-2.1-or-later
// What one source may do before it is anybody: guesses, connections, logins that say nothing. All
// peers of a test have one address.
#include <gtest/gtest.h>

#include <array>

#include "session/login_guard.h"
#include "telemetry/catalog.h"
#include "tests/unit/session/rig.h"

namespace lungate::session::test {
namespace {

using telemetry::GatewayCounter;

constexpr std::uint16_t kAuthenticationFailure = 0x0201;
constexpr std::uint16_t kOutOfResources = 0x0302;

std::string text_of(const Keys& keys) {
  std::string text;
  for (const auto& [key, value] : keys) text += key + "=" + value + '\0';
  return text;
}

/// One request of the security stage; the status of its answer.
std::uint16_t say(Peer& peer, const Keys& keys, std::uint8_t flags) {
  iscsi::LoginRequest request;
  request.flags = flags;
  request.isid[5] = 9;
  request.initiator_task_tag = peer.next_tag();
  peer.send(request, bytes_of(std::string_view(text_of(keys))));
  const auto answer = peer.expect<iscsi::LoginResponse>();
  return static_cast<std::uint16_t>(answer.status_class << 8 | answer.status_detail);
}

constexpr std::uint8_t kStay = 0x00;
constexpr std::uint8_t kOn = 0x81;  // to the operational stage

const Keys kFirst = {{"InitiatorName", LoginOptions{}.initiator},
                     {"TargetName", LoginOptions{}.target},
                     {"AuthMethod", "CHAP"}};

struct LimitsRig : Rig {
  using Rig::Rig;

  /// From now on the target demands CHAP.
  void demand() {
    config::Chap& chap = directory.targets.begin()->second.config.chap;
    chap.user = "host";
    chap.secret = Secret(bytes_of(std::string_view("a-secret-of-some-length")));
    publish();
  }
  /// A login with a wrong proof; its status.
  std::uint16_t guess(const std::string& user = "host") {
    Peer peer = connect();
    if (const auto refused = say(peer, kFirst, kStay)) return refused;
    EXPECT_EQ(say(peer, {{"CHAP_A", "5"}}, kStay), 0);
    return say(peer, {{"CHAP_N", user}, {"CHAP_R", "0x" + std::string(32, '1')}}, kOn);
  }
  /// The home loop has heard of what was counted.
  void guessed(std::uint64_t times) {
    EXPECT_TRUE(
        eventually([&] { return counter(GatewayCounter::kLoginFailedWrongSecret) == times; }));
    on_home([] {});
  }
};

RigOptions options(std::uint32_t failures, std::uint32_t refusal_ms) {
  RigOptions options;
  options.settings.iscsi.failed_logins_max = failures;
  options.settings.iscsi.login_refusal_ms = refusal_ms;
  return options;
}

/// Guards Gateway::proof_failed and LoginPhase::consider.
TEST(LoginLimits, WhoGuessesTooOftenIsRefusedForAWhileAndSessionsStay) {
  LimitsRig rig(options(3, 1'000));
  Peer before = rig.ready();
  rig.demand();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(rig.guess(), kAuthenticationFailure);
  rig.guessed(3);
  EXPECT_EQ(rig.guess(), kOutOfResources);
  Peer open = rig.connect();  // of a target without CHAP it is the same: the source is refused
  EXPECT_EQ(open.login({.isid = 5, .target = ""}), kOutOfResources);
  EXPECT_GE(rig.counter(GatewayCounter::kLoginFailedRefused), 2u);
  EXPECT_GOOD(before.run(before.read(0, 1)));
  EXPECT_TRUE(eventually([&] { return rig.guess() == kAuthenticationFailure; }))
      << "a refusal ends by itself";
}

/// Guards Gateway::admit: connections that were there before cannot go on guessing, either.
TEST(LoginLimits, ALoginThatHasBegunIsRefusedToo) {
  LimitsRig rig(options(1, 60'000));
  rig.directory.discovery = {};
  Peer begun = rig.connect();
  rig.demand();
  EXPECT_EQ(rig.guess(), kAuthenticationFailure);
  rig.guessed(1);
  EXPECT_EQ(begun.login({.isid = 5, .target = ""}), kOutOfResources);
  EXPECT_EQ(rig.counter(GatewayCounter::kLoginFailedRefused), 1u);
}

/// Guards the difference that the operator sees and the peer does not.
TEST(LoginLimits, UnknownUsersAndWrongSecretsAreToldApartInTheCountersOnly) {
  LimitsRig rig(options(0, 1'000));
  rig.demand();
  EXPECT_EQ(rig.guess(), rig.guess("nobody"));
  EXPECT_TRUE(eventually([&] {
    return rig.counter(GatewayCounter::kLoginFailedWrongSecret) == 1 &&
           rig.counter(GatewayCounter::kLoginFailedUnknownUser) == 1;
  }));
  for (int i = 0; i < 30; ++i) EXPECT_EQ(rig.guess(), kAuthenticationFailure) << "0: no bound";
}

/// Guards the rows of login_failure.cc on their whole way, from a login to its counters: what the
/// peer is told, how it ended, and what was wrong.
TEST(LoginRefusals, EachHasItsStatusAndItsCounters) {
  Rig rig;
  config::Initiator& allowed =
      rig.directory.targets.begin()->second.config.initiators.emplace_back();
  allowed.iqn = LoginOptions{}.initiator;
  rig.publish();
  struct Row {
    LoginOptions login;
    std::uint16_t status;
    GatewayCounter result, reason;
  };
  const std::array rows = {
      Row{{.initiator = "iqn.2026-11.io.lungate:nobody"},
          0x0202,
          GatewayCounter::kLoginAclDenied,
          GatewayCounter::kLoginFailedNotAllowed},
      Row{{.target = "iqn.2026-11.io.lungate:absent"},
          0x0203,
          GatewayCounter::kLoginNoTarget,
          GatewayCounter::kLoginFailedNoTarget},
      Row{{.tsih = 4711},
          0x020a,
          GatewayCounter::kLoginProtocol,
          GatewayCounter::kLoginFailedNoSession},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(rig.counter(row.reason), 0u);
    Peer peer = rig.connect();
    EXPECT_EQ(peer.login(row.login), row.status);
    EXPECT_TRUE(peer.closed());
    EXPECT_TRUE(eventually([&] { return rig.counter(row.reason) == 1; }))
        << telemetry::row(row.reason).value;
    EXPECT_EQ(rig.counter(row.result), 1u) << telemetry::row(row.result).value;
  }
  EXPECT_EQ(rig.connect().login({}), 0) << "and who is allowed gets in";
}

/// Guards Gateway::bound_reached.
TEST(LoginLimits, OneSourceHasSoManyConnections) {
  RigOptions few;
  few.settings.iscsi.connections_per_address_max = 3;
  Rig rig(few);
  std::vector<Peer> sessions;
  for (std::uint64_t i = 0; i < 3; ++i) sessions.push_back(rig.ready({.isid = i}));
  EXPECT_TRUE(rig.connect().closed());
  EXPECT_TRUE(
      eventually([&] { return rig.counter(GatewayCounter::kConnectionsRefusedAddress) == 1; }));
  EXPECT_EQ(rig.counter(GatewayCounter::kConnectionsRefusedLimit), 0u);
  EXPECT_GOOD(sessions[0].run(sessions[0].read(0, 1)));
  sessions.pop_back();  // and its place is free again
  EXPECT_TRUE(eventually([&] { return rig.connections() == 2; }));
  Peer next = rig.ready({.isid = 7});
  EXPECT_GOOD(next.run(next.read(0, 1)));
}

/// Guards Lane::make_room_for_login: the oldest of the same source gives way, and no session.
TEST(LoginLimits, OneSourceHasSoManyLoginsThatSayNothing) {
  RigOptions few;
  few.settings.iscsi.logins_per_address_max = 4;  // two for each lane
  Rig rig(few);
  Peer session = rig.ready();
  std::vector<Peer> flood;
  for (std::uint64_t i = 0; i < 12; ++i) {
    flood.push_back(rig.connect());
    ASSERT_TRUE(eventually([&] {
      return rig.counter(GatewayCounter::kConnectionsAccepted) == i + 2 && rig.connections() <= 5;
    })) << i;
  }
  EXPECT_TRUE(flood.front().closed());
  EXPECT_EQ(rig.counter(GatewayCounter::kLoginFailedTooMany), 8u);
  EXPECT_EQ(flood.back().login({.isid = 3}), 0);
  EXPECT_GOOD(session.run(session.read(0, 1)));
}

/// Guards Lane::login_proved: logins that wait for the end of their old sessions are nobody's
/// flood.
TEST(LoginLimits, WhoHasProvedHimselfCountsNoMore) {
  RigOptions few;
  few.lanes = 1;
  few.settings.iscsi.logins_per_address_max = 2;
  Rig rig(few);
  std::vector<Peer> old;
  for (std::uint64_t i = 0; i < 3; ++i) old.push_back(rig.ready({.isid = i}));
  rig.store().hold();
  for (Peer& peer : old) peer.read(0, 1);
  rig.store().wait_held(3);
  std::vector<Peer> fresh;
  for (std::uint64_t i = 0; i < 3; ++i) {
    fresh.push_back(rig.connect());
    fresh.back().send_login({.isid = i});
    EXPECT_TRUE(old[i].closed()) << "it waits for this one's I/O";
  }
  rig.store().let_go();
  for (Peer& peer : fresh) EXPECT_EQ(peer.finish_login(), 0);
}

}  // namespace
}  // namespace lungate::session::test
