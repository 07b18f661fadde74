// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <iosfwd>

#include "ctl/options.h"

namespace lungate::ctl {

/// Runs the command and returns its exit code: 0; 1 when the gateway is not there or says no;
/// 2 when a configuration is wrong. `top` without --once draws on standard output itself.
int run(const Options& options, std::ostream& out, std::ostream& err);

}  // namespace lungate::ctl
