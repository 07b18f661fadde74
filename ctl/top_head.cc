// SPDX-License-Identifier: LGPL-2.1-or-later

// "Are we fine?" in a line or two, before any row. Pure; called by top_view.cc. The heartbeat is
// here because a table of zeros has two causes: nobody works, or the gateway hangs. Thresholds are
// those of the alerts, so that the page and the pager agree; but for a loop's: who looks at it sees
// it coming, while the pager waits for minutes above 0.9.
#include "ctl/top_head.h"

#include <algorithm>
#include <numeric>

#include "ctl/text.h"

namespace lungate::ctl {
namespace {

constexpr double kSilentAfter_s = 5;  // beats come ten times a second
constexpr double kBusyShare = 0.8;
constexpr double kFullShare = 0.2;

Span luns(const Top& top) {
  const auto bad = std::ranges::count(top.luns, Verdict::kOffline, &TopRow::verdict);
  const std::string text = std::to_string(top.luns.size()) + " LUNs";
  if (bad == 0) return {text};
  return {text + ", " + std::to_string(bad) + " OFFLINE", Paint::kBad};
}

Span heartbeat(double age_s) {
  const bool silent = age_s > kSilentAfter_s;
  return {"heartbeat " + latency_text(age_s) + " old" + (silent ? ": SILENT" : ""),
          silent ? Paint::kBad : Paint::kPlain};
}

/// Both, for one loop that is full among idle ones is what a mean hides.
Span loops(const std::vector<double>& busy) {
  if (busy.empty()) return {"0 loops"};
  const auto busiest = std::ranges::max_element(busy);
  const double most = *busiest;
  const double mean =
      std::accumulate(busy.begin(), busy.end(), 0.0) / static_cast<double>(busy.size());
  const bool full = most > kBusyShare;
  return {std::to_string(busy.size()) + " loops busy " + percent_text(mean) + ", most " +
              percent_text(most) + " (loop " + std::to_string(busiest - busy.begin()) + ")" +
              (full ? ": SATURATED" : ""),
          full ? Paint::kWarning : Paint::kPlain};
}

Span ceph(const TopHead& head) {
  if (!head.ceph_used) return {"no ceph"};
  if (!head.ceph_up) return {"ceph DOWN", Paint::kBad};
  if (head.ceph_timeouts == 0) return {"ceph up"};
  return {"ceph up, " + std::to_string(head.ceph_timeouts) + " TIMEOUTS", Paint::kWarning};
}

/// Of the time of all sessions: one of two that is always full is 50 %.
Span window(double full_s_per_second, std::uint64_t sessions) {
  const double share = sessions > 0 ? full_s_per_second / static_cast<double>(sessions) : 0;
  const bool full = share > kFullShare;
  return {"window full " + percent_text(share) + (full ? ": TOO SMALL" : ""),
          full ? Paint::kWarning : Paint::kPlain};
}

}  // namespace

std::vector<Span> head_pieces(const Top& top) {
  const TopHead& head = top.head;
  std::vector<Span> out{{head.gateway + ", lungate " + head.version, Paint::kTitle},
                        luns(top),
                        heartbeat(head.heartbeat_age_s),
                        ceph(head),
                        loops(head.busy),
                        {std::to_string(head.sessions) + " sessions"},
                        window(head.window_full_s_per_second, head.sessions)};
  if (head.sources_refused > 0) {
    out.push_back({std::to_string(head.sources_refused) + " sources REFUSED", Paint::kWarning});
  }
  return out;
}

}  // namespace lungate::ctl
