// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace lungate::exporter {

/// What a regular file of at most so many bytes holds. The error is for people and names the file:
/// a folder, a pipe, a file that is larger, one that fails while it is read. Throws std::bad_alloc.
Result<std::string, std::string> read_small_file(const std::string& path, std::size_t bytes_max);

}  // namespace lungate::exporter
