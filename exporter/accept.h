// SPDX-License-Identifier: LGPL-2.1-or-later

// What a client says that it takes (RFC 9110, 12.5), and what it gets. Headers are hostile input.
#pragma once

#include <string_view>

namespace lungate::exporter {

enum class Format { kText, kOpenMetrics };

/// By the Accept header; empty: text. Whoever takes both alike gets OpenMetrics only when it has
/// named it; whoever takes neither gets text, for a scrape that fails tells nobody anything.
Format choose_format(std::string_view accept);

/// By the Accept-Encoding header; "gzip;q=0" is a no.
bool wants_gzip(std::string_view accept_encoding);

}  // namespace lungate::exporter
