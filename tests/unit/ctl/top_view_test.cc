// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/top_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "ctl/top_head.h"

namespace lungate::ctl {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::Not;

TopHead head() {
  TopHead head;
  head.gateway = "gw-a";
  head.version = "0.1.0";
  head.interval_s = 1;
  head.heartbeat_age_s = 0.25;
  head.busy = {0.5, 0.1};
  head.sessions = 3;
  return head;
}

Top two_luns() {
  Top top;
  top.head = head();
  TopRow busy;
  busy.target = "iqn.2026-11.io.lungate:store";
  busy.store = "rbd:rbd/vm-1";
  busy.state = "ready";
  busy.read = {12'345, 50'565'120, 0.00085, 0.0123, 0.001};
  busy.write = {0.5, 2048, 0.002, 0.002, 0.002};
  busy.slo_read_s = 0.01;
  busy.slo_write_s = 0.02;
  busy.verdict = Verdict::kSlow;
  busy.slow_per_second = 40;
  busy.in_flight = 32;
  busy.oldest_s = 0.012;
  busy.place_used = 0.9;
  TopRow idle;
  idle.target = "iqn.2026-11.io.lungate:bench";
  idle.lun = 12;
  idle.store = "null";
  idle.state = "locked";
  idle.verdict = Verdict::kOffline;
  top.luns = {busy, idle};
  return top;
}

Top two_initiators() {
  Top top;
  top.head = head();
  for (const char* name : {"host-1", "host-2"}) {
    TopRow& row = top.nexuses.emplace_back();
    row.initiator = std::string("iqn.1993-08.org.debian:") + name;
    row.target = "iqn.2026-11.io.lungate:store";
    row.lun = 7;
    row.state = "ready";
    row.read = {100, 4e6, 0, 0, 0.0012};
  }
  top.nexuses[1].errors_per_second = 2;
  top.nexuses[1].verdict = Verdict::kErrors;
  return top;
}

std::string plain(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

std::vector<std::string> plain(const std::vector<Line>& lines) {
  std::vector<std::string> out;
  for (const Line& line : lines) out.push_back(text_of(line, false));
  return out;
}

std::vector<std::string> page(const Top& top, PageSize size, TopState state = {}) {
  return plain(top_page(top, state, {}, size, false));
}

TopState busiest_first() {
  TopState state;
  state.choice.sort = Sort::kIops;
  return state;
}

/// "iqn...:store" with as many idle LUNs.
Top many_luns(std::uint16_t count) {
  Top top = two_luns();
  top.luns.resize(1);
  for (std::uint16_t lun = 1; lun < count; ++lun) {
    top.luns.push_back(top.luns[0]);
    top.luns.back().lun = lun;
  }
  return top;
}

// --- a pipe --------------------------------------------------------------------------------------

TEST(TopLines, Luns) {
  EXPECT_EQ(plain(top_lines(two_luns(), {By::kLun, Sort::kIops, false, ""})),
            "gw-a, lungate 0.1.0  2 LUNs, 1 OFFLINE  heartbeat 250ms old  no ceph"
            "  2 loops busy 30%, most 50% (loop 0)  3 sessions  window full 0%\n"
            "TARGET  LUN  STATE     R/s  W/s  R MB/s  W MB/s  R p50   R p99    W p50   W p99 "
            "  IN FL  OLDEST   ERR/s   SLOW/s  USED   STORE\n"
            "store     0  slow    12345  0.5    50.6     0.0  850us  12.3ms!  2.00ms  2.00ms "
            "     32  12.0ms       0       40   90%!  rbd:rbd/vm-1\n"
            "bench    12  locked      0    0     0.0     0.0      -       -        -       - "
            "      0       -       0        0     -   null\n"
            "total                12345  0.5    50.6     0.0      -       -        -       - "
            "     32  12.0ms       0       40\n");
}

TEST(TopLines, Initiators) {
  EXPECT_EQ(plain(top_lines(two_initiators(), {By::kInitiator, Sort::kName, false, ""})),
            "gw-a, lungate 0.1.0  0 LUNs  heartbeat 250ms old  no ceph"
            "  2 loops busy 30%, most 50% (loop 0)  3 sessions  window full 0%\n"
            "INITIATOR  LUNS  STATE   R/s  W/s  R MB/s  W MB/s   R avg  W avg  ERR/s   SLOW/s\n"
            "host-1        1          100    0     4.0     0.0  1.20ms      -      0        0\n"
            "host-2        1  errors  100    0     4.0     0.0  1.20ms      -    2.0!       0\n"
            "total                    200    0     8.0     0.0  1.20ms      -    2.0!       0\n");
}

TEST(TopLines, ANexusIsAnInitiatorOnALun) {
  const auto lines = top_lines(two_initiators(), {By::kNexus, Sort::kErrors, false, ""});
  EXPECT_THAT(lines[1], HasSubstr("INITIATOR  TARGET  LUN  STATE "));
  EXPECT_THAT(lines[2], HasSubstr("host-2     store     7  errors"));
}

TEST(TopLines, NamesThatEndAlikeAreShownWhole) {
  Top top = two_luns();
  top.luns[1].target = "iqn.2027-01.org.example:store";
  const std::string text = plain(top_lines(top, {}));
  EXPECT_THAT(text, HasSubstr("iqn.2027-01.org.example:store "));
  EXPECT_THAT(text, HasSubstr("iqn.2026-11.io.lungate:store "));
}

// --- a screen ------------------------------------------------------------------------------------

TEST(TopPage, At40ColumnsWhoIsSlowIsLeft) {
  const auto lines = page(two_luns(), {40, 20}, busiest_first());
  EXPECT_EQ(lines[0], "gw-a, lungate 0.1.0  2 LUNs, 1 OFFLINE");
  EXPECT_EQ(lines[4], "TARGET  LUN  STATE    R p99    W p99 ");
  EXPECT_EQ(lines[5], "store     0  slow    12.3ms!  2.00ms ");
  EXPECT_EQ(lines[6], "bench    12  locked       -        - ");
}

TEST(TopPage, At80ColumnsThereAreRatesAndTheTrend) {
  const auto lines = page(two_luns(), {80, 24});
  const std::string& titles = lines[2];
  for (const char* title : {"R/s", "W/s", "R p99", "W p99", "TREND", "IN FL", "OLDEST"}) {
    EXPECT_THAT(titles, HasSubstr(title));
  }
  EXPECT_THAT(titles, Not(HasSubstr("STORE")));
}

TEST(TopPage, At200ColumnsNothingIsLeftOut) {
  const auto lines = page(two_luns(), {200, 50});
  EXPECT_THAT(lines[1], HasSubstr("R p50"));
  EXPECT_THAT(lines[1], HasSubstr("USED   STORE"));
}

TEST(TopPage, NeverWiderOrLongerThanTheScreen) {
  Top top = many_luns(30);
  top.luns[3].target = "iqn.2026-11.io.lungate:" + std::string(190, 'x');
  for (const std::size_t columns : {1u, 10u, 20u, 40u, 80u, 132u, 200u}) {
    for (const std::size_t lines : {1u, 2u, 3u, 4u, 5u, 8u, 24u, 60u}) {
      TopState state;
      const auto drawn = top_page(top, state, {}, {columns, lines}, true);
      EXPECT_LE(drawn.size(), lines) << columns << "x" << lines;
      EXPECT_GE(drawn.size(), 1u);
      if (columns < 40) continue;  // the screen cuts what is as narrow as it gets
      for (std::size_t i = 0; i + 1 < drawn.size(); ++i) {  // the keys' line is cut, too
        EXPECT_LE(width_of(drawn[i]), columns) << text_of(drawn[i], false);
      }
    }
  }
}

TEST(TopPage, TheHeadlineLeavesRoomForRows) {
  EXPECT_THAT(page(two_luns(), {40, 8})[2], HasSubstr("TARGET"));
}

TEST(TopPage, RowsGiveWayAndAreCounted) {
  const auto lines = page(many_luns(30), {200, 10});
  ASSERT_EQ(lines.size(), 10u);
  EXPECT_THAT(lines[1], HasSubstr("TARGET"));
  EXPECT_EQ(lines[7], "... 25 more");
  EXPECT_EQ(lines[8].substr(0, 5), "total");
  EXPECT_EQ(lines[9].substr(0, 6), "q quit");
}

TEST(TopPage, ScrollsToTheLastRowAndNoFurther) {
  TopState state;
  state.first = 3;
  EXPECT_EQ(page(many_luns(30), {200, 10}, state)[7], "... 22 more, 3 above");
  state.first = 1000;
  const auto drawn = plain(top_page(many_luns(30), state, {}, {200, 10}, false));
  EXPECT_EQ(state.first, 25u);
  EXPECT_THAT(drawn[6], HasSubstr("  29  "));
  EXPECT_EQ(drawn[7], "... 0 more, 25 above");
}

TEST(TopPage, TheTrendIsInItsColumn) {
  History history;
  for (const double p99_s : {0.0001, 0.003, 0.06}) {
    Top top = two_luns();
    top.luns[0].read.p99_s = p99_s;
    history.add(top);
  }
  TopState state;
  EXPECT_THAT(plain(top_page(two_luns(), state, history, {200, 20}, true)),
              testing::Contains(HasSubstr("▃▄█  ")));
  EXPECT_THAT(plain(top_page(two_luns(), state, history, {200, 20}, false)),
              testing::Contains(HasSubstr("-=@  ")));
}

TEST(TopPage, HelpAndMessages) {
  TopState state;
  state.help = true;
  const auto help = page(two_luns(), {80, 24}, state);
  EXPECT_THAT(help, testing::Contains(HasSubstr("p99 is above the SLO")));
  EXPECT_THAT(help, Each(Not(HasSubstr("TARGET  LUN"))));
  const auto message = plain(message_page("no target", {}, {80, 24}));
  EXPECT_EQ(message[0], "no target");
  EXPECT_EQ(message[1].substr(0, 6), "q quit");
}

// --- colours, and what stands for them where there are none --------------------------------------

/// The paint of the part with that text.
Paint paint(const std::vector<Line>& lines, const std::string& text) {
  for (const Line& line : lines) {
    for (const Span& span : line) {
      if (span.text == text) return span.paint;
    }
  }
  ADD_FAILURE() << "no '" << text << "'";
  return Paint::kPlain;
}

std::vector<Line> painted(const Top& top) {
  TopState state;
  return top_page(top, state, {}, {0, 0}, false);
}

TEST(Colours, SayWhatTheTextSays) {
  const auto lines = painted(two_luns());
  EXPECT_EQ(paint(lines, "slow"), Paint::kWarning);
  EXPECT_EQ(paint(lines, "12.3ms!"), Paint::kWarning);
  EXPECT_EQ(paint(lines, "2.00ms "), Paint::kPlain) << "below its SLO";
  EXPECT_EQ(paint(lines, "locked"), Paint::kBad);
  EXPECT_EQ(paint(lines, "90%!"), Paint::kWarning);
  EXPECT_EQ(paint(lines, "2 LUNs, 1 OFFLINE"), Paint::kBad);
}

TEST(Colours, StuckAndFullAreBad) {
  Top top = two_luns();
  top.luns[0].verdict = Verdict::kStuck;
  top.luns[0].oldest_s = 10;
  top.luns[0].place_used = 0.96;
  top.luns[1].oldest_s = 9.9;
  const auto lines = painted(top);
  EXPECT_EQ(paint(lines, "stuck"), Paint::kBad);
  EXPECT_EQ(paint(lines, "10.0s!"), Paint::kBad);
  EXPECT_EQ(paint(lines, "9.90s "), Paint::kPlain);
  EXPECT_EQ(paint(lines, "96%!"), Paint::kBad);
}

TEST(Colours, IdleRowsAreDimWithoutTheirTrouble) {
  Top top = two_luns();
  top.luns[1].verdict = Verdict::kFine;
  top.luns[1].state = "ready";
  top.luns[1].place_used = 0.86;
  const auto lines = painted(top);
  EXPECT_EQ(paint(lines, "86%!"), Paint::kWarning) << "a full pool is one without I/O, too";
  EXPECT_EQ(paint(lines, "bench"), Paint::kDim);
  EXPECT_EQ(paint(lines, "store"), Paint::kPlain);
}

/// Nothing is warned of by colour alone: every such part has its word in capitals, or its mark.
TEST(Colours, NeverAlone) {
  Top top = two_luns();
  top.head.heartbeat_age_s = 6;
  top.head.ceph_used = true;
  top.head.busy = {0.9};
  top.head.window_full_s_per_second = 0.3 * 3;
  top.head.sources_refused = 2;
  for (const Line& line : painted(top)) {
    for (const Span& span : line) {
      if (span.paint != Paint::kWarning && span.paint != Paint::kBad) continue;
      const bool word = span.text == "slow" || span.text == "locked";
      const bool mark = span.text.ends_with("!");
      const bool capitals = std::ranges::any_of(
          std::vector<std::string>{"OFFLINE", "SILENT", "DOWN", "SATURATED", "TOO SMALL",
                                   "REFUSED"},
          [&](const std::string& one) { return span.text.find(one) != std::string::npos; });
      EXPECT_TRUE(word || mark || capitals) << span.text;
    }
  }
}

TEST(Headline, SaysWhatIsWrong) {
  Top top = two_luns();
  top.luns.pop_back();
  top.head.ceph_used = true;
  top.head.ceph_up = true;
  const auto text = [&] { return text_of(flow(head_pieces(top), 0)[0], false); };
  EXPECT_EQ(text(),
            "gw-a, lungate 0.1.0  1 LUNs  heartbeat 250ms old  ceph up"
            "  2 loops busy 30%, most 50% (loop 0)  3 sessions  window full 0%");
  top.head.heartbeat_age_s = 5.5;
  top.head.ceph_timeouts = 4;
  top.head.window_full_s_per_second = 0.1;
  top.head.busy = {0.82, 0};
  EXPECT_EQ(text(),
            "gw-a, lungate 0.1.0  1 LUNs  heartbeat 5.50s old: SILENT  ceph up, 4 TIMEOUTS"
            "  2 loops busy 41%, most 82% (loop 0): SATURATED  3 sessions  window full 3%");
  top.head.ceph_up = false;
  EXPECT_THAT(text(), HasSubstr("ceph DOWN"));
}

}  // namespace
}  // namespace lungate::ctl
