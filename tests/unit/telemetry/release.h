// SPDX-License-Identifier: LGPL-2.1-or-later
// Segments as releases wrote them, kept as text so that a review can see what a format's change
// changes: a line per eight bytes that are not zero.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace lungate::telemetry {

inline constexpr std::size_t kWordBytes = 8;

inline std::string release_path(const std::string& layout) {
  const std::string here(__FILE__);
  return here.substr(0, here.rfind('/')) + "/releases/layout-" + layout + ".txt";
}

/// "offset bytes" lines without the heading.
inline std::string dump(Bytes segment) {
  std::ostringstream lines;
  lines << "size " << segment.size() << "\n";
  for (std::size_t at = 0; at + kWordBytes <= segment.size(); at += kWordBytes) {
    const auto word = load<std::array<std::uint8_t, kWordBytes>>(segment.subspan(at));
    if (word == std::array<std::uint8_t, kWordBytes>{}) continue;
    lines << at << " ";
    for (const std::uint8_t byte : word) {
      char hex[3];
      std::snprintf(hex, sizeof hex, "%02x", byte);
      lines << hex;
    }
    lines << "\n";
  }
  return lines.str();
}

/// The segment that a dump describes; empty when there is no such file.
inline std::vector<std::byte> release(const std::string& layout) {
  std::vector<std::byte> segment;
  std::ifstream file(release_path(layout));
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) continue;
    std::istringstream words(line);
    std::string first;
    std::string second;
    words >> first >> second;
    if (first == "size") {
      segment.resize(std::stoul(second));
      continue;
    }
    const std::size_t at = std::stoul(first);
    for (std::size_t i = 0; i < second.size() / 2; ++i) {
      segment.at(at + i) = static_cast<std::byte>(std::stoul(second.substr(2 * i, 2), nullptr, 16));
    }
  }
  return segment;
}

}  // namespace lungate::telemetry
