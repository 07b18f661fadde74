// SPDX-License-Identifier: LGPL-2.1-or-later

// Reads a tree by the rows of a table: types, ranges, rules of single values, unknown keys.
// What several keys must agree on is rules.h's.
#pragma once

#include "config/report.h"
#include "config/schema.h"

namespace lungate::config {

/// Fills `object` (the struct of `table`). Whatever was wrong stands in `report` and keeps its
/// default. Each [[table]] of the text has its element, so both can be walked in parallel.
void read_table(const Node& node, const Table& table, void* object, Report& report);

}  // namespace lungate::config
