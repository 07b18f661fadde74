// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <iosfwd>

#include "ctl/options.h"
#include "telemetry/reader.h"

namespace lungate::ctl {

/// The table on the terminal until the user ends it. Exit code 1 when there is no segment of a
/// living target at the beginning; one that stops or starts later is only news.
int run_live(telemetry::Reader& reader, const Options& options, std::ostream& err);

}  // namespace lungate::ctl
