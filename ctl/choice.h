// SPDX-License-Identifier: LGPL-2.1-or-later

// What of a table is wanted, as plain values: the command line says it (options.cc), and keys
// change it (top_keys.cc). Names are those of the command line.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lungate::ctl {

/// What a row of `top` is.
enum class By : std::uint8_t {
  kLun,
  kInitiator,  // on all its LUNs
  kNexus,      // an initiator on a LUN
};
inline constexpr std::array<std::string_view, 3> kByNames = {"lun", "initiator", "nexus"};

/// Largest first, names in their own order.
enum class Sort : std::uint8_t { kIops, kMbps, kP99, kErrors, kInFlight, kOldest, kName };
inline constexpr std::array<std::string_view, 7> kSortNames = {
    "iops", "mbps", "p99", "errors", "inflight", "oldest", "name"};

struct TopChoice {
  By by = By::kLun;
  Sort sort = Sort::kName;
  bool reversed = false;
  std::string filter;  // rows that contain it somewhere, whatever the case; empty: all
};

enum class SlowSort : std::uint8_t { kTime, kDuration };
inline constexpr std::array<std::string_view, 2> kSlowSortNames = {"time", "duration"};

struct SlowChoice {
  SlowSort sort = SlowSort::kTime;
  std::string lun;        // "TARGET/LUN", "LUN", or a part of the target's name; empty: all
  std::string initiator;  // a part of its name; empty: all
  std::size_t count = 0;  // the last ones; 0: all
};

}  // namespace lungate::ctl
