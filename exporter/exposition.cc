// SPDX-License-Identifier: LGPL-2.1-or-later

// Families as text 0.0.4. The site calls it on the page thread. A serializer of our own, because
// prometheus-cpp's takes most of a scrape's time; exposition_test.cc compares the two. What makes
// it fast: the labels of a series are made into text once and not for each bucket, the bounds once
// per family, and numbers go past the streams. Out of memory is an exception, which the server
// answers with 500; half a page would be taken for the whole.
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

/// About the bytes of a family's lines.
std::size_t guess(const MetricFamily& family) {
  constexpr std::size_t kRest = 48;  // suffix, bound, value, punctuation
  if (family.metric.empty()) return 0;
  const ClientMetric& first = family.metric.front();
  std::size_t line = family.name.size() + kRest;
  for (const auto& label : first.label) line += label.name.size() + label.value.size() + 4;
  const bool one_line = first.histogram.bucket.empty() && first.summary.quantile.empty();
  return line * family.metric.size() * (one_line ? 1 : first.histogram.bucket.size() + 3);
}

/// The lines of one family. Its strings live as long as the family and are used for every series.
class Family {
 public:
  Family(std::string& text, const MetricFamily& family) : text_(text), family_(family) {}

  void write() {
    write_head();
    for (const ClientMetric& metric : family_.metric) write(metric);
  }

 private:
  void write_head() {
    if (!family_.help.empty()) {
      text_.append("# HELP ").append(family_.name).append(" ");
      append_escaped(text_, family_.help, Escape::kHelp);
      text_ += '\n';
    }
    text_.append("# TYPE ").append(family_.name).append(" ");
    text_.append(name_of(family_.type)).append("\n");
  }

  void write(const ClientMetric& metric) {
    labels_.clear();
    append_labels(labels_, metric.label);
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
      text_.append(head_).append(bounds_.at(i, summary.quantile[i].quantile)).append("\"} ");
      end_line(summary.quantile[i].value);
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
      text_.append(head_).append(bounds_.at(i, last)).append("\"} ");
      end_line(histogram.bucket[i].cumulative_count);
    }
    if (last == std::numeric_limits<double>::infinity()) return;
    text_.append(head_).append("+Inf\"} ");
    end_line(histogram.sample_count);
  }

  /// `head_` becomes everything of a line before the bound.
  void begin_with_bound(std::string_view suffix, std::string_view label) {
    head_.assign(family_.name).append(suffix).append("{").append(labels_);
    if (!labels_.empty()) head_ += ',';
    head_.append(label).append("=\"");
  }

  template <class Number>
  void line(std::string_view suffix, Number value) {
    text_.append(family_.name).append(suffix);
    if (!labels_.empty()) text_.append("{").append(labels_).append("}");
    text_ += ' ';
    end_line(value);
  }

  template <class Number>
  void end_line(Number value) {
    append_number(text_, value);
    text_.append(tail_);
  }

  std::string& text_;
  const MetricFamily& family_;
  BoundTexts bounds_;
  std::string labels_;
  std::string head_;
  std::string tail_;
};

}  // namespace

// Room for the page is asked for once, by a guess from each family's first series: a string that
// grows by doubling moves the page several times and touches twice its memory.
std::string to_text(const std::vector<MetricFamily>& families) {
  std::string text;
  std::size_t bytes = 0;
  for (const MetricFamily& family : families) bytes += guess(family);
  text.reserve(bytes);
  for (const MetricFamily& family : families) Family(text, family).write();
  return text;
}

}  // namespace lungate::exporter
