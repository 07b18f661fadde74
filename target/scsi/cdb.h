// SPDX-License-Identifier: LGPL-2.1-or-later

// CDBs as structures (SPC-4, 4.2.2). A received CDB is copied into one of these, never overlaid;
// the first byte of each is the operation code, the last the control byte.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "scsi/execution.h"

namespace lungate::scsi {

/// READ (6), WRITE (6): SBC-3, 5.10. 21 bits of address; no blocks means 256.
struct Transfer6 {
  std::uint8_t opcode = 0;
  be24 lba;  // the upper three bits are reserved
  std::uint8_t blocks = 0;
  std::uint8_t control = 0;
};
static_assert(sizeof(Transfer6) == 6);

/// READ (10), WRITE (10), WRITE SAME (10), SYNCHRONIZE CACHE (10). What the flags mean differs per
/// command: see the table's masks.
struct Transfer10 {
  std::uint8_t opcode = 0;
  std::uint8_t flags = 0;
  be32 lba;
  std::uint8_t group = 0;
  be16 blocks;
  std::uint8_t control = 0;
};
static_assert(sizeof(Transfer10) == 10);

/// READ (12), WRITE (12).
struct Transfer12 {
  std::uint8_t opcode = 0;
  std::uint8_t flags = 0;
  be32 lba;
  be32 blocks;
  std::uint8_t group = 0;
  std::uint8_t control = 0;
};
static_assert(sizeof(Transfer12) == 12);

/// READ (16), WRITE (16), WRITE SAME (16), SYNCHRONIZE CACHE (16).
struct Transfer16 {
  std::uint8_t opcode = 0;
  std::uint8_t flags = 0;
  be64 lba;
  be32 blocks;
  std::uint8_t group = 0;
  std::uint8_t control = 0;
};
static_assert(sizeof(Transfer16) == 16);

/// INQUIRY: SPC-4, 6.6. With EVPD a page of vital product data, otherwise no page code.
struct InquiryCdb {
  std::uint8_t opcode = 0;
  std::uint8_t flags = 0;
  std::uint8_t page = 0;
  be16 allocation_bytes;
  std::uint8_t control = 0;

  bool evpd() const { return (flags & 0x01) != 0; }
};
static_assert(sizeof(InquiryCdb) == 6);

/// REQUEST SENSE: SPC-4, 6.39. DESC asks for descriptor format.
struct RequestSenseCdb {
  std::uint8_t opcode = 0;
  std::uint8_t flags = 0;
  be16 reserved;
  std::uint8_t allocation_bytes = 0;
  std::uint8_t control = 0;

  bool descriptor_format() const { return (flags & 0x01) != 0; }
};
static_assert(sizeof(RequestSenseCdb) == 6);

/// START STOP UNIT: SBC-3, 5.25. `action`: power condition (bits 7 to 4), NO_FLUSH, LOEJ, START.
struct StartStopCdb {
  std::uint8_t opcode = 0;
  std::uint8_t flags = 0;
  std::uint8_t reserved = 0;
  std::uint8_t modifier = 0;
  std::uint8_t action = 0;
  std::uint8_t control = 0;

  bool start() const { return (action & 0x01) != 0; }
};
static_assert(sizeof(StartStopCdb) == 6);

/// MODE SENSE (6) and MODE SELECT (6): SPC-4, 6.13 and 6.11. `flags`: DBD; PF and SP. `page`: PC in
/// bits 7 and 6.
struct Mode6 {
  std::uint8_t opcode = 0;
  std::uint8_t flags = 0;
  std::uint8_t page = 0;
  std::uint8_t subpage = 0;
  std::uint8_t bytes = 0;  // allocation or parameter list length
  std::uint8_t control = 0;
};
static_assert(sizeof(Mode6) == 6);

/// MODE SENSE (10) and MODE SELECT (10): SPC-4, 6.14 and 6.12. As above; LLBAA beside DBD.
struct Mode10 {
  std::uint8_t opcode = 0;
  std::uint8_t flags = 0;
  std::uint8_t page = 0;
  std::uint8_t subpage = 0;
  std::array<std::uint8_t, 3> reserved{};
  be16 bytes;
  std::uint8_t control = 0;
};
static_assert(sizeof(Mode10) == 10);

/// UNMAP: SBC-3, 5.28. `flags`: ANCHOR.
struct UnmapCdb {
  std::uint8_t opcode = 0;
  std::uint8_t flags = 0;
  be32 reserved;
  std::uint8_t group = 0;
  be16 list_bytes;
  std::uint8_t control = 0;
};
static_assert(sizeof(UnmapCdb) == 10);

/// READ CAPACITY (16): SBC-3, 5.16.
struct ReadCapacity16Cdb {
  std::uint8_t opcode = 0;
  std::uint8_t service_action = 0;
  be64 lba;  // obsolete
  be32 allocation_bytes;
  std::uint8_t flags = 0;
  std::uint8_t control = 0;
};
static_assert(sizeof(ReadCapacity16Cdb) == 16);

/// GET LBA STATUS: SBC-3, 5.6.
struct GetLbaStatusCdb {
  std::uint8_t opcode = 0;
  std::uint8_t service_action = 0;
  be64 lba;
  be32 allocation_bytes;
  std::uint8_t reserved = 0;
  std::uint8_t control = 0;
};
static_assert(sizeof(GetLbaStatusCdb) == 16);

/// REPORT LUNS: SPC-4, 6.33. `select`: which kinds of units.
struct ReportLunsCdb {
  std::uint8_t opcode = 0;
  std::uint8_t reserved_1 = 0;
  std::uint8_t select = 0;
  std::array<std::uint8_t, 3> reserved_3{};
  be32 allocation_bytes;
  std::uint8_t reserved_10 = 0;
  std::uint8_t control = 0;
};
static_assert(sizeof(ReportLunsCdb) == 12);

/// REPORT SUPPORTED OPERATION CODES: SPC-4, 6.35. `flags`: RCTD and REPORTING OPTIONS.
struct ReportOpcodesCdb {
  std::uint8_t opcode = 0;
  std::uint8_t service_action = 0;
  std::uint8_t flags = 0;
  std::uint8_t requested_opcode = 0;
  be16 requested_service_action;
  be32 allocation_bytes;
  std::uint8_t reserved = 0;
  std::uint8_t control = 0;

  bool timeouts() const { return (flags & 0x80) != 0; }  // RCTD
  std::uint8_t options() const { return flags & 0x07; }
};
static_assert(sizeof(ReportOpcodesCdb) == 12);

/// The CDB as a T. Bytes beyond its size are zeros.
template <class T>
T as(const Cdb& cdb) {
  static_assert(sizeof(T) <= limits::kCdbBytesMax);
  return load<T>(std::as_bytes(std::span(cdb.bytes)));
}

}  // namespace lungate::scsi
