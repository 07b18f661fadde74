// SPDX-License-Identifier: LGPL-2.1-or-later

// What a series takes, called for each by the page, on the page thread. An estimate that is never
// too low: page_bytes_test.cc holds it against the heap and against the texts. By the labels'
// length and not by a constant, since names are others' choice: an initiator's may have 223 bytes,
// and a page of such is four times as large as one of short names.
#include "exporter/weigh.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "exporter/text_tools.h"
#include "telemetry/snapshot.h"

namespace lungate::exporter {
namespace {

using prometheus::ClientMetric;

/// What the heap adds to what it is asked for: its own head, and rounding.
constexpr std::size_t kHeapExtra = 24;
/// With what make_place() adds. The few that it begins with are in the head's weight.
constexpr std::size_t with_growth(std::size_t bytes) {
  return bytes + bytes / 4;
}
constexpr std::size_t kFewest = 4;
/// Of a line: braces, space, line break; and what a histogram's has more: "_bucket,le=" in
/// quotation marks and a bound of buckets.h.
constexpr std::size_t kLineRest = 4;
constexpr std::size_t kBucketRest = 13 + 8;
/// Of a number that is not whole: 17 digits, sign, point, exponent.
constexpr std::size_t kNumberChars = 24;

std::size_t heap_bytes(const std::string& text) {
  static const std::size_t inside = std::string().capacity();
  return text.capacity() > inside ? text.capacity() + 1 + kHeapExtra : 0;
}

std::size_t memory_of(const ClientMetric& series) {
  std::size_t bytes = with_growth(sizeof series);
  bytes += series.label.capacity() * sizeof(ClientMetric::Label) + kHeapExtra;
  for (const auto& label : series.label) bytes += heap_bytes(label.name) + heap_bytes(label.value);
  const auto& buckets = series.histogram.bucket;
  if (!buckets.empty()) bytes += buckets.capacity() * sizeof buckets[0] + kHeapExtra;
  return bytes;
}

std::size_t label_chars(const ClientMetric& series) {
  constexpr std::size_t kPunctuation = 4;  // ="",
  std::size_t chars = 0;
  for (const auto& label : series.label) {
    chars += label.name.size() + label.value.size() + kPunctuation + escapes_in(label.value);
  }
  return chars;
}

// Most numbers are small and whole, and counting 24 for each would leave out LUNs that fit. A digit
// has more than three bits.
std::size_t number_chars(double value) {
  constexpr double kWholeMax = 1e15;
  if (!(value >= 0 && value < kWholeMax)) return kNumberChars;
  const auto whole = static_cast<std::uint64_t>(value);
  if (static_cast<double>(whole) != value) return kNumberChars;
  return static_cast<std::size_t>(std::bit_width(whole)) * 10 / 33 + 1;
}

// Counter and gauge: one of them is set. Every bucket is at most the count; the sum is one line.
std::size_t text_of(const prometheus::MetricFamily& family, const ClientMetric& series,
                    std::size_t lines) {
  const std::size_t line = family.name.size() + label_chars(series) + kLineRest;
  if (lines == 1) {
    return line + std::max(number_chars(series.counter.value), number_chars(series.gauge.value));
  }
  const auto count = static_cast<double>(series.histogram.sample_count);
  return lines * (line + kBucketRest + number_chars(count)) + kNumberChars;
}

}  // namespace

PageSize& PageSize::operator+=(const PageSize& other) {
  series += other.series;
  memory += other.memory;
  text += other.text;
  return *this;
}

PageSize& PageSize::operator-=(const PageSize& other) {
  series -= other.series;
  memory -= other.memory;
  text -= other.text;
  return *this;
}

PageSize weigh(const prometheus::MetricFamily& family, const ClientMetric& series, bool fine) {
  PageSize size{1, memory_of(series), 0};
  if (family.type == prometheus::MetricType::Histogram) {
    size.series = series.histogram.bucket.size() + 3;  // +Inf, _sum, _count
  }
  size.text = text_of(family, series, size.series);
  if (fine) size.memory += with_growth(sizeof(telemetry::Histogram));
  return size;
}

// Three lines with the name: HELP, TYPE, and OpenMetrics' UNIT.
PageSize weigh(const prometheus::MetricFamily& family) {
  constexpr std::size_t kLines = 3;
  constexpr std::size_t kKeywords = 24;
  const std::size_t text =
      kLines * (family.name.size() + kKeywords) + family.help.size() + escapes_in(family.help);
  const std::size_t first = kFewest * (sizeof(ClientMetric) + sizeof(telemetry::Histogram));
  return {0, sizeof family + heap_bytes(family.name) + heap_bytes(family.help) + first, text};
}

}  // namespace lungate::exporter
