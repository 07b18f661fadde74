// SPDX-License-Identifier: LGPL-2.1-or-later
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
