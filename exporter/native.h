// SPDX-License-Identifier: LGPL-2.1-or-later

// Prometheus's native histograms, which travel as Protocol Buffers only: one series for each
// distribution instead of one per bucket, and finer. On a path of its own (site.h), because a
// Prometheus that takes native histograms drops the `_bucket` series of the same scrape, and with
// them every dashboard that is made for these.
//
// The error. A latency is counted in a bin of telemetry's ladder (at most 13.7 % wide), and the bin
// goes whole into the bucket of schema 3 (9.05 % wide) that holds its middle. So a value is shown
// at most 15.9 % too high or too low, typically 5 %; counts and sums are exact. A bin that were
// divided between two buckets would be no better, and its parts would not always grow.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <string_view>
#include <vector>

#include "exporter/exemplars.h"
#include "telemetry/histogram.h"

namespace lungate::exporter {

inline constexpr std::string_view kNativeFormat =
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

/// Eight buckets for each doubling.
inline constexpr int kNativeSchema = 3;
/// Prometheus's number of a bucket: (2^((index-1)/8), 2^(index/8)] seconds. For the bins between
/// kBelowBin (the zero bucket's) and kAboveBin (shown right above the ladder).
int native_index(std::size_t bin);

/// The families as kNativeFormat. A histogram whose family has `fine` (page.h) is native and
/// classic in one, so that the server may choose; others are classic.
std::string to_native(const Families& page, const Exemplars& exemplars);

}  // namespace lungate::exporter
