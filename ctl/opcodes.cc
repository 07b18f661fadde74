// SPDX-License-Identifier: LGPL-2.1-or-later

// Names of SCSI commands for `slowlog`. Pure. The operator's command does not link the target's
// SCSI room (it runs where no gateway is), so it has the few names that people read. SPC-4 and
// SBC-3, their tables of operation codes.
#include "ctl/opcodes.h"

#include <algorithm>
#include <array>

namespace lungate::ctl {
namespace {

struct Name {
  std::uint8_t opcode;
  std::string_view name;
};

constexpr std::array kNames = {
    Name{0x00, "TEST UNIT READY"},
    Name{0x03, "REQUEST SENSE"},
    Name{0x08, "READ(6)"},
    Name{0x0a, "WRITE(6)"},
    Name{0x12, "INQUIRY"},
    Name{0x15, "MODE SELECT(6)"},
    Name{0x16, "RESERVE(6)"},
    Name{0x17, "RELEASE(6)"},
    Name{0x1a, "MODE SENSE(6)"},
    Name{0x1b, "START STOP UNIT"},
    Name{0x1d, "SEND DIAGNOSTIC"},
    Name{0x1e, "PREVENT ALLOW MEDIUM REMOVAL"},
    Name{0x25, "READ CAPACITY(10)"},
    Name{0x28, "READ(10)"},
    Name{0x2a, "WRITE(10)"},
    Name{0x2e, "WRITE AND VERIFY(10)"},
    Name{0x2f, "VERIFY(10)"},
    Name{0x34, "PRE-FETCH(10)"},
    Name{0x35, "SYNCHRONIZE CACHE(10)"},
    Name{0x37, "READ DEFECT DATA(10)"},
    Name{0x3b, "WRITE BUFFER"},
    Name{0x3c, "READ BUFFER"},
    Name{0x41, "WRITE SAME(10)"},
    Name{0x42, "UNMAP"},
    Name{0x48, "SANITIZE"},
    Name{0x4d, "LOG SENSE"},
    Name{0x53, "XDWRITEREAD(10)"},
    Name{0x55, "MODE SELECT(10)"},
    Name{0x5a, "MODE SENSE(10)"},
    Name{0x5e, "PERSISTENT RESERVE IN"},
    Name{0x5f, "PERSISTENT RESERVE OUT"},
    Name{0x83, "EXTENDED COPY"},
    Name{0x84, "RECEIVE COPY RESULTS"},
    Name{0x88, "READ(16)"},
    Name{0x89, "COMPARE AND WRITE"},
    Name{0x8a, "WRITE(16)"},
    Name{0x8b, "ORWRITE"},
    Name{0x8e, "WRITE AND VERIFY(16)"},
    Name{0x8f, "VERIFY(16)"},
    Name{0x90, "PRE-FETCH(16)"},
    Name{0x91, "SYNCHRONIZE CACHE(16)"},
    Name{0x93, "WRITE SAME(16)"},
    Name{0x9c, "WRITE ATOMIC(16)"},
    Name{0x9e, "SERVICE ACTION IN(16)"},
    Name{0xa0, "REPORT LUNS"},
    Name{0xa3, "MAINTENANCE IN"},
    Name{0xa4, "MAINTENANCE OUT"},
    Name{0xa8, "READ(12)"},
    Name{0xaa, "WRITE(12)"},
    Name{0xae, "WRITE AND VERIFY(12)"},
    Name{0xaf, "VERIFY(12)"},
    Name{0xb7, "READ DEFECT DATA(12)"},
};
static_assert(std::ranges::is_sorted(kNames, {}, &Name::opcode));

}  // namespace

std::string_view opcode_name(std::uint8_t opcode) {
  const auto* const found = std::ranges::lower_bound(kNames, opcode, {}, &Name::opcode);
  return found != kNames.end() && found->opcode == opcode ? found->name : std::string_view();
}

}  // namespace lungate::ctl
