// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>

namespace lungate::exporter {

/// The text as a gzip file (RFC 1952), at zlib's fastest level: a page shrinks to a fifteenth by
/// it, and to a seventeenth by three times the work. Throws std::bad_alloc.
std::string gzip(std::string_view text);

}  // namespace lungate::exporter
