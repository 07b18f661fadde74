// SPDX-License-Identifier: LGPL-2.1-or-later

// What CHECK CONDITION says (SPC-4, 4.5). An error is an object that already knows its wire form:
// every triple of sense key, additional sense code and qualifier that the room uses is one constant
// of namespace `sense`, with the name that the standard gives it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace lungate::scsi {

/// SPC-4, 4.5.6.
enum class SenseKey : std::uint8_t {
  kNoSense = 0x0,
  kRecoveredError = 0x1,
  kNotReady = 0x2,
  kMediumError = 0x3,
  kHardwareError = 0x4,
  kIllegalRequest = 0x5,
  kUnitAttention = 0x6,
  kDataProtect = 0x7,
  kAbortedCommand = 0xb,
  kMiscompare = 0xe,
};
std::string_view name(SenseKey key);

/// One line of the standard's table of additional sense codes, with the key that it comes under
/// here. `text` points to static storage.
struct AdditionalSense {
  SenseKey key = SenseKey::kNoSense;
  std::uint8_t asc = 0;
  std::uint8_t ascq = 0;
  std::string_view text = "NO ADDITIONAL SENSE INFORMATION";

  /// The triple is the identity; the text follows from it.
  friend constexpr bool operator==(const AdditionalSense& a, const AdditionalSense& b) {
    return a.key == b.key && a.asc == b.asc && a.ascq == b.ascq;
  }
};

