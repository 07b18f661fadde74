// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/grid.h"

#include <gtest/gtest.h>

namespace lungate::ctl {
namespace {

Grid three_columns(std::size_t name_max = 0) {
  Grid grid(
      {{"NAME", Align::kLeft, 0, name_max}, {"N", Align::kRight, 1}, {"NOTE", Align::kLeft, 2}});
  grid.add({{"alpha"}, {"1", Paint::kBad}, {"first"}});
  grid.add({{"b"}, {"234"}, {""}});
  return grid;
}

std::string text(const Grid& grid, std::size_t columns) {
  std::string out;
  for (const Line& line : grid.lines(columns)) out += text_of(line, false) + "\n";
  return out;
}

TEST(Grid, AlignsWithoutATrailOfBlanks) {
  EXPECT_EQ(text(three_columns(), 0),
            "NAME     N  NOTE\n"
            "alpha    1  first\n"
            "b      234\n");
}

TEST(Grid, WholeColumnsGiveWayTheLeastImportantFirst) {
  EXPECT_EQ(text(three_columns(), 17), text(three_columns(), 0)) << "it is 17 wide";
  EXPECT_EQ(text(three_columns(), 16), "NAME     N\nalpha    1\nb      234\n");
  EXPECT_EQ(text(three_columns(), 9), "NAME\nalpha\nb\n");
  EXPECT_EQ(text(three_columns(), 1), "NAME\nalpha\nb\n") << "what has rank 0 stays";
}

TEST(Grid, LongNamesKeepTheirEnd) {
  EXPECT_EQ(text(three_columns(4), 9), "NAME    N\n..ha    1\nb     234\n");
}

TEST(Grid, CellsKeepTheirMeaning) {
  const Line line = three_columns().lines(0)[1];
  ASSERT_EQ(line.size(), 5u);
  EXPECT_EQ(line[2].text, "1");
  EXPECT_EQ(line[2].paint, Paint::kBad);
  EXPECT_EQ(line[1].paint, Paint::kPlain) << "blanks have no colour";
}

}  // namespace
}  // namespace lungate::ctl
