// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/sim/chance.h"

namespace lungate::sim {

std::uint64_t Seeded::next() {
  std::uint64_t z = state_ += 0x9e37'79b9'7f4a'7c15u;
  z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
  z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
  return z ^ (z >> 31);
}

}  // namespace lungate::sim
