// SPDX-License-Identifier: LGPL-2.1-or-later

// The PDU types of iSCSI (RFC 7143, 11.2.1.2), each declared once: value, name, who sends it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lungate::iscsi {

// X(enumerator, value, name, may carry additional header segments)
#define LUNGATE_ISCSI_INITIATOR_OPCODES(X)                          \
  X(kNopOut, 0x00, "nop_out", false)                                \
  X(kScsiCommand, 0x01, "scsi_command", true)                       \
  X(kTaskManagementRequest, 0x02, "task_management_request", false) \
  X(kLoginRequest, 0x03, "login_request", false)                    \
  X(kTextRequest, 0x04, "text_request", false)                      \
  X(kDataOut, 0x05, "data_out", false)                              \
  X(kLogoutRequest, 0x06, "logout_request", false)                  \
  X(kSnackRequest, 0x10, "snack_request", false)

#define LUNGATE_ISCSI_TARGET_OPCODES(X)                               \
  X(kNopIn, 0x20, "nop_in", false)                                    \
  X(kScsiResponse, 0x21, "scsi_response", false)                      \
  X(kTaskManagementResponse, 0x22, "task_management_response", false) \
  X(kLoginResponse, 0x23, "login_response", false)                    \
  X(kTextResponse, 0x24, "text_response", false)                      \
  X(kDataIn, 0x25, "data_in", false)                                  \
  X(kLogoutResponse, 0x26, "logout_response", false)                  \
  X(kReadyToTransfer, 0x31, "r2t", false)                             \
  X(kAsyncMessage, 0x32, "async_message", false)                      \
  X(kReject, 0x3f, "reject", false)

enum class Opcode : std::uint8_t {
#define X(enumerator, value, text, ahs) enumerator = value,
  LUNGATE_ISCSI_INITIATOR_OPCODES(X) LUNGATE_ISCSI_TARGET_OPCODES(X)
#undef X
};

struct OpcodeInfo {
  Opcode opcode;
  std::string_view name;
  bool from_initiator;
  bool takes_ahs;  // RFC 7143 defines additional header segments for SCSI commands only (11.2.2)
};

inline constexpr std::array kOpcodes = {
#define X(enumerator, value, text, ahs) OpcodeInfo{Opcode::enumerator, text, true, ahs},
    LUNGATE_ISCSI_INITIATOR_OPCODES(X)
#undef X
#define X(enumerator, value, text, ahs) OpcodeInfo{Opcode::enumerator, text, false, ahs},
        LUNGATE_ISCSI_TARGET_OPCODES(X)
#undef X
};

#undef LUNGATE_ISCSI_INITIATOR_OPCODES
#undef LUNGATE_ISCSI_TARGET_OPCODES

/// The row of an opcode as it stands in a header (6 bits); null for one that RFC 7143 does not
/// know.
constexpr const OpcodeInfo* find_opcode(std::uint8_t value) {
  for (const OpcodeInfo& row : kOpcodes) {
    if (static_cast<std::uint8_t>(row.opcode) == value) return &row;
  }
  return nullptr;
}

/// For logs and metrics: the opcode's snake_case name, "unknown" for a value that is none.
constexpr std::string_view name(Opcode opcode) {
  const OpcodeInfo* row = find_opcode(static_cast<std::uint8_t>(opcode));
  return row != nullptr ? row->name : std::string_view("unknown");
}

}  // namespace lungate::iscsi
