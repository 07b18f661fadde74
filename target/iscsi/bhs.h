// SPDX-License-Identifier: LGPL-2.1-or-later

// The basic header segment of every PDU that a target sends or receives (RFC 7143, 11), as 48 bytes
// that overlay the wire: `load<ScsiCommand>(framer.header_bytes())` needs no decoding. A field that
// is more than a number has an accessor; bytes that the RFC reserves are zero in what we build and
// not looked at in what we receive (11.1: "SHOULD be ignored").
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/bytes.h"
#include "iscsi/lun.h"
#include "iscsi/opcode.h"

namespace lungate::iscsi {

inline constexpr std::size_t kBhsBytes = 48;

/// Byte 0: bit 6 marks immediate delivery, bits 5 to 0 are the opcode (11.2.1.1, 11.2.1.2).
inline constexpr std::uint8_t kImmediateBit = 0x40;
inline constexpr std::uint8_t kOpcodeMask = 0x3f;
/// Byte 1: the last (or only) PDU of a sequence (11.2.1.3). Login calls the same bit T.
inline constexpr std::uint8_t kFinalBit = 0x80;
/// Byte 1 of text and login PDUs: the text goes on in the next PDU (11.10.2, 11.12.2).
inline constexpr std::uint8_t kContinueBit = 0x40;

/// "No tag" and "no task": a reserved value of both tag fields (11.2.1.8, 11.7.4).
inline constexpr std::uint32_t kNoTag = 0xffff'ffff;

/// Identifies the initiator's end of a session, with its name (11.12.5). Opaque to a target.
using Isid = std::array<std::uint8_t, 6>;

/// What all PDUs have in common (11.2.1): enough to frame and to dispatch.
struct BasicHeader {
  std::uint8_t opcode_byte = 0;
  std::uint8_t flags = 0;
  std::array<std::uint8_t, 2> opcode_specific{};
  std::uint8_t total_ahs_words = 0;
  be24 data_segment_bytes;
  LunField lun{};
  be32 initiator_task_tag;
  std::array<std::uint8_t, 28> rest{};

  std::uint8_t opcode_value() const { return opcode_byte & kOpcodeMask; }
  /// May hold a value that is no enumerator: look it up with find_opcode() before trusting it.
  Opcode opcode() const { return static_cast<Opcode>(opcode_value()); }
  bool immediate() const { return (opcode_byte & kImmediateBit) != 0; }
  bool final() const { return (flags & kFinalBit) != 0; }
  std::size_t ahs_bytes() const { return std::size_t{total_ahs_words} * 4; }
};

/// SCSI Command (11.3): a CDB with its lengths, and perhaps the first of its data. The task
/// attribute (the flags' low three bits, 11.3.1) is not looked at: every command begins in the
/// order of CmdSN and may end in any, as the control mode page says (unrestricted reordering).
struct ScsiCommand {
  static constexpr Opcode kOpcode = Opcode::kScsiCommand;
  static constexpr std::uint8_t kReadBit = 0x40;
  static constexpr std::uint8_t kWriteBit = 0x20;

  std::uint8_t opcode_byte = static_cast<std::uint8_t>(kOpcode);
  std::uint8_t flags = 0;
  std::array<std::uint8_t, 2> reserved2{};
  std::uint8_t total_ahs_words = 0;
  be24 data_segment_bytes;
  LunField lun{};
  be32 initiator_task_tag;
  be32 expected_data_transfer_length;  // bytes; EDTL
  be32 cmd_sn;
  be32 exp_stat_sn;
  std::array<std::uint8_t, 16> cdb{};  // longer CDBs go on in an additional header segment

  bool immediate() const { return (opcode_byte & kImmediateBit) != 0; }
  bool final() const { return (flags & kFinalBit) != 0; }
  bool read() const { return (flags & kReadBit) != 0; }
  bool write() const { return (flags & kWriteBit) != 0; }
};

/// SCSI Response (11.4): the end of a command that did not end with its last Data-In. Sense data,
/// with its two-byte length before it, is the data segment.
struct ScsiResponse {
  static constexpr Opcode kOpcode = Opcode::kScsiResponse;
  static constexpr std::uint8_t kOverflowBit = 0x04;
  static constexpr std::uint8_t kUnderflowBit = 0x02;
  static constexpr std::uint8_t kCompletedAtTarget = 0x00;
  static constexpr std::uint8_t kTargetFailure = 0x01;

