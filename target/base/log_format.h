// SPDX-License-Identifier: LGPL-2.1-or-later

// What a line looks like and how many of them there may be: the parts of the log that need neither
// a clock nor a place to write. Behind log.h; other rooms have no use for them.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/log.h"

namespace lungate::log {

/// "warn session login_refused peer=10.0.0.7:41234 suppressed=3": a line without its time. The last
/// field stands only where `suppressed` is not 0.
std::string format(Level level, std::string_view tag, std::string_view event, Fields fields,
                   std::uint64_t suppressed);

/// The prefix by which the journal knows a line's priority (sd-daemon(3)): "<4>" for a warning.
std::string_view journal_prefix(Level level) noexcept;

/// Lets limits::kLogBurst lines of each cause pass in each limits::kLogWindow. A cause is a tag and
/// an event; both are words of our code, so there are as many causes as places that log.
/// Thread-safe.
class RateLimit {
 public:
  /// Nothing: the line is left out. Else: the line passes, with the number of lines of this cause
  /// that were left out before it.
  std::optional<std::uint64_t> admit(std::string_view tag, std::string_view event, BootTime now);

 private:
  struct Window {
    BootTime begin;
    std::uint32_t passed = 0;
    std::uint64_t suppressed = 0;
  };

  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Window> windows_;  // guarded by mutex_
};

}  // namespace lungate::log
