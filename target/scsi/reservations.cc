// SPDX-License-Identifier: LGPL-2.1-or-later

// What reservations forbid (SPC-4, 5.13.1). Asked at the start of every command, on every loop,
// with an immutable snapshot: nothing here allocates or changes anything. What it says is the value
// of one column of the command table against the state; how the state comes about is
// reservation_changes.cc.
#include "scsi/reservations.h"

#include <algorithm>
#include <array>

namespace lungate::scsi {
namespace {

enum class Holders : std::uint8_t { kOne, kOneOfRegistrants, kAllRegistrants };

struct Traits {
  ReservationType type;
  bool exclusive_access;  // reads conflict, too
  Holders holders;
};

constexpr std::array<Traits, 6> kTypes = {{
    {ReservationType::kWriteExclusive, false, Holders::kOne},
    {ReservationType::kExclusiveAccess, true, Holders::kOne},
    {ReservationType::kWriteExclusiveRegistrantsOnly, false, Holders::kOneOfRegistrants},
    {ReservationType::kExclusiveAccessRegistrantsOnly, true, Holders::kOneOfRegistrants},
    {ReservationType::kWriteExclusiveAllRegistrants, false, Holders::kAllRegistrants},
    {ReservationType::kExclusiveAccessAllRegistrants, true, Holders::kAllRegistrants},
}};

const Traits& traits(ReservationType type) {
  return *std::find_if(kTypes.begin(), kTypes.end(),
                       [&](const Traits& row) { return row.type == type; });
}

/// `nexus` is one of those for whom the reservation is. REQUIRES: there is one.
bool may_use(const Reservations& reservations, const NexusName& nexus) {
  if (for_registrants(*reservations.type)) return reservations.find(nexus) != nullptr;
  return reservations.holder == nexus;
}

}  // namespace

std::optional<ReservationType> reservation_type(std::uint8_t code) {
  for (const Traits& row : kTypes)
    if (static_cast<std::uint8_t>(row.type) == code) return row.type;
  return std::nullopt;
}

bool for_all_registrants(ReservationType type) {
  return traits(type).holders == Holders::kAllRegistrants;
}

bool for_registrants(ReservationType type) {
  return traits(type).holders != Holders::kOne;
}

const Registration* Reservations::find(const NexusName& nexus) const {
  const auto found =
      std::find_if(registrations.begin(), registrations.end(),
                   [&](const Registration& registration) { return registration.nexus == nexus; });
  return found == registrations.end() ? nullptr : &*found;
}

bool Reservations::holds(const NexusName& nexus) const {
  if (!type) return false;
  return for_all_registrants(*type) ? find(nexus) != nullptr : holder == nexus;
}

bool conflicts(const Reservations& reservations, const NexusName& nexus, ReservedFor what) {
  if (what == ReservedFor::kAnyone) return false;
  if (reservations.reserved)
    return what == ReservedFor::kManagers || *reservations.reserved != nexus;
  if (!reservations.type) return false;
  switch (what) {
    case ReservedFor::kAnyone:
    case ReservedFor::kProbers:
    case ReservedFor::kManagers:
      return false;
    case ReservedFor::kReaders:
      return traits(*reservations.type).exclusive_access && !may_use(reservations, nexus);
    case ReservedFor::kWriters:
      return !may_use(reservations, nexus);
    case ReservedFor::kRegistrants:
      return reservations.find(nexus) == nullptr;
  }
  return true;
}

}  // namespace lungate::scsi
