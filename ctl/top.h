// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <iosfwd>

#include "ctl/options.h"

namespace lungate::ctl {

/// --once or --json: two readings and one table on `out`. Else a live page on standard output until
/// a signal ends it. Exit code 1 when there is no segment of a living target at the beginning.
int run_top(const Options& options, std::ostream& out, std::ostream& err);

}  // namespace lungate::ctl
