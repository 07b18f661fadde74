// SPDX-License-Identifier: LGPL-2.1-or-later

// LUN fields of eight bytes, read and written. Session reads one with every command and task
// management request, on its lane. Any eight bytes may come: what is not a single level in one of
// the two methods that we show is nullopt, and the command is answered LOGICAL UNIT NOT SUPPORTED,
// or REPORT LUNS and INQUIRY as SAM asks of an unknown unit. Both methods are read for every
// number, as initiators differ in what they use below 256.
#include "iscsi/lun.h"

#include <algorithm>

#include "base/check.h"

namespace lungate::iscsi {
namespace {

// SAM-5, 4.7.7.1: the upper two bits of a level say how to read the rest.
constexpr std::uint8_t kMethodShift = 6;
constexpr std::uint8_t kMethodPeripheral = 0;
constexpr std::uint8_t kMethodFlat = 1;
constexpr std::uint8_t kBelowMethodMask = 0x3f;

}  // namespace

std::optional<std::uint16_t> decode_lun(const LunField& field) {
  const auto is_zero = [](std::uint8_t byte) { return byte == 0; };
  if (!std::all_of(field.begin() + 2, field.end(), is_zero)) return std::nullopt;

  const auto method = static_cast<std::uint8_t>(field[0] >> kMethodShift);
  const std::uint8_t high = field[0] & kBelowMethodMask;
  if (method == kMethodPeripheral && high == 0) return field[1];
  if (method == kMethodFlat) return static_cast<std::uint16_t>((high << 8) | field[1]);
  return std::nullopt;
}

LunField encode_lun(std::uint16_t number) {
  check(number <= kLunNumberFlatMax, "a unit's number fits flat space addressing");
  LunField field{};
  if (number > 0xff)
    field[0] = static_cast<std::uint8_t>((kMethodFlat << kMethodShift) | (number >> 8));
  field[1] = static_cast<std::uint8_t>(number & 0xff);
  return field;
}

}  // namespace lungate::iscsi
