// SPDX-License-Identifier: LGPL-2.1-or-later

// FORMAT UNIT (SBC-3, 5.3). There are no defects that could be listed, no other block size and no
// protection information: what is left is that all blocks become zeros, which the unit's home loop
// sees to (medium_job.h). A pattern of the initiator's own is SANITIZE's business.
#include "scsi/cdb.h"
#include "scsi/commands.h"
#include "scsi/medium_work.h"
#include "scsi/outcome.h"

namespace lungate::scsi {
namespace {

/// SBC-3, 5.3.2.2. The long list's header has the same first two bytes.
struct ShortListHeader {
  std::uint8_t protection = 0;
  std::uint8_t options = 0;
  be16 defects_bytes;
};
static_assert(sizeof(ShortListHeader) == 4);

/// SBC-3, 5.3.2.2.
struct LongListHeader {
  std::uint8_t protection = 0;
  std::uint8_t options = 0;
  std::uint8_t reserved = 0;
  std::uint8_t protection_interval = 0;
  be32 defects_bytes;
};
static_assert(sizeof(LongListHeader) == 8);

constexpr std::uint8_t kImmed = 0x02;

/// FOV gives the bits after it a meaning: DPRY, DCRT and STPF, all about defects, of which there
/// are none. IP would bring a pattern.
std::optional<Sense> bad_options(std::uint8_t options) {
  constexpr std::uint8_t kFov = 0x80;
  constexpr std::uint8_t kDpryDcrtStpf = 0x70;
  constexpr std::uint8_t kOptionsByte = 1;
  unsigned legal = kFov | kImmed;
  if ((options & kFov) != 0) legal |= kDpryDcrtStpf;
  if ((options & ~legal) != 0) return invalid_field_in_list(kOptionsByte);
  return std::nullopt;
}

std::optional<Sense> bad_long_list(Bytes list) {
  constexpr std::uint8_t kIntervalByte = 3;
  constexpr std::uint8_t kDefectsByte = 4;
  const auto header = load<LongListHeader>(list);
  if (header.reserved != 0) return invalid_field_in_list(2);
  if (header.protection_interval != 0) return invalid_field_in_list(kIntervalByte);
  if (header.defects_bytes != 0) return invalid_field_in_list(kDefectsByte);
  return std::nullopt;
}

std::optional<Sense> bad_list(Bytes list, bool is_long) {
  const auto header = load<ShortListHeader>(list);
  if (header.protection != 0) return invalid_field_in_list(0);
  if (auto bad = bad_options(header.options)) return bad;
  if (is_long) return bad_long_list(list);
  if (header.defects_bytes != 0) return invalid_field_in_list(2);
  return std::nullopt;
}

}  // namespace

std::uint64_t format_unit_bytes(const Cdb& cdb, std::uint32_t) {
  const auto request = as<FormatUnitCdb>(cdb);
  if (!request.has_list()) return 0;
  return request.long_list() ? sizeof(LongListHeader) : sizeof(ShortListHeader);
}

std::optional<Sense> format_unit_refusal(const Cdb&, const Unit& unit) {
  return unfit_for_work(unit, MediumWork::kFormat);
}

Step format_unit(Execution& execution) {
  execution.transfer_bytes = execution.planned.bytes;
  const Bytes list = execution.data_out;
  if (list.size() < execution.planned.bytes)
    return fail(execution, {sense::kParameterListLengthError, {}, {}});
  MediumJob job;
  job.work = MediumWork::kFormat;
  if (!list.empty()) {
    if (auto bad = bad_list(list, as<FormatUnitCdb>(execution.cdb).long_list()))
      return fail(execution, *bad);
    job.immediate = (load<ShortListHeader>(list).options & kImmed) != 0;
  }
  return run_on_medium(execution, std::move(job));
}

}  // namespace lungate::scsi
