// SPDX-License-Identifier: LGPL-2.1-or-later
// How a command of an initiator ends, and what that proves.
#include <algorithm>

#include "iscsi/task_management.h"
#include "scsi/sense.h"
#include "scsi/status.h"
#include "tests/sim/initiator.h"
#include "tests/sim/violation.h"

namespace lungate::sim {

using scsi::SenseKey;
using scsi::Status;

namespace {

/// Of a SCSI Response's data segment: a length, then fixed or descriptor format.
scsi::AdditionalSense sense_in(Bytes segment) {
  require(segment.size() >= 2 + 8, "CHECK CONDITION without sense data");
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(segment[2 + i]); };
  const bool descriptor = (at(0) & 0x7f) == 0x72;
  require(descriptor || segment.size() >= 2 + 14, "sense data that are cut");
  scsi::AdditionalSense sense;
  sense.key = static_cast<SenseKey>(at(descriptor ? 1 : 2) & 0x0f);
  sense.asc = at(descriptor ? 2 : 12);
  sense.ascq = at(descriptor ? 3 : 13);
  return sense;
}

}  // namespace

void Initiator::ended(std::uint32_t tag, std::uint8_t status, Bytes sense) {
  const auto found = open_.find(tag);
  const Command command = std::move(found->second);
  open_.erase(found);
  scene_.trace.note('i', number_, "is told", {tag, status, command.write});
  if (command.takes_others) --volume_of(command).takings_open;
  const Moment at = scene_.next_moment();
  Reservations& reservations = volume_of(command).reservations;
  const bool done = status == static_cast<std::uint8_t>(Status::kGood);
  if (command.kind == CommandKind::kReserve) {
    if (done)
      reservations.change_done(command.begin, at, number_,
                               keeps(command) ? command.gains : std::nullopt);
    else
      reservations.change_refused();
    scene_.tally.reserved += done && command.gains ? 1 : 0;
  }
  done ? good(command) : not_good(command, status, sense);
}

void Initiator::good(const Command& command) {
  Volume& volume = volume_of(command);
  Disk& disk = volume.disk;
  if (command.moves_blocks())
    require(!volume.reservations.broken_by(number_, command.writes(), command.begin),
            "an access that a reservation forbids");
  if (command.kind == CommandKind::kRead) {
    ++scene_.tally.reads;
    const Bytes whole = Bytes(command.got).first(command.got.size() / kBlockBytes * kBlockBytes);
    disk.was_read(command.lba, whole, command.begin, scene_.moment);
  }
  if (!command.writes()) return;
  disk.good(command.write, scene_.moment);
  if (command.kind == CommandKind::kWrite) {
    ++scene_.tally.writes;
    return;
  }
  ++scene_.tally.swaps;
  disk.swapped(command.lba, Bytes(command.data).first(command.data.size() / 2), command.begin,
               scene_.moment);
}

/// A status that says "not executed" is a promise. What failed may have been done in part.
void Initiator::not_good(const Command& command, std::uint8_t status, Bytes sense) {
  Disk& disk = volume_of(command).disk;
  switch (static_cast<Status>(status)) {
    case Status::kReservationConflict:
      ++scene_.tally.conflicts;
      // PERSISTENT RESERVE OUT needs a registration, whoever holds the disk.
      require(command.kind == CommandKind::kReserve ||
                  volume_of(command).reservations.possible_against(number_),
              "a conflict, and nobody else has reserved");
      break;
    case Status::kTaskSetFull:
      require(scene_.memory_is_tight, "TASK SET FULL, and there is room");
      break;
    case Status::kBusy:
      require(scene_.draining || leaving_ || scene_.stores_fail, "BUSY without a cause");
      break;
    case Status::kCheckCondition:
      ++scene_.tally.errors;
      return check_sense(command, sense);
    case Status::kTaskAborted:
      require(explained(command), "TASK ABORTED, and nobody has taken it away");
      return over(command);
    default:
      throw Violation("a status that nobody here gives");
  }
  if (command.writes()) disk.untouched(command.write);
}

void Initiator::check_sense(const Command& command, Bytes segment) {
  const scsi::AdditionalSense sense = sense_in(segment);
  scene_.trace.note('i', number_, "sense",
                    {static_cast<unsigned>(sense.key), sense.asc, sense.ascq});
  Disk& disk = volume_of(command).disk;
  const bool miscompare = sense.key == SenseKey::kMiscompare;
  if (sense.key == SenseKey::kUnitAttention || miscompare) {
    require(!miscompare || command.kind == CommandKind::kSwap, "MISCOMPARE, and nothing compares");
    if (command.writes()) disk.untouched(command.write);
    return;
  }
  // RELEASE or PREEMPT of what one does not hold is its own mistake.
  const bool own_mistake = command.kind == CommandKind::kReserve;
  const bool data_lost = spoilt_ && sense.key == SenseKey::kAbortedCommand;
  require(scene_.stores_fail || own_mistake || data_lost, "an error without a cause");
  require(own_mistake || sense.key != SenseKey::kIllegalRequest,
          "ILLEGAL REQUEST for a command that is right");
  over(command);
}

/// Nothing of it lands from now on.
void Initiator::over(const Command& command) {
  if (command.writes()) volume_of(command).disk.over(command.write, scene_.next_moment());
}

/// Nothing is under way that could take away what the command has gained: a reset, the end of the
/// session.
bool Initiator::keeps(const Command& command) const {
  constexpr auto kReset = static_cast<std::uint8_t>(iscsi::TaskFunction::kItNexusReset);
  const bool resets =
      std::ranges::any_of(managing_, [](const auto& one) { return one.second.function == kReset; });
  const bool ends = leaving_ || spoilt_ || excused_ || stale_login_ || scene_.cold_reset;
  return !explained(command) && !resets && !ends;
}

}  // namespace lungate::sim
