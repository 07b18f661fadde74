// SPDX-License-Identifier: LGPL-2.1-or-later

// How a command's function ends, or asks for its next step.
#pragma once

#include <cstdint>
#include <optional>

#include "scsi/execution.h"
#include "scsi/parameter_data.h"

namespace lungate::scsi {

inline Step good(Execution& execution) {
  execution.status = Status::kGood;
  return Step::kDone;
}

/// A status without sense data (BUSY). No data are sent with it, so none count as moved to the
/// initiator; what it has sent has been moved all the same.
inline Step end(Execution& execution, Status status) {
  execution.status = status;
  execution.data_in_bytes = 0;
  if (execution.planned.direction == Direction::kIn) execution.transfer_bytes = 0;
  return Step::kDone;
}

/// CHECK CONDITION.
inline Step fail(Execution& execution, const Sense& sense) {
  execution.sense = sense;
  return end(execution, Status::kCheckCondition);
}

/// GOOD with parameter data, cut to the CDB's allocation length and to the room there is.
Step give(Execution& execution, const ParameterData& data, std::uint64_t allocation_bytes);

/// What a plan says for an allocation length: no more than parameter data ever have.
constexpr std::uint64_t room_for(std::uint64_t allocation_bytes) {
  return allocation_bytes < limits::kParameterDataBytesMax ? allocation_bytes
                                                           : limits::kParameterDataBytesMax;
}

/// One operation of the backend; `next` runs when it has been delivered.
struct Operation {
  backend::Verb verb = backend::Verb::kFlush;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  MutableBytes data;
};
Step submit(Execution& execution, const Operation& operation, Step (*next)(Execution&));

Sense invalid_field_in_cdb(std::uint16_t byte, std::optional<std::uint8_t> bit = std::nullopt);
Sense invalid_field_in_list(std::uint16_t byte, std::optional<std::uint8_t> bit = std::nullopt);

}  // namespace lungate::scsi