namespace sense {

inline constexpr AdditionalSense kNone{};

// NOT READY: not executed, and never will be. Initiators ask again.

inline constexpr AdditionalSense kNotReadyCauseNotReportable{
    SenseKey::kNotReady, 0x04, 0x00, "LOGICAL UNIT NOT READY, CAUSE NOT REPORTABLE"};
inline constexpr AdditionalSense kBecomingReady{SenseKey::kNotReady, 0x04, 0x01,
                                                "LOGICAL UNIT IS IN PROCESS OF BECOMING READY"};

// MEDIUM ERROR: the store says that these bytes are lost, or cannot be stored.

inline constexpr AdditionalSense kWriteError{SenseKey::kMediumError, 0x0c, 0x00, "WRITE ERROR"};
inline constexpr AdditionalSense kUnrecoveredReadError{SenseKey::kMediumError, 0x11, 0x00,
                                                       "UNRECOVERED READ ERROR"};

// ILLEGAL REQUEST: the initiator's mistake. A repetition will fail as well.

/// The initiator announced less data than its CDB needs.
inline constexpr AdditionalSense kInvalidFieldInInformationUnit{
    SenseKey::kIllegalRequest, 0x0e, 0x03, "INVALID FIELD IN COMMAND INFORMATION UNIT"};
inline constexpr AdditionalSense kParameterListLengthError{SenseKey::kIllegalRequest, 0x1a, 0x00,
                                                           "PARAMETER LIST LENGTH ERROR"};
inline constexpr AdditionalSense kInvalidOperationCode{SenseKey::kIllegalRequest, 0x20, 0x00,
                                                       "INVALID COMMAND OPERATION CODE"};
inline constexpr AdditionalSense kLbaOutOfRange{SenseKey::kIllegalRequest, 0x21, 0x00,
                                                "LOGICAL BLOCK ADDRESS OUT OF RANGE"};
inline constexpr AdditionalSense kInvalidFieldInCdb{SenseKey::kIllegalRequest, 0x24, 0x00,
                                                    "INVALID FIELD IN CDB"};
inline constexpr AdditionalSense kLogicalUnitNotSupported{SenseKey::kIllegalRequest, 0x25, 0x00,
                                                          "LOGICAL UNIT NOT SUPPORTED"};
inline constexpr AdditionalSense kInvalidFieldInParameterList{SenseKey::kIllegalRequest, 0x26, 0x00,
                                                              "INVALID FIELD IN PARAMETER LIST"};
inline constexpr AdditionalSense kSavingParametersNotSupported{
    SenseKey::kIllegalRequest, 0x39, 0x00, "SAVING PARAMETERS NOT SUPPORTED"};

// DATA PROTECT: a write that was not done.

inline constexpr AdditionalSense kWriteProtected{SenseKey::kDataProtect, 0x27, 0x00,
                                                 "WRITE PROTECTED"};
inline constexpr AdditionalSense kSoftwareWriteProtected{SenseKey::kDataProtect, 0x27, 0x02,
                                                         "LOGICAL UNIT SOFTWARE WRITE PROTECTED"};
inline constexpr AdditionalSense kSpaceAllocationFailed{SenseKey::kDataProtect, 0x27, 0x07,
                                                        "SPACE ALLOCATION FAILED WRITE PROTECT"};

// ABORTED COMMAND: perhaps executed, nothing of it will follow. Initiators repeat it.

/// The store was lost on the way.
inline constexpr AdditionalSense kCommunicationFailure{SenseKey::kAbortedCommand, 0x08, 0x00,
                                                       "LOGICAL UNIT COMMUNICATION FAILURE"};
/// Data-out did not arrive as announced; for the session.
inline constexpr AdditionalSense kDataPhaseError{SenseKey::kAbortedCommand, 0x4b, 0x00,
                                                 "DATA PHASE ERROR"};
inline constexpr AdditionalSense kOverlappedCommands{SenseKey::kAbortedCommand, 0x4e, 0x00,
                                                     "OVERLAPPED COMMANDS ATTEMPTED"};

// UNIT ATTENTION: what this nexus has missed. Raised by the session, told once (nexus.h).

/// Also what stands for more conditions than can be queued.
inline constexpr AdditionalSense kResetOccurred{SenseKey::kUnitAttention, 0x29, 0x00,
                                                "POWER ON, RESET, OR BUS DEVICE RESET OCCURRED"};
inline constexpr AdditionalSense kPowerOnOccurred{SenseKey::kUnitAttention, 0x29, 0x01,
                                                  "POWER ON OCCURRED"};
/// LOGICAL UNIT RESET, by whichever initiator.
inline constexpr AdditionalSense kBusDeviceReset{SenseKey::kUnitAttention, 0x29, 0x03,
                                                 "BUS DEVICE RESET FUNCTION OCCURRED"};
/// The session was reinstated.
inline constexpr AdditionalSense kNexusLoss{SenseKey::kUnitAttention, 0x29, 0x07,
                                            "I_T NEXUS LOSS OCCURRED"};
/// MODE SELECT by another initiator.
inline constexpr AdditionalSense kModeParametersChanged{SenseKey::kUnitAttention, 0x2a, 0x01,
                                                        "MODE PARAMETERS CHANGED"};
/// The image was resized.
inline constexpr AdditionalSense kCapacityChanged{SenseKey::kUnitAttention, 0x2a, 0x09,
                                                  "CAPACITY DATA HAS CHANGED"};
/// The store could be opened at last, or there is another one in its place: look at it anew.
inline constexpr AdditionalSense kInquiryDataChanged{SenseKey::kUnitAttention, 0x3f, 0x03,
                                                     "INQUIRY DATA HAS CHANGED"};
/// A reload added or removed units that this initiator may see.
inline constexpr AdditionalSense kReportedLunsChanged{SenseKey::kUnitAttention, 0x3f, 0x0e,
                                                      "REPORTED LUNS DATA HAS CHANGED"};
/// Another initiator's task management took commands of this nexus away (TAS=0).
inline constexpr AdditionalSense kCommandsCleared{SenseKey::kUnitAttention, 0x2f, 0x00,
                                                  "COMMANDS CLEARED BY ANOTHER INITIATOR"};

}  // namespace sense

/// The field in error (SPC-4, 4.5.2.4.2). For the bytes of a multi-byte field: its first byte.
struct FieldPointer {
  enum class In : std::uint8_t { kCdb, kParameterList };
  In in = In::kCdb;
  std::uint16_t byte = 0;
  std::optional<std::uint8_t> bit;  // the most significant bit of the field, 7 to 0
  friend bool operator==(const FieldPointer&, const FieldPointer&) = default;
};

/// Sense data as a value; `encode` gives it its wire form.
struct Sense {
  AdditionalSense what = sense::kNone;
  std::optional<FieldPointer> field;         // with ILLEGAL REQUEST only
  std::optional<std::uint64_t> information;  // usually an LBA
  friend bool operator==(const Sense&, const Sense&) = default;

  /// Writes fixed (70h) or descriptor (72h) format and returns its size: at most
  /// limits::kSenseBytesMax. An `out` that is too small gets the beginning. Fixed format has 32
  /// bits for the information: a larger one is left out there (SPC-4, 4.5.3, VALID=0).
  std::size_t encode(bool descriptor_format, MutableBytes out) const;
};

}  // namespace lungate::scsi
