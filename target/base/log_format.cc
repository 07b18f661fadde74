// SPDX-License-Identifier: LGPL-2.1-or-later

// What a line looks like, and how many there may be: the pure half of the log, behind log.cc. Any
// thread. Values may be a peer's: whatever could forge a line, a field or an escape sequence is
// written as \xNN, and long values are cut. The rate limit is per cause (tag and event), so that a
// peer who makes one kind of line cannot silence another.
#include "base/log_format.h"

#include <array>
#include <charconv>

#include "base/limits.h"

namespace lungate::log {
namespace {

struct LevelRow {
  Level level;
  std::string_view name;
  std::string_view journal_prefix;  // LOG_DEBUG 7, LOG_INFO 6, LOG_WARNING 4, LOG_ERR 3
};

constexpr std::array kLevels = {
    LevelRow{Level::kDebug, "debug", "<7>"},
    LevelRow{Level::kInfo, "info", "<6>"},
    LevelRow{Level::kWarn, "warn", "<4>"},
    LevelRow{Level::kError, "error", "<3>"},
};

const LevelRow& row_of(Level level) {
  return kLevels[static_cast<std::size_t>(level)];
}

constexpr bool is_plain(char c) {
  return c > ' ' && c < 0x7f;
}

/// A value that a reader of key=value lines would take apart wrongly without quotes.
bool needs_quotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text) {
    if (!is_plain(c) || c == '"' || c == '=' || c == '\\') return true;
  }
  return false;
}

void append_escaped(std::string& to, char c) {
  if (c == '"' || c == '\\') {
    to += '\\';
    to += c;
  } else if (is_plain(c) || c == ' ') {
    to += c;
  } else {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    to += "\\x";
    to += kDigits[byte >> 4];
    to += kDigits[byte & 0xf];
  }
}

template <class Number>
std::string digits(Number number) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  return {text.data(), end};
}

std::string value_of(std::string_view text) {
  return escape(text, limits::kLogValueBytesMax);
}
std::string value_of(bool yes) {
  return yes ? "true" : "false";
}
std::string value_of(auto number) {
  return digits(number);
}

}  // namespace

std::string_view level_name(Level level) noexcept {
  return row_of(level).name;
}
std::string_view journal_prefix(Level level) noexcept {
  return row_of(level).journal_prefix;
}

bool parse_level(std::string_view name, Level& out) noexcept {
  for (const LevelRow& row : kLevels) {
    if (row.name != name) continue;
    out = row.level;
    return true;
  }
  return false;
}

std::string escape(std::string_view text, std::size_t bytes_max) {
  const std::string_view shown = text.substr(0, bytes_max);
  const bool cut = shown.size() < text.size();
  if (!cut && !needs_quotes(text)) return std::string(text);
  std::string escaped = "\"";
  for (const char c : shown) append_escaped(escaped, c);
  escaped += cut ? "...\"" : "\"";
  return escaped;
}

std::string format(Level level, std::string_view tag, std::string_view event, Fields fields,
                   std::uint64_t suppressed) {
  std::string line(level_name(level));
  line.append(" ").append(tag).append(" ").append(event);
  auto append = [&line](std::string_view key, const std::string& value) {
    line.append(" ").append(key).append("=").append(value);
  };
  for (const Field& field : fields) {
    append(field.key, std::visit([](auto value) { return value_of(value); }, field.value));
  }
  if (suppressed > 0) append("suppressed", digits(suppressed));
  return line;
}

std::optional<std::uint64_t> RateLimit::admit(std::string_view tag, std::string_view event,
                                              BootTime now) {
  const std::lock_guard lock(mutex_);
  Window& window = windows_[{std::string(tag), std::string(event)}];
  if (window.passed == 0 ||
      now - window.begin >= std::uint64_t{Nanoseconds(limits::kLogWindow).count()}) {
    window.begin = now;
    window.passed = 0;
  }
  if (window.passed >= limits::kLogBurst) {
    ++window.suppressed;
    return std::nullopt;
  }
  ++window.passed;
  return std::exchange(window.suppressed, 0);
}

}  // namespace lungate::log
