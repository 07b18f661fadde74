// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ctl/slow_rows.h"

namespace lungate::ctl {

/// The rows as a table. Comes in pieces when it is followed: titles once, and columns that only
/// grow.
class SlowTable {
 public:
  /// Lines with their ends. No rows: nothing.
  std::string text(const std::vector<SlowRow>& rows);

 private:
  std::vector<std::size_t> widths_;
};

/// ISO 8601 with milliseconds and the offset of the local time zone:
/// "2026-11-23T14:05:06.789+01:00".
std::string iso_time(std::uint64_t wall_ns);

}  // namespace lungate::ctl
