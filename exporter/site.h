// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "exporter/collector.h"
#include "exporter/http.h"

namespace lungate::exporter {

/// What the exporter serves; paths are exact, and anything else is 404 (http.h):
///   /metrics   the page, made anew for each request
///   /healthz   200 as long as the exporter itself answers, also while pages are made; says nothing
///              of the target
///   /          a few lines for people
/// `collector` must outlive the server that gets these.
Routes make_site(const Collector& collector);

}  // namespace lungate::exporter
