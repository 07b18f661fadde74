// SPDX-License-Identifier: LGPL-2.1-or-later

// What the target answers, as text for people. `--json` goes another way (api::to_json).
#pragma once

#include <cstdint>
#include <string>

#include "api/messages.h"

namespace lungate::ctl {

/// The gateway in a few lines, then a table of its LUNs.
std::string status_text(const api::Status& status);

/// `now_unix_ms`: what ages are counted from. `with_parameters` adds the negotiated keys.
std::string sessions_text(const api::Sessions& sessions, std::uint64_t now_unix_ms,
                          bool with_parameters);

/// What a reload has changed, a sentence per line; that nothing changed is said, too.
std::string reloaded_text(const api::Reloaded& reloaded);

/// The message, then each detail on a line of its own.
std::string error_text(const api::Error& error);

}  // namespace lungate::ctl
