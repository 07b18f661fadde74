// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <iosfwd>
#include <string>

#include "ctl/options.h"
#include "telemetry/fault.h"

namespace lungate::ctl {

/// --once, --batch or --json: tables or objects on `out`. Else a live page on standard output until
/// the user ends it. Exit code 1 when there is no segment of a living target (of a batch: at the
/// beginning or later).
int run_top(const Options& options, std::ostream& out, std::ostream& err);

/// Why there is nothing to show, as a sentence.
std::string complaint(const std::string& path, const telemetry::ReadError& error);

}  // namespace lungate::ctl
