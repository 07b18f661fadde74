// SPDX-License-Identifier: LGPL-2.1-or-later

// Comparing two configurations. Called by Service for each reload, on the home loop; a pure
// function of two values that have been checked as texts, so nothing can fail here. What cannot be
// changed while the process runs is no error of this file either: it is listed, and the caller
// refuses the whole.
#include "control/plan.h"

#include <map>
#include <sstream>
#include <utility>

#include "base/check.h"
#include "config/dump.h"

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
  as_a.pool_threshold_percent = a.pool_threshold_percent;
  if (auto* file = std::get_if<config::File>(&as_a.store))
    if (const auto* other = std::get_if<config::File>(&a.store))
      file->size_bytes = other->size_bytes;
  return as_a == a;
}

/// Whether two LUNs stand on the same image or file, whatever its size.
bool same_store(const config::Lun& a, const config::Lun& b) {
  return to_string(a.store) == to_string(b.store);
}

// Another store is somebody else's data under a file system that is mounted; another block size
// moves every partition and every file; another serial number or NAA makes it a disk that its
// initiators have never seen. Nobody does any of it to a disk in use and means it.
void compare_identity(const LunName& name, const config::Lun& now, const config::Lun& next,
                      Plan& plan) {
  if (!same_store(now, next)) {
    plan.refused.push_back(to_string(name) + ": " + to_string(now.store) + " -> " +
                           to_string(next.store) +
                           " would be another disk under its number; remove the LUN with one "
                           "reload and add it with the next, if that is meant");
    return;
  }
  const auto kept = [&](const char* key, const std::string& before, const std::string& after) {
    if (before == after) return;
    plan.refused.push_back(to_string(name) + ": " + key + " " + before + " -> " + after +
                           ": its initiators would not find their data or their disk again; remove "
                           "the LUN first if you mean it");
  };
  const auto quoted = [](const std::string& text) {
    return text.empty() ? std::string("(made from the store)") : "\"" + text + "\"";
  };
  kept("block_size", std::to_string(now.block_size), std::to_string(next.block_size));
  kept("serial", quoted(now.serial), quoted(next.serial));
  kept("naa", quoted(now.naa), quoted(next.naa));
}

/// What may change under a disk that its initiators keep.
void compare_kept(const LunName& name, const config::Lun& now, const config::Lun& next,
                  Plan& plan) {
  const std::pair<bool, const char*> kinds[] = {
      {now.store != next.store, " resized"},
      {now.pool_threshold_percent != next.pool_threshold_percent, " has another threshold"},
      {now.slo != next.slo, " has another SLO"}};
  for (const auto& [differs, words] : kinds)
    if (differs) plan.changes.push_back({to_string(name) + words});
  if (now != next) plan.resize.push_back(name);
}

// A LUN that looks different now (read only, another product) is removed and added: its initiators
// must see it go. Another store under its number is refused: a session that is in use would go on
// and write what it remembers of the old disk into the new one.
void compare_luns(const Luns& now, const Luns& next, Plan& plan) {
  for (const auto& [name, lun] : now) {
    const auto found = next.find(name);
    if (found != next.end()) compare_identity(name, *lun, *found->second, plan);
    if (found == next.end()) {
      plan.remove.push_back(name);
      plan.changes.push_back({to_string(name) + " removed"});
    } else if (!same_disk(*lun, *found->second)) {
      plan.remove.push_back(name);
      plan.add.push_back(name);
      plan.changes.push_back(
          {to_string(name) + " reopened: " + to_string(found->second->store), name});
    } else {
      compare_kept(name, *lun, *found->second, plan);
    }
  }
  for (const auto& [name, lun] : next) {
    if (now.contains(name)) continue;
    plan.add.push_back(name);
    plan.changes.push_back({to_string(name) + " added: " + to_string(lun->store), name});
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
      plan.changes.push_back({"target " + target.iqn + " added"});
    else if (found->second != target)
      plan.changes.push_back({"access to target " + target.iqn + " changed"});
    if (found != before.end()) before.erase(found);
  }
  for (const auto& [iqn, target] : before) plan.changes.push_back({"target " + iqn + " removed"});
}

/// "[gateway] loops" -> "4", as `lungate check --print` would say it; of a list of tables each with
/// its number: "[[portal_group]] (2) tag".
std::map<std::string, std::string> values_of(const config::Config& config,
                                             const std::string& table) {
  std::map<std::string, std::string> values;
  std::istringstream lines(config::to_toml(config));
  unsigned number = 0;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("[")) inside = line == table;
    if (inside && line == table) ++number;
    const std::size_t equals = line.find(" = ");
    if (!inside || equals == std::string::npos) continue;
    const std::string which = table.starts_with("[[") ? " (" + std::to_string(number) + ")" : "";
    values[table + which + " " + line.substr(0, equals)] = line.substr(equals + 3);
  }
  return values;
}

/// What is built once, before the first connection: names, threads, files, sockets, and what has
/// been negotiated with every session ([iscsi]).
void compare_fixed(const config::Config& now, const config::Config& next, Plan& plan) {
  for (const char* table : {"[gateway]", "[ceph]", "[telemetry]", "[iscsi]", "[[portal_group]]"}) {
    auto before = values_of(now, table);
    auto after = values_of(next, table);
    for (const auto& [key, value] : after) before.try_emplace(key, "none");
    for (const auto& [key, value] : before) {
      const std::string& other = after.try_emplace(key, "none").first->second;
      if (value != other) plan.needs_restart.push_back(key + ": " + value + " -> " + other);
    }
  }
  // A value that is not printed must not pass for none that has changed.
  const bool same = now.gateway == next.gateway && now.ceph == next.ceph &&
                    now.telemetry == next.telemetry && now.iscsi == next.iscsi &&
                    now.portal_groups == next.portal_groups;
  if (!same && plan.needs_restart.empty()) plan.needs_restart.push_back("a fixed table differs");
}

}  // namespace

std::string to_string(const LunName& name) {
  return "lun " + std::to_string(name.number) + " of " + name.target;
}

FoundLun find_lun(const config::Config& config, const LunName& name) {
  for (const config::Target& target : config.targets)
    for (const config::Lun& lun : target.luns)
      if (target.iqn == name.target && lun.id == name.number) return {&target, &lun};
  check_failed("a plan's LUNs stand in its configuration", __FILE__, __LINE__);
}

Plan plan_changes(const config::Config& now, const config::Config& next) {
  Plan plan;
  compare_fixed(now, next, plan);
  compare_luns(luns_of(now), luns_of(next), plan);
  compare_targets(now, next, plan);
  if (now.discovery != next.discovery)
    plan.changes.push_back({"what a discovery session must prove has changed"});
  plan.directory = !plan.changes.empty();
  plan.log_level = now.log != next.log;
  if (plan.log_level)
    plan.changes.push_back({"log level is now " + std::string(log::level_name(next.log.level))});
  return plan;
}

}  // namespace lungate::control
