// SPDX-License-Identifier: LGPL-2.1-or-later

// Names that have no case (RFC 9110): headers, tokens, schemes. ASCII only, whatever the locale.
#pragma once

#include <algorithm>
#include <string_view>

namespace lungate::exporter {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}
static_assert(same_name("Basic", "bASIC") && !same_name("@[", "`{") && !same_name("q", "qq"));

}  // namespace lungate::exporter
