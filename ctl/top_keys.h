// SPDX-License-Identifier: LGPL-2.1-or-later

// The keys of `lungate top`: what they are, and what they change. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ctl/choice.h"

namespace lungate::ctl {

struct Key {
  enum class Kind : std::uint8_t {
    kText,  // one printable character, as UTF-8
    kEnter,
    kErase,
    kEscape,
    kUp,
    kDown,
    kPageUp,
    kPageDown,
    kTop,
    kOther,  // a sequence that means nothing here
  };
  Kind kind = Kind::kOther;
  std::string text;  // of kText
};

/// What a terminal sends. A sequence that is cut at the end of `bytes` counts as its parts.
std::vector<Key> keys_of(std::string_view bytes);

/// The page as the user has made it.
struct TopState {
  TopChoice choice;
  std::size_t first = 0;  // row at the top of the table
  bool paused = false;    // the table stands still; readings go on
  bool help = false;
  bool typing = false;       // a filter
  std::string typed_before;  // the filter that Escape brings back
};

/// False: the user wants to end.
bool press(TopState& state, const Key& key);

/// The keys in one line, with what they would change.
std::string keys_line(const TopState& state);
/// All of them, and what columns, marks and colours mean.
std::vector<std::string> help_lines();

}  // namespace lungate::ctl
