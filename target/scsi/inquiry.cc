// SPDX-License-Identifier: LGPL-2.1-or-later

// INQUIRY (SPC-4, 6.6). Answered for a LUN that does not exist as well: that is how initiators
// learn that it does not.
#include <algorithm>

#include "scsi/cdb.h"
#include "scsi/commands.h"
#include "scsi/outcome.h"
#include "scsi/vpd_pages.h"

namespace lungate::scsi {
namespace {

constexpr std::uint8_t kDisk = 0x00;          // connected, direct access block device
constexpr std::uint8_t kNotConnected = 0x20;  // a disk may come here; it is not there now
constexpr std::uint8_t kNoUnit = 0x7f;        // not capable of being connected here, no type

/// SPC-4, 6.6.2. The versions claimed are those of the pages we give: B0h has SBC-3's length, and
/// initiators that read VPD pages at all want SPC-3 or later.
struct StandardInquiry {
  std::uint8_t peripheral = kNoUnit;
  std::uint8_t removable = 0;
  std::uint8_t version = 0x06;  // SPC-4
  std::uint8_t format = 0x12;   // HISUP, response data format 2
  std::uint8_t additional_bytes = sizeof(StandardInquiry) - 5;
  std::uint8_t flags_5 = 0x18;  // TPGS 01b: implicit only; 3PC; no PROTECT
  std::uint8_t flags_6 = 0;
  std::uint8_t flags_7 = 0x02;  // CMDQUE
  std::array<char, 8> vendor{};
  std::array<char, 16> product{};
  std::array<char, 4> revision{};
  std::array<std::uint8_t, 22> reserved_36{};
  std::array<be16, 8> versions = {0x00a0, 0x0960, 0x0460, 0x04c0};  // SAM-5, iSCSI, SPC-4, SBC-3
  std::array<std::uint8_t, 22> reserved_74{};
};
static_assert(sizeof(StandardInquiry) == 96);

struct VpdHeader {
  std::uint8_t peripheral = kNoUnit;
  std::uint8_t code = 0;
  be16 bytes;
};
static_assert(sizeof(VpdHeader) == 4);

std::uint8_t peripheral_of(const Unit* unit) {
  if (unit == nullptr) return kNoUnit;
  return unit->identity.known() ? kDisk : kNotConnected;
}

void build_standard(const Unit* unit, ParameterData& data) {
  const Identity identity = unit == nullptr ? Identity{} : unit->identity;
  StandardInquiry inquiry;
  inquiry.peripheral = peripheral_of(unit);
  inquiry.vendor = padded<8>(identity.vendor);
  inquiry.product = padded<16>(identity.product);
  inquiry.revision = padded<4>(identity.revision);
  data.append(inquiry);
}

/// None while the unit is not known: pages that identify nothing would be taken for an identity.
std::span<const VpdPage> pages_of(const Unit* unit) {
  if (unit == nullptr || !unit->identity.known()) return {};
  return vpd_pages();
}

/// Page 00h: the codes of all pages that there are.
void build_supported_pages(const Unit* unit, ParameterData& data) {
  constexpr std::uint8_t kSupportedPages = 0x00;
  data.append(kSupportedPages);
  for (const VpdPage& page : pages_of(unit)) data.append(page.code);
}

/// False: there is no such page.
bool build_vpd(std::uint8_t code, const Unit* unit, ParameterData& data) {
  data.append(VpdHeader{peripheral_of(unit), code, {}});
  if (code == 0x00) {
    build_supported_pages(unit, data);
  } else {
    const auto pages = pages_of(unit);
    const auto page =
        std::find_if(pages.begin(), pages.end(), [=](const VpdPage& p) { return p.code == code; });
    if (page == pages.end()) return false;
    page->build(*unit, data);
  }
  const be16 bytes = static_cast<std::uint16_t>(data.size() - sizeof(VpdHeader));
  data.put(offsetof(VpdHeader, bytes), bytes);
  return true;
}

}  // namespace

std::uint64_t inquiry_bytes(const Cdb& cdb, std::uint32_t) {
  return room_for(as<InquiryCdb>(cdb).allocation_bytes);
}

Step inquiry(Execution& execution) {
  constexpr std::uint8_t kPageByte = 2;
  const auto cdb = as<InquiryCdb>(execution.cdb);
  ParameterData data;
  if (cdb.evpd()) {
    if (!build_vpd(cdb.page, execution.unit, data))
      return fail(execution, invalid_field_in_cdb(kPageByte));
  } else {
    if (cdb.page != 0) return fail(execution, invalid_field_in_cdb(kPageByte));
    build_standard(execution.unit, data);
  }
  return give(execution, data, cdb.allocation_bytes);
}

}  // namespace lungate::scsi
