// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <stdexcept>
#include <string>

namespace lungate::sim {

/// The gateway has broken a rule, and this says which. Ends the seed.
struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline void require(bool holds, const char* rule) {
  if (!holds) throw Violation(rule);
}

}  // namespace lungate::sim
