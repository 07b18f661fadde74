// SPDX-License-Identifier: LGPL-2.1-or-later

// Values of the key table as TOML text.
#pragma once

#include <string>

#include "config/schema.h"

namespace lungate::config {

std::string value_text(const Value& value);

/// The rows of `table` with the values of `object`: `key = value` lines, then nested tables with
/// their headers. Small tables inside a list of tables become `key = { ... }`.
void write_table(std::string& out, const Table& table, const void* object);

}  // namespace lungate::config
