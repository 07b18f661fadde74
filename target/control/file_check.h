// SPDX-License-Identifier: LGPL-2.1-or-later

// What would become of a file LUN, told without touching the file: neither made nor grown nor cut.
#pragma once

#include <optional>
#include <string>

#include "config/config.h"

namespace lungate::control {

/// Why the configured size is refused; nothing where the file is as large, or smaller, or absent.
/// Blocks: workers only.
std::optional<std::string> would_shrink(const config::File& file);

/// What an opening would come to, as this user and now.
struct Outlook {
  bool good = false;
  std::string text;  // "ok, 1GiB", "will be made, 1GiB"; or what is wrong
};

/// Blocks. A file that is there is locked for a moment, as an opening would lock it.
Outlook look_at(const config::File& file, bool read_only);

}  // namespace lungate::control
