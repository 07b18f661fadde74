// SPDX-License-Identifier: LGPL-2.1-or-later

// One page in the making: the catalogue's metrics as prometheus-cpp's families, each once, in the
// catalogue's order, whatever the number of gateways that add to them.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "telemetry/catalog.h"
#include "telemetry/snapshot.h"

namespace lungate::exporter {

using Labels = std::vector<prometheus::ClientMetric::Label>;

/// `labels` and one more.
Labels with(Labels labels, std::string_view name, std::string_view value);
Labels with(Labels labels, const telemetry::CellRow& row);

/// Made for one scrape, filled, taken. Families without series are not on the page: a name without
/// samples is legal but says nothing.
class Page {
 public:
  Page();

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

  /// The families that have series. The page is empty afterwards.
  std::vector<prometheus::MetricFamily> take();

 private:
  prometheus::ClientMetric& append(const telemetry::Metric& metric, Labels labels);

  std::vector<prometheus::MetricFamily> families_;  // as catalogue()
  std::size_t series_ = 0;
};

inline double seconds(std::uint64_t ns) {
  return static_cast<double>(ns) / 1e9;
}

}  // namespace lungate::exporter
