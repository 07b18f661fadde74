// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/styled.h"

#include <gtest/gtest.h>

namespace lungate::ctl {
namespace {

std::string plain(const Line& line) {
  return text_of(line, false);
}

TEST(TextOf, ColoursOnlyWhatMeansSomethingAndOnlyWhenWanted) {
  const Line line{{"a "}, {"b", Paint::kBad}, {"", Paint::kWarning}, {" c", Paint::kDim}};
  EXPECT_EQ(text_of(line, false), "a b c");
  EXPECT_EQ(text_of(line, true), "a \x1b[1;31mb\x1b[0m\x1b[2m c\x1b[0m");
}

TEST(Cut, CountsCharactersAndNotEscapes) {
  const Line line{{"h\xc3\xa9", Paint::kBad}, {"llo"}};
  EXPECT_EQ(text_of(cut(line, 3), true), "\x1b[1;31mh\xc3\xa9\x1b[0ml");
  EXPECT_EQ(plain(cut(line, 1)), "h");
  EXPECT_EQ(plain(cut(line, 0)), "h\xc3\xa9llo");
  EXPECT_EQ(width_of(line), 5u);
}

TEST(TailOf, KeepsTheEndOfNames) {
  EXPECT_EQ(tail_of("iqn.2026-11.org:host-17", 9), "..host-17");
  EXPECT_EQ(tail_of("host", 4), "host");
  EXPECT_EQ(tail_of("a\xc3\xa9\xc3\xa9\xc3\xa9", 3), "..\xc3\xa9");
  EXPECT_EQ(tail_of("host", 2), "ho");
}

TEST(Flow, BreaksBetweenPieces) {
  const std::vector<Span> pieces{{"one"}, {"two", Paint::kBad}, {"three"}};
  ASSERT_EQ(flow(pieces, 0).size(), 1u);
  EXPECT_EQ(plain(flow(pieces, 0)[0]), "one  two  three");
  const std::vector<Line> lines = flow(pieces, 8);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(plain(lines[0]), "one  two");
  EXPECT_EQ(plain(lines[1]), "three");
  EXPECT_EQ(flow(pieces, 1).size(), 3u) << "a piece is not broken";
}

}  // namespace
}  // namespace lungate::ctl
