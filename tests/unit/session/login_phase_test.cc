// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session/login_phase.h"

#include <gtest/gtest.h>

#include <set>

#include "iscsi/login_status.h"
#include "tests/unit/session/rig.h"

namespace lungate::session::test {
namespace {

using telemetry::GatewayCounter;

TEST(LoginPhase, GoodLoginsGetATsihEach) {
  Rig rig;
  Peer first = rig.connect();
  Peer second = rig.connect();
  EXPECT_EQ(first.login({.isid = 1}), 0);
  EXPECT_EQ(second.login({.isid = 2}), 0);
  EXPECT_NE(first.tsih(), 0);
  EXPECT_NE(second.tsih(), 0);
  EXPECT_NE(first.tsih(), second.tsih());
  EXPECT_EQ(rig.sessions(), 2u);
  EXPECT_EQ(rig.counter(GatewayCounter::kLoginSuccess), 2u);
}

// --- Every status that is sent: how a peer comes to it, what it reads, what is counted -----------

/// A first request with these keys, straight to full feature phase unless `flags` say otherwise.
void ask(Peer& peer, const Keys& keys, std::uint8_t flags = 0x87, std::uint8_t version_min = 0) {
  std::string text;
  for (const auto& [key, value] : keys) text += key + "=" + value + '\0';
  iscsi::LoginRequest request;
  request.flags = flags;
  request.version_max = request.version_min = version_min;
  request.isid[5] = 2;
  request.initiator_task_tag = peer.next_tag();
  peer.send(request, bytes_of(std::string_view(text)));
}

const Keys kKeys = {{"InitiatorName", LoginOptions{}.initiator},
                    {"TargetName", LoginOptions{}.target}};
Keys but(const std::string& key, const std::string& value) {
  Keys keys = kKeys;
  keys[key] = value;
  return keys;
}

namespace status = iscsi::login_status;

/// The gateway has room for one session, which `present` has.
const struct Row {
  iscsi::LoginStatus status;
  std::uint8_t status_class;  // as RFC 7143, 11.13.5 has them
  std::uint8_t detail;
  GatewayCounter counter;
  void (*provoke)(Peer& peer, const Peer& present);
} kRows[] = {
    {status::kInitiatorError, 2, 0x00, GatewayCounter::kLoginProtocol,
     [](Peer& peer, const Peer&) { ask(peer, but("InitiatorName", "nobody")); }},
    {status::kAuthenticationFailure, 2, 0x01, GatewayCounter::kLoginAuthFailure,
     [](Peer& peer, const Peer&) { ask(peer, but("AuthMethod", "SRP"), 0x81); }},
    {status::kAuthorizationFailure, 2, 0x02, GatewayCounter::kLoginAclDenied,
     [](Peer& peer, const Peer&) { ask(peer, but("InitiatorName", "iqn.2026-11.a:b")); }},
    {status::kNotFound, 2, 0x03, GatewayCounter::kLoginNoTarget,
     [](Peer& peer, const Peer&) { ask(peer, but("TargetName", "iqn.2026-11.a:none")); }},
    {status::kUnsupportedVersion, 2, 0x05, GatewayCounter::kLoginProtocol,
     [](Peer& peer, const Peer&) { ask(peer, kKeys, 0x87, 1); }},
    {status::kTooManyConnections, 2, 0x06, GatewayCounter::kLoginLimit,
     [](Peer& peer, const Peer& present) { peer.send_login({.tsih = present.tsih(), .cid = 1}); }},
    {status::kMissingParameter, 2, 0x07, GatewayCounter::kLoginProtocol,
     [](Peer& peer, const Peer&) {
       ask(peer, {{"TargetName", LoginOptions{}.target}});
     }},
    {status::kSessionTypeNotSupported, 2, 0x09, GatewayCounter::kLoginProtocol,
     [](Peer& peer, const Peer&) { ask(peer, but("SessionType", "Replication")); }},
    {status::kSessionDoesNotExist, 2, 0x0a, GatewayCounter::kLoginProtocol,
     [](Peer& peer, const Peer&) { peer.send_login({.tsih = 4711}); }},
    {status::kInvalidRequest, 2, 0x0b, GatewayCounter::kLoginProtocol,
     [](Peer& peer, const Peer&) {
       ask(peer, kKeys, 0x04);  // operational stage, and there it stays
       EXPECT_EQ(peer.finish_login(), 0);
       peer.test_unit_ready();
     }},
    {status::kOutOfResources, 3, 0x02, GatewayCounter::kLoginLimit,
     [](Peer& peer, const Peer&) { peer.send_login({.isid = 2}); }},
};
/// Of the standard's table, and sent by nobody here: login_status.h says why.
const iscsi::LoginStatus kNeverSent[] = {status::kTargetRemoved, status::kCannotInclude,
                                         status::kServiceUnavailable, status::kTargetError};

TEST(LoginPhase, EveryStatusIsInOneOfTheTablesOrNamedHere) {
  std::multiset<std::string_view> listed = {status::kSuccess.name, status::kMovedTemporarily.name,
                                            status::kMovedPermanently.name};
  for (const auto& one : kNeverSent) listed.insert(one.name);
  for (const Row& row : kRows) listed.insert(row.status.name);
  std::multiset<std::string_view> all;
  for (const auto& one : status::kAll) all.insert(one.name);
  EXPECT_EQ(listed, all);
}

TEST(LoginPhase, EachRefusalSaysWhyAndIsCounted) {
  constexpr GatewayCounter kCounters[] = {
      GatewayCounter::kLoginAuthFailure, GatewayCounter::kLoginAclDenied,
      GatewayCounter::kLoginNoTarget,    GatewayCounter::kLoginProtocol,
      GatewayCounter::kLoginLimit,       GatewayCounter::kLoginTimeout};
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.status.name);
    RigOptions options;
    options.settings.connections_max =
        2 * options.settings.logins_max + options.settings.discovery_sessions_max + 1;
    Rig rig(options);
    rig.directory.targets.begin()->second.config.initiators = {{LoginOptions{}.initiator, {}}};
    rig.publish();
    Peer present = rig.connect();
    ASSERT_EQ(present.login({}), 0);
    Peer peer = rig.connect();
    row.provoke(peer, present);
    const Pdu refusal = peer.receive();
    EXPECT_EQ(refusal.header[0], std::byte{0x23});
    EXPECT_EQ(refusal.header[36], std::byte{row.status_class});
    EXPECT_EQ(refusal.header[37], std::byte{row.detail});
    EXPECT_TRUE(peer.closed());
    EXPECT_TRUE(eventually([&] { return rig.connections() == 1; }));
    EXPECT_EQ(rig.sessions(), 1u);
    const auto snapshot = rig.snapshot();
    for (const GatewayCounter counter : kCounters)
      EXPECT_EQ(snapshot.counters[telemetry::index_of(counter)], counter == row.counter ? 1u : 0u);
  }
}

