// SPDX-License-Identifier: LGPL-2.1-or-later

// What the text formats share: numbers, escapes, labels. Everything appends to a string, because a
// page of 1,000 LUNs has 135,000 lines, and a stream costs more for each than reading its figures.
#pragma once

#include <prometheus/client_metric.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lungate::exporter {

/// As printf's %.16g in the C locale, but "NaN", "+Inf" and "-Inf".
void append_number(std::string& to, double value);
void append_number(std::string& to, std::uint64_t value);
void append_number(std::string& to, std::int64_t value);

/// Of a HELP line: backslash and line break. Within quotation marks: these too.
enum class Escape { kHelp, kQuoted };
void append_escaped(std::string& to, std::string_view text, Escape what);

/// `name="value",...` without the braces; empty without labels.
void append_labels(std::string& to, const std::vector<prometheus::ClientMetric::Label>& labels);

/// The texts of the `le` of one family: its series have the same bounds, so each is made once.
class BoundTexts {
 public:
  /// Valid until the next call.
  std::string_view at(std::size_t index, double bound);

 private:
  struct Known {
    std::uint64_t bits = 0;
    std::string text;
  };
  std::vector<Known> known_;
};

}  // namespace lungate::exporter
