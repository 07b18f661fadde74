// SPDX-License-Identifier: LGPL-2.1-or-later

// Columns of `top`: which there are for which kind of row, how important each is (grid.h), what its
// cells say and mean. Pure; called by top_view.cc. A colour never comes alone: what is red or
// yellow says so in STATE, and the figure that it is about has a "!" behind it.
#include "ctl/top_grid.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace lungate::ctl {
namespace {

using Cell = std::function<Span(const TopRow&)>;

struct Entry {
  Grid::Column column;
  Cell cell;
  bool summed = true;  // has a meaning in the total's row
};

// LungatePlaceNearlyFull's. Its critical one waits for a pool that is full within a day, or all but
// full now; who looks at the page sees it coming. alerts_test.py holds both against the mixin.
constexpr double kPlaceWarning = 0.85;
constexpr double kPlaceCritical = 0.95;

constexpr bool kNotSummed = false;

/// iqn.2026-11.io.lungate:store is "store" where no other name ends so.
std::string_view behind_colon(std::string_view iqn) {
  const std::size_t colon = iqn.rfind(':');
  return colon == iqn.npos || colon + 1 == iqn.size() ? iqn : iqn.substr(colon + 1);
}

using Names = std::map<std::string, std::string>;

/// A terminal is narrow: names are shown by what follows their last colon where that is unique, in
/// full where it is not.
Names short_names(const std::vector<TopRow>& rows, std::string TopRow::*name) {
  std::map<std::string, std::set<std::string>> by_tail;
  for (const TopRow& row : rows) by_tail[std::string(behind_colon(row.*name))].insert(row.*name);
  Names out;
  for (const auto& [tail, whole] : by_tail) {
    for (const std::string& one : whole) out[one] = whole.size() == 1 ? tail : one;
  }
  return out;
}

std::string state_text(const TopRow& row) {
  switch (row.verdict) {
    case Verdict::kOffline:
      return row.state.empty() ? "offline" : row.state;  // of an initiator: one of its LUNs
    case Verdict::kStuck:
      return "stuck";
    case Verdict::kSlow:
      return "slow";
    case Verdict::kErrors:
      return "errors";
    case Verdict::kFine:
      return row.state;
  }
  return row.state;
}

Paint state_paint(const TopRow& row) {
  if (row.verdict == Verdict::kOffline || row.verdict == Verdict::kStuck) return Paint::kBad;
  if (row.verdict == Verdict::kSlow || row.verdict == Verdict::kErrors) return Paint::kWarning;
  const bool idle = !(row.per_second() > 0) && row.in_flight == 0;
  return idle ? Paint::kDim : Paint::kPlain;
}

/// A figure with its mark; where there is none a blank, so that digits stay below each other.
Span marked(const std::string& text, bool marks, Paint paint) {
  return marks ? Span{text + "!", paint} : Span{text + " "};
}

Span p99(double p99_s, double slo_s) {
  return marked(latency_text(p99_s), slo_s > 0 && p99_s > slo_s, Paint::kWarning);
}

Span oldest(const TopRow& row) {
  return marked(latency_text(row.oldest_s), row.stuck(), Paint::kBad);
}

Span errors(const TopRow& row) {
  return marked(rate_text(row.errors_per_second), row.errors_per_second > 0, Paint::kWarning);
}

// A full pool stops every LUN on it.
Span used(const TopRow& row) {
  if (!row.place_used) return {"- "};
  const double share = *row.place_used;
  return marked(percent_text(share), share > kPlaceWarning,
                share > kPlaceCritical ? Paint::kBad : Paint::kWarning);
}

/// The total has neither name nor number: its row says so in the first column.
Cell name_cell(Names names, std::string TopRow::*name) {
  return [names = std::move(names), name](const TopRow& row) {
    const auto found = names.find(row.*name);
    return Span{found == names.end() ? row.*name : found->second};
  };
}

// Ranks: at 40 columns the names, STATE and the two latencies; at 80 rates, what is in flight and
// the trend; the rest beyond.
std::vector<Entry> rate_columns() {
  constexpr Align kRight = Align::kRight;
  const auto rate = [](OpRates TopRow::*op) {
    return [op](const TopRow& row) { return Span{rate_text((row.*op).per_second)}; };
  };
  const auto megabytes = [](OpRates TopRow::*op) {
    return [op](const TopRow& row) { return Span{megabytes_text((row.*op).bytes_per_second)}; };
  };
  return {{{"R/s", kRight, 4}, rate(&TopRow::read)},
          {{"W/s", kRight, 5}, rate(&TopRow::write)},
          {{"R MB/s", kRight, 10}, megabytes(&TopRow::read)},
          {{"W MB/s", kRight, 11}, megabytes(&TopRow::write)}};
}

std::vector<Entry> quantile_columns() {
  constexpr Align kRight = Align::kRight;
  const auto p50 = [](OpRates TopRow::*op) {
    return [op](const TopRow& row) { return Span{latency_text((row.*op).p50_s)}; };
  };
  return {{{"R p50", kRight, 13}, p50(&TopRow::read)},
          {{"R p99 ", kRight, 2},
           [](const TopRow& row) { return p99(row.read.p99_s, row.slo_read_s); }},
          {{"W p50", kRight, 14}, p50(&TopRow::write)},
          {{"W p99 ", kRight, 3},
           [](const TopRow& row) { return p99(row.write.p99_s, row.slo_write_s); }}};
}

std::vector<Entry> mean_columns() {
  constexpr Align kRight = Align::kRight;
  const auto mean = [](OpRates TopRow::*op) {
    return [op](const TopRow& row) { return Span{latency_text((row.*op).mean_s)}; };
  };
  return {{{"R avg", kRight, 2}, mean(&TopRow::read)},
          {{"W avg", kRight, 3}, mean(&TopRow::write)}};
}

std::vector<Entry> trend_column(const Trend* trend) {
  if (trend == nullptr) return {};
  return {{{"TREND", Align::kRight, 8},
           [trend = *trend](const TopRow& row) {
             return Span{spark(trend.history.of(row), trend.columns, trend.unicode)};
           },
           kNotSummed}};
}

std::vector<Entry> trouble_columns() {
  constexpr Align kRight = Align::kRight;
  return {{{"ERR/s ", kRight, 9}, errors}, {{"SLOW/s", kRight, 12}, [](const TopRow& row) {
                                              return Span{rate_text(row.slow_per_second)};
                                            }}};
}

std::vector<Entry> flight_columns() {
  constexpr Align kRight = Align::kRight;
  return {
      {{"IN FL", kRight, 7}, [](const TopRow& row) { return Span{std::to_string(row.in_flight)}; }},
      {{"OLDEST ", kRight, 6}, oldest}};
}

std::vector<Entry> place_columns() {
  return {
      {{"USED ", Align::kRight, 16}, used, kNotSummed},
      {{"STORE", Align::kLeft, 15}, [](const TopRow& row) { return Span{row.store}; }, kNotSummed}};
}

std::vector<Entry> name_columns(const std::vector<TopRow>& rows, By by, std::size_t width_max) {
  std::vector<Entry> out;
  const auto name = [&](const char* title, unsigned rank, std::string TopRow::*of) {
    out.push_back(
        {{title, Align::kLeft, rank, width_max}, name_cell(short_names(rows, of), of), kNotSummed});
  };
  if (by != By::kLun) name("INITIATOR", 0, &TopRow::initiator);
  if (by != By::kInitiator) {
    name("TARGET", by == By::kLun ? 0 : 1, &TopRow::target);
    out.push_back({{"LUN", Align::kRight, 0},
                   [](const TopRow& row) { return Span{std::to_string(row.lun)}; },
                   kNotSummed});
  } else {
    out.push_back({{"LUNS", Align::kRight, 17},
                   [](const TopRow& row) { return Span{std::to_string(row.luns)}; },
                   kNotSummed});
  }
  out.push_back({{"STATE", Align::kLeft, 1},
                 [](const TopRow& row) {
                   return Span{state_text(row), state_paint(row)};
                 },
                 kNotSummed});
  return out;
}

void append(std::vector<Entry>& to, std::vector<Entry> more) {
  std::ranges::move(more, std::back_inserter(to));
}

std::vector<Entry> columns_for(const std::vector<TopRow>& rows, By by, const Trend* trend,
                               std::size_t width_max) {
  std::vector<Entry> out = name_columns(rows, by, width_max);
  append(out, rate_columns());
  append(out, by == By::kLun ? quantile_columns() : mean_columns());
  append(out, trend_column(trend));
  if (by == By::kLun) append(out, flight_columns());
  append(out, trouble_columns());
  if (by == By::kLun) append(out, place_columns());
  return out;
}

/// An idle row is dim from end to end; otherwise each cell means what it means.
std::vector<Span> cells_of(const std::vector<Entry>& entries, const TopRow& row) {
  const bool dim = state_paint(row) == Paint::kDim;
  std::vector<Span> cells;
  for (const Entry& entry : entries) {
    cells.push_back(entry.cell(row));
    if (dim && cells.back().paint == Paint::kPlain) cells.back().paint = Paint::kDim;
  }
  return cells;
}

// Of a sum, what can be summed: a name, a number of its own, a state and a trend it has not.
std::vector<Span> total_cells(const std::vector<Entry>& entries, const std::vector<TopRow>& rows) {
  const TopRow sum = total(rows);
  std::vector<Span> cells;
  for (const Entry& entry : entries) {
    cells.push_back(entry.summed ? entry.cell(sum) : Span{});
    if (cells.back().paint == Paint::kPlain) cells.back().paint = Paint::kTitle;
  }
  cells.front() = {"total", Paint::kTitle};
  return cells;
}

}  // namespace

Grid top_grid(const std::vector<TopRow>& rows, By by, const Trend* trend, std::size_t columns_max) {
  const std::size_t width_max = columns_max == 0 ? 0 : std::max<std::size_t>(8, columns_max / 3);
  const std::vector<Entry> entries = columns_for(rows, by, trend, width_max);
  std::vector<Grid::Column> columns;
  for (const Entry& entry : entries) columns.push_back(entry.column);
  Grid grid(std::move(columns));
  for (const TopRow& row : rows) grid.add(cells_of(entries, row));
  grid.add(total_cells(entries, rows));
  return grid;
}

}  // namespace lungate::ctl
