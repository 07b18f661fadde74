// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "exporter/collector.h"
#include "exporter/http.h"

namespace lungate::exporter {

/// What the exporter serves; paths are exact, and anything else is 404 (http.h):
///   /metrics          the page, made anew for each request: text 0.0.4, or OpenMetrics with
///                     exemplars for those who accept it; ?collect[]=luns chooses groups
///   /metrics/native   the same as Protocol Buffers, with native histograms (native.h)
///   /healthz          200 as long as the exporter itself answers, also while pages are made; says
///                     nothing of the target
///   /readyz           200 when at least one segment can be read, else 503
///   /                 a few lines for people
/// `collector` must outlive the server that gets these. `version`: the exporter's own.
Routes make_site(const Collector& collector, const std::string& version = {});

}  // namespace lungate::exporter
