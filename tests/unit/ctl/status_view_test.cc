// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/status_view.h"

#include <gtest/gtest.h>

namespace lungate::ctl {
namespace {

api::Status serving() {
  api::Status status;
  status.gateway = "gw-a";
  status.version = "0.1.0";
  status.state = "serving";
  status.pid = 4242;
  status.uptime_s = 93'784;
  status.loops = 2;
  status.sessions = 1;
  status.connections = 3;
  status.config_file = "/etc/lungate/gw-a.toml";
  status.config_hash = "00c0ffee00c0ffee";
  status.segment = "/dev/shm/lungate/gw-a";
  status.portals = {{1, "10.0.0.1:3260"}, {1, "[::1]:3260"}, {2, "10.0.0.2:3260"}};
  status.targets = {{"iqn.2026-11.io.lungate:store",
                     "",
                     {{0, "rbd", "rbd:rbd/vm-1", "ready", "", 10ull << 30, 512, false},
                      {12, "file", "file:/srv/a.img", "offline", "no such file", 0, 4096, true}}},
                    {"iqn.2026-11.io.lungate:empty", "", {}}};
  return status;
}

TEST(StatusText, Golden) {
  EXPECT_EQ(
      status_text(serving()),
      "gateway    gw-a, serving, up 1d 02:03:04\n"
      "target     version 0.1.0, pid 4242, 2 loops, log level info\n"
      "config     /etc/lungate/gw-a.toml, group hash 00c0ffee00c0ffee\n"
      "segment    /dev/shm/lungate/gw-a\n"
      "sessions   1 session, 3 connections\n"
      "portals    tag 1: 10.0.0.1:3260, [::1]:3260; tag 2: 10.0.0.2:3260\n"
      "\n"
      "TARGET                        LUN  STATE     SIZE  BLOCK  MODE  STORE            REASON\n"
      "iqn.2026-11.io.lungate:store    0  ready    10GiB    512  rw    rbd:rbd/vm-1\n"
      "iqn.2026-11.io.lungate:store   12  offline      -   4096  ro    file:/srv/a.img  "
      "\"no such file\"\n"
      "iqn.2026-11.io.lungate:empty    -\n");
}

TEST(StatusText, WithoutTargets) {
  api::Status status = serving();
  status.targets.clear();
  status.portals.clear();
  EXPECT_NE(status_text(status).find("portals    none\ntargets    none\n"), std::string::npos);
}

api::SessionInfo session() {
  api::SessionInfo session;
  session.id = 7;
  session.initiator = "iqn.1994-05.com.redhat:c";
  session.target = "iqn.2026-11.io.lungate:store";
  session.peer = "10.0.0.7:41234";
  session.portal = "10.0.0.1:3260";
  session.loop = 1;
  session.since_unix_ms = 1'000'000;
  session.in_flight = 32;
  session.round_trip_us = 123;
  session.sent_bytes = 7'240'000;
  session.retransmitted_bytes = 14'480;
  session.out_of_order_segments = 4;
  session.luns = {0, 1, 2, 3, 7};
  session.parameters = {{"MaxBurstLength", "1048576"}, {"HeaderDigest", "CRC32C"}};
  return session;
}

TEST(SessionsText, Golden) {
  api::SessionInfo discovery = session();
  discovery.id = 12;
  discovery.target.clear();
  discovery.luns.clear();
  discovery.round_trip_us = 0;
  discovery.initiator = "iqn.x\x1b[31m";
  EXPECT_EQ(
      sessions_text({{session(), discovery}}, 1'061'999, false),
      "ID  INITIATOR                 TARGET                        PEER            PORTAL     "
      "    LOOP       AGE  LUNS   IN FLIGHT    RTT  SENT AGAIN  DISORDER\n"
      " 7  iqn.1994-05.com.redhat:c  iqn.2026-11.io.lungate:store  10.0.0.7:41234  "
      "10.0.0.1:3260     1  00:01:01  0-3,7         32  123us       0.20%         4\n"
      "12  \"iqn.x\\x1b[31m\"           (discovery)                   10.0.0.7:41234  "
      "10.0.0.1:3260     1  00:01:01  -             32      -       0.20%         4\n");
}

TEST(SessionsText, ParametersOnDemand) {
  const std::string text = sessions_text({{session()}}, 1'000'000, true);
  EXPECT_NE(text.find("\n\nsession 7: MaxBurstLength=1048576 HeaderDigest=CRC32C\n"),
            std::string::npos)
      << text;
}

TEST(SessionsText, None) {
  EXPECT_EQ(sessions_text({}, 0, true), "no sessions\n");
}

TEST(OtherTexts, ReloadsAndErrors) {
  EXPECT_EQ(reloaded_text({}), "reloaded: nothing has changed\n");
  EXPECT_EQ(reloaded_text({{"lun 3 added"}}), "reloaded:\n  lun 3 added\n");
  EXPECT_EQ(reloaded_text({{}, {"target t: open"}}),
            "reloaded: nothing has changed\nwarning: target t: open\n");
  EXPECT_EQ(error_text({api::ErrorCode::kBadConfig, "the file is wrong", {"a:1:2: error: b"}}),
            "the file is wrong\na:1:2: error: b\n");
}

}  // namespace
}  // namespace lungate::ctl
