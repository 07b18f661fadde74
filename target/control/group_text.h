// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "base/result.h"
#include "config/parse.h"

namespace lungate::control {

/// The present text of the group whose object `own` names (`group = "rados:..."`), through a
/// connection of its own, which ends with the call: a text is read rarely, and by a client that
/// nobody has fenced. Blocks for at most limits::kGroupReadTimeout: workers only.
Result<std::string, std::string> read_group_text(const config::Config& own);

/// What a gateway serves by: config::parse_with_secrets(), with a group's text from RADOS.
Result<config::Config, config::Errors> read_config(const std::string& file);

}  // namespace lungate::control
