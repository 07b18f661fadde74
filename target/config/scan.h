// SPDX-License-Identifier: LGPL-2.1-or-later

// What is checked before the TOML parser sees a text: it recurses once per nested bracket and per
// dot of a key, so 4 KB of '[' would overflow its stack.
#pragma once

#include <string_view>

#include "config/parse.h"

namespace lungate::config {

/// One walk over the text; nothing is kept. What passes may still be wrong as TOML.
/// Size (limits::kConfigBytesMax), depth (limits::kConfigDepthMax), UTF-8, control characters.
/// Empty when the parser may have the text, else the first error.
Errors scan(std::string_view text, std::string_view file);

}  // namespace lungate::config
