// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "config/config.h"

namespace lungate::control {

/// Whether every store of the configuration could be served, a line for each to stdout. Files are
/// looked at and left as they are, not made and not grown; images are opened and closed again. What
/// the running gateway of this configuration serves is good as it is. 0 when all is well, else 1.
/// Blocks.
int check_online(const config::Config& config);

}  // namespace lungate::control
