// SPDX-License-Identifier: LGPL-2.1-or-later

// Texts of the segment made fit to be shown. Decode calls it for every text that leaves a segment,
// the exporter for paths. Any bytes may come. UTF-8 is checked to the letter (RFC 3629: no overlong
// forms, no surrogates, nothing above U+10FFFF), since Prometheus does so and drops the page
// otherwise.
#include "telemetry/text.h"

#include <cstddef>
#include <cstdint>

namespace lungate::telemetry {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

constexpr std::uint8_t byte_at(std::string_view text, std::size_t i) {
  return static_cast<std::uint8_t>(text[i]);
}

/// How many bytes the sequence has that begins with `lead`; 0 when none begins so.
constexpr std::size_t sequence_length(std::uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;  // c0 and c1 could only be overlong
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

/// What has no width of its own, or turns the order of what follows: a name with such could pass
/// for another one, or rearrange the line that it stands in.
constexpr bool is_invisible(std::uint32_t point) {
  return point == 0xad || point == 0x61c || point == 0xfeff ||
         (point >= 0x200b && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
         (point >= 0x2060 && point <= 0x206f) || (point >= 0xe0000 && point <= 0xe007f);
}

/// The length of the printable character at the front of `text`, 0 when there is none.
std::size_t printable_length(std::string_view text) {
  const std::uint8_t lead = byte_at(text, 0);
  const std::size_t length = sequence_length(lead);
  if (length == 0 || length > text.size()) return 0;
  if (length == 1) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
  std::uint32_t point = lead & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(text, i) & 0xc0) != 0x80) return 0;
    point = (point << 6) | (byte_at(text, i) & 0x3fu);
  }
  constexpr std::uint32_t kLowest[] = {0, 0, 0xa0, 0x800, 0x10000};  // 80 to 9f are controls
  const bool surrogate = point >= 0xd800 && point <= 0xdfff;
  return point >= kLowest[length] && point <= 0x10ffff && !surrogate && !is_invisible(point)
             ? length
             : 0;
}

}  // namespace

// Byte by byte where the text is broken, so that one bad byte costs one character and not the name.
std::string clean_text(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = printable_length(text);
    clean.append(length == 0 ? kReplacement : text.substr(0, length));
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return clean;
}

}  // namespace lungate::telemetry
