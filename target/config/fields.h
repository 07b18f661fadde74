// SPDX-License-Identifier: LGPL-2.1-or-later

// Makes rows of the key table from members: integer<&Gateway::loops>("loops", {0, 8}, "...").
//
// Each maker turns a pointer to member, known at compile time, into two plain functions without
// state: `set` casts the table's `void*` back to the struct and stores, `get` gives the value for
// printing. So a table is a constant array, and what a key does to its struct is checked by the
// compiler: the wrong maker for a member's type does not compile. The price is `void*` between the
// table and its row; both name the same struct in keys.cc, a few lines from each other.
#pragma once

#include <type_traits>
#include <utility>

#include "config/schema.h"

namespace lungate::config {

template <auto kMember>
struct MemberOf;
template <class T, class M, M T::*kMember>
struct MemberOf<kMember> {
  using Object = T;
  using Type = M;
  static M& of(void* object) { return static_cast<T*>(object)->*kMember; }
  static const M& of(const void* object) { return static_cast<const T*>(object)->*kMember; }
};

// Texts that stand for something. The rule of the row has let them pass.
inline void from_text(const std::string& text, std::string& out) {
  out = text;
}
inline void from_text(const std::string& text, Address& out) {
  out = parse_address(text);
}
inline void from_text(const std::string& text, Network& out) {
  out = parse_network(text).value_or(out);
}
inline void from_text(const std::string& text, log::Level& out) {
  log::parse_level(text, out);
}
inline void from_text(const std::string& text, Digest& out) {
  out = parse_digest(text).value_or(out);
}
inline void from_text(const std::string& text, ChapAlgorithm& out) {
  out = parse_chap_digest(text).value_or(out);
}
inline std::string to_text(const std::string& text) {
  return text;
}
inline std::string to_text(const Address& address) {
  return to_string(address);
}
inline std::string to_text(const Network& network) {
  return to_string(network);
}
inline std::string to_text(log::Level level) {
  return std::string(log::level_name(level));
}
inline std::string to_text(Digest digest) {
  return std::string(digest_name(digest));
}
inline std::string to_text(ChapAlgorithm algorithm) {
  return std::string(chap_digest_name(algorithm));
}

/// true or false.
template <auto kMember>
constexpr Key flag(std::string_view name, std::string_view doc) {
  using Member = MemberOf<kMember>;
  return {.name = name,
          .type = Type::kFlag,
          .doc = doc,
          .field = {
              [](void* object, const Value& value) { Member::of(object) = std::get<bool>(value); },
              [](const void* object) -> std::optional<Value> { return Member::of(object); }}};
}

/// An integer of any width; the range must be within the member's own type, which is where the cast
/// would cut it.
template <auto kMember>
constexpr Key integer(std::string_view name, Range range, std::string_view doc) {
  using Member = MemberOf<kMember>;
  return {.name = name,
          .type = Type::kInteger,
          .doc = doc,
          .range = range,
          .field = {[](void* object, const Value& value) {
                      Member::of(object) =
                          static_cast<typename Member::Type>(std::get<std::uint64_t>(value));
                    },
                    [](const void* object) -> std::optional<Value> {
                      return static_cast<std::uint64_t>(Member::of(object));
                    }}};
}

/// A number with a fraction, or without: read_ms = 10 is 10.0.
template <auto kMember>
constexpr Key real(std::string_view name, RealRange range, std::string_view doc) {
  using Member = MemberOf<kMember>;
  return {.name = name,
          .type = Type::kReal,
          .doc = doc,
          .reals = range,
          .field = {[](void* object, const Value& value) {
                      Member::of(object) = std::get<double>(value);
                    },
                    [](const void* object) -> std::optional<Value> { return Member::of(object); }}};
}

/// A string that the rule has let pass, and what it stands for (from_text() above). Printed unless
/// empty.
template <auto kMember>
constexpr Key text(std::string_view name, TextRule rule, std::string_view doc) {
  using Member = MemberOf<kMember>;
  return {.name = name,
          .type = Type::kText,
          .doc = doc,
          .rule = rule,
          .field = {[](void* object, const Value& value) {
                      from_text(std::get<std::string>(value), Member::of(object));
                    },
                    [](const void* object) -> std::optional<Value> {
                      std::string out = to_text(Member::of(object));
                      if (out.empty()) return {};
                      return out;
                    }}};
}

/// A secret. Printed as kMaskedSecret, and not at all when it came from `kFile`; no message shows
/// it.
template <auto kMember, auto kFile>
constexpr Key secret(std::string_view name, std::string_view doc) {
  using Member = MemberOf<kMember>;
  return {.name = name,
          .type = Type::kText,
          .doc = doc,
          .is_secret = true,
          .rule = check_secret,
          .field = {[](void* object, const Value& value) {
                      const std::string_view text = std::get<std::string>(value);
                      Member::of(object) = Secret(bytes_of(text));
                    },
                    [](const void* object) -> std::optional<Value> {
                      const bool in_text = MemberOf<kFile>::of(object).empty();
                      if (!in_text || Member::of(object).empty()) return {};
                      return std::string(kMaskedSecret);
                    }}};
}

/// A list of such strings; each item is asked of the rule. A list that is there replaces the
/// default whole.
template <auto kMember>
constexpr Key texts(std::string_view name, Range count, TextRule rule, std::string_view doc) {
  using Member = MemberOf<kMember>;
  return {.name = name,
          .type = Type::kTexts,
          .doc = doc,
          .count = count,
          .rule = rule,
          .field = {[](void* object, const Value& value) {
                      auto& items = Member::of(object);
                      items.clear();
                      for (const std::string& item : std::get<std::vector<std::string>>(value)) {
                        from_text(item, items.emplace_back());
                      }
                    },
                    [](const void* object) -> std::optional<Value> {
                      std::vector<std::string> out;
                      for (const auto& item : Member::of(object)) out.push_back(to_text(item));
                      if (out.empty()) return {};
                      return out;
                    }}};
}

/// A list of integers, each within the range.
template <auto kMember>
constexpr Key integers(std::string_view name, Range count, Range range, std::string_view doc) {
  using Member = MemberOf<kMember>;
  return {.name = name,
          .type = Type::kIntegers,
          .doc = doc,
          .range = range,
          .count = count,
          .field = {[](void* object, const Value& value) {
                      auto& items = Member::of(object);
                      items.clear();
                      for (const auto item : std::get<std::vector<std::uint64_t>>(value)) {
                        items.push_back(static_cast<typename Member::Type::value_type>(item));
                      }
                    },
                    [](const void* object) -> std::optional<Value> {
                      const auto& items = Member::of(object);
                      if (items.empty()) return {};
                      return std::vector<std::uint64_t>(items.begin(), items.end());
                    }}};
}

/// A table of its own, [name] or name = { ... }: a struct within the struct. Absent is like empty.
template <auto kMember>
constexpr Key table(std::string_view name, const Table& nested, std::string_view doc) {
  using Member = MemberOf<kMember>;
  return {.name = name,
          .type = Type::kTable,
          .doc = doc,
          .nested = {
              &nested, [](void* object) -> void* { return &Member::of(object); },
              [](const void*) -> std::size_t { return 1; },
              [](const void* object, std::size_t) -> const void* { return &Member::of(object); }}};
}

/// [[name]]: a vector of structs, one per table, in the order of the text.
template <auto kMember>
constexpr Key tables(std::string_view name, Range count, const Table& nested,
                     std::string_view doc) {
  using Member = MemberOf<kMember>;
  return {
      .name = name,
      .type = Type::kTables,
      .doc = doc,
      .count = count,
      .nested = {&nested, [](void* object) -> void* { return &Member::of(object).emplace_back(); },
                 [](const void* object) { return Member::of(object).size(); },
                 [](const void* object, std::size_t index) -> const void* {
                   return &Member::of(object)[index];
                 }}};
}

/// A key that the design has and this release has not. It is refused with its own message: ignoring
/// it would let an operator believe in it, and "unknown key" would look like a misspelling.
constexpr Key not_built(std::string_view name, std::string_view feature) {
  return {.name = name, .type = Type::kNotBuilt, .doc = feature};
}

}  // namespace lungate::config
