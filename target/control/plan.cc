// SPDX-License-Identifier: LGPL-2.1-or-later

// Comparing two configurations. Called by Service for each reload, on the home loop; a pure
// function of two values that have been checked as texts, so nothing can fail here. What cannot be
// changed while the process runs is no error of this file either: it is listed, and the caller
// refuses the whole.
#include "control/plan.h"

#include <map>
#include <utility>

namespace lungate::control {
namespace {

using Luns = std::map<LunName, const config::Lun*>;

/// By name and not by position: a text may be put in another order without meaning anything by it.
Luns luns_of(const config::Config& config) {
  Luns luns;
  for (const config::Target& target : config.targets)
    for (const config::Lun& lun : target.luns) luns[{target.iqn, lun.id}] = &lun;
  return luns;
}

/// The same disk, perhaps of another size: initiators keep it. Images have no size of their own
/// here, and what a null store's size is cannot change while it is open.
bool same_disk(const config::Lun& a, const config::Lun& b) {
  config::Lun as_a = b;
  as_a.slo = a.slo;
  if (auto* file = std::get_if<config::File>(&as_a.store))
    if (const auto* other = std::get_if<config::File>(&a.store))
      file->size_bytes = other->size_bytes;
  return as_a == a;
}

// A LUN that is another disk now is removed and added: its initiators must see it go, for they
// would go on writing what they remember of the old one.
void compare_luns(const Luns& now, const Luns& next, Plan& plan) {
  for (const auto& [name, lun] : now) {
    const auto found = next.find(name);
    if (found == next.end()) {
      plan.remove.push_back(name);
      plan.sentences.push_back(to_string(name) + " removed");
    } else if (!same_disk(*lun, *found->second)) {
      plan.remove.push_back(name);
      plan.add.push_back(name);
      plan.sentences.push_back(to_string(name) + " replaced by " + to_string(found->second->store));
    } else if (lun->store != found->second->store) {
      plan.resize.push_back(name);
      plan.sentences.push_back(to_string(name) + " resized");
    }
  }
  for (const auto& [name, lun] : next) {
    if (now.contains(name)) continue;
    plan.add.push_back(name);
    plan.sentences.push_back(to_string(name) + " added: " + to_string(lun->store));
  }
}

/// Targets without their LUNs: names, aliases, accesses.
std::vector<config::Target> bare_targets(const config::Config& config) {
  std::vector<config::Target> targets = config.targets;
  for (config::Target& target : targets) target.luns.clear();
  return targets;
}

// LUNs apart, a target has nothing that is built: sessions are held against the new directory, and
// those that have lost their access end.
void compare_targets(const config::Config& now, const config::Config& next, Plan& plan) {
  std::map<std::string, config::Target> before;
  for (config::Target& target : bare_targets(now)) before[target.iqn] = std::move(target);
  for (const config::Target& target : bare_targets(next)) {
    const auto found = before.find(target.iqn);
    if (found == before.end())
      plan.sentences.push_back("target " + target.iqn + " added");
    else if (found->second != target)
      plan.sentences.push_back("access to target " + target.iqn + " changed");
    if (found != before.end()) before.erase(found);
  }
  for (const auto& [iqn, target] : before) plan.sentences.push_back("target " + iqn + " removed");
}

/// What is built once, before the first connection: names, threads, files, sockets, and what has
/// been negotiated with every session ([iscsi]).
void compare_fixed(const config::Config& now, const config::Config& next, Plan& plan) {
  const auto fixed = [&](bool same, const char* table) {
    if (!same) plan.needs_restart.push_back(std::string(table) + " differs");
  };
  fixed(now.gateway == next.gateway, "[gateway]");
  fixed(now.ceph == next.ceph, "[ceph]");
  fixed(now.telemetry == next.telemetry, "[telemetry]");
  fixed(now.iscsi == next.iscsi, "[iscsi]");
  fixed(now.portal_groups == next.portal_groups, "[[portal_group]]");
}

}  // namespace

std::string to_string(const LunName& name) {
  return "lun " + std::to_string(name.number) + " of " + name.target;
}

Plan plan_changes(const config::Config& now, const config::Config& next) {
  Plan plan;
  compare_fixed(now, next, plan);
  compare_luns(luns_of(now), luns_of(next), plan);
  compare_targets(now, next, plan);
  plan.directory = !plan.sentences.empty();
  plan.log_level = now.log != next.log;
  if (plan.log_level)
    plan.sentences.push_back("log level is now " + std::string(log::level_name(next.log.level)));
  return plan;
}

}  // namespace lungate::control
