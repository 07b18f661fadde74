// SPDX-License-Identifier: LGPL-2.1-or-later

// A Config back to text: `lungate check --print` shows what is in force, defaults included.
#pragma once

#include <cstdint>
#include <string>

#include "config/config.h"

namespace lungate::config {

/// Every value, defaults included, in the order of the key table.
/// TOML that parse_text() turns into an equal Config, but for secrets that stand in the text
/// itself: each is kMaskedSecret (names.h), which parse_text() refuses.
std::string to_toml(const Config& config);

/// 64 bits over what must be equal on every gateway of a group (iSCSI, portal groups, targets), and
/// over nothing that is a gateway's own. Nor over secrets: the number is shown, and would be a way
/// to try them out. Stable across builds of one version of the format.
std::uint64_t group_hash(const Config& config);

}  // namespace lungate::config