  std::uint8_t opcode_byte = static_cast<std::uint8_t>(kOpcode);
  std::uint8_t flags = kFinalBit;
  std::uint8_t response = kCompletedAtTarget;
  std::uint8_t status = 0;  // SAM-5 status; meaningful with kCompletedAtTarget only
  std::uint8_t total_ahs_words = 0;
  be24 data_segment_bytes;
  std::array<std::uint8_t, 8> reserved8{};
  be32 initiator_task_tag;
  be32 snack_tag;  // levels above 0 only
  be32 stat_sn;
  be32 exp_cmd_sn;
  be32 max_cmd_sn;
  be32 exp_data_sn;                  // Data-In PDUs (R2Ts for a write) that this command has sent
  be32 bidirectional_read_residual;  // bytes, as is the next
  be32 residual_count;
};

/// Task Management Function Request (11.5): abort one task or many. The functions stand in
/// task_management.h.
/// RefCmdSN is of use only for ABORT TASK of a command that has not come: within the window the
/// number is then taken for the aborted command's and never waited for (11.5.5).
struct TaskManagementRequest {
  static constexpr Opcode kOpcode = Opcode::kTaskManagementRequest;
  static constexpr std::uint8_t kFunctionMask = 0x7f;

  std::uint8_t opcode_byte = static_cast<std::uint8_t>(kOpcode);
  std::uint8_t flags = kFinalBit;
  std::array<std::uint8_t, 2> reserved2{};
  std::uint8_t total_ahs_words = 0;
  be24 data_segment_bytes;
  LunField lun{};
  be32 initiator_task_tag;
  be32 referenced_task_tag;  // the task to abort; kNoTag for functions on many
  be32 cmd_sn;
  be32 exp_stat_sn;
  be32 ref_cmd_sn;  // its CmdSN, for the case that it has not come yet
  be32 exp_data_sn;
  std::array<std::uint8_t, 8> reserved40{};

  bool immediate() const { return (opcode_byte & kImmediateBit) != 0; }
  std::uint8_t function() const { return flags & kFunctionMask; }
};

/// Task Management Function Response (11.6): sent when the affected tasks are really over.
/// No data segment. Success and failure are both responses (task_management.h); none is a Reject.
struct TaskManagementResponse {
  static constexpr Opcode kOpcode = Opcode::kTaskManagementResponse;

  std::uint8_t opcode_byte = static_cast<std::uint8_t>(kOpcode);
  std::uint8_t flags = kFinalBit;
  std::uint8_t response = 0;
  std::uint8_t reserved3 = 0;
  std::uint8_t total_ahs_words = 0;
  be24 data_segment_bytes;
  std::array<std::uint8_t, 8> reserved8{};
  be32 initiator_task_tag;
  be32 reserved20;
  be32 stat_sn;
  be32 exp_cmd_sn;
  be32 max_cmd_sn;
  std::array<std::uint8_t, 12> reserved36{};
};

/// SCSI Data-Out (11.7): write data, asked for by an R2T or sent unasked after the command.
/// The target transfer tag tells the two apart: kNoTag is unsolicited, anything else names the R2T
/// that it answers. DataSN begins at 0 with each R2T and once for all unsolicited data (11.7.5). It
/// carries no CmdSN, so it is outside the command window: what bounds it is what was asked for.
struct DataOut {
  static constexpr Opcode kOpcode = Opcode::kDataOut;

  std::uint8_t opcode_byte = static_cast<std::uint8_t>(kOpcode);
  std::uint8_t flags = 0;
  std::array<std::uint8_t, 2> reserved2{};
  std::uint8_t total_ahs_words = 0;
  be24 data_segment_bytes;
  LunField lun{};
  be32 initiator_task_tag;
  be32 target_transfer_tag;  // kNoTag: unsolicited
  be32 reserved24;
  be32 exp_stat_sn;
  be32 reserved32;
  be32 data_sn;
  be32 buffer_offset;  // bytes
  be32 reserved44;

