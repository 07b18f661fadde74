// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "ctl/choice.h"
#include "ctl/grid.h"
#include "ctl/history.h"
#include "ctl/top_rows.h"

namespace lungate::ctl {

/// How the column of the last readings is drawn.
struct Trend {
  const History& history;
  std::size_t columns;
  bool unicode;
};

/// The rows and their sum in the columns that fit their kind. `trend` null: without it.
/// `columns_max`: of the terminal; names take at most a third of it; 0: no bound.
Grid top_grid(const std::vector<TopRow>& rows, By by, const Trend* trend,
              std::size_t columns_max = 0);

}  // namespace lungate::ctl
