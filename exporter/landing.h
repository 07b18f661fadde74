// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

namespace lungate::exporter {

/// The page at /, for whoever opens the exporter in a browser: what it is, which segments it reads,
/// where things are. HTML; safe whatever the texts hold.
std::string landing_page(const std::string& version, const std::vector<std::string>& segments);

}  // namespace lungate::exporter
