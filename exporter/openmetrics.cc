// SPDX-License-Identifier: LGPL-2.1-or-later

// Families as OpenMetrics 1.0 text, which Prometheus asks for first. The site calls it on the page
// thread. Apart from exposition.cc, because hardly a line is the same: other heads, other order,
// other escapes, exemplars. Gauges of texts (lungate_lun_info) stay gauges: as OpenMetrics' "info"
// their family would have another name than in the other formats.
#include "exporter/openmetrics.h"

#include <array>
#include <limits>

#include "exporter/text_tools.h"

namespace lungate::exporter {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::string_view kTotal = "_total";

std::string_view type_name(MetricType type) {
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
  return "unknown";
}

/// A unit is said only where the name ends with it: so the format has it.
std::string_view unit_of(std::string_view name) {
  for (const std::string_view unit : {"seconds", "bytes", "ratio"}) {
    if (name.ends_with(unit) && name.size() > unit.size() &&
        name[name.size() - unit.size() - 1] == '_') {
      return unit;
    }
  }
  return {};
}

// The format's counters have "_total" in their samples, not in their family.
std::string_view family_name(const MetricFamily& family) {
  std::string_view name = family.name;
  if (family.type == MetricType::Counter && name.ends_with(kTotal)) {
    name.remove_suffix(kTotal.size());
  }
  return name;
}

// Never as an exponent, which would lose the milliseconds.
void append_seconds(std::string& to, std::int64_t ms) {
  append_number(to, ms / 1000);
  const auto rest = static_cast<int>(ms % 1000);
  const std::array<char, 4> fraction = {'.', static_cast<char>('0' + rest / 100),
                                        static_cast<char>('0' + rest / 10 % 10),
                                        static_cast<char>('0' + rest % 10)};
  to.append(fraction.data(), fraction.size());
}

class Family {
 public:
  Family(Lines& lines, const MetricFamily& family, const Exemplars& exemplars)
      : lines_(lines), family_(family), name_(family_name(family)), exemplars_(exemplars) {}

  void write() {
    meta("TYPE", type_name(family_.type));
    if (const auto unit = unit_of(name_); !unit.empty()) meta("UNIT", unit);
    if (!family_.help.empty()) {
      std::string help;
      append_escaped(help, family_.help, Escape::kQuoted);
      meta("HELP", help);
    }
    const auto& metrics = family_.metric;
    for (std::size_t i = 0; i < metrics.size(); ++i) {
      prefetch_labels(metrics, i);
      write(metrics[i]);
    }
  }

 private:
  void meta(std::string_view what, std::string_view value) {
    for (const std::string_view piece : {std::string_view("# "), what, std::string_view(" "), name_,
                                         std::string_view(" "), value, std::string_view("\n")}) {
      lines_.put(piece);
    }
  }

  void write(const ClientMetric& metric) {
    labels_.clear();
    append_labels(labels_, metric.label);
    in_braces_ = " ";
    if (!labels_.empty()) in_braces_.assign("{").append(labels_).append("} ");
    time_.clear();
    if (metric.timestamp_ms > 0) {
      time_ = " ";
      append_seconds(time_, metric.timestamp_ms);
    }
    switch (family_.type) {
      case MetricType::Counter:
        return line(kTotal, metric.counter.value);
      case MetricType::Gauge:
        return line("", metric.gauge.value);
      case MetricType::Untyped:
        return line("", metric.untyped.value);
      case MetricType::Summary:
        return write(metric.summary);
      case MetricType::Histogram:
        return write(metric.histogram, exemplars_.of(family_.name, metric.label));
    }
  }

  void write(const ClientMetric::Summary& summary) {
    begin_with_bound("", "quantile");
    for (std::size_t i = 0; i < summary.quantile.size(); ++i) {
      bound_line(bounds_.at(i, summary.quantile[i].quantile), summary.quantile[i].value, nullptr);
    }
    line("_count", summary.sample_count);
    line("_sum", summary.sample_sum);
  }

  void write(const ClientMetric::Histogram& histogram, const BucketExemplars* exemplars) {
    begin_with_bound("_bucket", "le");
    double last = -std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < histogram.bucket.size(); ++i) {
      last = histogram.bucket[i].upper_bound;
      bound_line(bounds_.at(i, last), histogram.bucket[i].cumulative_count, at(exemplars, i));
    }
    if (last != std::numeric_limits<double>::infinity()) {
      bound_line("+Inf\"} ", histogram.sample_count, at(exemplars, histogram.bucket.size()));
    }
    line("_count", histogram.sample_count);
    line("_sum", histogram.sample_sum);
  }

  static const Exemplar* at(const BucketExemplars* exemplars, std::size_t bucket) {
    const bool there =
        exemplars != nullptr && bucket < exemplars->size() && (*exemplars)[bucket].has_value();
    return there ? &*(*exemplars)[bucket] : nullptr;
  }

  void begin_with_bound(std::string_view suffix, std::string_view label) {
    head_.assign(name_).append(suffix).append("{").append(labels_);
    if (!labels_.empty()) head_ += ',';
    head_.append(label).append("=\"");
  }

  template <class Number>
  void bound_line(std::string_view bound, Number value, const Exemplar* exemplar) {
    lines_.put(head_);
    lines_.put(bound);
    lines_.put_number(value);
    lines_.put(time_);
    if (exemplar != nullptr) put(*exemplar);
    lines_.put("\n");
  }

  void put(const Exemplar& exemplar) {
    std::string text = " # {";
    append_labels(text, exemplar.labels);
    text += "} ";
    append_number(text, exemplar.value);
    text += ' ';
    append_seconds(text, exemplar.time_ms);
    lines_.put(text);
  }

  template <class Number>
  void line(std::string_view suffix, Number value) {
    lines_.put(name_);
    lines_.put(suffix);
    lines_.put(in_braces_);
    lines_.put_number(value);
    lines_.put(time_);
    lines_.put("\n");
  }

  Lines& lines_;
  const MetricFamily& family_;
  std::string_view name_;  // without _total
  const Exemplars& exemplars_;
  BoundTexts bounds_;
  std::string labels_;
  std::string in_braces_;  // with the space before the value
  std::string head_;
  std::string time_;
};

}  // namespace

std::string to_openmetrics(const std::vector<MetricFamily>& families, const Exemplars& exemplars,
                           std::size_t room) {
  std::string text;
  text.reserve((room != 0 ? room : bytes_about(families)) + exemplars.text_bytes());
  Lines lines(text);
  for (const MetricFamily& family : families) Family(lines, family, exemplars).write();
  lines.put("# EOF\n");
  lines.flush();
  return text;
}

}  // namespace lungate::exporter
