// SPDX-License-Identifier: LGPL-2.1-or-later

// Who has which name, decided by the collector once per scrape. In this order:
//   1. A name that is the last part of a configured path is that path's: the default path ends with
//      the gateway's name, and paths are the operator's. Also while nothing is there.
//   2. Who has had it keeps it; when its segment cannot be read any more, another one of the same
//      user may have it (a gateway that has moved), and no other user.
//   3. Of those who claim it for the first time, the file that was born first; then the order of
//      the configuration.
// Nothing is kept on disk, so after a restart of the exporter only 1 and 3 hold.
#include "exporter/names.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "telemetry/text.h"

namespace lungate::exporter {
namespace {

std::vector<std::string> last_parts(const std::vector<std::string>& paths) {
  std::vector<std::string> parts;
  for (const std::string& path : paths) parts.push_back(path.substr(path.rfind('/') + 1));
  return parts;
}

// What does not say when it was born comes last.
std::uint64_t birth(const std::optional<telemetry::Claim>& claim) {
  return claim && claim->born_ns != 0 ? claim->born_ns : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace

Names::Names(const std::vector<std::string>& paths) : files_(last_parts(paths)) {}

bool Names::is_reserved(std::size_t segment, const std::string& gateway) const {
  return files_[segment] != gateway &&
         std::find(files_.begin(), files_.end(), gateway) != files_.end();
}

// A holder that claims another name has given this one up.
bool Names::may_take(std::size_t segment, const telemetry::Claim& claim,
                     const Claims& claims) const {
  if (is_reserved(segment, claim.gateway)) return false;
  const auto found = holders_.find(claim.gateway);
  if (found == holders_.end() || found->second.segment == segment) return true;
  const auto& other = claims[found->second.segment];
  return other ? other->gateway != claim.gateway : found->second.owner == claim.owner;
}

// Its earlier name is free: a segment that goes by one name after the other collects none.
void Names::take(std::size_t segment, const telemetry::Claim& claim) {
  std::erase_if(holders_, [segment](const auto& one) { return one.second.segment == segment; });
  holders_.insert_or_assign(claim.gateway, Holder{segment, claim.owner});
}

void Names::look(const Claims& claims) {
  std::vector<std::size_t> order(claims.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&claims](std::size_t a, std::size_t b) {
    return birth(claims[a]) < birth(claims[b]);
  });
  for (const std::size_t segment : order) {
    const auto& claim = claims[segment];
    if (claim && may_take(segment, *claim, claims)) take(segment, *claim);
  }
}

bool Names::has(std::size_t segment, const std::string& gateway) const {
  const auto found = holders_.find(gateway);
  return found != holders_.end() && found->second.segment == segment;
}

}  // namespace lungate::exporter
