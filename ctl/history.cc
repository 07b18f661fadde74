// SPDX-License-Identifier: LGPL-2.1-or-later

// The trend column of `top`: "since when" at a glance. Pure. A scale of one's own per row would
// make noise look like trouble, so it is one fixed ladder of latencies that people think in.
#include "ctl/history.h"

#include <algorithm>
#include <array>

#include "ctl/text.h"

namespace lungate::ctl {
namespace {

constexpr std::array<double, 7> kSteps_s = {0.0005, 0.001, 0.002, 0.005, 0.010, 0.020, 0.050};
constexpr std::array<std::string_view, 8> kBlocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 8> kAscii = {".", ":", "-", "=", "+", "*", "#", "@"};
static_assert(kSteps_s.size() + 1 == kBlocks.size() && kBlocks.size() == kAscii.size());

/// A row of a LUN has no initiator, one of an initiator no target.
std::string key_of(const TopRow& row) {
  return row.initiator + "\n" + row.target + "\n" + std::to_string(row.lun);
}

}  // namespace

// The map is made anew from the rows that there are: LUNs that come and go leave nothing behind.
void History::add(const Top& top) {
  std::map<std::string, std::deque<double>> kept;
  for (const auto& rows : {top.luns, by_initiator(top.nexuses), top.nexuses}) {
    for (const TopRow& row : rows) {
      const std::string key = key_of(row);
      std::deque<double>& values = kept[key] = std::move(values_[key]);
      values.push_back(row.latency_s());
      if (values.size() > kReadings) values.pop_front();
    }
  }
  values_ = std::move(kept);
}

std::vector<double> History::of(const TopRow& row) const {
  const auto found = values_.find(key_of(row));
  if (found == values_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

// A reading without I/O is a gap and not a zero: nothing was fast then.
std::string spark(const std::vector<double>& seconds, std::size_t width, bool unicode) {
  const std::size_t shown = std::min(width, seconds.size());
  std::string out(width - shown, ' ');
  for (std::size_t i = seconds.size() - shown; i < seconds.size(); ++i) {
    const auto step =
        static_cast<std::size_t>(std::ranges::lower_bound(kSteps_s, seconds[i]) - kSteps_s.begin());
    out += !(seconds[i] > 0) ? " " : unicode ? kBlocks[step] : kAscii[step];
  }
  return out;
}

// Not setlocale(): a locale that this machine has not installed may well be what the terminal at
// the other end of ssh shows.
bool speaks_utf8(const char* lc_all, const char* lc_ctype, const char* lang) {
  for (const char* value : {lc_all, lc_ctype, lang}) {
    if (value == nullptr || *value == '\0') continue;
    return contains(value, "utf-8") || contains(value, "utf8");
  }
  return false;
}

}  // namespace lungate::ctl
