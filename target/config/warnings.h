// SPDX-License-Identifier: LGPL-2.1-or-later

// What is right in a configuration and perhaps not meant. Nothing is refused for it: it is told to
// whoever checks, starts or reloads.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace lungate::config {

/// One sentence each, in the order of the text; empty: there is nothing to tell.
std::vector<std::string> warnings(const Config& config);

}  // namespace lungate::config
