// SPDX-License-Identifier: LGPL-2.1-or-later

// The reference of keys, from the rows that the reader obeys: `lungate check --keys` prints it and
// keys_test.cc holds it against the rows. Pure; no input. A default is not written down a second
// time but asked of a struct as it comes into the world, so the page cannot name another than the
// one that holds.
#include <algorithm>
#include <array>

#include "config/keys.h"
#include "config/write.h"

namespace lungate::config {
namespace {

std::string_view type_name(Type type) {
  constexpr std::array<std::string_view, 10> kNames{
      "true or false",   "integer",          "size",  "number",         "string",
      "list of strings", "list of integers", "table", "list of tables", "not built yet"};
  return kNames[static_cast<std::size_t>(type)];
}

std::string range_of(const Key& key) {
  switch (key.type) {
    case Type::kInteger:
    case Type::kIntegers:
      return std::to_string(key.range.min) + " to " + std::to_string(key.range.max);
    case Type::kSize:
      return size_text(key.range.min) + " to " + size_text(key.range.max);
    case Type::kReal:
      return value_text(key.reals.min) + " to " + value_text(key.reals.max);
    case Type::kFlag:
    case Type::kText:
    case Type::kTexts:
    case Type::kTable:
    case Type::kTables:
    case Type::kNotBuilt:
      return "";
  }
  return "";
}

/// Depth first, so that the reference has the order in which people write the file: a table's own
/// keys, then its tables. Defaults come from a struct that nothing has been read into.
void list_keys(std::vector<KeyDoc>& out, const Table& table) {
  for (const Key& key : table.keys) {
    if (key.nested.table != nullptr) continue;
    std::string fallback;
    if (!key.is_required && key.field.get != nullptr) {
      const auto value = key.field.get(table.defaults);
      if (value) fallback = value_text(*value);
    }
    out.push_back({std::string(table.path), std::string(key.name), std::string(type_name(key.type)),
                   range_of(key), std::move(fallback), key.is_required, key.type != Type::kNotBuilt,
                   std::string(key.doc)});
  }
  for (const Key& key : table.keys) {
    if (key.nested.table != nullptr) list_keys(out, *key.nested.table);
  }
}

std::string properties(const KeyDoc& key) {
  std::string out = key.type;
  if (!key.range.empty()) out += ", " + key.range;
  if (key.required) out += ", required";
  if (!key.fallback.empty()) out += ", default " + key.fallback;
  return out;
}

}  // namespace

std::vector<KeyDoc> reference() {
  std::vector<KeyDoc> out;
  list_keys(out, root_table());
  return out;
}

// Aligned by the longest name over all tables: the page is read from top to bottom, and columns
// that jump tire.
std::string reference_text() {
  const std::vector<KeyDoc> keys = reference();
  std::size_t width = 0;
  for (const KeyDoc& key : keys) width = std::max(width, key.name.size());
  std::string out;
  std::string_view table;
  for (const KeyDoc& key : keys) {
    if (key.table != table) {
      out += (table.empty() ? "" : "\n") + key.table + "\n";
      table = key.table;
    }
    out += "  " + key.name + std::string(width - key.name.size() + 2, ' ') + key.text + "\n";
    out += std::string(width + 4, ' ') + properties(key) + "\n";
  }
  return out;
}

}  // namespace lungate::config
