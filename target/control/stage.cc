// SPDX-License-Identifier: LGPL-2.1-or-later

// The stages' names: what `lungate status` and the log call them. Called by Service on the home
// loop. There is no stage without a name: a row that is missing does not compile.
#include "control/stage.h"

#include <array>
#include <cstddef>

namespace lungate::control {

std::string_view name(Stage stage) {
  constexpr std::array<std::string_view, 6> kNames = {"starting", "serving", "reloading",
                                                      "draining", "closing", "ended"};
  static_assert(kNames.size() == static_cast<std::size_t>(Stage::kEnded) + 1);
  return kNames[static_cast<std::size_t>(stage)];
}

}  // namespace lungate::control
