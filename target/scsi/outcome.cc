// SPDX-License-Identifier: LGPL-2.1-or-later

// How a command ends: with data for the initiator, with nothing, or with sense data; or that it
// goes on in the backend. Every command's last line is one of these, so that residual and status
// are set in one place. On the session's loop.
#include "scsi/outcome.h"

#include <algorithm>

namespace lungate::scsi {

Step give(Execution& execution, const ParameterData& data, std::uint64_t allocation_bytes) {
  const std::size_t given = std::min<std::uint64_t>(data.bytes().size(), allocation_bytes);
  const std::size_t sent = std::min(given, execution.data_in.size());
  std::copy_n(data.bytes().begin(), sent, execution.data_in.begin());
  execution.data_in_bytes = sent;
  execution.transfer_bytes = given;
  return good(execution);
}

/// reply_to, deliver and owner are the session's, set before start(): they stay.
Step submit(Execution& execution, const Operation& operation, Step (*next)(Execution&)) {
  execution.request.verb = operation.verb;
  execution.request.offset = operation.offset;
  execution.request.length = operation.length;
  execution.request.data = operation.data;
  execution.request.status = backend::Status::kOk;
  execution.request.error = 0;
  execution.next = next;
  return Step::kSubmit;
}

Sense invalid_field_in_cdb(std::uint16_t byte, std::optional<std::uint8_t> bit) {
  return {.what = sense::kInvalidFieldInCdb,
          .field = FieldPointer{FieldPointer::In::kCdb, byte, bit},
          .information = std::nullopt};
}

Sense invalid_field_in_list(std::uint16_t byte, std::optional<std::uint8_t> bit) {
  return {.what = sense::kInvalidFieldInParameterList,
          .field = FieldPointer{FieldPointer::In::kParameterList, byte, bit},
          .information = std::nullopt};
}

}  // namespace lungate::scsi
