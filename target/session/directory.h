// SPDX-License-Identifier: LGPL-2.1-or-later

// What this gateway offers, as every lane sees it: an immutable value, replaced whole when the
// configuration changes.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "session/ids.h"
#include "session/socket.h"

namespace lungate::session {

/// Where initiators reach a portal group: what SendTargets answers.
struct PortalGroup {
  std::uint16_t tag = 1;
  std::vector<Endpoint> portals;
};

/// One target with its LUNs, named by the ids that the home loop has given them.
struct ExportedTarget {
  config::Target config;
  std::map<std::uint16_t, LunId> luns;  // LUN number -> id
};

/// A LUN in the eyes of one initiator.
struct VisibleLun {
  LunId id = 0;
  bool read_only = false;  // for this initiator, though others may write
  friend bool operator==(const VisibleLun&, const VisibleLun&) = default;
};
using VisibleLuns = std::map<std::uint16_t, VisibleLun>;  // by the number that it uses

struct Directory {
  std::vector<PortalGroup> portal_groups;
  std::map<std::string, ExportedTarget, std::less<>> targets;  // by iSCSI name
  config::Chap discovery;  // what a discovery session must prove

  const ExportedTarget* find(std::string_view iqn) const;
};
using DirectoryPtr = std::shared_ptr<const Directory>;

/// What this initiator sees. Empty when it may not log in.
VisibleLuns visible_luns(const ExportedTarget& target, const config::Caller& initiator);

}  // namespace lungate::session
