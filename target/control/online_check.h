// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "config/config.h"

namespace lungate::control {

/// Opens every store of the configuration once, prints a line for each to stdout, closes it again.
/// 0 when all could be opened, else 1. Blocks.
int check_online(const config::Config& config);

}  // namespace lungate::control
