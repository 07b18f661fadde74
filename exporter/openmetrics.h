// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <string_view>
#include <vector>

#include "exporter/exemplars.h"

namespace lungate::exporter {

/// OpenMetrics 1.0 text.
inline constexpr std::string_view kOpenMetricsFormat =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The families as kOpenMetricsFormat, with the exemplars of their series. Names differ from
/// to_text() in the head of counters only (without "_total"). A bound of 1 is `le="1"` here as
/// there, though the format would rather have "1.0": otherwise a Prometheus 2 that changes the
/// format begins new series, and rules that name a bound find nothing. REQUIRES: as to_text().
std::string to_openmetrics(const std::vector<prometheus::MetricFamily>& families,
                           const Exemplars& exemplars, std::size_t room = 0);

}  // namespace lungate::exporter
