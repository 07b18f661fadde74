// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session/login_phase.h"

#include <gtest/gtest.h>

#include "tests/unit/session/rig.h"

namespace lungate::session::test {
namespace {

using telemetry::GatewayCounter;

LoginOptions with(void (*change)(LoginOptions&)) {
  LoginOptions options;
  change(options);
  return options;
}

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

TEST(LoginPhase, RefusalsSayWhy) {
  Rig rig;
  rig.directory.targets.begin()->second.config.initiators = {
      {"iqn.2026-11.io.lungate:initiator", {}}};
  rig.publish();
  Peer present = rig.connect();
  EXPECT_EQ(present.login({}), 0);
  const struct {
    std::uint16_t status;
    LoginOptions options;
  } kCases[] = {
      {0x0203, with([](LoginOptions& o) { o.target = "iqn.2026-11.io.lungate:nothing"; })},
      {0x0202, with([](LoginOptions& o) { o.initiator = "iqn.2026-11.io.lungate:stranger"; })},
      {0x020a, with([](LoginOptions& o) { o.tsih = 4711; })},
      {0x0206, with([](LoginOptions& o) { o.tsih = 1; })},
      {0x0200, with([](LoginOptions& o) { o.initiator = "nobody"; })},
  };
  for (const auto& one : kCases) {
    Peer peer = rig.connect();
    EXPECT_EQ(peer.login(one.options), one.status);
    EXPECT_TRUE(peer.closed());
  }
  EXPECT_EQ(rig.sessions(), 1u);
  EXPECT_TRUE(eventually([&] { return rig.connections() == 1; }));
  EXPECT_EQ(rig.counter(GatewayCounter::kLoginNoTarget), 1u);
  EXPECT_EQ(rig.counter(GatewayCounter::kLoginAclDenied), 1u);
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
