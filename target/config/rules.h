// SPDX-License-Identifier: LGPL-2.1-or-later

// What several keys must agree on: nothing is there twice, what is named exists, sizes fit.
#pragma once

#include "config/report.h"

namespace lungate::config {

/// Fills in what depends on other keys: paths made from the gateway's name, the members of groups.
void complete(Config& config);

/// Puts into the order that config.h promises. After check_rules(), which walks the text's order.
void sort(Config& config);

/// Reports, and changes nothing: a text is refused, not repaired.
/// `config` as read_table() made it from the document's root, then complete()d.
void check_rules(const Config& config, Report& report);

}  // namespace lungate::config
