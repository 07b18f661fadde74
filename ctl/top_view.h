// SPDX-License-Identifier: LGPL-2.1-or-later

// The table of `top` as lines. Pure: the same table gives the same lines on every terminal of that
// size.
#pragma once

#include <string>
#include <vector>

#include "ctl/history.h"
#include "ctl/styled.h"
#include "ctl/top_choice.h"
#include "ctl/top_keys.h"
#include "ctl/top_rows.h"

namespace lungate::ctl {

struct PageSize {
  std::size_t columns = 0;  // 0: no bound
  std::size_t lines = 0;
};

/// For a pipe or a file: headline, titles, every chosen row, and their sum. Nothing is cut.
std::vector<std::string> top_lines(const Top& top, const TopChoice& choice);

/// For a terminal: at most `size.lines` lines. Rows that do not fit give way to "... 12 more", and
/// `state.first` is set back where it is beyond the last row; whole columns give way where it is
/// narrow. The last line says which keys there are, or what is being typed.
std::vector<Line> top_page(const Top& top, TopState& state, const History& history, PageSize size,
                           bool unicode);

/// Instead of a table: one sentence, and the keys.
std::vector<Line> message_page(const std::string& sentence, const TopState& state, PageSize size);

}  // namespace lungate::ctl
