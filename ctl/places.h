// SPDX-License-Identifier: LGPL-2.1-or-later

// Where a gateway's configuration, control socket and segment are.
#pragma once

#include <iosfwd>
#include <string>

#include "base/result.h"
#include "config/config.h"
#include "ctl/options.h"
#include "telemetry/reader.h"

namespace lungate::ctl {

/// Why a place is not known, as it ends the program.
/// Exit codes: 1 when the world is not as it should be, 2 when the configuration is wrong.
struct Failure {
  int exit_code = 1;
  std::string message;  // ends without a newline
};

/// Says it to people; what the program then ends with.
int tell(const Failure& failure, std::ostream& err);

/// --config, or the only *.toml in `folder`. Only looks for it: whether it can be read is for
/// later.
Result<std::string, Failure> config_file(const Options& options,
                                         const std::string& folder = "/etc/lungate");

/// --socket or --segment; without them, as the configuration says.
Result<std::string, Failure> control_socket(const Options& options);
Result<std::string, Failure> segment(const Options& options);

/// The reader of segment(). Nothing is opened yet: a target that does not run is for read() to say.
Result<telemetry::Reader, Failure> open_segment(const Options& options);

}  // namespace lungate::ctl
