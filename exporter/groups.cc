// SPDX-License-Identifier: LGPL-2.1-or-later

// Groups of metrics. Which one a metric belongs to is read off its name, so that a new metric needs
// no line here. The names come from whoever asks: an unknown one is an answer (400) and not an
// empty page, on which every alert would fall silent.
#include "exporter/groups.h"

#include <algorithm>

namespace lungate::exporter {
namespace {

struct Prefix {
  std::string_view text;
  Group group;
};
constexpr std::array<Prefix, 7> kPrefixes = {{
    {"lungate_lun_", Group::kLuns},
    {"lungate_initiator_", Group::kInitiators},
    {"lungate_portal_", Group::kPortals},
    {"lungate_event_loop_", Group::kLoops},
    {"lungate_ceph_", Group::kCeph},
    {"lungate_shm_", Group::kSegments},
    {"lungate_exporter_", Group::kExporter},
}};

/// Of a name that a client has made up, in the answer to it.
constexpr std::size_t kShownBytesMax = 64;

std::string unknown(std::string_view name) {
  std::string text = "unknown group '";
  for (const char c : name.substr(0, kShownBytesMax)) text += c >= ' ' && c <= '~' ? c : '?';
  text += "'; there are:";
  for (const std::string_view known : kGroupNames) text.append(" ").append(known);
  return text + "\n";
}

}  // namespace

Group group_of(const telemetry::Metric& metric) {
  for (const Prefix& prefix : kPrefixes) {
    if (metric.name.starts_with(prefix.text)) return prefix.group;
  }
  return Group::kGateway;
}

// Names may come twice; their number is bounded by the request's size.
Result<Groups, std::string> parse_groups(const std::vector<std::string>& names) {
  if (names.empty()) return kAllGroups;
  Groups groups;
  for (const std::string& name : names) {
    const auto* const found = std::find(kGroupNames.begin(), kGroupNames.end(), name);
    if (found == kGroupNames.end()) return err(unknown(name));
    groups.set(static_cast<std::size_t>(found - kGroupNames.begin()));
  }
  return groups;
}

}  // namespace lungate::exporter
