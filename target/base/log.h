// SPDX-License-Identifier: LGPL-2.1-or-later

// Structured, bounded logging; spdlog stays behind log.cc.
//
//   log::warn("session", "login_refused", {{"peer", address}, {"initiator", name}, {"reason",
//   why}});
//   -> 2026-11-22T21:03:04.123456Z warn session login_refused peer=10.0.0.7:41234
//   initiator="iqn.2026..." reason=no_target
//
// - The tag is the room, the event a fixed snake_case word: together they are the *cause* by which
//   lines are rate-limited (a burst per second, then a count of what was left out).
// - Values are escaped: what a peer sends cannot forge a line, a field or a terminal sequence.
// - Secrets are never passed here.
// Thread-safe. Not for the path of one I/O.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace lungate::log {

enum class Level : std::uint8_t { kDebug, kInfo, kWarn, kError };

struct Field {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool> value;

  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  Field(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
  Field(std::string_view k, bool v) : key(k), value(v) {}
  Field(std::string_view k, double v) : key(k), value(v) {}
  Field(std::string_view k, std::signed_integral auto v)
      : key(k), value(static_cast<std::int64_t>(v)) {}
  Field(std::string_view k,
        std::unsigned_integral auto v) requires(!std::same_as<decltype(v), bool>)
      : key(k), value(static_cast<std::uint64_t>(v)) {}
};

using Fields = std::initializer_list<Field>;

/// Everything below `level` is dropped before it is formatted. May be changed while running.
void set_level(Level level) noexcept;
Level level() noexcept;
/// "debug", "info", "warn", "error"; false when `name` is none of them.
bool parse_level(std::string_view name, Level& out) noexcept;
std::string_view level_name(Level level) noexcept;

/// Lines go to stderr. Under systemd (JOURNAL_STREAM is set) the time is left to the journal and
/// each line begins with its priority as sd-daemon(3) describes.
void start();

void write(Level level, std::string_view tag, std::string_view event, Fields fields);

inline void debug(std::string_view tag, std::string_view event, Fields fields = {}) {
  write(Level::kDebug, tag, event, fields);
}
inline void info(std::string_view tag, std::string_view event, Fields fields = {}) {
  write(Level::kInfo, tag, event, fields);
}
inline void warn(std::string_view tag, std::string_view event, Fields fields = {}) {
  write(Level::kWarn, tag, event, fields);
}
inline void error(std::string_view tag, std::string_view event, Fields fields = {}) {
  write(Level::kError, tag, event, fields);
}

/// `text` as it appears in a line: quoted if it must be, control and non-ASCII bytes as \xNN,
/// cut after `bytes_max` bytes. Exposed for its tests and for the control socket.
std::string escape(std::string_view text, std::size_t bytes_max = 256);

}  // namespace lungate::log
