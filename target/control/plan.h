// SPDX-License-Identifier: LGPL-2.1-or-later

// A reload as a plan of changes: what differs between the configuration that runs and a new one,
// decided before anything is touched.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"

namespace lungate::control {

/// A LUN is known by its target and number. A reload gives it no other store.
struct LunName {
  std::string target;
  std::uint16_t number = 0;
  friend auto operator<=>(const LunName&, const LunName&) = default;
};
std::string to_string(const LunName& name);

/// What the configuration says of it. REQUIRES: it is there. The pointers are the configuration's.
struct FoundLun {
  const config::Target* target = nullptr;
  const config::Lun* lun = nullptr;
};
FoundLun find_lun(const config::Config& config, const LunName& name);

/// One change in words. What is opened for it decides how it ends: "lun 3 of ... added: file:/x",
/// and then whether it is online.
struct Change {
  std::string text;
  std::optional<LunName> opens = {};
};

struct Plan {
  std::vector<LunName> remove;  // also those that come back and look different
  std::vector<LunName> add;
  /// The same disk with another size, threshold or SLO: initiators keep it.
  std::vector<LunName> resize;
  bool directory = false;  // targets, aliases or accesses differ: lanes get a new directory
  bool log_level = false;
  /// For the operator; empty: there is nothing to do.
  std::vector<Change> changes;
  /// What differs and can only change at a start. Not empty: the plan must not be carried out.
  std::vector<std::string> needs_restart;
  /// What would make the contents of a LUN that stays unreadable or unknown to its initiators:
  /// another store, block size or identity. Not empty: the same.
  std::vector<std::string> refused;
};

/// What leads from `now` to `next`. Both have been parsed and checked; nothing is touched or looked
/// at (whether a file would be cut is for who carries the plan out to find out).
Plan plan_changes(const config::Config& now, const config::Config& next);

}  // namespace lungate::control
