// SPDX-License-Identifier: LGPL-2.1-or-later

// What the exporter is told: by a configuration file, by options, or by both (options win).
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "config/config.h"

namespace lungate::exporter {

/// Complete: an address to listen on and at least one segment.
struct Options {
  config::Exporter exporter;
  log::Level log_level = log::Level::kInfo;
};

/// The process is to end with this status; what there was to say has been said.
struct Exit {
  int status = 0;
};

/// Reads the command line and the file that it names. Complaints go to stderr, with status 2.
std::variant<Options, Exit> read_options(int argc, const char* const* argv,
                                         const std::string& version);

}  // namespace lungate::exporter
