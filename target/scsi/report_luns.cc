// SPDX-License-Identifier: LGPL-2.1-or-later

// REPORT LUNS (SPC-4, 6.33): the units that this initiator may see, whatever LUN was asked.
#include "scsi/cdb.h"
#include "scsi/commands.h"
#include "scsi/outcome.h"

namespace lungate::scsi {
namespace {

struct ListHeader {
  be32 bytes;
  be32 reserved;
};
static_assert(sizeof(ListHeader) == 8);

struct LunEntry {
  be16 first_level;
  std::array<std::uint8_t, 6> lower_levels{};
};
static_assert(sizeof(LunEntry) == 8);

/// Peripheral device addressing up to 255, flat space beyond (SAM-5, 4.7.7).
LunEntry entry_of(std::uint16_t lun) {
  constexpr unsigned kFlatSpace = 0x4000;
  const unsigned first = lun <= 0xff ? lun : kFlatSpace | (lun & 0x3fffu);
  return {static_cast<std::uint16_t>(first), {}};
}

/// SELECT REPORT.
enum Select : std::uint8_t { kAllButWellKnown = 0x00, kWellKnownOnly = 0x01, kAll = 0x02 };

}  // namespace

std::uint64_t report_luns_bytes(const Cdb& cdb, std::uint32_t) {
  return room_for(as<ReportLunsCdb>(cdb).allocation_bytes);
}

Step report_luns(Execution& execution) {
  constexpr std::uint8_t kSelectByte = 2;
  const auto cdb = as<ReportLunsCdb>(execution.cdb);
  if (cdb.select > kAll) return fail(execution, invalid_field_in_cdb(kSelectByte));

  ParameterData data;
  data.append(ListHeader{});
  if (execution.nexus != nullptr) {
    if (cdb.select != kWellKnownOnly)  // of these we have none
      for (const std::uint16_t lun : execution.nexus->lun_inventory) data.append(entry_of(lun));
    execution.nexus->unit_attentions.drop(sense::kReportedLunsChanged);
  }
  data.put(0, be32{static_cast<std::uint32_t>(data.size() - sizeof(ListHeader))});
  return give(execution, data, cdb.allocation_bytes);
}

}  // namespace lungate::scsi
