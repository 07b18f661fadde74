// SPDX-License-Identifier: LGPL-2.1-or-later

// The cap on a page's series. The collector asks for it after each segment, so that no number of
// segments makes a page that memory does not hold. What goes, goes whole: a disk that is on the
// page has all its series, and a histogram all its buckets, for half of either would be wrong
// figures and not missing ones. Which ones go is the same at each scrape (the last on the page), so
// that no series comes and goes. What tells of the gateway itself always stays.
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

std::size_t series_of(const prometheus::MetricFamily& family, const ClientMetric& metric) {
  if (family.type != prometheus::MetricType::Histogram) return 1;
  return metric.histogram.bucket.size() + 3;  // +Inf, _sum, _count
}

// The three values that say which LUN a series is of.
std::string lun_of(const ClientMetric& metric) {
  std::string key;
  for (std::size_t i = 0; i < 3; ++i) key.append(metric.label[i].value).push_back('\0');
  return key;
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
  std::size_t drop(std::size_t excess) {
    std::size_t gone = 0;
    for (auto lun = luns.rbegin(); lun != luns.rend() && gone < excess; ++lun) {
      gone += lun->second;
      index.erase(lun->first);
    }
    return gone;
  }
};

}  // namespace

// Twice the same: count what each LUN has of the chosen metrics, forget LUNs from the end, throw
// out what is of those. First of initiators only, then of everything that belongs to a LUN.
std::size_t Page::shrink_to(std::size_t series_max) {
  std::size_t gone = 0;
  for (const bool initiators : {true, false}) {
    if (series_ <= series_max) break;
    const auto chosen = [initiators](std::size_t family) {
      const telemetry::Metric& metric = *telemetry::catalogue()[family];
      return metric.labels.starts_with(kLunLabels) &&
             (!initiators || group_of(metric) == Group::kInitiators);
    };
    Count count;
    for (std::size_t i = 0; i < all_.families.size(); ++i) {
      if (!chosen(i)) continue;
      for (const auto& metric : all_.families[i].metric) {
        count.add(lun_of(metric), series_of(all_.families[i], metric));
      }
    }
    const std::size_t now_gone = count.drop(series_ - series_max);
    for (std::size_t i = 0; i < all_.families.size(); ++i) {
      if (chosen(i))
        keep(i, [&count](const auto& metric) { return count.index.contains(lun_of(metric)); });
    }
    series_ -= now_gone;
    gone += now_gone;
  }
  return gone;
}

// Series and their fine bins stand beside each other and move together.
void Page::keep(std::size_t family, const std::function<bool(const ClientMetric&)>& stays) {
  auto& metrics = all_.families[family].metric;
  auto& fine = all_.fine[family];
  std::size_t kept = 0;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (!stays(metrics[i])) continue;
    if (kept != i) metrics[kept] = std::move(metrics[i]);
    if (kept != i && i < fine.size()) fine[kept] = fine[i];
    ++kept;
  }
  metrics.resize(kept);
  fine.resize(std::min(fine.size(), kept));
}

}  // namespace lungate::exporter
