// SPDX-License-Identifier: LGPL-2.1-or-later

// The keys of `lungate top`. Pure; live.cc hands on what the terminal sends and draws what comes of
// it. While a filter is typed every printable key is a letter of it, so the two sets of meanings
// are two functions.
#include "ctl/top_keys.h"

#include <algorithm>
#include <utility>

namespace lungate::ctl {
namespace {

using Kind = Key::Kind;

constexpr std::size_t kFilterBytesMax = 223;  // an iSCSI name (RFC 7143, 4.2.7.1)
constexpr std::size_t kPageRows = 10;

// What xterm and its kin send for keys without a letter, behind ESC.
constexpr std::array<std::pair<std::string_view, Kind>, 12> kSequences = {{
    {"[A", Kind::kUp},
    {"OA", Kind::kUp},
    {"[B", Kind::kDown},
    {"OB", Kind::kDown},
    {"[5~", Kind::kPageUp},
    {"[6~", Kind::kPageDown},
    {"[H", Kind::kTop},
    {"OH", Kind::kTop},
    {"[1~", Kind::kTop},
    {"[7~", Kind::kTop},
    {"[C", Kind::kOther},
    {"[D", Kind::kOther},
}};

/// How many bytes of `rest`, which begins behind ESC, belong to it: a control sequence goes up to
/// its final byte (ECMA-48, 5.4), one of a single shift has one more byte.
std::size_t sequence_bytes(std::string_view rest) {
  if (rest.starts_with("O")) return std::min<std::size_t>(2, rest.size());
  if (!rest.starts_with("[")) return 0;
  const auto final_byte = std::ranges::find_if(rest.begin() + 1, rest.end(),
                                               [](char c) { return c >= '@' && c <= '~'; });
  return static_cast<std::size_t>(final_byte - rest.begin()) + (final_byte != rest.end() ? 1 : 0);
}

Kind kind_of_sequence(std::string_view sequence) {
  if (sequence.empty()) return Kind::kEscape;
  const auto* const found =
      std::ranges::find(kSequences, sequence, &std::pair<std::string_view, Kind>::first);
  return found == kSequences.end() ? Kind::kOther : found->second;
}

/// Bytes of the character that begins with `c`, as UTF-8 says.
std::size_t character_bytes(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

template <class Enum, std::size_t kCount>
Enum next(Enum value, const std::array<std::string_view, kCount>& names, std::size_t step = 1) {
  return static_cast<Enum>((static_cast<std::size_t>(value) + step) % names.size());
}

// The filter is in force while it is typed, so that one sees what it finds.
void type(TopState& state, const Key& key) {
  std::string& filter = state.choice.filter;
  if (key.kind == Kind::kEnter) state.typing = false;
  if (key.kind == Kind::kEscape) {
    state.typing = false;
    filter = state.typed_before;
  }
  if (key.kind == Kind::kText && filter.size() + key.text.size() <= kFilterBytesMax) {
    filter += key.text;
  }
  if (key.kind == Kind::kErase) {
    while (!filter.empty() && (static_cast<unsigned char>(filter.back()) & 0xc0) == 0x80) {
      filter.pop_back();
    }
    if (!filter.empty()) filter.pop_back();
  }
}

void scroll(TopState& state, Kind kind) {
  const std::size_t first = state.first;
  if (kind == Kind::kUp) state.first -= std::min<std::size_t>(first, 1);
  if (kind == Kind::kPageUp) state.first -= std::min(first, kPageRows);
  if (kind == Kind::kDown) state.first += 1;  // top_page() sets back what is beyond the end
  if (kind == Kind::kPageDown) state.first += kPageRows;
  if (kind == Kind::kTop) state.first = 0;
}

/// Digits are the sort orders, as kSortNames counts them.
void command(TopState& state, char letter) {
  TopChoice& choice = state.choice;
  const auto digit = static_cast<std::size_t>(letter - '1');
  if (letter >= '1' && digit < kSortNames.size()) choice.sort = static_cast<Sort>(digit);
  if (letter == 'i') choice.by = next(choice.by, kByNames);
  if (letter == 's') choice.sort = next(choice.sort, kSortNames);
  if (letter == 'S') choice.sort = next(choice.sort, kSortNames, kSortNames.size() - 1);
  if (letter == 'r') choice.reversed = !choice.reversed;
  if (letter == 'p' || letter == ' ') state.paused = !state.paused;
  if (letter == 'h' || letter == '?') state.help = !state.help;
  if (letter == '/') {
    state.typing = true;
    state.typed_before = choice.filter;
    choice.filter.clear();
  }
  // Another order has another top; a pause has not.
  if (letter != 'p' && letter != ' ') state.first = 0;
}

}  // namespace

// Other control characters mean nothing and vanish; Ctrl-C and Ctrl-Z never come here.
std::vector<Key> keys_of(std::string_view bytes) {
  std::vector<Key> out;
  while (!bytes.empty()) {
    const char c = bytes.front();
    bytes.remove_prefix(1);
    if (c == '\x1b') {
      const std::size_t length = sequence_bytes(bytes);
      out.push_back({kind_of_sequence(bytes.substr(0, length)), {}});
      bytes.remove_prefix(length);
    } else if (c == '\r' || c == '\n') {
      out.push_back({Kind::kEnter, {}});
    } else if (c == '\x7f' || c == '\b') {
      out.push_back({Kind::kErase, {}});
    } else if (static_cast<unsigned char>(c) >= ' ') {
      const std::size_t more = std::min(character_bytes(c) - 1, bytes.size());
      out.push_back({Kind::kText, c + std::string(bytes.substr(0, more))});
      bytes.remove_prefix(more);
    }
  }
  return out;
}

// Escape outside of a filter takes the filter away, or the help: "back", as in pagers.
bool press(TopState& state, const Key& key) {
  if (state.typing) {
    type(state, key);
    state.first = 0;
    return true;
  }
  if (key.kind == Kind::kText && key.text == "q") return false;
  if (key.kind == Kind::kEscape && !std::exchange(state.help, false)) state.choice.filter.clear();
  if (key.kind == Kind::kText && key.text.size() == 1) command(state, key.text[0]);
  scroll(state, key.kind);
  return true;
}

std::string keys_line(const TopState& state) {
  if (state.typing) return "filter: " + state.choice.filter + "_  (Enter keeps it, Esc does not)";
  const TopChoice& choice = state.choice;
  return std::string(state.paused ? "PAUSED  " : "") + "q quit  ? help  i by " +
         std::string(kByNames[static_cast<std::size_t>(choice.by)]) + "  s sort " +
         std::string(kSortNames[static_cast<std::size_t>(choice.sort)]) +
         (choice.reversed ? " reversed" : "") + "  / filter" +
         (choice.filter.empty() ? "" : " \"" + choice.filter + "\"") + "  p pause";
}

std::vector<std::string> help_lines() {
  return {
      "i        rows by LUN, by initiator, by initiator and LUN (nexus)",
      "s S 1-7  sort by iops, mbps, p99, errors, inflight, oldest, name",
      "r        the other way round",
      "/        show rows that contain a text; Esc: all of them again",
      "p space  hold the table still, and let it go on",
      "arrows   scroll (also page up, page down, home)",
      "? Esc    this help, and back        q  quit",
      "",
      "STATE    why a LUN does not serve (red); stuck: an I/O is under way for 10 s or longer "
      "(red);",
      "         slow: p99 is above the SLO (yellow); errors: commands failed (yellow)",
      "!        behind a figure: that is what STATE speaks of",
      "TREND    the last readings' p99 (of initiators: mean), newest at the right: lowest up to",
      "         0.5 ms, then 1, 2, 5, 10, 20, 50 ms, and above; blank: no I/O",
      "OLDEST   age of the oldest I/O in flight",
      "SLOW/s   reads and writes above the SLO;  USED  of the pool or file system",
  };
}

}  // namespace lungate::ctl
