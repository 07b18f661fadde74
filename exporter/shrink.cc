// SPDX-License-Identifier: LGPL-2.1-or-later

// What a page may have at most. Bytes are bounded while it is made: each series is asked for room
// before it is added, for a single segment can promise more than memory holds. Their bounds are
// far from what is usual, so little is said about who stays: gateways come one after the other, and
// what comes when the page is full is left out, LUNs only when no initiator is left. A LUN, or a
// gateway, of which something did not fit is taken away whole by settle().
//
// The number of series is bounded afterwards. The collector asks for it after each segment. What
// goes, goes whole: a disk that is on the page has all its series, and a histogram all its buckets,
// for half of either would be wrong figures and not missing ones. Which ones go is the same at each
// scrape (the last on the page), so that no series comes and goes. What tells of the gateway itself
// always stays.
#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "exporter/page.h"

namespace lungate::exporter {
namespace {

using prometheus::ClientMetric;

constexpr std::string_view kLunLabels = "gateway,target,lun";

// The values that say which LUN a series is of, or which gateway.
std::string first_values(const ClientMetric& metric, std::size_t labels) {
  std::string key;
  labels = std::min(labels, metric.label.size());
  for (std::size_t i = 0; i < labels; ++i) key.append(metric.label[i].value).push_back('\0');
  return key;
}

std::string lun_of(const ClientMetric& metric) {
  return first_values(metric, 3);
}

/// LUNs in the order of the page, and how many series each has of one kind of metric.
struct Count {
  std::vector<std::pair<std::string, std::size_t>> luns;
  std::unordered_map<std::string, std::size_t> index;

  void add(const std::string& lun, std::size_t series) {
    const auto [at, is_new] = index.emplace(lun, luns.size());
    if (is_new) luns.emplace_back(lun, 0);
    luns[at->second].second += series;
  }
  /// Forgets LUNs from the end until `excess` series are saved; those that stay stay in `index`.
  void drop(std::size_t excess) {
    std::size_t gone = 0;
    for (auto lun = luns.rbegin(); lun != luns.rend() && gone < excess; ++lun) {
      gone += lun->second;
      index.erase(lun->first);
    }
  }
};

}  // namespace

Page::Kind Page::kind_of(const telemetry::Metric& metric) {
  const Group group = group_of(metric);
  if (group == Group::kSegments || group == Group::kExporter) return Kind::kAlways;
  if (!metric.labels.starts_with(kLunLabels)) return Kind::kGateway;
  return group == Group::kInitiators ? Kind::kInitiator : Kind::kLun;
}

std::string Page::key_of(Kind kind, const ClientMetric& series) {
  return kind == Kind::kGateway ? first_values(series, 1) : lun_of(series);
}

// A gateway's own series are few and tell that it is there at all: for these a part is kept.
bool Page::fits(Kind kind, const PageSize& more) const {
  PageBounds bounds = bounds_;
  if (kind < Kind::kGateway) {
    bounds.memory = for_luns(bounds.memory);
    bounds.text = for_luns(bounds.text);
  }
  PageSize size = size_;
  return (size += more).fits(bounds);
}

bool Page::has_room(Kind kind, const ClientMetric& series, const PageSize& size) {
  if (kind == Kind::kAlways) return true;
  while (kind >= full_ && !fits(kind, size)) {
    if (kind == Kind::kLun && drop_initiators() > 0) {
      full_ = Kind::kLun;
    } else {
      full_ = static_cast<Kind>(static_cast<std::uint8_t>(kind) + 1);
    }
  }
  if (kind >= full_) return true;
  refused_ += size.series;
  cut_[static_cast<std::size_t>(kind)].insert(key_of(kind, series));
  return false;
}

std::size_t Page::drop_initiators() {
  std::size_t gone = 0;
  for (std::size_t i = 0; i < kinds_.size(); ++i) {
    if (kinds_[i] == Kind::kInitiator) gone += keep(i, [](const ClientMetric&) { return false; });
  }
  refused_ += gone;
  return gone;
}

// What is cut of a kind is cut of those that give way before it: no initiators without their LUN.
std::size_t Page::settle() {
  const auto stays = [this](std::size_t kind, const ClientMetric& series) {
    for (; kind < kKinds; ++kind) {
      if (cut_[kind].empty()) continue;
      if (cut_[kind].contains(key_of(static_cast<Kind>(kind), series))) return false;
    }
    return true;
  };
  for (std::size_t i = 0; i < kinds_.size(); ++i) {
    const auto kind = static_cast<std::size_t>(kinds_[i]);
    if (refused_ == 0 || kind >= kKinds) continue;
    refused_ += keep(i, [&](const ClientMetric& series) { return stays(kind, series); });
  }
  for (auto& keys : cut_) keys.clear();
  return std::exchange(refused_, 0);
}

// Twice the same: count what each LUN has of the chosen metrics, forget LUNs from the end, throw
// out what is of those. First of initiators only, then of everything that belongs to a LUN.
std::size_t Page::shrink_to(std::size_t series_max) {
  std::size_t gone = 0;
  for (const Kind last : {Kind::kInitiator, Kind::kLun}) {
    if (size_.series <= series_max) break;
    const auto chosen = [this, last](std::size_t family) { return kinds_[family] <= last; };
    Count count;
    for (std::size_t i = 0; i < all_.families.size(); ++i) {
      if (!chosen(i)) continue;
      for (const auto& metric : all_.families[i].metric) {
        count.add(lun_of(metric), weigh(all_.families[i], metric, false).series);
      }
    }
    count.drop(size_.series - series_max);
    for (std::size_t i = 0; i < all_.families.size(); ++i) {
      if (!chosen(i)) continue;
      gone += keep(i, [&](const auto& metric) { return count.index.contains(lun_of(metric)); });
    }
  }
  return gone;
}

// Series and their fine bins stand beside each other and move together. Gives how many are gone.
std::size_t Page::keep(std::size_t family, const std::function<bool(const ClientMetric&)>& stays) {
  const std::size_t before = size_.series;
  auto& metrics = all_.families[family].metric;
  auto& fine = all_.fine[family];
  std::size_t kept = 0;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (!stays(metrics[i])) {
      size_ -= weigh(all_.families[family], metrics[i], i < fine.size());
      continue;
    }
    if (kept != i) metrics[kept] = std::move(metrics[i]);
    if (kept != i && i < fine.size()) fine[kept] = fine[i];
    ++kept;
  }
  metrics.resize(kept);
  fine.resize(std::min(fine.size(), kept));
  return before - size_.series;
}

}  // namespace lungate::exporter
