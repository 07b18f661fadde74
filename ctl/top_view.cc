// SPDX-License-Identifier: LGPL-2.1-or-later

// The table of `top` as lines. Pure; called by top.cc. A terminal is narrow, so a target is shown
// by what follows the last colon of its name where that is unique, in full where it is not; and it
// is low, so rows that do not fit give way, the idle ones first (the caller has sorted), never the
// total.
#include "ctl/top_view.h"

#include <map>
#include <set>

#include "ctl/text.h"

namespace lungate::ctl {
namespace {

/// iqn.2026-11.io.lungate:store is "store" where no other target ends so.
std::string_view tail_of(std::string_view iqn) {
  const std::size_t colon = iqn.rfind(':');
  return colon == iqn.npos || colon + 1 == iqn.size() ? iqn : iqn.substr(colon + 1);
}

/// Target to the name that its rows show.
std::map<std::string, std::string> short_names(const Top& top) {
  std::map<std::string, std::set<std::string>> by_tail;
  for (const TopRow& row : top.rows) {
    by_tail[std::string(tail_of(row.target))].insert(row.target);
  }
  std::map<std::string, std::string> out;
  for (const auto& [tail, targets] : by_tail) {
    for (const std::string& target : targets) out[target] = targets.size() == 1 ? tail : target;
  }
  return out;
}

// One order of columns for the rows and their sum; titles stand in the same order in top_lines().
std::vector<std::string> cells(const std::string& name, const std::string& lun, const TopRow& row) {
  return {name,
          lun,
          rate_text(row.read.per_second),
          rate_text(row.write.per_second),
          megabytes_text(row.read.bytes_per_second),
          megabytes_text(row.write.bytes_per_second),
          latency_text(row.read.p50_s),
          latency_text(row.read.p99_s),
          latency_text(row.write.p50_s),
          latency_text(row.write.p99_s),
          std::to_string(row.in_flight),
          latency_text(row.oldest_s),
          rate_text(row.errors_per_second),
          row.state,
          row.store};
}

// The heartbeat is here because a table of zeros has two causes: nobody works, or the gateway
// hangs.
std::string headline(const Top& top) {
  return top.gateway + ", lungate " + top.version + ": " + std::to_string(top.rows.size()) +
         " LUNs, " + std::to_string(top.sessions) + " sessions, " + std::to_string(top.loops) +
         " loops, heartbeat " + latency_text(top.heartbeat_age_s) + " old";
}

}  // namespace

// Fixed are three lines: headline, titles, total. What is hidden is counted, so that nobody takes
// the table for all there is.
std::vector<std::string> top_lines(const Top& top, std::size_t lines_max) {
  constexpr Align kRight = Align::kRight;
  Table table({{"TARGET"},
               {"LUN", kRight},
               {"R/s", kRight},
               {"W/s", kRight},
               {"R MB/s", kRight},
               {"W MB/s", kRight},
               {"R p50", kRight},
               {"R p99", kRight},
               {"W p50", kRight},
               {"W p99", kRight},
               {"IN FL", kRight},
               {"OLDEST", kRight},
               {"ERR/s", kRight},
               {"STATE"},
               {"STORE"}});
  const auto names = short_names(top);
  for (const TopRow& row : top.rows) {
    table.add(cells(names.at(row.target), std::to_string(row.lun), row));
  }
  TopRow sum = total(top);
  table.add(cells("total", "", sum));
  std::vector<std::string> lines = table.lines();
  lines.insert(lines.begin(), headline(top));
  // The headline, the titles and the total stay; rows give way.
  constexpr std::size_t kFixed = 3;
  if (lines_max > kFixed && lines.size() > lines_max) {
    const std::size_t hidden = lines.size() - lines_max + 1;
    const auto last_row = lines.end() - 1;
    lines.erase(last_row - static_cast<std::ptrdiff_t>(hidden), last_row);
    lines.insert(lines.end() - 1, "... " + std::to_string(hidden) + " more");
  }
  return lines;
}

}  // namespace lungate::ctl
