// SPDX-License-Identifier: LGPL-2.1-or-later

// `--json` of what does not come from the control socket. nlohmann-json stays behind json.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/parse.h"
#include "ctl/slow_rows.h"
#include "ctl/top_choice.h"
#include "ctl/top_rows.h"

namespace lungate::ctl {

/// {"file":..., "ok":..., "errors":[...], "group_hash":..., "config":"TOML"}; the last two only
/// where there is a configuration, the text only where it is asked for.
std::string check_json(const std::string& file,
                       const Result<config::Config, config::Errors>& parsed, bool with_config);

/// Seconds, bytes and numbers per second; a quantile without values is null. The chosen rows of
/// LUNs and of initiators on LUNs, whatever `choice.by` says; nothing is cut for a screen. In
/// several lines for people, or in one for a batch.
std::string top_json(const Top& top, const TopChoice& choice, bool one_line);

/// One object with whose segment it is and its records, in their order.
std::string slowlog_json(const telemetry::Snapshot& snapshot, const std::vector<SlowRow>& rows);
/// A record as a line, for who follows.
std::string slow_line(const SlowRow& row);

}  // namespace lungate::ctl
