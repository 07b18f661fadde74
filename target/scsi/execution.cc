// SPDX-License-Identifier: LGPL-2.1-or-later

// The device server's one way in: every command is judged by its row before its function runs. The
// first objection is the answer:
//
//   LOGICAL UNIT NOT SUPPORTED      no such unit, and the command needs one
//   a unit attention                unless the command leaves it alone (SAM-5, 5.14)
//   RESERVATION CONFLICT            somebody else holds the unit (reservations.h)
//   INVALID COMMAND OPERATION CODE  no row, or this unit lacks the command
//   INVALID FIELD IN CDB            no such service action, a stray bit, a CDB that is too short
//   NOT READY                       if the command needs the medium
//   DATA PROTECT                    if it writes
//   the row's own refusal           LBA, lengths, combinations of bits
//   BUSY                            the plan that its data were moved by no longer holds
//
// plan() goes the same way but for the unit attention, which is nothing of the CDB's.
#include "scsi/execution.h"

#include <optional>
#include <utility>

#include "base/check.h"
#include "scsi/command_table.h"
#include "scsi/outcome.h"
#include "scsi/unit_state.h"

namespace lungate::scsi {
namespace {

bool answers_without_unit(const Command* command) {
  return command != nullptr && command->without_unit;
}

/// No row: either the operation code or only its service action is unknown.
Sense unknown_command(const Cdb& cdb) {
  if (commands_of(cdb.opcode()).empty()) return {sense::kInvalidOperationCode, {}, {}};
  return invalid_field_in_cdb(1, 4);
}

/// The highest bit of `bits`. REQUIRES: at least one is set.
std::uint8_t highest_bit(unsigned bits) {
  std::uint8_t bit = 7;
  while ((bits & (1u << bit)) == 0) --bit;
  return bit;
}

/// A set bit that the row does not know (SPC-4, 4.2.5: reserved bits shall be zero).
std::optional<Sense> stray_bit(const Command& command, const Cdb& cdb) {
  constexpr unsigned kServiceAction = 0x1f;
  if (cdb.size < command.cdb_bytes) return Sense{sense::kInvalidFieldInCdb, {}, {}};
  for (std::uint8_t i = 1; i < command.cdb_bytes; ++i) {
    unsigned legal = command.usage[i];
    if (i == 1 && command.service_action) legal |= kServiceAction;
    const unsigned stray = cdb.bytes[i] & ~legal;
    if (stray != 0) return invalid_field_in_cdb(i, highest_bit(stray));
  }
  return std::nullopt;
}

/// What the row says of this unit's state and of the CDB's values.
std::optional<Sense> refused_by_unit(const Command& command, const Cdb& cdb, const Unit& unit) {
  std::optional<Sense> refusal;
  if (command.needs_medium) refusal = not_ready(unit);
  if (!refusal && command.writes) refusal = write_protected(unit);
  if (!refusal && command.changes_unit) refusal = read_only(unit);
  if (!refusal && command.refusal != nullptr) refusal = command.refusal(cdb, unit);
  return refusal;
}

/// Everything that is checked but for unit attentions. REQUIRES: `command` is the CDB's row.
std::optional<Sense> refused(const Command* command, const Cdb& cdb, const Unit* unit) {
  if (unit == nullptr && !answers_without_unit(command))
    return Sense{sense::kLogicalUnitNotSupported, {}, {}};
  if (command == nullptr) return unknown_command(cdb);
  if (unit != nullptr && !supports(*unit, *command))
    return Sense{sense::kInvalidOperationCode, {}, {}};
  if (std::optional<Sense> stray = stray_bit(*command, cdb)) return stray;
  if (unit == nullptr) return std::nullopt;
  return refused_by_unit(*command, cdb, *unit);
}

Plan planned_by(const Command& command, const Cdb& cdb, const Unit* unit) {
  Plan plan{.direction = Direction::kNone, .bytes = 0, .op = command.op};
  const std::uint32_t block_bytes = unit == nullptr ? 0 : unit->geometry.block_bytes;
  if (command.bytes != nullptr) plan.bytes = command.bytes(cdb, block_bytes);
  if (plan.bytes > 0) plan.direction = command.direction;
  if (command.scratch != nullptr) plan.scratch_bytes = command.scratch(cdb, block_bytes);
  return plan;
}

/// Executions are reused with their tasks.
void forget_results(Execution& execution) {
  execution.status = Status::kGood;
  execution.sense = {};
  execution.data_in_bytes = 0;
  execution.transfer_bytes = 0;
  execution.change.reset();
  execution.changed = {};
  execution.submit_to = nullptr;
  execution.lock_count = 0;
  execution.next = nullptr;
  execution.cursor = 0;
  execution.copy.reset();
}

/// The commands go by the sizes of their buffers: one that is larger than planned would let them
/// move more than the CDB was checked for.
void check_buffers(const Execution& execution) {
  const Plan& planned = execution.planned;
  const auto most = [&](Direction way) { return planned.direction == way ? planned.bytes : 0; };
  check(execution.data_in.size() <= most(Direction::kIn), "data-in has the room that was planned");
  check(execution.data_out.size() <= most(Direction::kOut), "data-out brings what was planned");
  check(execution.scratch.size() == planned.scratch_bytes, "the scratch is as large as planned");
}

bool owes_attention(const Execution& execution, const Command* command) {
  if (execution.unit == nullptr || execution.nexus == nullptr) return false;
  if (command != nullptr && command->keeps_attention) return false;
  return !execution.nexus->unit_attentions.empty();
}

/// An unknown command is refused as such, whoever holds the unit.
bool reserved_by_another(const Execution& execution, const Command* command) {
  if (execution.unit == nullptr || execution.unit->reservations == nullptr) return false;
  if (execution.nexus == nullptr || command == nullptr) return false;
  const ReservedFor what = command->reserved_by_cdb != nullptr
                               ? command->reserved_by_cdb(execution.cdb)
                               : command->reserved_for;
  return conflicts(*execution.unit->reservations, *execution.nexus->name, what);
}

}  // namespace

Plan plan(const Cdb& cdb, const Unit* unit) {
  const Command* command = find_command(cdb);
  if (!refused(command, cdb, unit)) return planned_by(*command, cdb, unit);
  return {.direction = Direction::kNone,
          .bytes = 0,
          .op = command == nullptr ? OpClass::kOther : command->op};
}

Step start(Execution& execution) {
  check_buffers(execution);
  forget_results(execution);
  const Command* command = find_command(execution.cdb);
  if (owes_attention(execution, command))
    return fail(execution, {execution.nexus->unit_attentions.take(), {}, {}});
  if (reserved_by_another(execution, command)) return end(execution, Status::kReservationConflict);
  if (std::optional<Sense> refusal = refused(command, execution.cdb, execution.unit))
    return fail(execution, *refusal);
  if (planned_by(*command, execution.cdb, execution.unit) != execution.planned)
    return end(execution, Status::kBusy);
  return command->execute(execution);
}

Step resume(Execution& execution) {
  const auto next = std::exchange(execution.next, nullptr);
  check(next != nullptr, "a submitted or changing command is resumed, and once for each step");
  return next(execution);
}

}  // namespace lungate::scsi
