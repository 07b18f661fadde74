// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <string_view>
#include <vector>

namespace lungate::exporter {

/// Prometheus text format 0.0.4. The version is said, for Prometheus 3 asks for a content type that
/// names its format.
inline constexpr std::string_view kTextFormat = "text/plain; version=0.0.4; charset=utf-8";

/// The families as kTextFormat. Byte for byte what prometheus-cpp's TextSerializer makes of them,
/// but where that one strays from the format: NaN is "NaN", and HELP is escaped.
/// REQUIRES: valid UTF-8 in help and labels, and names that are names (the catalogue's are; a
/// snapshot's texts are cleaned).
/// `room`: bytes that it will not exceed, where they are known.
std::string to_text(const std::vector<prometheus::MetricFamily>& families, std::size_t room = 0);

}  // namespace lungate::exporter
