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
  kCopyAborted = 0xa,
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

inline constexpr AdditionalSense kFormatInProgress{SenseKey::kNotReady, 0x04, 0x04,
                                                   "LOGICAL UNIT NOT READY, FORMAT IN PROGRESS"};
inline constexpr AdditionalSense kSanitizeInProgress{
    SenseKey::kNotReady, 0x04, 0x1b, "LOGICAL UNIT NOT READY, SANITIZE IN PROGRESS"};

// MEDIUM ERROR: the store says that these bytes are lost, or cannot be stored.

inline constexpr AdditionalSense kWriteError{SenseKey::kMediumError, 0x0c, 0x00, "WRITE ERROR"};
inline constexpr AdditionalSense kUnrecoveredReadError{SenseKey::kMediumError, 0x11, 0x00,
                                                       "UNRECOVERED READ ERROR"};

/// FORMAT UNIT has ended half-way: some blocks are as they were, some are zeros.
inline constexpr AdditionalSense kMediumFormatCorrupted{SenseKey::kMediumError, 0x31, 0x00,
                                                        "MEDIUM FORMAT CORRUPTED"};
inline constexpr AdditionalSense kSanitizeCommandFailed{SenseKey::kMediumError, 0x31, 0x03,
                                                        "SANITIZE COMMAND FAILED"};

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
/// PERSISTENT RESERVE OUT, RELEASE by a holder that names another type than the reservation's.
inline constexpr AdditionalSense kInvalidRelease{SenseKey::kIllegalRequest, 0x26, 0x04,
                                                 "INVALID RELEASE OF PERSISTENT RESERVATION"};
/// The echo buffer was asked for before anything was put there.
inline constexpr AdditionalSense kCommandSequenceError{SenseKey::kIllegalRequest, 0x2c, 0x00,
                                                       "COMMAND SEQUENCE ERROR"};
inline constexpr AdditionalSense kSavingParametersNotSupported{
    SenseKey::kIllegalRequest, 0x39, 0x00, "SAVING PARAMETERS NOT SUPPORTED"};
inline constexpr AdditionalSense kTooManyTargetDescriptors{SenseKey::kIllegalRequest, 0x26, 0x06,
                                                           "TOO MANY TARGET DESCRIPTORS"};
inline constexpr AdditionalSense kUnsupportedTargetDescriptor{
    SenseKey::kIllegalRequest, 0x26, 0x07, "UNSUPPORTED TARGET DESCRIPTOR TYPE CODE"};
inline constexpr AdditionalSense kTooManySegmentDescriptors{SenseKey::kIllegalRequest, 0x26, 0x08,
                                                            "TOO MANY SEGMENT DESCRIPTORS"};
inline constexpr AdditionalSense kUnsupportedSegmentDescriptor{
    SenseKey::kIllegalRequest, 0x26, 0x09, "UNSUPPORTED SEGMENT DESCRIPTOR TYPE CODE"};
inline constexpr AdditionalSense kInlineDataLengthExceeded{SenseKey::kIllegalRequest, 0x26, 0x0b,
                                                           "INLINE DATA LENGTH EXCEEDED"};
/// EXTENDED COPY with the list identifier of one that has not ended.
inline constexpr AdditionalSense kOperationInProgress{SenseKey::kIllegalRequest, 0x00, 0x16,
                                                      "OPERATION IN PROGRESS"};
/// limits::kRegistrationsMax nexuses are registered.
inline constexpr AdditionalSense kInsufficientRegistrationResources{
    SenseKey::kIllegalRequest, 0x55, 0x04, "INSUFFICIENT REGISTRATION RESOURCES"};

// DATA PROTECT: a write that was not done.

inline constexpr AdditionalSense kWriteProtected{SenseKey::kDataProtect, 0x27, 0x00,
                                                 "WRITE PROTECTED"};
inline constexpr AdditionalSense kSoftwareWriteProtected{SenseKey::kDataProtect, 0x27, 0x02,
                                                         "LOGICAL UNIT SOFTWARE WRITE PROTECTED"};
inline constexpr AdditionalSense kSpaceAllocationFailed{SenseKey::kDataProtect, 0x27, 0x07,
                                                        "SPACE ALLOCATION FAILED WRITE PROTECT"};

// COPY ABORTED: an EXTENDED COPY ended at a segment; those before it may have been copied.

inline constexpr AdditionalSense kUnreachableCopyTarget{SenseKey::kCopyAborted, 0x08, 0x04,
                                                        "UNREACHABLE COPY TARGET"};
inline constexpr AdditionalSense kThirdPartyDeviceFailure{SenseKey::kCopyAborted, 0x0d, 0x01,
                                                          "THIRD PARTY DEVICE FAILURE"};
