// SPDX-License-Identifier: LGPL-2.1-or-later

// The table of `top`, laid out. Pure; filled by top_view.cc. What must not be missing on a phone's
// 40 columns has the lowest rank, what is nice to have on a wall of 200 the highest; whole columns
// go, because half a figure is a wrong figure.
#include "ctl/grid.h"

#include <algorithm>

#include "base/check.h"

namespace lungate::ctl {
namespace {

constexpr std::size_t kGap = 2;

/// Which columns are shown.
std::vector<bool> kept(const std::vector<Grid::Column>& columns,
                       const std::vector<std::size_t>& widths, std::size_t columns_max) {
  std::vector<bool> keep(columns.size(), true);
  std::size_t width = 0;
  for (const std::size_t one : widths) width += one + kGap;
  while (columns_max > 0 && width > columns_max + kGap) {
    std::size_t worst = columns.size();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const bool may_go = keep[i] && columns[i].rank > 0;
      if (may_go && (worst == columns.size() || columns[i].rank > columns[worst].rank)) worst = i;
    }
    if (worst == columns.size()) break;
    keep[worst] = false;
    width -= widths[worst] + kGap;
  }
  return keep;
}

}  // namespace

// Titles are the first row, so that they are measured like the others.
Grid::Grid(std::vector<Column> columns) : columns_(std::move(columns)), rows_(1) {
  for (const Column& column : columns_) {
    rows_[0].push_back({std::string(column.title), Paint::kTitle});
  }
}

void Grid::add(std::vector<Span> cells) {
  check(cells.size() == columns_.size(), "a row has a cell for each column");
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (columns_[i].width_max > 0) cells[i].text = tail_of(cells[i].text, columns_[i].width_max);
  }
  rows_.push_back(std::move(cells));
}

std::vector<std::size_t> Grid::widths() const {
  std::vector<std::size_t> out(columns_.size());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) out[i] = std::max(out[i], width_of(row[i].text));
  }
  return out;
}

// Two passes: widths need every row. Blanks are put in front of a cell, never behind the last one:
// who copies a line into a ticket wants no trail of them.
std::vector<Line> Grid::lines(std::size_t columns_max) const {
  const std::vector<std::size_t> widths = this->widths();
  const std::vector<bool> keep = kept(columns_, widths, columns_max);
  std::vector<Line> out;
  for (const auto& row : rows_) {
    Line& line = out.emplace_back();
    std::size_t blanks = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (!keep[i]) continue;
      const std::size_t fill = widths[i] - width_of(row[i].text);
      const bool right = columns_[i].align == Align::kRight;
      if (right) blanks += fill;
      if (!row[i].text.empty()) {
        if (blanks > 0) line.push_back({std::string(blanks, ' ')});
        line.push_back(row[i]);
        blanks = 0;
      }
      blanks += kGap + (right ? 0 : fill);
    }
  }
  return out;
}

}  // namespace lungate::ctl
