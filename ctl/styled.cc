// SPDX-License-Identifier: LGPL-2.1-or-later

// Lines with meanings. Pure; used by grid.cc and the views, and by screen.cc, which alone turns
// meanings into escape sequences. Widths count characters, not bytes, and take each for one column:
// good enough for names in Latin scripts, and a table out of line is the worst that can happen.
#include "ctl/styled.h"

#include <algorithm>
#include <array>

namespace lungate::ctl {
namespace {

/// Bytes that do not continue a character of UTF-8.
bool begins(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
}

// ECMA-48, by Paint. The eight colours that every terminal has, in the user's own shades: those can
// be read on his background, dark or light.
constexpr std::array<std::string_view, 5> kSequences = {"", "\x1b[1m", "\x1b[2m", "\x1b[33m",
                                                        "\x1b[1;31m"};
constexpr std::string_view kReset = "\x1b[0m";

}  // namespace

// For East Asian names it is too little by half, and the row stands out; no name is lost by it.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, begins));
}

std::size_t width_of(const Line& line) {
  std::size_t sum = 0;
  for (const Span& span : line) sum += width_of(span.text);
  return sum;
}

std::string_view head_of(std::string_view text, std::size_t columns) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (begins(text[i]) && ++characters > columns) return text.substr(0, i);
  }
  return text;
}

std::string tail_of(const std::string& text, std::size_t columns) {
  const std::size_t width = width_of(text);
  if (width <= columns) return text;
  if (columns <= 2) return std::string(head_of(text, columns));
  const std::size_t dropped = head_of(text, width - (columns - 2)).size();
  return ".." + text.substr(dropped);
}

Line cut(Line line, std::size_t columns) {
  if (columns == 0) return line;
  std::size_t left = columns;
  for (Span& span : line) {
    span.text = head_of(span.text, left);
    left -= width_of(span.text);
  }
  return line;
}

// Each part begins and ends its own colour: a line that is cut cannot colour the next one.
std::string text_of(const Line& line, bool colour) {
  std::string out;
  for (const Span& span : line) {
    const bool painted = colour && span.paint != Paint::kPlain && !span.text.empty();
    if (painted) out += kSequences[static_cast<std::size_t>(span.paint)];
    out += span.text;
    if (painted) out += kReset;
  }
  return out;
}

std::vector<Line> flow(const std::vector<Span>& pieces, std::size_t columns) {
  std::vector<Line> lines(1);
  for (const Span& piece : pieces) {
    if (!lines.back().empty()) {
      const bool fits =
          columns == 0 || width_of(lines.back()) + 2 + width_of(piece.text) <= columns;
      if (fits) {
        lines.back().push_back({"  "});
      } else {
        lines.emplace_back();
      }
    }
    lines.back().push_back(piece);
  }
  return lines;
}

}  // namespace lungate::ctl