  bool final() const { return (flags & kFinalBit) != 0; }
};

/// SCSI Data-In (11.7): read data; the last one may carry the command's end with it. Status, StatSN
/// and residual are meaningful with the S bit only.
/// DataSN counts over the whole command, whatever the bursts (11.7.5). The S bit needs the F bit
/// and status GOOD or CONDITION MET; any other end needs a ScsiResponse for its sense data.
struct DataIn {
  static constexpr Opcode kOpcode = Opcode::kDataIn;
  static constexpr std::uint8_t kAcknowledgeBit = 0x40;
  static constexpr std::uint8_t kOverflowBit = 0x04;
  static constexpr std::uint8_t kUnderflowBit = 0x02;
  static constexpr std::uint8_t kStatusBit = 0x01;

  std::uint8_t opcode_byte = static_cast<std::uint8_t>(kOpcode);
  std::uint8_t flags = 0;
  std::uint8_t reserved2 = 0;
  std::uint8_t status = 0;
  std::uint8_t total_ahs_words = 0;
  be24 data_segment_bytes;
  LunField lun{};  // reserved unless the A bit is set, which error recovery level 0 never does
  be32 initiator_task_tag;
  be32 target_transfer_tag{kNoTag};
  be32 stat_sn;
  be32 exp_cmd_sn;
  be32 max_cmd_sn;
  be32 data_sn;
  be32 buffer_offset;  // bytes
  be32 residual_count;
};

/// Ready To Transfer (11.8): asks for a piece of write data.
/// The tag is ours and comes back in each Data-Out. R2TSN counts over the command (11.8.3); several
/// may be open, as MaxOutstandingR2T says, and are answered in their order.
struct ReadyToTransfer {
  static constexpr Opcode kOpcode = Opcode::kReadyToTransfer;

  std::uint8_t opcode_byte = static_cast<std::uint8_t>(kOpcode);
  std::uint8_t flags = kFinalBit;
  std::array<std::uint8_t, 2> reserved2{};
  std::uint8_t total_ahs_words = 0;
  be24 data_segment_bytes;
  LunField lun{};
  be32 initiator_task_tag;
  be32 target_transfer_tag;
  be32 stat_sn;  // the next one; an R2T does not consume it
  be32 exp_cmd_sn;
  be32 max_cmd_sn;
  be32 r2t_sn;
  be32 buffer_offset;                 // bytes
  be32 desired_data_transfer_length;  // bytes
};

/// Asynchronous Message (11.9): what a target says unasked.
struct AsyncMessage {
  static constexpr Opcode kOpcode = Opcode::kAsyncMessage;

  std::uint8_t opcode_byte = static_cast<std::uint8_t>(kOpcode);
  std::uint8_t flags = kFinalBit;
  std::array<std::uint8_t, 2> reserved2{};
  std::uint8_t total_ahs_words = 0;
  be24 data_segment_bytes;
  LunField lun{};
  be32 no_tag{kNoTag};
  be32 reserved20;
  be32 stat_sn;
  be32 exp_cmd_sn;
  be32 max_cmd_sn;
  std::uint8_t event = 0;
  std::uint8_t vendor_code = 0;
  be16 parameter1;
  be16 parameter2;
  be16 parameter3;
  be32 reserved44;
};

/// Text Request (11.10): keys in full feature phase.
/// The tag says whether an exchange begins (kNoTag) or goes on (the tag of our last response); F
/// says that the initiator has no more to ask. Never more than one exchange at a time (11.10).
struct TextRequest {
  static constexpr Opcode kOpcode = Opcode::kTextRequest;

  std::uint8_t opcode_byte = static_cast<std::uint8_t>(kOpcode);
  std::uint8_t flags = 0;
  std::array<std::uint8_t, 2> reserved2{};
  std::uint8_t total_ahs_words = 0;
  be24 data_segment_bytes;
  LunField lun{};
  be32 initiator_task_tag;
  be32 target_transfer_tag{kNoTag};
  be32 cmd_sn;
  be32 exp_stat_sn;
  std::array<std::uint8_t, 16> reserved32{};

