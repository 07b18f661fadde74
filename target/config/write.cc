// SPDX-License-Identifier: LGPL-2.1-or-later

// Values of a Config as TOML. dump.cc and reference.cc call it. It walks the same rows as the
// reader, so a key that can be read can be printed; a value that equals "not set" (an empty text or
// list) is left out, for the reader would refuse it. Escapes are TOML's: whatever text a Config
// holds comes back the same.
#include "config/write.h"

#include <array>
#include <charconv>

namespace lungate::config {
namespace {

/// A TOML basic string: what must not stand in it is escaped, the rest stays as it is.
// Bytes above 0x7f stay: the text is UTF-8, as scan() has seen to.
std::string quoted(const std::string& text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 0xf];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

struct ValueWriter {
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::uint64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const {
    // The shortest text that reads back as the same number.
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    return {buffer.data(), end};
  }
  std::string operator()(const std::string& value) const { return quoted(value); }
  template <class T>
  std::string operator()(const std::vector<T>& values) const {
    std::string out;
    for (const T& value : values) out += (out.empty() ? "" : ", ") + (*this)(value);
    return "[" + out + "]";
  }
};

// Only tables of plain values are written so, which the rows decide by a path without brackets.
// Empty for one without any value: as if it were not there.
std::string inline_table(const Table& table, const void* object) {
  std::string out;
  for (const Key& key : table.keys) {
    const auto value = key.field.get(object);
    if (!value) continue;
    out += (out.empty() ? "" : ", ") + std::string(key.name) + " = " + value_text(*value);
  }
  return out.empty() ? out : "{ " + out + " }";
}

/// A table whose path has no brackets is one that people write as `slo = { ... }`.
bool is_inline(const Key& key) {
  return key.type == Type::kTable && key.nested.table->path.front() != '[';
}

// Sizes are written with their unit, as people write them; other integers as they are.
void write_key(std::string& out, const Key& key, const void* object) {
  std::string text;
  if (is_inline(key)) {
    text = inline_table(*key.nested.table, key.nested.at(object, 0));
    if (text.empty()) return;
  } else if (key.field.get != nullptr) {
    const auto value = key.field.get(object);
    if (!value) return;
    text = key.type == Type::kSize ? quoted(size_text(std::get<std::uint64_t>(*value)))
                                   : value_text(*value);
  } else {
    return;
  }
  out += std::string(key.name) + " = " + text + "\n";
}

}  // namespace

std::string value_text(const Value& value) {
  return std::visit(ValueWriter{}, value);
}

// A table's own keys before its tables: behind a header, TOML would take them for that table's.
void write_table(std::string& out, const Table& table, const void* object) {
  for (const Key& key : table.keys) write_key(out, key, object);
  for (const Key& key : table.keys) {
    if (key.nested.table == nullptr || is_inline(key)) continue;
    for (std::size_t i = 0; i < key.nested.count(object); ++i) {
      out += "\n" + std::string(key.nested.table->path) + "\n";
      write_table(out, *key.nested.table, key.nested.at(object, i));
    }
  }
}

}  // namespace lungate::config
