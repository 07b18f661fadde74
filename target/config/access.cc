// SPDX-License-Identifier: LGPL-2.1-or-later

// Who may use what. The lanes ask at every login and every SendTargets, with a name that a stranger
// has sent, which is compared and nothing else. There are no errors: rules.cc has seen to it that
// no two rows of a target fit a name equally well and that no map has a number twice.
#include <algorithm>

#include "config/config.h"

namespace lungate::config {
namespace {

constexpr char folded(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_folded(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, folded, folded);
}

/// How well a name or pattern of the configuration fits: the bytes that it says of the name, one
/// more for saying all. Nothing: it does not.
std::optional<std::size_t> fit(std::string_view pattern, std::string_view name) {
  if (!pattern.ends_with('*')) {
    if (!equal_folded(pattern, name)) return {};
    return name.size() + 1;
  }
  pattern.remove_suffix(1);
  if (!equal_folded(pattern, name.substr(0, pattern.size()))) return {};
  return pattern.size();
}

/// Of the row's own name, or of its group's.
std::optional<std::size_t> best_fit_of(const Initiator& row, std::string_view name) {
  if (!row.iqn.empty()) return fit(row.iqn, name);
  std::optional<std::size_t> best;
  for (const std::string& member : row.members) best = std::max(best, fit(member, name));
  return best;
}

bool comes_from(const Initiator& row, std::string_view host) {
  return row.networks.empty() ||
         std::ranges::any_of(row.networks, [&](const Network& one) { return contains(one, host); });
}

const Initiator kOpenAccess{};

}  // namespace

// A target without [[target.initiator]] tables is open to all: that is how the simplest text works,
// and it is said in the key's documentation. With one table, who is not listed is refused. Case is
// folded, because initiators write their own names in both, and RFC 3722 calls them equal.
const Initiator* find_access(const Target& target, const Caller& caller) {
  if (target.initiators.empty()) return &kOpenAccess;
  const Initiator* best = nullptr;
  std::size_t best_fit = 0;
  for (const Initiator& row : target.initiators) {
    const auto fits = best_fit_of(row, caller.iqn);
    if (!fits || (best != nullptr && *fits <= best_fit)) continue;
    best = &row;
    best_fit = *fits;
  }
  if (best != nullptr && !comes_from(*best, caller.host)) return nullptr;
  return best;
}

const Chap& chap_of(const Target& target, const Initiator& access) {
  return access.chap.demanded() ? access.chap : target.chap;
}

// The list is sorted (rules.cc), so this is asked per LUN of each login without a set; maps are
// short.
std::optional<ShownLun> shown_as(const Initiator& access, std::uint16_t lun) {
  if (!access.map.empty()) {
    const auto row = std::ranges::find(access.map, lun, &Mapping::lun);
    if (row == access.map.end()) return {};
    return ShownLun{row->as, row->read_only};
  }
  if (!access.luns.empty() && !std::ranges::binary_search(access.luns, lun)) return {};
  return ShownLun{lun, false};
}

bool offered_at(const Target& target, std::uint16_t portal_group_tag) {
  return target.portal_groups.empty() ||
         std::ranges::binary_search(target.portal_groups, portal_group_tag);
}

}  // namespace lungate::config
