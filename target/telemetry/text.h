// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>

namespace lungate::telemetry {

/// `text` as it may be shown anywhere: valid UTF-8 without control characters. Each byte that
/// breaks the rule becomes U+FFFD. One bad label value makes Prometheus drop a whole page, and an
/// escape sequence does worse to a terminal; so every text that leaves the segment passes here.
std::string clean_text(std::string_view text);

}  // namespace lungate::telemetry
