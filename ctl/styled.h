// SPDX-License-Identifier: LGPL-2.1-or-later

// Lines whose parts have a meaning, before they become text with or without colours.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lungate::ctl {

/// What a part of a line is, not how it looks. Whatever it says must stand in the text, too: there
/// are terminals without colours, and people who do not see them.
enum class Paint : std::uint8_t {
  kPlain,
  kTitle,    // bold
  kDim,      // nothing happens there
  kWarning,  // look at it: yellow
  kBad,      // act on it: bold red
};

struct Span {
  std::string text;
  Paint paint = Paint::kPlain;
};
using Line = std::vector<Span>;

/// Columns on a terminal, taking each character for one.
std::size_t width_of(std::string_view text);
std::size_t width_of(const Line& line);

/// The first `columns` characters of a text, none of them cut in two.
std::string_view head_of(std::string_view text, std::size_t columns);
/// The end of a text that is too long, behind "..": of names the end tells more than the beginning.
std::string tail_of(const std::string& text, std::size_t columns);
/// The same line in at most `columns` columns; 0: no bound.
Line cut(Line line, std::size_t columns);

/// As a terminal wants it; without `colour` the text alone.
std::string text_of(const Line& line, bool colour);

/// Pieces side by side, two blanks between them, on as many lines as they need; a piece is not
/// broken. `columns` 0: one line.
std::vector<Line> flow(const std::vector<Span>& pieces, std::size_t columns);

}  // namespace lungate::ctl
