// SPDX-License-Identifier: LGPL-2.1-or-later

// A page under construction. The families files add series, the collector takes the result; all on
// the page thread, a Page lives for one scrape. It knows the catalogue's order, and which bins make
// which buckets. A metric that is not in the catalogue is a mistake of ours and stops: it would
// have no help text and no place in the reference.
//
// Invariants of a histogram on the page, by construction: buckets rise, +Inf equals _count (the
// serializer writes +Inf from sample_count), and every bucket is an exact count, for its `le` is an
// edge of the ladder that was counted in.
#include "exporter/page.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "exporter/buckets.h"

namespace lungate::exporter {
namespace {

using prometheus::ClientMetric;
using telemetry::Metric;
using telemetry::MetricType;

prometheus::MetricType type_of(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return prometheus::MetricType::Counter;
    case MetricType::kGauge:
      return prometheus::MetricType::Gauge;
    case MetricType::kHistogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

}  // namespace

// Room for one: labels are most of what a page takes, and a vector would double.
Labels with(Labels labels, std::string_view name, std::string_view value) {
  labels.reserve(labels.size() + 1);
  labels.push_back({std::string(name), std::string(value)});
  return labels;
}

// A row has none, one or two labels of its own; an empty name is none.
Labels with(Labels labels, const telemetry::CellRow& row) {
  if (!row.label.empty()) labels = with(std::move(labels), row.label, row.value);
  if (!row.label2.empty()) labels = with(std::move(labels), row.label2, row.value2);
  return labels;
}

// All families in the catalogue's order from the start, so that gateways that come one after the
// other add to the same ones: a name that appears twice on a page is an error to Prometheus.
Page::Page(Wanted wanted, PageBounds bounds) : keep_fine_(wanted.fine), bounds_(bounds) {
  all_.families.reserve(telemetry::catalogue().size());
  all_.fine.resize(telemetry::catalogue().size());
  for (const Metric* metric : telemetry::catalogue()) {
    all_.families.push_back(
        {std::string(metric->name), std::string(metric->help), type_of(metric->type), {}});
    size_ += weigh(all_.families.back());
    kinds_.push_back(kind_of(*metric));
    is_wanted_.push_back(wanted.groups.test(static_cast<std::size_t>(group_of(*metric))));
  }
}

// By address, and from where the last one was found: series come in nearly the catalogue's order.
std::size_t Page::index_of(const Metric& metric) {
  const auto metrics = telemetry::catalogue();
  const auto here = metrics.begin() + static_cast<std::ptrdiff_t>(last_);
  auto at = std::find(here, metrics.end(), &metric);
  if (at == metrics.end()) at = std::find(metrics.begin(), here, &metric);
  check(at != here || metrics[last_] == &metric, "a metric stands in the catalogue");
  last_ = static_cast<std::size_t>(at - metrics.begin());
  return last_;
}

void Page::put(std::size_t family, ClientMetric&& series, const telemetry::Histogram* fine) {
  if (!keep_fine_) fine = nullptr;
  const PageSize size = weigh(all_.families[family], series, fine != nullptr);
  if (!has_room(kinds_[family], series, size)) return;
  auto& all = all_.families[family].metric;
  make_place(all);
  all.push_back(std::move(series));
  if (fine != nullptr) {
    make_place(all_.fine[family]);
    all_.fine[family].push_back(*fine);
  }
  size_ += size;
}

// Counters become doubles here. They are whole below 2^53, which a counter of nanoseconds reaches
// after a hundred days of busy time, and loses nothing by it that a rate would show.
void Page::add(const Metric& metric, Labels labels, double value) {
  const std::size_t family = index_of(metric);
  if (!is_wanted_[family]) return;
  ClientMetric series;
  series.label = std::move(labels);
  (metric.type == MetricType::kCounter ? series.counter.value : series.gauge.value) = value;
  put(family, std::move(series));
}

// Zero is left out where the row says so; see CellRow::from_start for the price.
void Page::add(const telemetry::CellRow& row, const Labels& labels, std::uint64_t value) {
  if (value == 0 && !row.from_start) return;
  add(*row.metric, with(labels, row), static_cast<double>(value));
}

// Fine bins summed into coarse buckets, once from left to right. The bins beyond the last edge go
// into the count alone.
void Page::add(const Metric& metric, Labels labels, const telemetry::Histogram& histogram) {
  const std::size_t family = index_of(metric);
  if (!is_wanted_[family]) return;
  ClientMetric series;
  series.label = std::move(labels);
  ClientMetric::Histogram& out = series.histogram;
  out.bucket.reserve(kLatencyEdges.size());
  std::uint64_t cumulative = 0;
  std::size_t bin = 0;
  for (const std::size_t edge : kLatencyEdges) {
    while (bin <= edge) cumulative += histogram.bins[bin++];
    out.bucket.push_back({cumulative, seconds(telemetry::kEdgesNs[edge])});
  }
  while (bin < telemetry::kBins) cumulative += histogram.bins[bin++];
  out.sample_count = cumulative;  // also +Inf, which the serializer adds: they cannot differ
  out.sample_sum = seconds(histogram.sum_ns);
  put(family, std::move(series), &histogram);
}

void Page::add(const Metric& metric, Labels labels, const telemetry::SizeHistogram& histogram) {
  const std::size_t family = index_of(metric);
  if (!is_wanted_[family]) return;
  ClientMetric series;
  series.label = std::move(labels);
  ClientMetric::Histogram& out = series.histogram;
  out.bucket.reserve(kSizeEdges.size());
  std::uint64_t cumulative = 0;
  std::size_t bin = 0;
  for (const std::size_t edge : kSizeEdges) {
    while (bin <= edge) cumulative += histogram.bins[bin++];
    out.bucket.push_back({cumulative, static_cast<double>(telemetry::size_edge(edge))});
  }
  while (bin < telemetry::kSizeBins) cumulative += histogram.bins[bin++];
  out.sample_count = cumulative;
  out.sample_sum = static_cast<double>(histogram.sum_bytes);
  put(family, std::move(series));
}

// Empty families are taken out: their HELP and TYPE would be written without a sample.
Families Page::take_all() {
  Families taken;
  for (std::size_t i = 0; i < all_.families.size(); ++i) {
    if (all_.families[i].metric.empty()) continue;
    taken.families.push_back(std::move(all_.families[i]));
    taken.fine.push_back(std::move(all_.fine[i]));
  }
  taken.text_bytes = size_.text;
  all_ = {};
  size_ = {};
  return taken;
}

}  // namespace lungate::exporter
