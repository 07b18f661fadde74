// SPDX-License-Identifier: LGPL-2.1-or-later

// What is wrong with the quotation marks of a line that is no TOML. They are what is forgotten
// most, and the TOML library tells only where it stopped understanding.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lungate::config {

struct QuoteFault {
  std::uint32_t column = 0;  // from 1, in bytes: of the open mark, or of the text without any
  std::string message;
  std::string hint;  // may be empty

  bool operator==(const QuoteFault&) const = default;
};

/// The first mark that is not closed, or text that stands where a value should and has none.
/// Nothing: the line's fault is another, or the line has text of several lines (""") in it.
/// `in_list`: values may stand before the line's first '=', as in a list over several lines.
/// REQUIRES: the library has refused the line; of a good one this may say anything.
std::optional<QuoteFault> quote_fault(std::string_view line, bool in_list);

}  // namespace lungate::config