TEST(LoginPhase, ATargetThatHasMovedSaysWhereTo) {
  for (const bool permanently : {false, true}) {
    Rig rig;
    config::Target& target = rig.directory.targets.begin()->second.config;
    target.moved_to = "192.0.2.7:3260";
    target.moved_permanently = permanently;
    rig.publish();
    Peer peer = rig.connect();
    ask(peer, kKeys);
    const Pdu answer = peer.receive();
    EXPECT_EQ(answer.header[36], std::byte{1});
    EXPECT_EQ(answer.header[37], permanently ? std::byte{2} : std::byte{1});
    EXPECT_NE(text_of(answer.data).find("TargetAddress=192.0.2.7:3260"), std::string::npos);
    EXPECT_TRUE(peer.closed());
  }
}

/// Guards the address in find_access(): the name alone is what anybody can say.
TEST(LoginPhase, WhoComesFromElsewhereHasNoAccess) {
  for (const bool from_here : {true, false}) {
    Rig rig;
    config::Initiator& row = rig.directory.targets.begin()->second.config.initiators.emplace_back();
    row.iqn = LoginOptions{}.initiator;
    row.networks = {*config::parse_network(from_here ? "127.0.0.0/8" : "192.0.2.0/24")};
    rig.publish();
    Peer peer = rig.connect();
    EXPECT_EQ(peer.login({}), from_here ? 0 : 0x0202);
    Peer looking = rig.connect();
    LoginOptions discovery;
    discovery.target.clear();
    EXPECT_EQ(looking.login(discovery), 0);
    looking.text(std::string_view("SendTargets=All\0", 16));
    const std::string found(text_of(looking.receive().data));
    EXPECT_EQ(found.find("TargetName=") != std::string::npos, from_here) << found;
  }
}

TEST(LoginPhase, ACommandInTheMiddleIsRefused) {
  Rig rig;
  Peer peer = rig.connect();
  iscsi::LoginRequest request;
  request.flags = 0x04;
  peer.send(request, bytes_of(std::string_view("InitiatorName=iqn.2026-11.a:b\0"
                                               "SessionType=Discovery\0",
                                               52)));
  peer.expect<iscsi::LoginResponse>();
  peer.test_unit_ready();
  const auto refusal = peer.expect<iscsi::LoginResponse>();
  EXPECT_EQ(refusal.status_class, 2);
  EXPECT_TRUE(peer.closed());
}

TEST(LoginPhase, ASegmentBeyondTheDefaultClosesTheConnection) {
  Rig rig;
  Peer peer = rig.connect();
  iscsi::LoginRequest request;
  request.data_segment_bytes = limits::kLoginDataSegmentBytes + 1;
  peer.send_bytes(bytes_of(request));
  EXPECT_TRUE(peer.closed());
}

/// Guards Session::begin: the access goes while the login waits for the old session's I/O, so the
/// new session has to end before it has served anything.
TEST(LoginPhase, AnAccessThatGoesWhileTheLoginWaitsEndsIt) {
  Rig rig;
  Peer old = rig.ready();
  rig.store().hold();
  old.read(0, 1);
  rig.store().wait_held(1);
  Peer fresh = rig.connect();
  fresh.send_login({});
  EXPECT_TRUE(old.closed());
  rig.directory.targets.clear();
  rig.publish();
  rig.store().let_go();
  EXPECT_TRUE(fresh.closed());
  EXPECT_TRUE(eventually([&] { return rig.sessions() == 0 && rig.connections() == 0; }));
}

/// Guards session_ended() in LoginPhase::ask_admission: nobody is left to use the session.
TEST(LoginPhase, APeerThatGoesWhileItWaitsLeavesNoSession) {
  RigOptions options;
  options.settings.login_timeout = std::chrono::milliseconds(200);
  Rig rig(options);
  Peer old = rig.ready();
  rig.store().hold();
  old.read(0, 1);
  rig.store().wait_held(1);
  Peer fresh = rig.connect();
  fresh.send_login({});
  EXPECT_TRUE(old.closed());
  EXPECT_TRUE(fresh.closed()) << "its time is up";
  rig.store().let_go();
  EXPECT_TRUE(eventually([&] { return rig.sessions() == 0 && rig.connections() == 0; }));
}

}  // namespace
}  // namespace lungate::session::test
