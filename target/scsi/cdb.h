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

/// COMPARE AND WRITE: SBC-3, 5.2.
inline constexpr std::uint8_t kCompareAndWriteCode = 0x89;
struct CompareAndWriteCdb {
  std::uint8_t opcode = 0;
  std::uint8_t flags = 0;
  be64 lba;
  std::array<std::uint8_t, 3> reserved{};
  std::uint8_t blocks = 0;
  std::uint8_t group = 0;
  std::uint8_t control = 0;
};
static_assert(sizeof(CompareAndWriteCdb) == 16);

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

  std::uint8_t power_condition() const { return action >> 4; }
  bool load_eject() const { return (action & 0x02) != 0; }
  bool start() const { return (action & 0x01) != 0; }
};
static_assert(sizeof(StartStopCdb) == 6);

/// PREVENT ALLOW MEDIUM REMOVAL: SBC-3, 5.14.
struct PreventAllowCdb {
  std::uint8_t opcode = 0;
  std::array<std::uint8_t, 3> reserved{};
  std::uint8_t prevent = 0;
  std::uint8_t control = 0;
};
static_assert(sizeof(PreventAllowCdb) == 6);

/// FORMAT UNIT: SBC-3, 5.3. The length of the parameter list follows from what is in it.
struct FormatUnitCdb {
  std::uint8_t opcode = 0;
  std::uint8_t flags = 0;
  std::array<std::uint8_t, 3> reserved{};
  std::uint8_t control = 0;

  bool long_list() const { return (flags & 0x20) != 0; }
  bool has_list() const { return (flags & 0x10) != 0; }  // FMTDATA
};
static_assert(sizeof(FormatUnitCdb) == 6);

/// SANITIZE: SBC-3, 5.22.
struct SanitizeCdb {
  std::uint8_t opcode = 0;
  std::uint8_t flags = 0;
  std::array<std::uint8_t, 5> reserved{};
  be16 list_bytes;
  std::uint8_t control = 0;

  bool immediate() const { return (flags & 0x80) != 0; }
  bool unrestricted_exit() const { return (flags & 0x20) != 0; }  // AUSE
};
static_assert(sizeof(SanitizeCdb) == 10);

/// READ BUFFER and WRITE BUFFER: SPC-4, 6.18 and 6.49.
struct BufferCdb {
  std::uint8_t opcode = 0;
  std::uint8_t mode = 0;
  std::uint8_t buffer_id = 0;
  be24 offset;
  be24 bytes;  // allocation or parameter list length
  std::uint8_t control = 0;
};
static_assert(sizeof(BufferCdb) == 10);

/// READ DEFECT DATA (10): SBC-3, 5.17. `request`: REQ_PLIST, REQ_GLIST, DEFECT LIST FORMAT.
struct DefectData10Cdb {
  std::uint8_t opcode = 0;
  std::uint8_t reserved_1 = 0;
  std::uint8_t request = 0;
  std::array<std::uint8_t, 4> reserved_3{};
  be16 allocation_bytes;
  std::uint8_t control = 0;
};
static_assert(sizeof(DefectData10Cdb) == 10);

/// READ DEFECT DATA (12): SBC-3, 5.18.
struct DefectData12Cdb {
  std::uint8_t opcode = 0;
  std::uint8_t request = 0;
  be32 index;
  be32 allocation_bytes;
  std::uint8_t reserved = 0;
  std::uint8_t control = 0;
};
static_assert(sizeof(DefectData12Cdb) == 12);

/// PERSISTENT RESERVE IN: SPC-4, 6.15.
struct PersistentReserveInCdb {
  std::uint8_t opcode = 0;
  std::uint8_t service_action = 0;
  std::array<std::uint8_t, 5> reserved{};
  be16 allocation_bytes;
  std::uint8_t control = 0;
};
static_assert(sizeof(PersistentReserveInCdb) == 10);

/// PERSISTENT RESERVE OUT: SPC-4, 6.16.
struct PersistentReserveOutCdb {
  std::uint8_t opcode = 0;
  std::uint8_t service_action = 0;
  std::uint8_t scope_and_type = 0;
  be16 reserved;
  be32 list_bytes;
  std::uint8_t control = 0;

  std::uint8_t scope() const { return scope_and_type >> 4; }
  std::uint8_t type() const { return scope_and_type & 0x0f; }
};
static_assert(sizeof(PersistentReserveOutCdb) == 10);

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

/// EXTENDED COPY(LID1), and what asks about it: SPC-4, 6.5, 6.22 to 6.25.
struct ThirdPartyCopyCdb {
  std::uint8_t opcode = 0;
  std::uint8_t service_action = 0;
  std::uint8_t list_id = 0;  // RECEIVE COPY STATUS, FAILURE DETAILS
  std::array<std::uint8_t, 7> reserved{};
  be32 bytes;  // parameter list or allocation length
  std::uint8_t reserved_14 = 0;
  std::uint8_t control = 0;
};
static_assert(sizeof(ThirdPartyCopyCdb) == 16);

/// The reports of MAINTENANCE IN: SPC-4, 6.32, 6.36 to 6.38. `service_action`: the format of REPORT
/// TARGET PORT GROUPS in bits 7 to 5. `flags`: REPD of REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS.
struct ReportCdb {
  std::uint8_t opcode = 0;
  std::uint8_t service_action = 0;
  std::uint8_t flags = 0;
  std::array<std::uint8_t, 3> reserved_3{};
  be32 allocation_bytes;
  std::uint8_t information_type = 0;  // REPORT IDENTIFYING INFORMATION, bits 7 to 1
  std::uint8_t control = 0;

  bool extended() const { return (service_action & 0x20) != 0; }
  bool extended_data() const { return (flags & 0x80) != 0; }
};
static_assert(sizeof(ReportCdb) == 12);

/// LOG SENSE: SPC-4, 6.8. `page`: PC in bits 7 and 6.
struct LogSenseCdb {
  std::uint8_t opcode = 0;
  std::uint8_t flags = 0;
  std::uint8_t page = 0;
  std::uint8_t subpage = 0;
  std::uint8_t reserved = 0;
  be16 parameter_pointer;
  be16 allocation_bytes;
  std::uint8_t control = 0;
};
static_assert(sizeof(LogSenseCdb) == 10);

/// The CDB as a T. Bytes beyond its size are zeros.
template <class T>
T as(const Cdb& cdb) {
  static_assert(sizeof(T) <= limits::kCdbBytesMax);
  return load<T>(std::as_bytes(std::span(cdb.bytes)));
}

}  // namespace lungate::scsi
