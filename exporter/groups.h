// SPDX-License-Identifier: LGPL-2.1-or-later

// The catalogue's metrics by what they are about, so that a scrape may ask for some of them:
// /metrics?collect[]=luns&collect[]=gateway.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "telemetry/catalog.h"

namespace lungate::exporter {

enum class Group : std::uint8_t {
  kLuns,
  kInitiators,
  kPortals,
  kGateway,
  kLoops,
  kCeph,
  kSegments,
  kExporter,
};
inline constexpr std::array<std::string_view, 8> kGroupNames = {
    "luns", "initiators", "portals", "gateway", "loops", "ceph", "segments", "exporter"};

using Groups = std::bitset<kGroupNames.size()>;
inline const Groups kAllGroups = Groups().set();

/// By the metric's name; what names nothing else is the gateway's.
Group group_of(const telemetry::Metric& metric);

/// The groups of these names; no name: all. The error is for people and names the known ones.
Result<Groups, std::string> parse_groups(const std::vector<std::string>& names);

}  // namespace lungate::exporter
