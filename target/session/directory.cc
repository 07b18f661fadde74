// SPDX-License-Identifier: LGPL-2.1-or-later

// Look-ups in the directory. Called by logins and sessions on their lanes, on the snapshot that
// each lane holds; constant, so any thread may. The names are a peer's and need no bound here: the
// login machine has checked them. A name that is not there is null, and an initiator without access
// sees no numbers at all, not even those of other initiators' LUNs.
#include "session/directory.h"

namespace lungate::session {

const ExportedTarget* Directory::find(std::string_view iqn) const {
  const auto found = targets.find(iqn);
  return found == targets.end() ? nullptr : &found->second;
}

VisibleLuns visible_luns(const ExportedTarget& target, const config::Caller& initiator) {
  VisibleLuns visible;
  const config::Initiator* access = config::find_access(target.config, initiator);
  if (access == nullptr) return visible;
  for (const auto& [number, id] : target.luns)
    if (const auto shown = config::shown_as(*access, number))
      visible[shown->number] = {id, shown->read_only};
  return visible;
}

}  // namespace lungate::session
