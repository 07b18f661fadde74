// SPDX-License-Identifier: LGPL-2.1-or-later

// The pages of `top`. Pure; called by top.cc and live.cc. A terminal is low, so rows that do not
// fit give way, the last ones first (the caller has sorted), never the total; and what is hidden is
// counted, so that nobody takes the table for all there is.
#include "ctl/top_view.h"

#include <algorithm>

#include "ctl/text.h"
#include "ctl/top_grid.h"
#include "ctl/top_head.h"

namespace lungate::ctl {
namespace {

/// More than this is not looked at, and costs rows.
std::size_t trend_columns(std::size_t columns) {
  return columns >= 200 ? 40 : columns >= 140 ? 20 : 12;
}

/// As many lines as a page has, the first ones.
void bound(std::vector<Line>& lines, std::size_t lines_max) {
  if (lines_max > 0 && lines.size() > lines_max) lines.resize(lines_max);
}

/// Headline, at most a quarter of the page.
std::vector<Line> head_of(const Top& top, PageSize size) {
  std::vector<Line> head = flow(head_pieces(top), size.columns);
  if (size.lines > 0) bound(head, std::max<std::size_t>(1, size.lines / 4));
  return head;
}

Line foot(const TopState& state) {
  return {{keys_line(state), state.typing || state.paused ? Paint::kTitle : Paint::kDim}};
}

// `first` gives way so that a full page is shown where there is one. The titles' line and the
// total stay; one line says what is hidden.
void append_rows(std::vector<Line>& page, const std::vector<Line>& table, std::size_t& first,
                 std::size_t room) {
  const std::size_t rows = table.size() - 2;  // titles, total
  constexpr std::size_t kFixed = 3;           // titles, what is hidden, total
  const bool all = rows + 2 <= room;
  const std::size_t shown = all ? rows : room > kFixed ? room - kFixed : 0;
  first = std::min(first, rows - shown);
  page.push_back(table.front());
  const auto begin = table.begin() + 1 + static_cast<std::ptrdiff_t>(first);
  page.insert(page.end(), begin, begin + static_cast<std::ptrdiff_t>(shown));
  if (!all) {
    const std::size_t below = rows - shown - first;
    page.push_back({{"... " + std::to_string(below) + " more" +
                         (first > 0 ? ", " + std::to_string(first) + " above" : ""),
                     Paint::kDim}});
  }
  page.push_back(table.back());
}

}  // namespace

// No trend: there is one reading, or the earlier ones stand above it.
std::vector<std::string> top_lines(const Top& top, const TopChoice& choice) {
  std::vector<std::string> out;
  for (const Line& line : flow(head_pieces(top), 0)) out.push_back(text_of(line, false));
  for (const Line& line : top_grid(chosen(top, choice), choice.by, nullptr).lines(0)) {
    out.push_back(text_of(line, false));
  }
  return out;
}

// The foot is drawn last and cut never: who is lost in a small window needs the way out.
std::vector<Line> top_page(const Top& top, TopState& state, const History& history, PageSize size,
                           bool unicode) {
  std::vector<Line> page = head_of(top, size);
  if (state.help) {
    for (const std::string& line : help_lines()) page.push_back({{line}});
  } else {
    const Trend trend{history, trend_columns(size.columns), unicode};
    const Grid grid = top_grid(chosen(top, state.choice), state.choice.by, &trend, size.columns);
    const std::size_t taken = page.size() + 1;  // and the foot
    const std::size_t room = size.lines == 0      ? SIZE_MAX
                             : size.lines > taken ? size.lines - taken
                                                  : 0;
    append_rows(page, grid.lines(size.columns), state.first, room);
  }
  if (size.lines > 0) bound(page, std::max<std::size_t>(1, size.lines - 1));
  page.push_back(foot(state));
  bound(page, size.lines);
  return page;
}

std::vector<Line> message_page(const std::string& sentence, const TopState& state, PageSize size) {
  std::vector<Line> page{{{sentence, Paint::kBad}}, foot(state)};
  bound(page, size.lines);
  return page;
}

}  // namespace lungate::ctl
