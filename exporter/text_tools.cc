// SPDX-License-Identifier: LGPL-2.1-or-later

// Numbers, escapes and labels as text; the serializers call it on the page thread. Nothing fails
// here but memory. A double is written with 16 digits, as prometheus-cpp writes it, so that the
// page of an earlier release and this one name the same buckets; most values are whole numbers,
// which need no floating-point arithmetic at all.
#include "exporter/text_tools.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>

namespace lungate::exporter {
namespace {

constexpr int kDigits = 16;
/// Below it a whole number has at most kDigits digits, so %.16g writes all of them and no exponent.
constexpr double kWholeMax = 1e15;

std::string_view special(char c) {
  switch (c) {
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    default:
      return "\\\"";
  }
}

// A table: to look for one character among three costs a call for each byte of a label otherwise.
constexpr auto kIsSpecial = [] {
  std::array<bool, 256> table{};
  for (const char c : {'\\', '\n', '"'}) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

/// The bytes before the first that has to be escaped.
std::size_t plain_bytes(std::string_view text, Escape what) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!kIsSpecial[static_cast<unsigned char>(text[i])]) continue;
    if (what == Escape::kQuoted || text[i] != '"') return i;
  }
  return text.size();
}

}  // namespace

char* write_number(char* to, std::uint64_t value) {
  return std::to_chars(to, to + kNumberCharsMax, value).ptr;
}

char* write_number(char* to, std::int64_t value) {
  return std::to_chars(to, to + kNumberCharsMax, value).ptr;
}

// Minus zero is a whole number to the comparison and "-0" to %g.
char* write_number(char* to, double value) {
  if (std::fabs(value) < kWholeMax && std::trunc(value) == value &&
      !(value == 0 && std::signbit(value))) {
    return write_number(to, static_cast<std::int64_t>(value));
  }
  if (std::isfinite(value)) {
    return std::to_chars(to, to + kNumberCharsMax, value, std::chars_format::general, kDigits).ptr;
  }
  const std::string_view name = std::isnan(value) ? "NaN" : value < 0 ? "-Inf" : "+Inf";
  return std::copy(name.begin(), name.end(), to);
}

// In runs: hardly any text has something to escape.
void append_escaped(std::string& to, std::string_view text, Escape what) {
  for (;;) {
    const std::size_t at = plain_bytes(text, what);
    to.append(text.substr(0, at));
    if (at == text.size()) return;
    to.append(special(text[at]));
    text.remove_prefix(at + 1);
  }
}

std::size_t escapes_in(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return kIsSpecial[static_cast<unsigned char>(c)]; }));
}

void append_labels(std::string& to, const std::vector<prometheus::ClientMetric::Label>& labels) {
  bool first = true;
  for (const auto& label : labels) {
    if (!first) to += ',';
    first = false;
    to += label.name;
    to += "=\"";
    append_escaped(to, label.value, Escape::kQuoted);
    to += '"';
  }
}

// In two steps, since the texts lie apart from the labels that say where they are.
void prefetch_labels(const std::vector<prometheus::ClientMetric>& metrics, std::size_t here) {
  constexpr std::size_t kLabels = 8;
  constexpr std::size_t kTexts = 4;
  constexpr std::size_t kCacheLine = 64;
  if (here + kLabels < metrics.size()) {
    const auto& labels = metrics[here + kLabels].label;
    const char* from = reinterpret_cast<const char*>(labels.data());
    for (std::size_t at = 0; at < labels.size() * sizeof labels[0]; at += kCacheLine) {
      __builtin_prefetch(from + at);
    }
  }
  if (here + kTexts < metrics.size()) {
    for (const auto& label : metrics[here + kTexts].label) __builtin_prefetch(label.value.data());
  }
}

std::size_t bytes_about(const std::vector<prometheus::MetricFamily>& families) {
  constexpr std::size_t kRest = 48;  // suffix, bound, value, punctuation
  std::size_t bytes = 0;
  for (const prometheus::MetricFamily& family : families) {
    if (family.metric.empty()) continue;
    const prometheus::ClientMetric& first = family.metric.front();
    std::size_t line = family.name.size() + kRest;
    for (const auto& label : first.label) line += label.name.size() + label.value.size() + 4;
    const bool one_line = first.histogram.bucket.empty() && first.summary.quantile.empty();
    bytes += line * family.metric.size() * (one_line ? 1 : first.histogram.bucket.size() + 3);
  }
  return bytes;
}

void give_back_room(std::string& page) {
  if (page.size() < page.capacity() / 2) page.shrink_to_fit();
}

void Lines::flush() {
  page_.append(buffer_.data(), at_);
  at_ = buffer_.data();
}

// Nothing bounds a label but its memory.
void Lines::put_beyond(std::string_view piece) {
  flush();
  if (piece.size() > room()) {
    page_.append(piece);
  } else {
    put(piece);
  }
}

// Compared by their bits: NaN is equal to nothing, and a bound of NaN must not be written as the
// one that stood there before.
std::string_view BoundTexts::at(std::size_t index, double bound) {
  if (index >= known_.size()) known_.resize(index + 1);
  Known& known = known_[index];
  const auto bits = std::bit_cast<std::uint64_t>(bound);
  if (known.text.empty() || known.bits != bits) {
    known.bits = bits;
    known.text.clear();
    append_number(known.text, bound);
    known.text += "\"} ";
  }
  return known.text;
}

}  // namespace lungate::exporter
