// SPDX-License-Identifier: LGPL-2.1-or-later

// What the keys about access must agree on: initiators and their groups, LUN maps, CHAP, portal
// groups of a target.
#pragma once

#include "config/report.h"

namespace lungate::config {

/// `config` as complete() (rules.h) left it. Part of check_rules().
void check_access(const Config& config, Report& report);

/// No secret of an initiator may be one of the gateway's (RFC 7143, 9.2.1): whoever knows the one
/// could answer for the other. The first CHAP whose own `mutual_secret` breaks that, or null. The
/// same rule for secrets of the text and for those of files.
const Chap* chap_with_shared_secret(const std::vector<const Chap*>& chaps);

}  // namespace lungate::config
