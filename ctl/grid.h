// SPDX-License-Identifier: LGPL-2.1-or-later

// A table that fits its terminal: cells with meanings, and columns that give way where it is
// narrow.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ctl/styled.h"
#include "ctl/text.h"

namespace lungate::ctl {

class Grid {
 public:
  struct Column {
    std::string_view title;
    Align align = Align::kLeft;
    unsigned rank = 0;          // the higher, the sooner it gives way; 0: never
    std::size_t width_max = 0;  // longer cells keep their end; 0: no bound
  };

  explicit Grid(std::vector<Column> columns);
  /// REQUIRES: as many cells as columns.
  void add(std::vector<Span> cells);
  /// Titles first, two blanks between columns, at most `columns_max` wide as far as columns may
  /// give way; 0: all of them.
  std::vector<Line> lines(std::size_t columns_max) const;

 private:
  std::vector<std::size_t> widths() const;

  std::vector<Column> columns_;
  std::vector<std::vector<Span>> rows_;  // the first are the titles
};

}  // namespace lungate::ctl
