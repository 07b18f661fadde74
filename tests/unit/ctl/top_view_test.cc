// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/top_view.h"

#include <gtest/gtest.h>

#include "tests/unit/ctl/readings.h"

namespace lungate::ctl {
namespace {

Top two_luns() {
  Top top;
  top.gateway = "gw-a";
  top.version = "0.1.0";
  top.interval_s = 1;
  top.heartbeat_age_s = 0.25;
  top.loops = 2;
  top.sessions = 3;
  TopRow busy;
  busy.target = "iqn.2026-11.io.lungate:store";
  busy.store = "rbd:rbd/vm-1";
  busy.state = "ready";
  busy.read = {12'345, 50'565'120, 0.00085, 0.0123};
  busy.write = {0.5, 2048, 0.002, 0.002};
  busy.in_flight = 32;
  busy.oldest_s = 0.012;
  TopRow idle;
  idle.target = "iqn.2026-11.io.lungate:bench";
  idle.lun = 12;
  idle.store = "null";
  idle.state = "locked";
  top.rows = {busy, idle};
  return top;
}

std::string text(const Top& top, std::size_t lines_max = 0) {
  std::string out;
  for (const std::string& line : top_lines(top, lines_max)) out += line + "\n";
  return out;
}

TEST(TopLines, Golden) {
  EXPECT_EQ(text(two_luns()),
            "gw-a, lungate 0.1.0: 2 LUNs, 3 sessions, 2 loops, heartbeat 250ms old\n"
            "TARGET  LUN    R/s  W/s  R MB/s  W MB/s  R p50   R p99   W p50   W p99  IN FL  OLDEST"
            "  ERR/s  STATE   STORE\n"
            "store     0  12345  0.5    50.6     0.0  850us  12.3ms  2.00ms  2.00ms     32  12.0ms"
            "      0  ready   rbd:rbd/vm-1\n"
            "bench    12      0    0     0.0     0.0      -       -       -       -      0       -"
            "      0  locked  null\n"
            "total        12345  0.5    50.6     0.0      -       -       -       -     32  12.0ms"
            "      0\n");
}

TEST(TopLines, NamesThatEndAlikeAreShownWhole) {
  Top top = two_luns();
  top.rows[1].target = "iqn.2027-01.org.example:store";
  EXPECT_NE(text(top).find("iqn.2027-01.org.example:store "), std::string::npos);
  EXPECT_NE(text(top).find("iqn.2026-11.io.lungate:store "), std::string::npos);
}

TEST(TopLines, RowsGiveWayWhereTheScreenIsSmall) {
  Top top = two_luns();
  for (std::uint16_t lun = 100; lun < 110; ++lun) {
    top.rows.push_back(top.rows[1]);
    top.rows.back().lun = lun;
  }
  const auto lines = top_lines(top, 6);
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_EQ(lines[4], "... 10 more");
  EXPECT_EQ(lines[5].substr(0, 5), "total");
  EXPECT_EQ(top_lines(top, 1).size(), 15u);
}

}  // namespace
}  // namespace lungate::ctl
