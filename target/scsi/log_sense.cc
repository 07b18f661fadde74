// SPDX-License-Identifier: LGPL-2.1-or-later

// LOG SENSE (SPC-4, 6.8): the pages there are. They are the two lists of pages, logical block
// provisioning for a unit with a threshold (SBC-3, 6.5.4), and none with counters: what a gateway
// knows of its I/O it tells its operator, and a store has no temperature. No parameters are kept,
// so that all values of PC give the same, and none are saved (SP is stray).
#include <algorithm>
#include <array>
#include <span>

#include "scsi/cdb.h"
#include "scsi/commands.h"
#include "scsi/outcome.h"

namespace lungate::scsi {
namespace {

struct LogPage {
  std::uint8_t code = 0;
  std::uint8_t subpage = 0;
  /// Appends what follows the four bytes of the page's header.
  void (*build)(const Unit& unit, ParameterData& data) = nullptr;
  /// Null: every unit has it.
  bool (*supported)(const Unit& unit) = nullptr;

  bool of(const Unit& unit) const { return supported == nullptr || supported(unit); }
};

void build_supported_pages(const Unit& unit, ParameterData& data);
void build_supported_subpages(const Unit& unit, ParameterData& data);
void build_provisioning_status(const Unit& unit, ParameterData& data);

constexpr std::uint8_t kAllSubpages = 0xff;

/// Ascending by code and subpage, as the lists must be.
constexpr std::array<LogPage, 3> kPages = {{
    {0x00, 0x00, build_supported_pages},
    {0x00, kAllSubpages, build_supported_subpages},
    {0x0c, 0x00, build_provisioning_status, has_threshold},
}};

void build_supported_pages(const Unit& unit, ParameterData& data) {
  for (const LogPage& page : kPages)
    if (page.subpage == 0 && page.of(unit)) data.append(page.code);
}

void build_supported_subpages(const Unit& unit, ParameterData& data) {
  for (const LogPage& page : kPages) {
    if (!page.of(unit)) continue;
    data.append(page.code);
    data.append(page.subpage);
  }
}

/// A parameter in the form of a binary list that nothing changes or resets. Its scope: other units
/// fill the same place.
struct ResourceCount {
  be16 code;
  std::uint8_t control = 0x03;
  std::uint8_t bytes = 0x08;
  be32 count;
  std::uint8_t scope = 0x02;
  std::array<std::uint8_t, 3> reserved{};
};
static_assert(sizeof(ResourceCount) == 12);

void append_count(ParameterData& data, std::uint16_t code, std::uint32_t count) {
  ResourceCount parameter;
  parameter.code = code;
  parameter.count = count;
  data.append(parameter);
}

/// Counts are of threshold sets (VPD B2); a place larger than what has room is as large as that.
/// The percentage stands in the upper half of its field. As long as nobody has looked, nothing is
/// used and all of the unit is available: the page must have a parameter.
void build_provisioning_status(const Unit& unit, ParameterData& data) {
  constexpr std::uint16_t kAvailable = 0x0001;
  constexpr std::uint16_t kUsed = 0x0002;
  constexpr std::uint16_t kAvailablePercentage = 0x0003;
  const std::uint64_t set_bytes = std::uint64_t{unit.geometry.block_bytes}
                                  << threshold_exponent(unit.geometry);
  const auto sets = [set_bytes](std::uint64_t bytes) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes / set_bytes, 0xffffffff));
  };
  Room room = room_of(*unit.fullness);
  if (!room.known()) room.available_bytes = unit.geometry.block_count * unit.geometry.block_bytes;
  append_count(data, kAvailable, sets(room.available_bytes));
  append_count(data, kUsed, sets(room.used_bytes));
  const unsigned available_percent = room.known() ? 100 - room.used_percent() : 0;
  append_count(data, kAvailablePercentage, available_percent << 16);
}

/// DS: nothing is saved. SPF: there is a subpage code.
struct LogHeader {
  std::uint8_t flags_and_code = 0x80;
  std::uint8_t subpage = 0;
  be16 bytes;
};
static_assert(sizeof(LogHeader) == 4);

void append_page(const LogPage& page, const Unit& unit, ParameterData& data) {
  constexpr std::uint8_t kSpf = 0x40;
  LogHeader header;
  header.flags_and_code |= page.code;
  if (page.subpage != 0) header.flags_and_code |= kSpf;
  header.subpage = page.subpage;
  data.append(header);
  page.build(unit, data);
  data.put(offsetof(LogHeader, bytes),
           be16{static_cast<std::uint16_t>(data.size() - sizeof(LogHeader))});
}

}  // namespace

std::uint64_t log_sense_bytes(const Cdb& cdb, std::uint32_t) {
  return room_for(as<LogSenseCdb>(cdb).allocation_bytes);
}

Step log_sense(Execution& execution) {
  constexpr std::uint8_t kPageByte = 2;
  constexpr std::uint8_t kSubpageByte = 3;
  constexpr std::uint8_t kPointerByte = 5;
  const auto cdb = as<LogSenseCdb>(execution.cdb);
  const auto code = static_cast<std::uint8_t>(cdb.page & 0x3f);
  const Unit& unit = *execution.unit;
  const auto of_code = [&](const LogPage& page) { return page.code == code && page.of(unit); };
  const auto wanted = [&](const LogPage& page) {
    return of_code(page) && page.subpage == cdb.subpage;
  };
  if (std::none_of(kPages.begin(), kPages.end(), of_code))
    return fail(execution, invalid_field_in_cdb(kPageByte, 5));
  const auto page = std::find_if(kPages.begin(), kPages.end(), wanted);
  if (page == kPages.end()) return fail(execution, invalid_field_in_cdb(kSubpageByte));
  // No page has parameters that one could begin with.
  if (cdb.parameter_pointer != 0) return fail(execution, invalid_field_in_cdb(kPointerByte));
  ParameterData data;
  append_page(*page, unit, data);
  return give(execution, data, cdb.allocation_bytes);
}

}  // namespace lungate::scsi
