// SPDX-License-Identifier: LGPL-2.1-or-later

// The reference of all keys, made from the same rows that the reader obeys.
#pragma once

#include <string>
#include <vector>

namespace lungate::config {

/// One key as the reference shows it; all of it comes from the key's row.
struct KeyDoc {
  std::string table;     // "[gateway]"
  std::string name;      // "loops"
  std::string type;      // "integer", "size", "string", "list of strings", "true or false", ...
  std::string range;     // "0 to 8"; empty where a rule, not a range, decides
  std::string fallback;  // what holds when the key is absent, as TOML; empty: nothing, or see text
  bool required = false;
  bool built = true;  // false: refused, its feature does not exist yet
  std::string text;   // one line for the operator
};

/// Every key in the order of the tables.
std::vector<KeyDoc> reference();

/// reference() as aligned text, for `lungate check --keys`.
std::string reference_text();

}  // namespace lungate::config
