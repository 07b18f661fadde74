// SPDX-License-Identifier: LGPL-2.1-or-later

// One page in the making: the catalogue's metrics as prometheus-cpp's families, each once, in the
// catalogue's order, whatever the number of gateways that add to them.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/groups.h"
#include "telemetry/catalog.h"
#include "telemetry/snapshot.h"

namespace lungate::exporter {

using Labels = std::vector<prometheus::ClientMetric::Label>;

/// `labels` and one more.
Labels with(Labels labels, std::string_view name, std::string_view value);
Labels with(Labels labels, const telemetry::CellRow& row);

/// What a page has in the end. Families without series are not on it: a name without samples is
/// legal but says nothing.
struct Families {
  std::vector<prometheus::MetricFamily> families;
  /// Beside `families`, for native histograms: the fine bins of each series of a latency histogram;
  /// empty for other families, and where they are not kept.
  std::vector<std::vector<telemetry::Histogram>> fine;
};

/// Which of the catalogue a page is to have.
struct Wanted {
  Groups groups = kAllGroups;
  bool fine = false;  // keep the fine bins
};

/// Made for one scrape, filled, taken.
class Page {
 public:
  explicit Page(Wanted wanted = {});

  /// The value is final: what is computed (an age, seconds from nanoseconds) is computed by the
  /// caller. A counter's or gauge's series. REQUIRES: `labels` are those that the catalogue names.
  void add(const telemetry::Metric& metric, Labels labels, double value);
  /// A series whose cell is a row of the catalogue. Left out while zero where the row says so.
  void add(const telemetry::CellRow& row, const Labels& labels, std::uint64_t value);
  /// Latencies, at the edges of buckets.h; exact counts.
  void add(const telemetry::Metric& metric, Labels labels, const telemetry::Histogram& histogram);
  /// Sizes, in bytes.
  void add(const telemetry::Metric& metric, Labels labels,
           const telemetry::SizeHistogram& histogram);

  /// Lines of the page that carry a value.
  std::size_t series() const { return series_; }

  /// Takes series away until at most `series_max` are left: initiators first, then LUNs, whole ones
  /// and the last on the page first. What belongs to no LUN stays, whatever the number. Gives the
  /// number of series that are gone.
  std::size_t shrink_to(std::size_t series_max);

  /// The families that have series. The page is empty afterwards.
  Families take_all();
  std::vector<prometheus::MetricFamily> take() { return take_all().families; }

 private:
  /// Null when the metric's group is not wanted.
  prometheus::ClientMetric* append(const telemetry::Metric& metric, Labels&& labels);
  std::size_t index_of(const telemetry::Metric& metric);
  void keep(std::size_t family, const std::function<bool(const prometheus::ClientMetric&)>& stays);

  bool keep_fine_;
  std::vector<bool> is_wanted_;  // as catalogue()
  Families all_;                 // as catalogue()
  std::size_t series_ = 0;
  std::size_t last_ = 0;  // where the metric before was found
};

inline double seconds(std::uint64_t ns) {
  return static_cast<double>(ns) / 1e9;
}

}  // namespace lungate::exporter
