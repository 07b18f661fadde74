// SPDX-License-Identifier: LGPL-2.1-or-later

// Values of the key table as TOML text.
#pragma once

#include <string>

#include "config/schema.h"

namespace lungate::config {

/// As it would stand after "key = ". parse_text() reads it back as an equal value.
std::string value_text(const Value& value);

/// `object` is the struct that the table's rows are of; nothing checks that but keys.cc.
/// The rows of `table` with the values of `object`: `key = value` lines, then nested tables with
/// their headers. Small tables inside a list of tables become `key = { ... }`.
void write_table(std::string& out, const Table& table, const void* object);

}  // namespace lungate::config
