// SPDX-License-Identifier: LGPL-2.1-or-later

// What was: the latencies of the last readings, and how they are drawn in one line of text.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "ctl/top_rows.h"

namespace lungate::ctl {

/// TopRow::latency_s() of each LUN, initiator and nexus, reading by reading. One table per program.
class History {
 public:
  static constexpr std::size_t kReadings = 60;

  /// The rows of one more reading. What is not there any more is forgotten.
  void add(const Top& top);
  /// The newest last, at most kReadings; 0: no I/O ended then.
  std::vector<double> of(const TopRow& row) const;

 private:
  std::map<std::string, std::deque<double>> values_;
};

/// One character for each of the last `width` values, the newest at the right edge. The scale is
/// the same for all rows and pages, so that heights can be compared: the lowest block is up to
/// 0.5 ms, each further one up to 1, 2, 5, 10, 20 and 50 ms, the full one above. Blank: no I/O.
/// Without `unicode`: .:-=+*#@
std::string spark(const std::vector<double>& seconds, std::size_t width, bool unicode);

/// Whether the user's terminal shows UTF-8, by what his environment says (POSIX: the first that is
/// set and not empty decides). Null: not set.
bool speaks_utf8(const char* lc_all, const char* lc_ctype, const char* lang);

}  // namespace lungate::ctl
