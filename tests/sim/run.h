// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>

#include "tests/sim/scene.h"

namespace lungate::sim {

struct Outcome {
  std::uint64_t hash = 0;  // of all that has happened
  std::string violation;   // empty: every rule was kept
  Tally tally;
};

/// One seed from its beginning to its end. `aloud`: says on stderr what happens.
Outcome run(std::uint64_t seed, bool aloud = false);

}  // namespace lungate::sim
