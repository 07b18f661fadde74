// SPDX-License-Identifier: LGPL-2.1-or-later

// Rules of access. rules.cc calls this when every table has been read; what it says is said of
// sound tables only. The text is the operator's, and the purpose is that nobody has access whom the
// text does not name plainly: a name that fits two rows equally well, a number that two LUNs have
// or a secret that proves both sides are errors, not cases.
#include "config/access_rules.h"

#include <map>

#include "base/bytes.h"
#include "config/nearest.h"
#include "config/rule_tools.h"

namespace lungate::config {
namespace {

/// Two keys of one table.
struct KeyPair {
  std::string_view one;
  std::string_view other;
};

/// False, and reported, when both are there.
bool exclude_each_other(const Node& node, KeyPair keys, Report& report) {
  const Member* one = member(node, keys.one);
  const Member* other = member(node, keys.other);
  if (one == nullptr || other == nullptr) return true;
  report.at_key(*other, quote(keys.one) + " and " + quote(keys.other) + " exclude each other");
  return false;
}

/// Exactly one of them, as `where` says it to the operator.
bool needs_one_of(const Node& node, KeyPair keys, std::string_view where, Report& report) {
  if (!exclude_each_other(node, keys, report)) return false;
  if (member(node, keys.one) != nullptr || member(node, keys.other) != nullptr) return true;
  report.at_value(node,
                  std::string(where) + " needs " + quote(keys.one) + " or " + quote(keys.other));
  return false;
}

// --- CHAP ----------------------------------------------------------------------------------------

/// A chap table, where it stands and whose it is.
struct PlacedChap {
  const Chap* chap;
  const Node* node;
  std::string owner;
};
using Chaps = std::vector<PlacedChap>;

/// `where` as the keys are written, `owner` as the operator knows it.
struct ChapNames {
  std::string_view where;
  std::string owner;
};

void check_chap(const Chap& chap, const Node& parent, const ChapNames& names, Chaps& seen,
                Report& report) {
  const Node* node = find(parent, "chap");
  if (node == nullptr || !report.sound(*node)) return;
  needs_one_of(*node, {"secret", "secret_file"}, names.where, report);
  if (chap.mutual_user.empty()) {
    for (const std::string_view key : {"mutual_secret", "mutual_secret_file"}) {
      if (const Member* found = member(*node, key)) {
        report.at_key(*found, quote(key) + " needs 'mutual_user'");
      }
    }
  } else {
    needs_one_of(*node, {"mutual_secret", "mutual_secret_file"}, names.where, report);
  }
  seen.push_back({&chap, node, names.owner});
}

void check_secrets_differ(const Chaps& seen, Report& report) {
  std::vector<const Chap*> chaps;
  for (const PlacedChap& placed : seen) chaps.push_back(placed.chap);
  const SharedSecret shared = find_shared_secret(chaps);
  if (shared.gateways == nullptr) return;
  const auto wrong = std::ranges::find(seen, shared.gateways, &PlacedChap::chap);
  const auto initiators = std::ranges::find(seen, shared.initiators, &PlacedChap::chap);
  const Position at = report.document().position(or_self(*initiators->node, "secret"));
  report.at_value(or_self(*wrong->node, "mutual_secret"),
                  "'mutual_secret' is the secret of " + initiators->owner + " in line " +
                      std::to_string(at.line) + " as well: each side needs its own",
                  "RFC 7143, 9.2.1");
}

// --- Initiators ----------------------------------------------------------------------------------

void check_groups(const Config& config, const Node& root, Report& report) {
  Once names("initiator group", report);
  each_sound<InitiatorGroup>(config.initiator_groups, root, "initiator_group", report,
                             [&](const InitiatorGroup& group, const Node& node) {
                               names.see(group.name, or_self(node, "name"));
                               Once iqns("initiator", report);
                               const Node& items = or_self(node, "iqns");
                               for (std::size_t i = 0; i < group.iqns.size(); ++i) {
                                 iqns.see(group.iqns[i], items.items[i]);
                               }
                             });
}

/// A LUN number that the target has not is an error and no empty place: it is a misspelling, and
/// whoever reads the access list would believe in it.
void check_lun_exists(const Target& target, std::uint16_t lun, const Node& node, Report& report) {
  if (std::ranges::find(target.luns, lun, &Lun::id) != target.luns.end()) return;
  report.at_value(node, "target " + quote(target.iqn) + " has no LUN " + std::to_string(lun));
}

void check_shown(const Initiator& initiator, const Target& target, const Node& node,
                 Report& report) {
  if (!exclude_each_other(node, {"luns", "map"}, report)) return;
  Once luns("LUN", report);
  for (std::size_t i = 0; i < initiator.luns.size(); ++i) {
    const Node& item = or_self(node, "luns").items[i];
    luns.see(std::to_string(initiator.luns[i]), item);
    check_lun_exists(target, initiator.luns[i], item, report);
  }
  Once numbers("number", report);
  each_sound<Mapping>(initiator.map, node, "map", report,
                      [&](const Mapping& row, const Node& row_node) {
                        luns.see(std::to_string(row.lun), or_self(row_node, "lun"));
                        numbers.see(std::to_string(row.as), or_self(row_node, "as"));
                        check_lun_exists(target, row.lun, or_self(row_node, "lun"), report);
                      });
}

void check_group_exists(const Config& config, const std::string& group, const Node& node,
                        Report& report) {
  std::vector<std::string_view> names;
  for (const InitiatorGroup& known : config.initiator_groups) names.push_back(known.name);
  if (std::ranges::find(names, group) != names.end()) return;
  const std::string_view near = nearest(group, names);
  report.at_value(or_self(node, "group"), "there is no [[initiator_group]] " + quote(group),
                  near.empty() ? "" : "did you mean " + quote(near) + "?");
}

/// `names` are those of the target so far: each fits one row only.
void check_who(const Config& config, const Initiator& initiator, const Node& node, Once& names,
               Report& report) {
  if (!needs_one_of(node, {"iqn", "group"}, "[[target.initiator]]", report)) return;
  if (!initiator.iqn.empty()) return names.see(initiator.iqn, or_self(node, "iqn"));
  check_group_exists(config, initiator.group, node, report);
  for (const std::string& name : initiator.members) names.see(name, or_self(node, "group"));
}

// --- Targets -------------------------------------------------------------------------------------

void check_place(const Config& config, const Target& target, const Node& node, Report& report) {
  Once once("portal group", report);
  for (std::size_t i = 0; i < target.portal_groups.size(); ++i) {
    const std::uint16_t tag = target.portal_groups[i];
    const Node& item = or_self(node, "portal_groups").items[i];
    once.see(std::to_string(tag), item);
    if (std::ranges::find(config.portal_groups, tag, &PortalGroup::tag) !=
        config.portal_groups.end()) {
      continue;
    }
    report.at_value(item, "there is no [[portal_group]] with tag " + std::to_string(tag));
  }
  const Member* permanently = member(node, "moved_permanently");
  if (target.moved_permanently && target.moved_to.empty()) {
    report.at_key(*permanently, "'moved_permanently' needs 'moved_to'");
  }
}

void check_target(const Config& config, const Target& target, const Node& node, Chaps& seen,
                  Report& report) {
  check_place(config, target, node, report);
  check_chap(target.chap, node, {"target.chap", chap_owner(target)}, seen, report);
  Once names("initiator", report);
  each_sound<Initiator>(target.initiators, node, "initiator", report,
                        [&](const Initiator& initiator, const Node& initiator_node) {
                          check_who(config, initiator, initiator_node, names, report);
                          check_shown(initiator, target, initiator_node, report);
                          check_chap(initiator.chap, initiator_node,
                                     {"target.initiator.chap", chap_owner(initiator, target)}, seen,
                                     report);
                        });
}

}  // namespace

SharedSecret find_shared_secret(const std::vector<const Chap*>& chaps) {
  std::map<std::string_view, const Chap*> initiators;
  for (const Chap* chap : chaps) {
    if (!chap->secret.empty()) initiators.emplace(text_of(chap->secret.bytes()), chap);
  }
  for (const Chap* chap : chaps) {
    const auto found = initiators.find(text_of(chap->mutual_secret.bytes()));
    if (found != initiators.end()) return {chap, found->second};
  }
  return {};
}

std::string chap_owner(const Target& target) {
  return "target " + quote(target.iqn);
}

std::string chap_owner(const Initiator& initiator, const Target& target) {
  const std::string who = initiator.iqn.empty() ? "group " + quote(initiator.group)
                                                : "initiator " + quote(initiator.iqn);
  return who + " of " + chap_owner(target);
}

void check_access(const Config& config, Report& report) {
  const Node& root = report.document().root();
  Chaps seen;
  if (const Node* discovery = find(root, "discovery")) {
    check_chap(config.discovery.chap, *discovery, {"discovery.chap", "[discovery]"}, seen, report);
  }
  check_groups(config, root, report);
  each_sound<Target>(config.targets, root, "target", report,
                     [&](const Target& target, const Node& node) {
                       check_target(config, target, node, seen, report);
                     });
  check_secrets_differ(seen, report);
}

}  // namespace lungate::config
