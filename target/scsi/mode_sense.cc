// SPDX-License-Identifier: LGPL-2.1-or-later

// MODE SENSE 6, 10 (SPC-4, 6.13, 6.14).
#include <limits>

#include "scsi/cdb.h"
#include "scsi/commands.h"
#include "scsi/mode_pages.h"
#include "scsi/mode_parameters.h"
#include "scsi/outcome.h"
#include "scsi/unit_state.h"

namespace lungate::scsi {
namespace {

constexpr std::uint8_t kModeSense6 = 0x1a;
constexpr std::uint8_t kAllPages = 0x3f;
constexpr std::uint8_t kAllSubpages = 0xff;

/// Both forms of the CDB have these fields at the same places.
struct Wanted {
  bool with_descriptor = true;
  PageControl control = PageControl::kCurrent;
  std::uint8_t page = 0;
  std::uint8_t subpage = 0;
};

Wanted wanted_by(const Cdb& cdb) {
  constexpr std::uint8_t kDbd = 0x08;
  return {.with_descriptor = (cdb.bytes[1] & kDbd) == 0,
          .control = static_cast<PageControl>(cdb.bytes[2] >> 6),
          .page = static_cast<std::uint8_t>(cdb.bytes[2] & 0x3f),
          .subpage = cdb.bytes[3]};
}

/// WP and DPOFUA (SBC-3, 6.4.1).
std::uint8_t device_specific(const Unit& unit) {
  constexpr std::uint8_t kWriteProtected = 0x80;
  constexpr std::uint8_t kDpoFua = 0x10;
  return write_protected(unit) ? kWriteProtected | kDpoFua : kDpoFua;
}

void append_page(const ModePage& page, PageControl control, const Unit& unit, ParameterData& data) {
  data.append_bytes(Bytes(mode_page_bytes(page, control, unit)).first(page.bytes));
}

std::optional<Sense> append_pages(const Wanted& wanted, const Unit& unit, ParameterData& data) {
  constexpr std::uint8_t kPageByte = 2;
  constexpr std::uint8_t kSubpageByte = 3;
  if (wanted.control == PageControl::kSaved)
    return Sense{sense::kSavingParametersNotSupported, {}, {}};
  const bool all = wanted.page == kAllPages;
  // Every page that there is, is there as subpage 0.
  if (!all && find_mode_page(wanted.page, 0) == nullptr) return invalid_field_in_cdb(kPageByte, 5);
  const bool all_subpages = wanted.subpage == kAllSubpages;
  const bool known = wanted.subpage == 0 || all_subpages ||
                     (!all && find_mode_page(wanted.page, wanted.subpage) != nullptr);
  if (!known) return invalid_field_in_cdb(kSubpageByte);
  for (const ModePage& page : mode_pages())
    if ((all || page.code == wanted.page) && (all_subpages || page.subpage == wanted.subpage))
      append_page(page, wanted.control, unit, data);
  return std::nullopt;
}

/// The header's lengths are known only when the pages are there.
template <class Header, class Length>
void complete(Header header, ParameterData& data) {
  header.data_bytes = static_cast<Length>(data.size() - sizeof(header.data_bytes));
  data.put(0, header);
}

template <class Header, class Length>
Step sense_pages(Execution& execution, std::uint64_t allocation_bytes) {
  const Unit& unit = *execution.unit;
  const Wanted wanted = wanted_by(execution.cdb);
  Header header;
  header.device_specific = device_specific(unit);
  ParameterData data;
  data.append(header);
  if (wanted.with_descriptor) {
    header.descriptor_bytes = sizeof(BlockDescriptor);
    data.append(block_descriptor(unit.geometry));
  }
  if (auto refusal = append_pages(wanted, unit, data)) return fail(execution, *refusal);
  complete<Header, Length>(header, data);
  return give(execution, data, allocation_bytes);
}

std::uint64_t allocation_bytes(const Cdb& cdb) {
  if (cdb.opcode() == kModeSense6) return as<Mode6>(cdb).bytes;
  return as<Mode10>(cdb).bytes;
}

}  // namespace

BlockDescriptor block_descriptor(const Geometry& geometry) {
  constexpr std::uint64_t kTooMany = std::numeric_limits<std::uint32_t>::max();
  BlockDescriptor descriptor;
  descriptor.blocks = static_cast<std::uint32_t>(std::min(geometry.block_count, kTooMany));
  descriptor.block_bytes = geometry.block_bytes;
  return descriptor;
}

std::uint64_t mode_sense_bytes(const Cdb& cdb, std::uint32_t) {
  return room_for(allocation_bytes(cdb));
}

Step mode_sense(Execution& execution) {
  const std::uint64_t room = allocation_bytes(execution.cdb);
  if (execution.cdb.opcode() == kModeSense6)
    return sense_pages<ModeHeader6, std::uint8_t>(execution, room);
  return sense_pages<ModeHeader10, std::uint16_t>(execution, room);
}

}  // namespace lungate::scsi
