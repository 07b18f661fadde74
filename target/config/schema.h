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

/// What a key's value is in the text. Each has one reading function (reader.cc) and one way of
/// being printed (write.cc); both switch over this without a default.
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

/// Both ends included. One type for values and for counts of items: unsigned, as everything that an
/// operator may set is.
struct Range {
  std::uint64_t min = 0;
  std::uint64_t max = 0;
};
/// The same for numbers with a fraction; a NaN is in no range.
struct RealRange {
  double min = 0;
  double max = 0;
};

/// A value on its way between text and struct. Texts that stand for something (an address, a level)
/// travel as texts.
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

/// The struct, or the vector of structs, behind a table. `add` makes room for one more element and
/// gives its address, which holds until the next add(): a table is read whole before its neighbour.
struct Nested {
  const Table* table = nullptr;
  void* (*add)(void* object) = nullptr;
  std::size_t (*count)(const void* object) = nullptr;
  const void* (*at)(const void* object, std::size_t index) = nullptr;
};

/// One key. Which of the fields mean something depends on the type; makers in fields.h fill in what
/// belongs together, so rows are not written by hand.
struct Key {
  std::string_view name{};
  Type type = Type::kText;
  std::string_view doc{};
  bool is_required = false;
  bool is_secret = false;  // its value stands in no message
  bool is_own = false;     // of the root: a gateway's own, whatever it shares with a group
  Range range{};           // kInteger, kSize, each item of kIntegers
  RealRange reals{};       // kReal
  Range count{};           // items of kTexts, kIntegers, kTables
  TextRule rule = nullptr;
  Field field{};
  Nested nested{};

  constexpr Key required() const {
    Key key = *this;
    key.is_required = true;
    return key;
  }
  constexpr Key own() const {
    Key key = *this;
    key.is_own = true;
    return key;
  }
};

/// The keys of one table. `defaults` is what the reference prints as default, and must be of the
/// struct that the rows' members are of.
struct Table {
  std::string_view path;  // as the operator writes it: "[gateway]", "[[target.lun]]"
  std::span<const Key> keys;
  const void* defaults;  // a struct as it is before any key is read
};

/// The whole text's table; its object is a Config.
const Table& root_table();
/// Of it the tables that are a gateway's own.
const Table& own_table();

}  // namespace lungate::config
