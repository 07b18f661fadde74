// SPDX-License-Identifier: LGPL-2.1-or-later

// TEST UNIT READY, REQUEST SENSE (SPC-4, 6.47, 6.39) and START STOP UNIT (SBC-3, 5.25).
#include "scsi/unit_state.h"

#include "scsi/cdb.h"
#include "scsi/commands.h"
#include "scsi/outcome.h"

namespace lungate::scsi {
namespace {

/// What REQUEST SENSE has to tell; a unit attention told this way is thereby reported.
Sense pending_sense(Execution& execution) {
  if (execution.unit == nullptr) return {sense::kLogicalUnitNotSupported, {}, {}};
  if (execution.nexus != nullptr && !execution.nexus->unit_attentions.empty())
    return {execution.nexus->unit_attentions.take(), {}, {}};
  return not_ready(*execution.unit).value_or(Sense{});
}

}  // namespace

std::optional<Sense> not_ready(const Unit& unit) {
  switch (unit.availability) {
    case Availability::kReady:
      break;
    case Availability::kOffline:
      return Sense{sense::kNotReadyCauseNotReportable, {}, {}};
    case Availability::kBecoming:
      return Sense{sense::kBecomingReady, {}, {}};
  }
  // An image of no blocks has no last LBA that READ CAPACITY could name.
  if (unit.geometry.block_count == 0) return Sense{sense::kNotReadyCauseNotReportable, {}, {}};
  return std::nullopt;
}

std::optional<Sense> write_protected(const Unit& unit) {
  if (unit.read_only) return Sense{sense::kWriteProtected, {}, {}};
  if (unit.mode.software_write_protect) return Sense{sense::kSoftwareWriteProtected, {}, {}};
  return std::nullopt;
}

Step test_unit_ready(Execution& execution) {
  return good(execution);
}  // the row's checks were it

std::uint64_t request_sense_bytes(const Cdb& cdb, std::uint32_t) {
  return room_for(as<RequestSenseCdb>(cdb).allocation_bytes);
}

Step request_sense(Execution& execution) {
  const auto cdb = as<RequestSenseCdb>(execution.cdb);
  std::array<std::byte, limits::kSenseBytesMax> wire{};
  const std::size_t size = pending_sense(execution).encode(cdb.descriptor_format(), wire);
  ParameterData data;
  data.append_bytes(Bytes(wire).first(size));
  return give(execution, data, cdb.allocation_bytes);
}

std::optional<Sense> start_stop_refusal(const Cdb& cdb, const Unit&) {
  // One initiator must not stop a unit that others use, and a stop that does not stop would be a
  // lie.
  if (!as<StartStopCdb>(cdb).start()) return invalid_field_in_cdb(4, 0);
  return std::nullopt;
}

Step start_stop_unit(Execution& execution) {
  return good(execution);
}  // it runs already

}  // namespace lungate::scsi
