// SPDX-License-Identifier: LGPL-2.1-or-later

// `--json` of what does not come from the control socket. nlohmann-json stays behind json.cc.
#pragma once

#include <optional>
#include <string>

#include "config/parse.h"
#include "ctl/top_rows.h"

namespace lungate::ctl {

/// {"file":..., "ok":..., "errors":[...], "group_hash":..., "config":"TOML"}; the last two only
/// where there is a configuration, the text only where it is asked for.
std::string check_json(const std::string& file,
                       const Result<config::Config, config::Errors>& parsed, bool with_config);

/// Seconds, bytes and numbers per second; a quantile without values is null. All rows, in the
/// table's order; nothing is cut for a screen.
std::string top_json(const Top& top);

}  // namespace lungate::ctl
