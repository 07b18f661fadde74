// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "scsi/medium_job.h"
#include "scsi/reservations.h"

namespace lungate::scsi {

/// Work on a medium that has not ended well: it failed, or the process ended in the middle of it.
/// It is stored before the work begins and forgotten when it has succeeded, so that no end of the
/// process, and no store that is lost on the way, makes half a medium look like a whole one.
struct MediumFailure {
  MediumWork work = MediumWork::kFormat;  // never kExitFailureMode
  bool unrestricted_exit = false;
  friend bool operator==(const MediumFailure&, const MediumFailure&) = default;
};

/// What must be found again after a restart.
struct KeptState {
  Reservations reservations;
  std::optional<MediumFailure> medium;
  friend bool operator==(const KeptState&, const KeptState&) = default;
};

/// What is kept with the store: registrations and reservation, if they persist, otherwise that
/// there are none; never the generation or what RESERVE did. Text (JSON) with a version, never
/// empty, at most limits::kUnitStateBytesMax by the bounds of what is in it.
std::string encode_state(const KeptState& state);
/// What was stored, or why it cannot be used: another version, damage. The bytes may be anybody's.
/// No bytes: nothing was stored.
Result<KeptState, std::string> decode_state(Bytes stored);

/// What is to be kept of this; nothing of no activity.
std::optional<MediumFailure> failure_of(const MediumActivityPtr& activity);
/// As a unit's snapshot shows it after a restart; null of nothing.
MediumActivityPtr activity_of(const std::optional<MediumFailure>& failure);

}  // namespace lungate::scsi
