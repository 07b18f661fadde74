// SPDX-License-Identifier: LGPL-2.1-or-later

// What several keys must agree on. parse.cc calls it when every table has been read; errors point
// at the key that would have to change. The rules of a LUN, an initiator or a portal group are only
// asked of tables that are sound, since a default that stands in for a wrong value would break
// rules that the operator did not. Rules over many tables (twice the same name) still see the sound
// ones among them.
//
// The order is iSCSI's parameters, portal groups, the exporter, targets with their LUNs, and who
// has access (access_rules.h): each is independent of the others, so no error of one hides those of
// another. Only the bound of limits::kConfigErrorsMax ends it early.
#include "config/rules.h"

#include <algorithm>
#include <filesystem>

#include "config/access_rules.h"
#include "config/names.h"
#include "config/rule_tools.h"

namespace lungate::config {
namespace {

// The operator's list is a set: order means nothing, for the initiator's preference decides (RFC
// 7143, 6.2.1), and with CHAP the stronger one.
template <class T>
void check_digests(std::vector<T> digests, const Node& iscsi, std::string_view key,
                   Report& report) {
  std::ranges::sort(digests);
  if (std::ranges::adjacent_find(digests) == digests.end()) return;
  report.at_value(or_self(iscsi, key), quote(key) + " names the same digest twice");
}

// Points at the key that is there: either of the two may be the default.
void check_iscsi(const Iscsi& iscsi, const Node& root, Report& report) {
  const Node* node = find(root, "iscsi");
  if (node == nullptr || !report.sound(*node)) return;
  if (iscsi.first_burst_bytes > iscsi.max_burst_bytes) {
    const Member* key = member(*node, "first_burst_bytes");
    if (key == nullptr) key = member(*node, "max_burst_bytes");
    report.at_value(key->value,
                    "'first_burst_bytes' (" + std::to_string(iscsi.first_burst_bytes) +
                        ") is larger than 'max_burst_bytes' (" +
                        std::to_string(iscsi.max_burst_bytes) + ")",
                    "RFC 7143, 13.14");
  }
  check_digests(iscsi.header_digest, *node, "header_digest", report);
  check_digests(iscsi.data_digest, *node, "data_digest", report);
  check_digests(iscsi.chap_digests, *node, "chap_digests", report);
}

/// Equal names of portals that cannot both be: port 0 is another port each time, and every gateway
/// has a wildcard address of its own.
std::string portal_identity(const Address& portal, const std::string& gateway) {
  const bool wildcard = portal.host == "0.0.0.0" || portal.host == "::";
  return to_string(portal) + (wildcard ? " of " + gateway : "");
}

/// The default would be another gateway for each reader of a shared text.
void check_says_whose(const Config& config, const Node& node, Report& report) {
  if (config.gateway.group.empty() || member(node, "gateway") != nullptr) return;
  report.at_value(node, "[[portal_group]] needs 'gateway' where gateways share the text");
}

/// One group for each gateway: its tag is the gateway's target port group, by which ALUA tells the
/// gateways apart. This gateway must have one, or nobody could reach it.
void check_portal_groups(const Config& config, const Node& root, Report& report) {
  Once tags("portal group tag", report);
  Once gateways("a portal group of gateway", report);
  Once portals("portal", report);
  bool all_sound = true;
  bool own = false;
  const Node* list = find(root, "portal_group");
  if (list == nullptr || list->kind != Kind::kArray) return;
  for (const Node& node : list->items) all_sound = all_sound && report.sound(node);
  each_sound<PortalGroup>(config.portal_groups, root, "portal_group", report,
                          [&](const PortalGroup& group, const Node& node) {
                            tags.see(std::to_string(group.tag), or_self(node, "tag"));
                            gateways.see(group.gateway, or_self(node, "gateway"));
                            check_says_whose(config, node, report);
                            own = own || group.gateway == config.gateway.name;
                            const Node& texts = or_self(node, "portals");
                            for (std::size_t i = 0; i < group.portals.size(); ++i) {
                              if (group.portals[i].port == 0) continue;
                              portals.see(portal_identity(group.portals[i], group.gateway),
                                          texts.items[i]);
                            }
                          });
  const Node* gateway = find(root, "gateway");
  if (!all_sound || own || gateway == nullptr || !report.sound(*gateway)) return;
  report.at_value(or_self(*gateway, "name"),
                  "no [[portal_group]] belongs to gateway " + quote(config.gateway.name));
}

/// Whether both cannot be listened on. The exporter's [::] takes IPv4 too, a portal's does not.
bool same_socket(const Address& listen, const Address& portal) {
  if (listen.port == 0 || listen.port != portal.port) return false;
  if (listen.host == "::") return true;
  const std::string_view any = portal.ipv6 ? "::" : "0.0.0.0";
  return listen.ipv6 == portal.ipv6 &&
         (listen.host == portal.host || listen.host == any || portal.host == any);
}

/// Two processes of one host, told by one text. Without the rule whichever starts second fails, and
/// so it would at a restart only.
void check_exporter(const Config& config, const Node& root, Report& report) {
  const Node* exporter = find(root, "exporter");
  if (exporter != nullptr && !report.sound(*exporter)) return;
  const Node* listen = exporter == nullptr ? nullptr : find(*exporter, "listen");
  each_sound<PortalGroup>(
      config.portal_groups, root, "portal_group", report,
      [&](const PortalGroup& group, const Node& node) {
        if (group.gateway != config.gateway.name) return;
        for (std::size_t i = 0; i < group.portals.size(); ++i) {
          if (!same_socket(config.exporter.listen, group.portals[i])) continue;
          report.at_value(listen != nullptr ? *listen : or_self(node, "portals").items[i],
                          "'listen' of [exporter] is " + quote(to_string(config.exporter.listen)) +
                              ", and 'portals' of [[portal_group]] has " +
                              quote(to_string(group.portals[i])),
                          "two processes cannot have the same port");
          return;
        }
      });
}

/// Which of a LUN's keys its kind of store allows.
struct StoreKey {
  std::string_view key;
  std::string_view allowed_with;  // names of stores, blank between
};
constexpr StoreKey kStoreKeys[] = {
    {"size", "file null"}, {"test_delay_ms", "file"}, {"test_bytes_per_s", "file"}};
constexpr std::string_view kStores[] = {"image", "file", "null"};

// A last block that is half there could be read and not written; no initiator expects it.
void check_size(const Lun& lun, std::uint64_t bytes, const Node& node, Report& report) {
  if (bytes % lun.block_size == 0) return;
  report.at_value(or_self(node, "size"),
                  "'size' must be a multiple of the block size, " + std::to_string(lun.block_size));
}

// Of one LUN: exactly one store, and no key that this kind of store would ignore. A key without
// effect would be a promise that nobody keeps.
void check_store(const Lun& lun, const Node& node, Report& report) {
  const Member* chosen = nullptr;
  for (const std::string_view store : kStores) {
    const Member* key = member(node, store);
    if (key == nullptr) continue;
    if (chosen != nullptr) {
      return report.at_key(*key,
                           quote(store) + " and " + quote(chosen->key) + " exclude each other");
    }
    chosen = key;
  }
  if (chosen == nullptr) {
    return report.at_value(node, "[[target.lun]] needs one of 'image', 'file' and 'null'");
  }
  if (chosen->key == "null" && !chosen->value.flag) {
    return report.at_value(chosen->value, "'null' is true or absent");
  }
  for (const StoreKey& row : kStoreKeys) {
    const Member* key = member(node, row.key);
    if (key == nullptr || row.allowed_with.find(chosen->key) != row.allowed_with.npos) continue;
    report.at_key(*key, quote(row.key) + " does not go with " + quote(chosen->key));
  }
  if (const auto* file = std::get_if<File>(&lun.store)) {
    check_size(lun, file->size_bytes, node, report);
  }
  if (const auto* null = std::get_if<Null>(&lun.store)) {
    if (null->size_bytes == 0)
      return report.at_value(node, "[[target.lun]] with 'null' needs 'size'");
    check_size(lun, null->size_bytes, node, report);
  }
}

/// The same image or file behind two LUNs would be two writers that know nothing of each other.
void check_lun(const Lun& lun, const Node& node, Once& stores, Report& report) {
  if (lun.block_size != 512 && lun.block_size != 4096) {
    report.at_value(
        or_self(node, "block_size"),
        "'block_size' is '" + std::to_string(lun.block_size) + "': it must be 512 or 4096");
  }
  const std::size_t before = report.count();
  check_store(lun, node, report);
  if (report.count() != before) return;
  if (std::holds_alternative<Image>(lun.store)) {
    stores.see(to_string(lun.store), or_self(node, "image"));
  } else if (const auto* file = std::get_if<File>(&lun.store)) {
    stores.see("file:" + std::filesystem::path(file->path).lexically_normal().string(),
               or_self(node, "file"));
  }
}

/// Two hosts' files of one name are two disks, and would be one to every initiator.
void check_is_shared(const Lun& lun, const Node& node, Report& report) {
  if (!std::holds_alternative<File>(lun.store)) return;
  report.at_value(or_self(node, "file"),
                  "'file' is of one host, and several gateways share the text",
                  "serve an 'image', or take it to a gateway without 'group'");
}

// Over all targets at once, because a store may be behind one LUN only, whichever target it is of.
// Unsound LUNs are passed over, but still count for the total.
void check_targets(const Config& config, const Node& root, Report& report) {
  const bool shared = !config.gateway.group.empty() && config.portal_groups.size() > 1;
  Once iqns("target", report);
  Once stores("the store", report);
  std::size_t luns_total = 0;
  // A target is visited even when one of its LUNs is unsound: the others still want their rules.
  const Node* list = find(root, "target");
  const std::size_t count =
      list == nullptr ? 0 : std::min(config.targets.size(), list->items.size());
  for (std::size_t i = 0; i < count; ++i) {
    const Target& target = config.targets[i];
    const Node& node = list->items[i];
    if (!target.iqn.empty()) iqns.see(target.iqn, or_self(node, "iqn"));
    luns_total += target.luns.size();
    Once ids("LUN", report);
    each_sound<Lun>(target.luns, node, "lun", report, [&](const Lun& lun, const Node& lun_node) {
      ids.see(std::to_string(lun.id), or_self(lun_node, "id"));
      check_lun(lun, lun_node, stores, report);
      if (shared) check_is_shared(lun, lun_node, report);
    });
  }
  if (luns_total > limits::kLunsMax) {
    report.at_value(*list, "the text has " + std::to_string(luns_total) +
                               " LUNs, a gateway serves at most " +
                               std::to_string(limits::kLunsMax));
  }
}

}  // namespace

// Only what depends on the gateway's name or on another table: every other default stands at its
// member in config.h.
// Run before the rules, so that two gateways' paths made from equal names are found to be equal.
void complete(Config& config) {
  const std::string& name = config.gateway.name;
  if (config.gateway.control_socket.empty()) {
    config.gateway.control_socket = "/run/lungate/" + name + ".sock";
  }
  if (config.telemetry.segment.empty()) config.telemetry.segment = "/dev/shm/lungate/" + name;
  if (config.exporter.segments.empty()) config.exporter.segments = {config.telemetry.segment};
  for (PortalGroup& group : config.portal_groups) {
    if (group.gateway.empty()) group.gateway = name;
  }
  for (Target& target : config.targets) {
    for (Initiator& initiator : target.initiators) {
      const auto group =
          std::ranges::find(config.initiator_groups, initiator.group, &InitiatorGroup::name);
      if (group != config.initiator_groups.end()) initiator.members = group->iqns;
    }
  }
}

// After the rules, which walk the text's order to point at the text. Targets stay in the text's
// order: it is the order of discovery.
void sort(Config& config) {
  for (Target& target : config.targets) {
    std::ranges::sort(target.luns, {}, &Lun::id);
    std::ranges::sort(target.portal_groups);
    for (Initiator& initiator : target.initiators) {
      std::ranges::sort(initiator.luns);
      std::ranges::sort(initiator.map, {}, &Mapping::as);
    }
  }
}

void check_rules(const Config& config, Report& report) {
  const Node& root = report.document().root();
  check_iscsi(config.iscsi, root, report);
  check_portal_groups(config, root, report);
  check_exporter(config, root, report);
  check_targets(config, root, report);
  check_access(config, report);
}

}  // namespace lungate::config
