// SPDX-License-Identifier: LGPL-2.1-or-later

// Rows of `top` in one: an initiator on all its LUNs, and the last line of a table. Pure. What
// cannot be added honestly is left out of a sum instead of being made up.
#include <algorithm>
#include <map>

#include "ctl/top_rows.h"

namespace lungate::ctl {
namespace {

// Means are weighted with their numbers; quantiles cannot be added at all.
void add(OpRates& sum, const OpRates& one) {
  const double all = sum.per_second + one.per_second;
  if (all > 0) {
    sum.mean_s = (sum.mean_s * sum.per_second + one.mean_s * one.per_second) / all;
  }
  sum.per_second = all;
  sum.bytes_per_second += one.bytes_per_second;
}

// Rates add up, ages do not: the oldest of all is the one to look at. So with verdicts.
void add(TopRow& sum, const TopRow& row) {
  add(sum.read, row.read);
  add(sum.write, row.write);
  sum.other_per_second += row.other_per_second;
  sum.errors_per_second += row.errors_per_second;
  sum.slow_per_second += row.slow_per_second;
  sum.in_flight += row.in_flight;
  sum.oldest_s = std::max(sum.oldest_s, row.oldest_s);
  sum.verdict = std::min(sum.verdict, row.verdict);
}

}  // namespace

// What a row says of one LUN (its store, its SLO) the sum does not say; its verdict is the worst.
std::vector<TopRow> by_initiator(const std::vector<TopRow>& nexuses) {
  std::map<std::string, std::vector<TopRow>> of;
  for (const TopRow& row : nexuses) of[row.initiator].push_back(row);
  std::vector<TopRow> out;
  for (const auto& [initiator, rows] : of) {
    TopRow& row = out.emplace_back(total(rows));
    row.initiator = initiator;
    row.luns = rows.size();
  }
  return out;
}

TopRow total(const std::vector<TopRow>& rows) {
  TopRow sum;
  for (const TopRow& row : rows) add(sum, row);
  return sum;
}

}  // namespace lungate::ctl
