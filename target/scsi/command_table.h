// SPDX-License-Identifier: LGPL-2.1-or-later

// Every command that the device server knows, one row each. Dispatch, validation of CDBs, the
// session's plan and REPORT SUPPORTED OPERATION CODES read this table and nothing else: a new
// command is a new row and its function.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "scsi/execution.h"

namespace lungate::scsi {

struct Command {
  std::string_view name = {};
  std::uint8_t opcode = 0;
  /// Bits 4 to 0 of byte 1, where the operation code has service actions.
  std::optional<std::uint8_t> service_action = std::nullopt;
  std::uint8_t cdb_bytes = 0;
  /// Bits that may be set, byte by byte (SPC-4, 6.35.3, CDB USAGE DATA). Byte 0 is the operation
  /// code, and the service action stands in byte 1 as its value.
  std::array<std::uint8_t, 16> usage{};

  Direction direction = Direction::kNone;
  OpClass op = OpClass::kOther;
  /// The RECOMMENDED COMMAND TIMEOUT that we report: after it the path, not the command, is broken.
  std::uint16_t timeout_s = 10;

  bool needs_medium = false;     // refused while the unit is not ready
  bool writes = false;           // refused while it is write-protected
  bool changes_unit = false;     // refused where it is read-only: others share what it changes
  bool without_unit = false;     // answered where there is no unit (SPC-4, 5.11)
  bool keeps_attention = false;  // a unit attention neither stops it nor is reported by it
  ReservedFor reserved_for = ReservedFor::kAnyone;
  /// Where it depends on the CDB, instead of `reserved_for`. Null: it does not.
  ReservedFor (*reserved_by_cdb)(const Cdb& cdb) = nullptr;

  /// False: this unit does not have the command (as if there were no row). Null: every unit has it.
  bool (*supported)(const Unit& unit) = nullptr;
  /// Bytes to move, for Plan. Null: none. `block_bytes` is 0 without a unit.
  std::uint64_t (*bytes)(const Cdb& cdb, std::uint32_t block_bytes) = nullptr;
  /// Room that the command needs beside its data, for Plan. Null: none.
  std::uint64_t (*scratch)(const Cdb& cdb, std::uint32_t block_bytes) = nullptr;
  /// What is wrong with the CDB's values on this unit. Null: nothing can be.
  std::optional<Sense> (*refusal)(const Cdb& cdb, const Unit& unit) = nullptr;
  /// Runs once everything above has let it pass.
  Step (*execute)(Execution& execution) = nullptr;
};

/// All rows, ascending by operation code and service action.
std::span<const Command> commands();

/// The rows of one operation code: none if it is unknown, several with service actions.
std::span<const Command> commands_of(std::uint8_t opcode);

/// The row of this CDB; null if there is none.
const Command* find_command(const Cdb& cdb);

/// True where `unit` has the command.
bool supports(const Unit& unit, const Command& command);

}  // namespace lungate::scsi
