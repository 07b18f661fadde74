// SPDX-License-Identifier: LGPL-2.1-or-later
// What holds of every state that there can be, whoever asked for what: for unit tests and fuzzers.
#pragma once

#include <string_view>

#include "base/limits.h"
#include "scsi/reservations.h"

namespace lungate::scsi::testing {

/// The rule that `state` breaks; empty if none.
inline std::string_view broken_rule(const Reservations& state) {
  const auto& list = state.registrations;
  if (list.size() > limits::kRegistrationsMax) return "registrations are bounded";
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i].key == 0) return "no registration has the key zero";
    if (state.find(list[i].nexus) != &list[i]) return "a nexus is registered once";
  }
  if (state.type && list.empty()) return "a reservation has a registered holder";
  if (!state.type && state.holder) return "who holds nothing is no holder";
  if (state.type && for_all_registrants(*state.type) == state.holder.has_value())
    return "all registrants hold it, or a single one";
  if (state.holder && state.find(*state.holder) == nullptr) return "the holder is registered";
  if (state.reserved && !list.empty()) return "RESERVE and registrations exclude each other";
  return {};
}

}  // namespace lungate::scsi::testing