inline constexpr AdditionalSense kCopyTargetNotReachable{SenseKey::kCopyAborted, 0x0d, 0x02,
                                                         "COPY TARGET DEVICE NOT REACHABLE"};
inline constexpr AdditionalSense kIncorrectCopyTargetType{SenseKey::kCopyAborted, 0x0d, 0x03,
                                                          "INCORRECT COPY TARGET DEVICE TYPE"};
inline constexpr AdditionalSense kUnexpectedInexactSegment{SenseKey::kCopyAborted, 0x26, 0x0a,
                                                           "UNEXPECTED INEXACT SEGMENT"};

// ABORTED COMMAND: perhaps executed, nothing of it will follow. Initiators repeat it.

/// The store was lost on the way.
inline constexpr AdditionalSense kCommunicationFailure{SenseKey::kAbortedCommand, 0x08, 0x00,
                                                       "LOGICAL UNIT COMMUNICATION FAILURE"};
/// Data-out did not arrive as announced; for the session.
inline constexpr AdditionalSense kDataPhaseError{SenseKey::kAbortedCommand, 0x4b, 0x00,
                                                 "DATA PHASE ERROR"};
inline constexpr AdditionalSense kOverlappedCommands{SenseKey::kAbortedCommand, 0x4e, 0x00,
                                                     "OVERLAPPED COMMANDS ATTEMPTED"};

// MISCOMPARE: the medium is not as data-out says. The information tells where, in bytes.

inline constexpr AdditionalSense kMiscompareDuringVerify{SenseKey::kMiscompare, 0x1d, 0x00,
                                                         "MISCOMPARE DURING VERIFY OPERATION"};

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
/// CLEAR by another initiator: the registration is gone.
inline constexpr AdditionalSense kReservationsPreempted{SenseKey::kUnitAttention, 0x2a, 0x03,
                                                        "RESERVATIONS PREEMPTED"};
/// A reservation that registrants shared is gone, or has become one of another type.
inline constexpr AdditionalSense kReservationsReleased{SenseKey::kUnitAttention, 0x2a, 0x04,
                                                       "RESERVATIONS RELEASED"};
/// PREEMPT by another initiator: the registration is gone.
inline constexpr AdditionalSense kRegistrationsPreempted{SenseKey::kUnitAttention, 0x2a, 0x05,
                                                         "REGISTRATIONS PREEMPTED"};
/// The image was resized.
inline constexpr AdditionalSense kCapacityChanged{SenseKey::kUnitAttention, 0x2a, 0x09,
                                                  "CAPACITY DATA HAS CHANGED"};
/// The place that the unit takes its blocks from is nearly full (SBC-3, 4.7.3.8).
inline constexpr AdditionalSense kSoftThresholdReached{SenseKey::kUnitAttention, 0x38, 0x07,
                                                       "THIN PROVISIONING SOFT THRESHOLD REACHED"};
/// The store could be opened at last, or there is another one in its place: look at it anew.
inline constexpr AdditionalSense kInquiryDataChanged{SenseKey::kUnitAttention, 0x3f, 0x03,
                                                     "INQUIRY DATA HAS CHANGED"};
/// A reload added or removed units that this initiator may see.
inline constexpr AdditionalSense kReportedLunsChanged{SenseKey::kUnitAttention, 0x3f, 0x0e,
                                                      "REPORTED LUNS DATA HAS CHANGED"};
/// The connection was reinstated; the commands of the old one are gone, the nexus is not (RFC 7143,
/// 11.14.5).
inline constexpr AdditionalSense kCommandsClearedByProtocol{
    SenseKey::kUnitAttention, 0x47, 0x7f, "SOME COMMANDS CLEARED BY ISCSI PROTOCOL EVENT"};

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
  std::optional<FieldPointer> field;         // with ILLEGAL REQUEST and COPY ABORTED only
  std::optional<std::uint64_t> information;  // usually an LBA
  /// With NOT READY only: what is done of an operation, in 65,536ths (SPC-4, 4.5.2.4.4).
  std::optional<std::uint16_t> progress = std::nullopt;
  /// COMMAND-SPECIFIC INFORMATION: the segment at which an EXTENDED COPY ended.
  std::optional<std::uint32_t> command_specific = std::nullopt;
  friend bool operator==(const Sense&, const Sense&) = default;

  /// Writes fixed (70h) or descriptor (72h) format and returns its size: at most
  /// limits::kSenseBytesMax. An `out` that is too small gets the beginning. Fixed format has 32
  /// bits for the information: a larger one is left out there (SPC-4, 4.5.3, VALID=0).
  std::size_t encode(bool descriptor_format, MutableBytes out) const;
};

}  // namespace lungate::scsi