  bool immediate() const { return (opcode_byte & kImmediateBit) != 0; }
  bool final() const { return (flags & kFinalBit) != 0; }
  bool continues() const { return (flags & kContinueBit) != 0; }
};

/// Text Response (11.11): the answer, or a call for the rest of the request's text.
/// F=0 needs a tag other than kNoTag: it is how the initiator asks for the rest (11.11.4).
struct TextResponse {
  static constexpr Opcode kOpcode = Opcode::kTextResponse;

  std::uint8_t opcode_byte = static_cast<std::uint8_t>(kOpcode);
  std::uint8_t flags = 0;
  std::array<std::uint8_t, 2> reserved2{};
  std::uint8_t total_ahs_words = 0;
  be24 data_segment_bytes;
  LunField lun{};
  be32 initiator_task_tag;
  be32 target_transfer_tag{kNoTag};
  be32 stat_sn;
  be32 exp_cmd_sn;
  be32 max_cmd_sn;
  std::array<std::uint8_t, 12> reserved36{};
};

/// Byte 1 of login PDUs: T, C, then the current and the next stage (11.12.1 to 11.12.3).
///
///   bit   7   6   5 4   3 2   1 0
///         T   C    0    CSG   NSG     NSG is reserved without T; T with C is an error
inline constexpr std::uint8_t kTransitBit = kFinalBit;

/// Login Request (11.12): keys until full feature phase. Always immediate.
/// TSIH 0 asks for a new session; another asks to join or to reinstate one. ISID, TSIH and CID are
/// the same in all requests of one login (11.12.5 to 11.12.7).
struct LoginRequest {
  static constexpr Opcode kOpcode = Opcode::kLoginRequest;

  std::uint8_t opcode_byte = static_cast<std::uint8_t>(kOpcode) | kImmediateBit;
  std::uint8_t flags = 0;
  std::uint8_t version_max = 0;
  std::uint8_t version_min = 0;
  std::uint8_t total_ahs_words = 0;
  be24 data_segment_bytes;
  Isid isid{};
  be16 tsih;
  be32 initiator_task_tag;
  be16 cid;
  be16 reserved22;
  be32 cmd_sn;
  be32 exp_stat_sn;
  std::array<std::uint8_t, 16> reserved32{};

  bool transit() const { return (flags & kTransitBit) != 0; }
  bool continues() const { return (flags & kContinueBit) != 0; }
  std::uint8_t current_stage() const { return (flags >> 2) & 0x03; }
  std::uint8_t next_stage() const { return flags & 0x03; }
};

/// Login Response (11.13): the answer, with a status for the login as a whole.
/// TSIH is ours to choose, told in the final response only. A class other than 0 ends the login and
/// the connection; the statuses stand in login_status.h.
struct LoginResponse {
  static constexpr Opcode kOpcode = Opcode::kLoginResponse;

  std::uint8_t opcode_byte = static_cast<std::uint8_t>(kOpcode);
  std::uint8_t flags = 0;
  std::uint8_t version_max = 0;
  std::uint8_t version_active = 0;
  std::uint8_t total_ahs_words = 0;
  be24 data_segment_bytes;
  Isid isid{};
  be16 tsih;
  be32 initiator_task_tag;
  be32 reserved20;
  be32 stat_sn;
  be32 exp_cmd_sn;
  be32 max_cmd_sn;
  std::uint8_t status_class = 0;
  std::uint8_t status_detail = 0;
  std::array<std::uint8_t, 10> reserved38{};

  bool transit() const { return (flags & kTransitBit) != 0; }
  bool continues() const { return (flags & kContinueBit) != 0; }
  std::uint8_t current_stage() const { return (flags >> 2) & 0x03; }
  std::uint8_t next_stage() const { return flags & 0x03; }
};

/// Logout Request (11.14): ends a connection or the session. The reasons stand in logout.h.
/// Immediate or not: a logout that is not waits for its turn, so that commands before it are begun.
struct LogoutRequest {
  static constexpr Opcode kOpcode = Opcode::kLogoutRequest;
  static constexpr std::uint8_t kReasonMask = 0x7f;

