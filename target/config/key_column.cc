// SPDX-License-Identifier: LGPL-2.1-or-later

// Where a key stands, found from the place of its value. Three shapes:
//
//   key = value           the value's place is behind the '=': the key is the last one before it
//   [a.key]  [[a.key]]    a table's place is its header's first bracket
//   key.b = value         the table that a dotted key makes has the place of the whole key
#include <algorithm>

#include "config/document.h"

namespace lungate::config {
namespace {

constexpr bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

/// The end of the key part that begins at `at` (quotes included); `at` when none does.
std::size_t part_end(std::string_view line, std::size_t at) {
  if (line[at] == '"' || line[at] == '\'') {
    const std::size_t close = line.find(line[at], at + 1);
    return close == line.npos ? line.size() : close + 1;
  }
  std::size_t end = at;
  while (end < line.size() && is_bare(line[end])) ++end;
  return end;
}

bool is_key(std::string_view part, std::string_view key) {
  const bool quoted = part.size() >= 2 && (part.front() == '"' || part.front() == '\'');
  return (quoted ? part.substr(1, part.size() - 2) : part) == key;
}

/// In `key = value`: back over the '=' to the part before it.
std::size_t key_before(std::string_view line, std::size_t value) {
  constexpr std::string_view kBlank = " \t";
  const std::size_t equals = line.find_last_not_of(kBlank, value - 1);
  if (equals == line.npos || equals == 0 || line[equals] != '=') return line.npos;
  const std::size_t last = line.find_last_not_of(kBlank, equals - 1);
  if (last == line.npos) return line.npos;
  if (line[last] == '"' || line[last] == '\'') {
    return last == 0 ? line.npos : line.rfind(line[last], last - 1);
  }
  std::size_t first = last + 1;
  while (first > 0 && is_bare(line[first - 1])) --first;
  return first > last ? line.npos : first;
}

/// In a header or a dotted key: the first part, from `from` on, that is `key`.
std::size_t key_among(std::string_view line, std::size_t from, std::string_view key) {
  std::size_t at = from;
  while (at < line.size() && line[at] != '=' && line[at] != '#') {
    const std::size_t end = part_end(line, at);
    if (end > at && is_key(line.substr(at, end - at), key)) return at;
    at = std::max(end, at + 1);
  }
  return line.npos;
}

}  // namespace

std::uint32_t key_column(std::string_view line, std::uint32_t value_column, std::string_view key) {
  const std::size_t value = value_column - 1;
  if (value_column == 0 || value >= line.size()) return value_column;
  const bool begins_line = line.find_first_not_of(" \t") == value;
  std::size_t found = begins_line ? line.npos : key_before(line, value);
  if (found == line.npos) found = key_among(line, value, key);
  return found == line.npos ? value_column : static_cast<std::uint32_t>(found + 1);
}

}  // namespace lungate::config
