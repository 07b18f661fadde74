// SPDX-License-Identifier: LGPL-2.1-or-later

// What the keys about access must agree on: initiators and their groups, LUN maps, CHAP, portal
// groups of a target.
#pragma once

#include "config/report.h"

namespace lungate::config {

/// `config` as complete() (rules.h) left it. Part of check_rules().
void check_access(const Config& config, Report& report);

/// No secret of an initiator may be one of the gateway's (RFC 7143, 9.2.1): whoever knows the one
/// could answer for the other.
struct SharedSecret {
  const Chap* gateways = nullptr;    // the first whose `mutual_secret` breaks that; null: none does
  const Chap* initiators = nullptr;  // the first whose `secret` it is
};
/// The same rule for secrets of the text and for those of files.
SharedSecret find_shared_secret(const std::vector<const Chap*>& chaps);

/// How an operator knows a chap table, for what is said of it: "target 'iqn...'", "initiator
/// 'iqn...' of target 'iqn...'".
std::string chap_owner(const Target& target);
std::string chap_owner(const Initiator& initiator, const Target& target);

}  // namespace lungate::config
