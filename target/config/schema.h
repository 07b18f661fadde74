// SPDX-License-Identifier: LGPL-2.1-or-later

// What a row of the key table is. One row per key drives the reader, the check for unknown keys,
// the printed configuration and the reference of keys; the rows themselves stand in keys.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/names.h"

namespace lungate::config {

enum class Type : std::uint8_t {
  kFlag,
  kInteger,
  kSize,  // an integer in bytes, or a string like "10GiB"
  kReal,
  kText,
  kTexts,     // a list of strings
  kIntegers,  // a list of integers
  kTable,     // [name], or name = { ... }
  kTables,    // [[name]]
  kNotBuilt,  // known, and refused: its feature does not exist yet
};

/// Both ends included.
struct Range {
  std::uint64_t min = 0;
  std::uint64_t max = 0;
};
struct RealRange {
  double min = 0;
  double max = 0;
};

using Value = std::variant<bool, std::uint64_t, double, std::string, std::vector<std::string>,
                           std::vector<std::uint64_t>>;

/// How a key's value goes into its struct and comes out again. `object` is the struct of the table.
struct Field {
  /// REQUIRES: the value has passed the row's range and rule.
  void (*set)(void* object, const Value& value) = nullptr;
  /// Nothing: the key would not be written.
  std::optional<Value> (*get)(const void* object) = nullptr;
};

struct Table;

/// The struct, or the vector of structs, behind a table.
struct Nested {
  const Table* table = nullptr;
  void* (*add)(void* object) = nullptr;
  std::size_t (*count)(const void* object) = nullptr;
  const void* (*at)(const void* object, std::size_t index) = nullptr;
};

struct Key {
  std::string_view name{};
  Type type = Type::kText;
  std::string_view doc{};
  bool is_required = false;
  Range range{};      // kInteger, kSize, each item of kIntegers
  RealRange reals{};  // kReal
  Range count{};      // items of kTexts, kIntegers, kTables
  TextRule rule = nullptr;
  Field field{};
  Nested nested{};

  constexpr Key required() const {
    Key key = *this;
    key.is_required = true;
    return key;
  }
};

struct Table {
  std::string_view path;  // as the operator writes it: "[gateway]", "[[target.lun]]"
  std::span<const Key> keys;
  const void* defaults;  // a struct as it is before any key is read
};

/// The whole text's table; its object is a Config.
const Table& root_table();

}  // namespace lungate::config
