// SPDX-License-Identifier: LGPL-2.1-or-later

// Numbers, escapes and labels as text; the serializers call it on the page thread. Nothing fails
// here but memory. A double is written with 16 digits, as prometheus-cpp writes it, so that the
// page of an earlier release and this one name the same buckets; most values are whole numbers,
// which need no floating-point arithmetic at all.
#include "exporter/text_tools.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>

namespace lungate::exporter {
namespace {

constexpr int kDigits = 16;
/// Below it a whole number has at most kDigits digits, so %.16g writes all of them and no exponent.
constexpr double kWholeMax = 1e15;

template <class Integer>
void append_integer(std::string& to, Integer value) {
  std::array<char, 24> text;  // 20 digits and a sign
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  to.append(text.data(), end);
}

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

}  // namespace

void append_number(std::string& to, std::uint64_t value) {
  append_integer(to, value);
}

void append_number(std::string& to, std::int64_t value) {
  append_integer(to, value);
}

// Minus zero is a whole number to the comparison and "-0" to %g.
void append_number(std::string& to, double value) {
  if (std::isnan(value)) {
    to += "NaN";
  } else if (std::isinf(value)) {
    to += value < 0 ? "-Inf" : "+Inf";
  } else if (std::fabs(value) < kWholeMax && std::trunc(value) == value &&
             !(value == 0 && std::signbit(value))) {
    append_integer(to, static_cast<std::int64_t>(value));
  } else {
    std::array<char, 32> text;  // sign, 17 characters, exponent
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                   std::chars_format::general, kDigits)
                         .ptr;
    to.append(text.data(), end);
  }
}

// In runs: hardly any text has something to escape.
void append_escaped(std::string& to, std::string_view text, Escape what) {
  const std::string_view specials = what == Escape::kQuoted ? "\\\n\"" : "\\\n";
  for (;;) {
    const std::size_t at = text.find_first_of(specials);
    to.append(text.substr(0, at));
    if (at == std::string_view::npos) return;
    to.append(special(text[at]));
    text.remove_prefix(at + 1);
  }
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
  }
  return known.text;
}

}  // namespace lungate::exporter
