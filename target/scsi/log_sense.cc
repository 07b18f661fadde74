// SPDX-License-Identifier: LGPL-2.1-or-later

// LOG SENSE (SPC-4, 6.8): the pages there are. They are the two lists of pages, and none with
// counters: what a gateway knows of its I/O it tells its operator, a store has no temperature, and
// the page of logical block provisioning (0Ch) belongs to a unit with thresholds (SBC-3, 6.5.4).
// No parameters are kept, so that all values of PC give the same, and none are saved (SP is stray).
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
  void (*build)(ParameterData& data) = nullptr;
};

void build_supported_pages(ParameterData& data);
void build_supported_subpages(ParameterData& data);

constexpr std::uint8_t kAllSubpages = 0xff;

/// Ascending by code and subpage, as the lists must be.
constexpr std::array<LogPage, 2> kPages = {{
    {0x00, 0x00, build_supported_pages},
    {0x00, kAllSubpages, build_supported_subpages},
}};

void build_supported_pages(ParameterData& data) {
  for (const LogPage& page : kPages)
    if (page.subpage == 0) data.append(page.code);
}

void build_supported_subpages(ParameterData& data) {
  for (const LogPage& page : kPages) {
    data.append(page.code);
    data.append(page.subpage);
  }
}

/// DS: nothing is saved. SPF: there is a subpage code.
struct LogHeader {
  std::uint8_t flags_and_code = 0x80;
  std::uint8_t subpage = 0;
  be16 bytes;
};
static_assert(sizeof(LogHeader) == 4);

void append_page(const LogPage& page, ParameterData& data) {
  constexpr std::uint8_t kSpf = 0x40;
  LogHeader header;
  header.flags_and_code |= page.code;
  if (page.subpage != 0) header.flags_and_code |= kSpf;
  header.subpage = page.subpage;
  data.append(header);
  page.build(data);
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
  const auto of_code = [=](const LogPage& page) { return page.code == code; };
  const auto wanted = [=](const LogPage& page) {
    return page.code == code && page.subpage == cdb.subpage;
  };
  if (std::none_of(kPages.begin(), kPages.end(), of_code))
    return fail(execution, invalid_field_in_cdb(kPageByte, 5));
  const auto page = std::find_if(kPages.begin(), kPages.end(), wanted);
  if (page == kPages.end()) return fail(execution, invalid_field_in_cdb(kSubpageByte));
  // No page has parameters that one could begin with.
  if (cdb.parameter_pointer != 0) return fail(execution, invalid_field_in_cdb(kPointerByte));
  ParameterData data;
  append_page(*page, data);
  return give(execution, data, cdb.allocation_bytes);
}

}  // namespace lungate::scsi