  std::uint8_t opcode_byte = static_cast<std::uint8_t>(kOpcode);
  std::uint8_t flags = kFinalBit;
  std::array<std::uint8_t, 2> reserved2{};
  std::uint8_t total_ahs_words = 0;
  be24 data_segment_bytes;
  std::array<std::uint8_t, 8> reserved8{};
  be32 initiator_task_tag;
  be16 cid;
  be16 reserved22;
  be32 cmd_sn;
  be32 exp_stat_sn;
  std::array<std::uint8_t, 16> reserved32{};

  bool immediate() const { return (opcode_byte & kImmediateBit) != 0; }
  std::uint8_t reason() const { return flags & kReasonMask; }
};

/// Logout Response (11.15): the last PDU of its connection.
struct LogoutResponse {
  static constexpr Opcode kOpcode = Opcode::kLogoutResponse;

  std::uint8_t opcode_byte = static_cast<std::uint8_t>(kOpcode);
  std::uint8_t flags = kFinalBit;
  std::uint8_t response = 0;
  std::uint8_t reserved3 = 0;
  std::uint8_t total_ahs_words = 0;
  be24 data_segment_bytes;
  std::array<std::uint8_t, 8> reserved8{};
  be32 initiator_task_tag;
  be32 reserved20;
  be32 stat_sn;
  be32 exp_cmd_sn;
  be32 max_cmd_sn;
  be32 reserved36;
  be16 time2wait_s;
  be16 time2retain_s;
  be32 reserved44;
};

/// SNACK Request (11.16): asks for PDUs again. At error recovery level 0 it is only ever rejected.
struct SnackRequest {
  static constexpr Opcode kOpcode = Opcode::kSnackRequest;

  std::uint8_t opcode_byte = static_cast<std::uint8_t>(kOpcode);
  std::uint8_t flags = kFinalBit;
  std::array<std::uint8_t, 2> reserved2{};
  std::uint8_t total_ahs_words = 0;
  be24 data_segment_bytes;
  LunField lun{};
  be32 initiator_task_tag;
  be32 target_transfer_tag;
  be32 reserved24;
  be32 exp_stat_sn;
  be64 reserved32;
  be32 begin_run;
  be32 run_length;
};

/// Reject (11.17): a PDU was not understood or not acceptable. The data segment is the rejected
/// PDU's header. The reasons stand in reject.h.
/// A command that is rejected gets no other response: its CmdSN is used up, its task never was. The
/// connection lives on; what cannot be answered so ends it.
struct Reject {
  static constexpr Opcode kOpcode = Opcode::kReject;

  std::uint8_t opcode_byte = static_cast<std::uint8_t>(kOpcode);
  std::uint8_t flags = kFinalBit;
  std::uint8_t reason = 0;
  std::uint8_t reserved3 = 0;
  std::uint8_t total_ahs_words = 0;
  be24 data_segment_bytes;
  std::array<std::uint8_t, 8> reserved8{};
  be32 no_tag{kNoTag};
  be32 reserved20;
  be32 stat_sn;
  be32 exp_cmd_sn;
  be32 max_cmd_sn;
  be32 data_sn;
  be64 reserved40;
};

/// NOP-Out (11.18): the initiator's ping, or its answer to ours.
///
///   ITT     TTT
///   a tag   kNoTag   a ping: answered by a NOP-In with its data
///   kNoTag  a tag    the answer to our ping
///   kNoTag  kNoTag   no answer wanted: it only moves ExpStatSN (must be immediate, 11.18)
struct NopOut {
  static constexpr Opcode kOpcode = Opcode::kNopOut;

  std::uint8_t opcode_byte = static_cast<std::uint8_t>(kOpcode);
  std::uint8_t flags = kFinalBit;
  std::array<std::uint8_t, 2> reserved2{};
  std::uint8_t total_ahs_words = 0;
  be24 data_segment_bytes;
  LunField lun{};
  be32 initiator_task_tag;   // kNoTag: no answer wanted
  be32 target_transfer_tag;  // kNoTag unless it answers a NOP-In of ours
  be32 cmd_sn;
  be32 exp_stat_sn;
  std::array<std::uint8_t, 16> reserved32{};

