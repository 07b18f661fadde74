// SPDX-License-Identifier: LGPL-2.1-or-later

// Makes rows of the key table from members: integer<&Gateway::loops>("loops", {0, 8}, "...").
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
inline void from_text(const std::string& text, log::Level& out) {
  log::parse_level(text, out);
}
inline void from_text(const std::string& text, Digest& out) {
  out = parse_digest(text).value_or(out);
}
inline std::string to_text(const std::string& text) {
  return text;
}
inline std::string to_text(const Address& address) {
  return to_string(address);
}
inline std::string to_text(log::Level level) {
  return std::string(log::level_name(level));
}
inline std::string to_text(Digest digest) {
  return std::string(digest_name(digest));
}

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

constexpr Key not_built(std::string_view name, std::string_view feature) {
  return {.name = name, .type = Type::kNotBuilt, .doc = feature};
}

}  // namespace lungate::config
