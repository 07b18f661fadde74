// SPDX-License-Identifier: LGPL-2.1-or-later

// The errors of a text in the order of the text. reader.cc and rules.cc report in the order of
// their tables, which is no order for a person with a file before them. Stable, so that two errors
// at one place keep the order in which they were found, the cause before what follows from it.
#include "config/report.h"

#include <algorithm>
#include <tuple>

namespace lungate::config {

Errors Report::take() {
  std::ranges::stable_sort(errors_, {},
                           [](const Error& error) { return std::tuple(error.line, error.column); });
  return std::move(errors_);
}

}  // namespace lungate::config