  bool immediate() const { return (opcode_byte & kImmediateBit) != 0; }
};

/// NOP-In (11.19): our answer to a ping, or our own.
struct NopIn {
  static constexpr Opcode kOpcode = Opcode::kNopIn;

  std::uint8_t opcode_byte = static_cast<std::uint8_t>(kOpcode);
  std::uint8_t flags = kFinalBit;
  std::array<std::uint8_t, 2> reserved2{};
  std::uint8_t total_ahs_words = 0;
  be24 data_segment_bytes;
  LunField lun{};
  be32 initiator_task_tag;   // kNoTag: a ping of ours
  be32 target_transfer_tag;  // kNoTag: no answer wanted
  be32 stat_sn;
  be32 exp_cmd_sn;
  be32 max_cmd_sn;
  std::array<std::uint8_t, 12> reserved36{};
};

/// A struct of be types has alignment 1: it may overlay any offset of a receive buffer.
template <class Pdu>
inline constexpr bool kIsBhs =
    sizeof(Pdu) == kBhsBytes &&
    alignof(Pdu) == 1 && std::is_trivially_copyable_v<Pdu>&& std::is_standard_layout_v<Pdu>;

static_assert(kIsBhs<BasicHeader> && kIsBhs<ScsiCommand> && kIsBhs<ScsiResponse>);
static_assert(kIsBhs<TaskManagementRequest> && kIsBhs<TaskManagementResponse>);
static_assert(kIsBhs<DataOut> && kIsBhs<DataIn> && kIsBhs<ReadyToTransfer>);
static_assert(kIsBhs<AsyncMessage> && kIsBhs<TextRequest> && kIsBhs<TextResponse>);
static_assert(kIsBhs<LoginRequest> && kIsBhs<LoginResponse>);
static_assert(kIsBhs<LogoutRequest> && kIsBhs<LogoutResponse> && kIsBhs<SnackRequest>);
static_assert(kIsBhs<Reject> && kIsBhs<NopOut> && kIsBhs<NopIn>);

// The figures of RFC 7143, 11.3 to 11.19, at the fields that are easiest to misplace.
static_assert(offsetof(BasicHeader, data_segment_bytes) == 5);
static_assert(offsetof(BasicHeader, initiator_task_tag) == 16);
static_assert(offsetof(ScsiCommand, expected_data_transfer_length) == 20);
static_assert(offsetof(ScsiCommand, cdb) == 32);
static_assert(offsetof(ScsiResponse, exp_data_sn) == 36);
static_assert(offsetof(ScsiResponse, residual_count) == 44);
static_assert(offsetof(TaskManagementRequest, ref_cmd_sn) == 32);
static_assert(offsetof(TaskManagementResponse, stat_sn) == 24);
static_assert(offsetof(DataOut, exp_stat_sn) == 28 && offsetof(DataOut, buffer_offset) == 40);
static_assert(offsetof(DataIn, data_sn) == 36 && offsetof(DataIn, residual_count) == 44);
static_assert(offsetof(ReadyToTransfer, desired_data_transfer_length) == 44);
static_assert(offsetof(AsyncMessage, event) == 36 && offsetof(AsyncMessage, parameter3) == 42);
static_assert(offsetof(TextRequest, cmd_sn) == 24 && offsetof(TextResponse, stat_sn) == 24);
static_assert(offsetof(LoginRequest, tsih) == 14 && offsetof(LoginRequest, cid) == 20);
static_assert(offsetof(LoginResponse, status_class) == 36);
static_assert(offsetof(LogoutRequest, cid) == 20);
static_assert(offsetof(LogoutResponse, time2wait_s) == 40);
static_assert(offsetof(SnackRequest, begin_run) == 40);
static_assert(offsetof(Reject, data_sn) == 36);
static_assert(offsetof(NopOut, cmd_sn) == 24 && offsetof(NopIn, stat_sn) == 24);

}  // namespace lungate::iscsi
