// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/screen.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "base/fd.h"

namespace lungate::ctl {
namespace {

using namespace std::chrono_literals;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    read = UniqueFd(ends[0]);
    write = UniqueFd(ends[1]);
  }
  UniqueFd read;
  UniqueFd write;
};

TEST(Redraw, DrawsOverWhatStandsThere) {
  EXPECT_EQ(redraw({{{"one"}}, {{"two"}}}, 80, true), "\x1b[Hone\x1b[K\r\ntwo\x1b[K\x1b[J");
}

TEST(Redraw, CutsLongLinesBetweenCharacters) {
  EXPECT_EQ(redraw({{{"h\xc3\xa9llo"}}}, 2, true), "\x1b[Hh\xc3\xa9\x1b[K\x1b[J");
  EXPECT_EQ(redraw({{{"hello"}}}, 0, true), "\x1b[Hhello\x1b[K\x1b[J");
}

TEST(Redraw, ColoursOnlyForWhoWantsThem) {
  const std::vector<Line> page{{{"bad", Paint::kBad}}};
  EXPECT_EQ(redraw(page, 80, true), "\x1b[H\x1b[1;31mbad\x1b[0m\x1b[K\x1b[J");
  EXPECT_EQ(redraw(page, 80, false), "\x1b[Hbad\x1b[K\x1b[J");
  EXPECT_TRUE(wants_colour(nullptr));
  EXPECT_TRUE(wants_colour(""));
  EXPECT_FALSE(wants_colour("1"));
}

TEST(UnderstandsEscapes, ATerminalWithAName) {
  EXPECT_TRUE(understands_escapes("xterm-256color"));
  EXPECT_FALSE(understands_escapes("dumb"));
  EXPECT_FALSE(understands_escapes(""));
  EXPECT_FALSE(understands_escapes(nullptr));
}

TEST(Screen, WithoutATerminalItAppendsPlainText) {
  Pipe pipe;
  {
    Screen screen(pipe.read.get(), pipe.write.get(), true);
    EXPECT_FALSE(screen.terminal());
    EXPECT_EQ(screen.size().lines, 0u);
    EXPECT_TRUE(screen.show({{{"one", Paint::kBad}}, {{"two"}}}));
  }
  std::array<char, 64> got{};
  EXPECT_EQ(::read(pipe.read.get(), got.data(), got.size()), 9);
  EXPECT_EQ(std::string(got.data()), "one\ntwo\n\n");
}

TEST(Screen, ASignalEndsTheWaitAndNotTheProcess) {
  Pipe pipe;
  std::string keys;
  Screen screen(pipe.read.get(), pipe.write.get(), true);
  EXPECT_EQ(screen.wait(1ms, keys), Screen::Event::kTime);
  ASSERT_EQ(pthread_kill(pthread_self(), SIGWINCH), 0);
  EXPECT_EQ(screen.wait(10s, keys), Screen::Event::kResized);
  ASSERT_EQ(pthread_kill(pthread_self(), SIGWINCH), 0);
  ASSERT_EQ(pthread_kill(pthread_self(), SIGTERM), 0);
  EXPECT_EQ(screen.wait(10s, keys), Screen::Event::kEnd);
}

}  // namespace
}  // namespace lungate::ctl
