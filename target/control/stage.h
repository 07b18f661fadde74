// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string_view>

#include "base/transitions.h"

namespace lungate::control {

/// The stages of the process' life, in order. Every change goes through Service::enter(), which
/// lets the edges of kStages pass and stops the process at any other: they are our mistakes, for
/// what signals and the operator ask at the wrong time is refused before.
enum class Stage : std::uint8_t {
  kStarting,   // every LUN's first attempt to open is awaited; no portal is open yet
  kServing,    // portals are open
  kReloading,  // serving as before, while a plan of changes is carried out
  kDraining,   // nobody comes in any more; sessions finish what they have and end
  kClosing,    // no connection is left: the LUNs' stores are closed
  kEnded,      // every store is closed; the home loop returns at the end of its turn
};
inline constexpr Transitions<Stage, 6> kStages{
    "the service goes from stage to stage by its table",
    {{Stage::kStarting, Stage::kServing},
     {Stage::kStarting, Stage::kDraining},  // a signal, or a portal that cannot be opened
     {Stage::kServing, Stage::kReloading},
     {Stage::kServing, Stage::kDraining},
     {Stage::kReloading, Stage::kServing},
     {Stage::kReloading, Stage::kDraining},  // the plan stops at its next step, and is waited for
     {Stage::kDraining, Stage::kClosing},
     {Stage::kClosing, Stage::kEnded}}};

/// As status and logs show it: "starting", "serving", "reloading", "draining", "closing", "ended".
std::string_view name(Stage stage);

}  // namespace lungate::control
