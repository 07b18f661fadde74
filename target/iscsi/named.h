// SPDX-License-Identifier: LGPL-2.1-or-later

// Enumerations whose values and names are one list: what the wire carries, what our code calls it
// and what a log line or a label says cannot drift apart, because all three come from one row.
//
//   #define LUNGATE_ISCSI_THINGS(X) X(kFirst, 1, "first") X(kSecond, 4, "second")
//   enum class Thing : std::uint8_t {
//   #define X(enumerator, value, text) enumerator = value,
//     LUNGATE_ISCSI_THINGS(X)
//   #undef X
//   };
//   inline constexpr std::array kThings = {
//   #define X(enumerator, value, text) Named<Thing>{Thing::enumerator, text},
//       LUNGATE_ISCSI_THINGS(X)
//   #undef X
//   };
//
// The lists themselves stand in the headers of their enumerations and are undefined behind them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace lungate::iscsi {

template <class Enum>
struct Named {
  Enum value;
  std::string_view name;  // snake_case, for logs and labels
};

/// The name of an enumerator; "unknown" for a number that none has, as a cast may bring.
template <class Enum, std::size_t kSize>
constexpr std::string_view name_in(const std::array<Named<Enum>, kSize>& rows, Enum value) {
  for (const Named<Enum>& row : rows) {
    if (row.value == value) return row.name;
  }
  return "unknown";
}

/// The enumerator of a number that a peer sent; nullopt when the standard gives it no meaning.
template <class Enum, std::size_t kSize>
constexpr std::optional<Enum> value_in(const std::array<Named<Enum>, kSize>& rows,
                                       std::uint8_t number) {
  for (const Named<Enum>& row : rows) {
    if (static_cast<std::uint8_t>(row.value) == number) return row.value;
  }
  return std::nullopt;
}

}  // namespace lungate::iscsi
