// SPDX-License-Identifier: LGPL-2.1-or-later

// Grouping, filtering and sorting of `top`'s rows. Pure; called for each page, batch and object, so
// that they all agree.
#include "ctl/top_choice.h"

#include <algorithm>
#include <functional>

#include "ctl/text.h"

namespace lungate::ctl {
namespace {

// What is shown is what is searched. "target/lun" too, as the alerts and dashboards write it.
bool matches(const TopRow& row, const std::string& filter) {
  if (filter.empty()) return true;
  const std::string place = row.target.empty() ? "" : row.target + "/" + std::to_string(row.lun);
  for (const std::string& text : {row.initiator, place, row.store, row.state}) {
    if (contains(text, filter)) return true;
  }
  return false;
}

/// What a row is sorted by, largest first. Names sort themselves.
double figure(const TopRow& row, Sort sort) {
  switch (sort) {
    case Sort::kIops:
      return row.per_second();
    case Sort::kMbps:
      return row.read.bytes_per_second + row.write.bytes_per_second;
    case Sort::kP99:
      return row.latency_s();
    case Sort::kErrors:
      return row.errors_per_second;
    case Sort::kInFlight:
      return static_cast<double>(row.in_flight);
    case Sort::kOldest:
      return row.oldest_s;
    case Sort::kName:
      return 0;
  }
  return 0;
}

}  // namespace

// Stable, on rows that come in the order of their names; reversing afterwards would reverse the
// names of idle rows as well.
std::vector<TopRow> chosen(const Top& top, const TopChoice& choice) {
  std::vector<TopRow> rows = choice.by == By::kLun         ? top.luns
                             : choice.by == By::kInitiator ? by_initiator(top.nexuses)
                                                           : top.nexuses;
  std::erase_if(rows, [&](const TopRow& row) { return !matches(row, choice.filter); });
  const auto by = [&](const TopRow& row) { return figure(row, choice.sort); };
  if (choice.sort == Sort::kName) {
    if (choice.reversed) std::ranges::reverse(rows);
  } else if (choice.reversed) {
    std::ranges::stable_sort(rows, std::less<>(), by);
  } else {
    std::ranges::stable_sort(rows, std::greater<>(), by);
  }
  return rows;
}

}  // namespace lungate::ctl
