// SPDX-License-Identifier: LGPL-2.1-or-later

// REPORT SUPPORTED OPERATION CODES (SPC-4, 6.35): the command table, as initiators read it.
#include <algorithm>

#include "scsi/cdb.h"
#include "scsi/command_table.h"
#include "scsi/commands.h"
#include "scsi/outcome.h"

namespace lungate::scsi {
namespace {

/// One of the all_commands format.
struct CommandDescriptor {
  std::uint8_t opcode = 0;
  std::uint8_t reserved_1 = 0;
  be16 service_action;
  std::uint8_t reserved_4 = 0;
  std::uint8_t flags = 0;
  be16 cdb_bytes;
};
static_assert(sizeof(CommandDescriptor) == 8);

/// SPC-4, 6.35.4. No nominal time: it is the store's, and varies.
struct TimeoutsDescriptor {
  be16 bytes = 0x000a;  // of what follows
  std::uint8_t reserved = 0;
  std::uint8_t command_specific = 0;
  be32 nominal_s;  // 0: no indication
  be32 recommended_s;
};
static_assert(sizeof(TimeoutsDescriptor) == 12);

/// The one_command format; the usage data follow.
struct OneCommand {
  std::uint8_t reserved = 0;
  std::uint8_t support = 0;
  be16 cdb_bytes;
};
static_assert(sizeof(OneCommand) == 4);

/// REPORTING OPTIONS.
enum class Options : std::uint8_t {
  kAll = 0,
  kOpcode = 1,           // an operation code without service actions
  kOpcodeAndAction = 2,  // one with
  kOpcodeAndEitherAction = 3
};

void append_timeouts(const Command& command, ParameterData& data) {
  TimeoutsDescriptor timeouts;
  timeouts.recommended_s = command.timeout_s;
  data.append(timeouts);
}

void append_descriptor(const Command& command, bool timeouts, ParameterData& data) {
  constexpr std::uint8_t kCtdp = 0x02;
  constexpr std::uint8_t kServactv = 0x01;
  CommandDescriptor descriptor;
  descriptor.opcode = command.opcode;
  descriptor.service_action = command.service_action.value_or(0);
  descriptor.cdb_bytes = command.cdb_bytes;
  if (command.service_action) descriptor.flags |= kServactv;
  if (timeouts) descriptor.flags |= kCtdp;
  data.append(descriptor);
  if (timeouts) append_timeouts(command, data);
}

void append_all(const Unit& unit, bool timeouts, ParameterData& data) {
  data.append(be32{});
  for (const Command& command : commands())
    if (supports(unit, command)) append_descriptor(command, timeouts, data);
  data.put(0, be32{static_cast<std::uint32_t>(data.size() - sizeof(be32))});
}

/// `command` null: not supported, and nothing more is said.
void append_one(const Command* command, bool timeouts, ParameterData& data) {
  constexpr std::uint8_t kCtdp = 0x80;
  constexpr std::uint8_t kNotSupported = 0x01;
  constexpr std::uint8_t kAsInTheStandard = 0x03;
  if (command == nullptr) {
    data.append(OneCommand{0, kNotSupported, {}});
    return;
  }
  const std::uint8_t support = timeouts ? kAsInTheStandard | kCtdp : kAsInTheStandard;
  data.append(OneCommand{0, support, be16{command->cdb_bytes}});
  auto usage = command->usage;
  usage[1] |= command->service_action.value_or(0);
  data.append_bytes(std::as_bytes(std::span(usage)).first(command->cdb_bytes));
  if (timeouts) append_timeouts(*command, data);
}

/// The unit's row for this operation code and service action; null if there is none.
const Command* row_of(const Unit& unit, std::uint8_t opcode, std::uint16_t service_action) {
  const auto rows = commands_of(opcode);
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const Command& command) {
    return command.service_action.value_or(0) == service_action && supports(unit, command);
  });
  return row == rows.end() ? nullptr : &*row;
}

bool has_service_actions(std::uint8_t opcode) {
  const auto rows = commands_of(opcode);
  return !rows.empty() && rows.front().service_action.has_value();
}

/// The byte of the CDB that is in error, if the question does not fit the operation code.
std::optional<Sense> append_answer(const ReportOpcodesCdb& cdb, const Unit& unit,
                                   ParameterData& data) {
  constexpr std::uint8_t kOptionsByte = 2;
  constexpr std::uint8_t kOpcodeByte = 3;
  constexpr std::uint8_t kActionByte = 4;
  const std::uint8_t opcode = cdb.requested_opcode;
  const std::uint16_t action = cdb.requested_service_action;
  const bool unknown = commands_of(opcode).empty();
  switch (static_cast<Options>(cdb.options())) {
    case Options::kAll:
      append_all(unit, cdb.timeouts(), data);
      return std::nullopt;
    case Options::kOpcode:
      if (has_service_actions(opcode)) return invalid_field_in_cdb(kOpcodeByte);
      append_one(row_of(unit, opcode, 0), cdb.timeouts(), data);
      return std::nullopt;
    case Options::kOpcodeAndAction:
      if (!unknown && !has_service_actions(opcode)) return invalid_field_in_cdb(kActionByte);
      append_one(row_of(unit, opcode, action), cdb.timeouts(), data);
      return std::nullopt;
    case Options::kOpcodeAndEitherAction:
      append_one(row_of(unit, opcode, action), cdb.timeouts(), data);
      return std::nullopt;
  }
  return invalid_field_in_cdb(kOptionsByte, 2);  // reserved options
}

}  // namespace

std::uint64_t report_opcodes_bytes(const Cdb& cdb, std::uint32_t) {
  return room_for(as<ReportOpcodesCdb>(cdb).allocation_bytes);
}

Step report_opcodes(Execution& execution) {
  const auto cdb = as<ReportOpcodesCdb>(execution.cdb);
  ParameterData data;
  if (auto refusal = append_answer(cdb, *execution.unit, data)) return fail(execution, *refusal);
  return give(execution, data, cdb.allocation_bytes);
}

}  // namespace lungate::scsi
