// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdlib>

namespace lungate::fuzz {

/// The fuzzer's own assertion: a broken property ends the run with its input kept.
inline void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace lungate::fuzz
