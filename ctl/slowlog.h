// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <iosfwd>

#include "ctl/options.h"

namespace lungate::ctl {

/// The slow ring on `out`; with --follow until the reader goes away or a signal ends it. What a
/// dead target has left is shown as well, and `err` says that it is dead. Exit code 1 when there is
/// no segment that can be read.
int run_slowlog(const Options& options, std::ostream& out, std::ostream& err);

}  // namespace lungate::ctl
