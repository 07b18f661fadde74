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
  EXPECT_EQ(redraw({"one", "two"}, 80), "\x1b[Hone\x1b[K\r\ntwo\x1b[K\x1b[J");
}

TEST(Redraw, CutsLongLinesBetweenCharacters) {
  EXPECT_EQ(redraw({"h\xc3\xa9llo"}, 2), "\x1b[Hh\xc3\xa9\x1b[K\x1b[J");
  EXPECT_EQ(redraw({"hello"}, 0), "\x1b[Hhello\x1b[K\x1b[J");
}

TEST(Screen, WithoutATerminalItAppendsPlainText) {
  Pipe pipe;
  {
    Screen screen(pipe.write.get());
    EXPECT_EQ(screen.height(), 0u);
    EXPECT_TRUE(screen.show({"one", "two"}));
  }
  std::array<char, 64> got{};
  EXPECT_EQ(::read(pipe.read.get(), got.data(), got.size()), 9);
  EXPECT_EQ(std::string(got.data()), "one\ntwo\n\n");
}

TEST(Screen, ASignalEndsTheWaitAndNotTheProcess) {
  Pipe pipe;
  Screen screen(pipe.write.get());
  EXPECT_TRUE(screen.wait(1ms));
  ASSERT_EQ(pthread_kill(pthread_self(), SIGWINCH), 0);
  EXPECT_TRUE(screen.wait(10s));
  ASSERT_EQ(pthread_kill(pthread_self(), SIGTERM), 0);
  EXPECT_FALSE(screen.wait(10s));
}

}  // namespace
}  // namespace lungate::ctl
