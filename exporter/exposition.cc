// SPDX-License-Identifier: LGPL-2.1-or-later

// Families as text 0.0.4. The site calls it on the page thread. A serializer of our own, because
// prometheus-cpp's takes most of a scrape's time; exposition_test.cc compares the two. What makes
// it fast: the labels of a series are made into text once and not for each bucket, the bounds once
// per family, and a line is four pieces copied into a small buffer (Lines). Out of memory is an
// exception, which the server answers with 500; half a page would be taken for the whole.
#include "exporter/exposition.h"

#include <limits>

#include "exporter/text_tools.h"

namespace lungate::exporter {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

std::string_view name_of(MetricType type) {
  switch (type) {
    case MetricType::Counter:
      return "counter";
    case MetricType::Gauge:
      return "gauge";
    case MetricType::Summary:
      return "summary";
    case MetricType::Histogram:
      return "histogram";
    case MetricType::Untyped:
      break;
  }
  return "untyped";
}

/// The lines of one family. Its strings live as long as the family and are used for every series.
class Family {
 public:
  Family(Lines& lines, const MetricFamily& family) : lines_(lines), family_(family) {}

  void write() {
    write_head();
    const auto& metrics = family_.metric;
    for (std::size_t i = 0; i < metrics.size(); ++i) {
      prefetch_labels(metrics, i);
      write(metrics[i]);
    }
  }

 private:
  void write_head() {
    std::string head;
    if (!family_.help.empty()) {
      head.append("# HELP ").append(family_.name).append(" ");
      append_escaped(head, family_.help, Escape::kHelp);
      head += '\n';
    }
    head.append("# TYPE ").append(family_.name).append(" ");
    lines_.put(head.append(name_of(family_.type)).append("\n"));
  }

  void write(const ClientMetric& metric) {
    labels_.clear();
    append_labels(labels_, metric.label);
    in_braces_ = " ";
    if (!labels_.empty()) in_braces_.assign("{").append(labels_).append("} ");
    tail_ = "\n";
    if (metric.timestamp_ms != 0) {
      tail_ = " ";
      append_number(tail_, std::int64_t{metric.timestamp_ms});
      tail_ += '\n';
    }
    switch (family_.type) {
      case MetricType::Counter:
        return line("", metric.counter.value);
      case MetricType::Gauge:
        return line("", metric.gauge.value);
      case MetricType::Untyped:
        return line("", metric.untyped.value);
      case MetricType::Summary:
        return write(metric.summary);
      case MetricType::Histogram:
        return write(metric.histogram);
    }
  }

  void write(const ClientMetric::Summary& summary) {
    line("_count", summary.sample_count);
    line("_sum", summary.sample_sum);
    begin_with_bound("", "quantile");
    for (std::size_t i = 0; i < summary.quantile.size(); ++i) {
      bound_line(bounds_.at(i, summary.quantile[i].quantile), summary.quantile[i].value);
    }
  }

  // +Inf is written from the count, unless it is among the buckets itself.
  void write(const ClientMetric::Histogram& histogram) {
    line("_count", histogram.sample_count);
    line("_sum", histogram.sample_sum);
    begin_with_bound("_bucket", "le");
    double last = -std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < histogram.bucket.size(); ++i) {
      last = histogram.bucket[i].upper_bound;
      bound_line(bounds_.at(i, last), histogram.bucket[i].cumulative_count);
    }
    if (last == std::numeric_limits<double>::infinity()) return;
    bound_line("+Inf\"} ", histogram.sample_count);
  }

  /// `head_` becomes everything of a line before the bound.
  void begin_with_bound(std::string_view suffix, std::string_view label) {
    head_.assign(family_.name).append(suffix).append("{").append(labels_);
    if (!labels_.empty()) head_ += ',';
    head_.append(label).append("=\"");
  }

  template <class Number>
  void bound_line(std::string_view bound, Number value) {
    lines_.put(head_);
    lines_.put(bound);
    end_line(value);
  }

  template <class Number>
  void line(std::string_view suffix, Number value) {
    lines_.put(family_.name);
    lines_.put(suffix);
    lines_.put(in_braces_);
    end_line(value);
  }

  template <class Number>
  void end_line(Number value) {
    lines_.put_number(value);
    lines_.put(tail_);
  }

  Lines& lines_;
  const MetricFamily& family_;
  BoundTexts bounds_;
  std::string labels_;
  std::string in_braces_;  // with the space before the value
  std::string head_;
  std::string tail_;
};

}  // namespace

std::string to_text(const std::vector<MetricFamily>& families, std::size_t room) {
  std::string text;
  text.reserve(room != 0 ? room : bytes_about(families));
  Lines lines(text);
  for (const MetricFamily& family : families) Family(lines, family).write();
  lines.flush();
  return text;
}

}  // namespace lungate::exporter
