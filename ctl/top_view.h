// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "ctl/top_rows.h"

namespace lungate::ctl {

/// Pure: the same table gives the same lines on every terminal of that height.
/// The header, a row per LUN and their sum. More than `lines_max` lines: the last rows give way to
/// "... 12 more"; 0: no bound.
std::vector<std::string> top_lines(const Top& top, std::size_t lines_max);

}  // namespace lungate::ctl
