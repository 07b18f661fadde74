// SPDX-License-Identifier: LGPL-2.1-or-later

// READ DEFECT DATA 10, 12 (SBC-3, 5.17, 5.18). What has gone bad the store replaces by itself, so
// both lists are there and empty, in whichever format they are asked for.
#include "scsi/cdb.h"
#include "scsi/commands.h"
#include "scsi/outcome.h"

namespace lungate::scsi {
namespace {

struct Header10 {
  std::uint8_t reserved = 0;
  std::uint8_t lists = 0;  // PLISTV, GLISTV, DEFECT LIST FORMAT: as in the request
  be16 bytes;
};
static_assert(sizeof(Header10) == 4);

struct Header12 {
  std::uint8_t reserved = 0;
  std::uint8_t lists = 0;
  be16 generation;  // 0: the list's changes are not counted
  be32 bytes;
};
static_assert(sizeof(Header12) == 8);

/// 6 is the vendor's and 7 reserved (SBC-3, 5.3.2.4.1).
bool is_format(std::uint8_t request) {
  return (request & 0x07) <= 5;
}

/// `byte`: where the CDB has the format.
std::optional<Sense> format_refusal(std::uint8_t request, std::uint16_t byte) {
  return is_format(request) ? std::nullopt : std::optional(invalid_field_in_cdb(byte, 2));
}

template <class Request, class Header>
Step no_defects(Execution& execution) {
  const auto cdb = as<Request>(execution.cdb);
  Header header;
  header.lists = cdb.request;
  ParameterData data;
  data.append(header);
  return give(execution, data, cdb.allocation_bytes);
}

}  // namespace

std::uint64_t defect_data_10_bytes(const Cdb& cdb, std::uint32_t) {
  return room_for(as<DefectData10Cdb>(cdb).allocation_bytes);
}

std::optional<Sense> defect_data_10_refusal(const Cdb& cdb, const Unit&) {
  return format_refusal(as<DefectData10Cdb>(cdb).request, 2);
}

Step read_defect_data_10(Execution& execution) {
  return no_defects<DefectData10Cdb, Header10>(execution);
}

std::uint64_t defect_data_12_bytes(const Cdb& cdb, std::uint32_t) {
  return room_for(as<DefectData12Cdb>(cdb).allocation_bytes);
}

std::optional<Sense> defect_data_12_refusal(const Cdb& cdb, const Unit&) {
  return format_refusal(as<DefectData12Cdb>(cdb).request, 1);
}

Step read_defect_data_12(Execution& execution) {
  return no_defects<DefectData12Cdb, Header12>(execution);
}

}  // namespace lungate::scsi
