// SPDX-License-Identifier: LGPL-2.1-or-later

// What is counted: the bounded kinds that index the shards and become label values. Each list is
// append-only: a number here is an index in shared memory (layout.h), a name here is a label value
// in somebody's alert rule. (Taking one out moves its successors: a new layout::kMajor.) A kind
// that no line outside this room counts would be a series that is always zero;
// tests/style/kinds_counted.py finds those.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lungate::telemetry {

/// Operations, as an operator thinks of them. Everything that moves no user data and is none of
/// the four (INQUIRY, COMPARE AND WRITE, WRITE SAME with data, ...) is kOther.
enum class Op : std::uint8_t { kRead, kWrite, kFlush, kUnmap, kOther };
inline constexpr std::size_t kOps = 5;
inline constexpr std::array<std::string_view, kOps> kOpNames = {"read", "write", "flush", "unmap",
                                                                "other"};

/// The exporter's default profile and the gateway's stage histograms fold the last three.
enum class OpClass : std::uint8_t { kRead, kWrite, kOther };
inline constexpr std::size_t kOpClasses = 3;
inline constexpr std::array<std::string_view, kOpClasses> kOpClassNames = {"read", "write",
                                                                           "other"};
inline constexpr std::array<OpClass, kOps> kOpClassOf = {
    OpClass::kRead, OpClass::kWrite, OpClass::kOther, OpClass::kOther, OpClass::kOther};

/// Where the time of one I/O went. The stages do not overlap and their sum is the I/O's latency.
enum class Stage : std::uint8_t {
  kReceive,  // first byte of the command to its last data byte (R2T round trips are in here)
  kQueue,    // complete in the gateway, not yet with the backend (order, reservations, limits)
  kBackend,  // submitted to the backend until its completion reached our loop
  kSend,     // until the kernel has taken the response
};
inline constexpr std::size_t kStages = 4;
inline constexpr std::array<std::string_view, kStages> kStageNames = {"receive", "queue", "backend",
                                                                      "send"};

/// How an I/O ended, as the `sense` label says it: a sense key where there is sense data, a status
/// where there is none. Coarser than the sense codes, which are for the log: a label must not have
/// more values than an alert can name.
enum class ErrorClass : std::uint8_t {
  kNone,  // GOOD; never exported
  kNotReady,
  kMedium,
  kHardware,
  kIllegalRequest,
  kUnitAttention,
  kDataProtect,
  kAborted,
  kBusy,
  kTaskSetFull,
  kReservationConflict,
  kMiscompare,
  kOther,
};
inline constexpr std::size_t kErrorClasses = 13;
inline constexpr std::array<std::string_view, kErrorClasses> kErrorClassNames = {
    "none",
    "not_ready",
    "medium",
    "hardware",
    "illegal_request",
    "unit_attention",
    "data_protect",
    "aborted",
    "busy",
    "task_set_full",
    "reservation_conflict",
    "miscompare",
    "other"};

/// Why a LUN does not serve, as a class; the words for people are in the log and the status
/// command.
enum class OfflineReason : std::uint8_t {
  kNone,         // it serves
  kOpening,      // first attempt under way
  kMissing,      // no such pool, image or file
  kLocked,       // another holder has the exclusive lock
  kUnreachable,  // the store does not answer
  kFenced,       // we are blocklisted, or the lock was lost
  kDenied,       // the store refuses our credentials
  kInvalid,      // it is there, but cannot be served (size, format, features)
  kOther,
};
inline constexpr std::size_t kOfflineReasons = 9;
inline constexpr std::array<std::string_view, kOfflineReasons> kOfflineReasonNames = {
    "none", "opening", "missing", "locked", "unreachable", "fenced", "denied", "invalid", "other"};

/// Task management functions (RFC 7143, 11.5.1) that have a LUN, and what we answered (11.6.1).
/// Fewer than iscsi::TaskFunction has: query functions disturb nobody, and the others are not
/// built.
enum class TaskFunction : std::uint8_t {
  kAbortTask,
  kAbortTaskSet,
  kClearTaskSet,
  kLunReset,
  kTargetReset,  // warm or cold: counted on every LUN that it reached
};
inline constexpr std::size_t kTaskFunctions = 5;
enum class TaskResponse : std::uint8_t { kComplete, kNoTask, kUnsupported, kRejected };
inline constexpr std::size_t kTaskResponses = 4;

/// Counters of one LUN beside its I/O. Names and labels: kLunCounterRows in catalog.cc.
enum class LunCounter : std::uint8_t {
  kTaskSetFull,      // commands answered TASK SET FULL
  kUnitAttentions,   // unit attention conditions that this loop's nexuses were given
  kAbortedCommands,  // commands absorbed: their initiator took them back or went away
  kTaskManagement,   // first of kTaskFunctions x kTaskResponses: see task_counter()
  // Since layout 2.3.
  kSlowReads = kTaskManagement + kTaskFunctions * kTaskResponses,  // above the LUN's SLO
  kSlowWrites,
  kCompareAndWrites,    // COMPARE AND WRITE that compared, whatever came of it
  kCompareMiscompares,  // those that found other bytes than were told
  kOpens,               // of its store, by how they ended
  kOpenFailures,
  kLost,  // the store was open and is gone: fenced, unreachable, taken over
};
inline constexpr std::size_t kLunCounters = static_cast<std::size_t>(LunCounter::kLost) + 1;

constexpr LunCounter task_counter(TaskFunction function, TaskResponse response) {
  return static_cast<LunCounter>(static_cast<std::size_t>(LunCounter::kTaskManagement) +
                                 static_cast<std::size_t>(function) * kTaskResponses +
                                 static_cast<std::size_t>(response));
}

/// Counters of the gateway; each loop has its own cells, the reader sums them.
/// Names and labels: kGatewayCounterRows in catalog.cc.
enum class GatewayCounter : std::uint8_t {
  // How logins ended. Also counted: a connection whose first bytes are no login (kLoginProtocol).
  kLoginSuccess,
  kLoginAuthFailure,
  kLoginAclDenied,
  kLoginNoTarget,
  kLoginProtocol,
  kLoginLimit,
  kLoginTimeout,
  // Why sessions ended.
  kCloseLogout,
  kClosePeerClosed,
  kCloseNopTimeout,
  kCloseProtocolError,
  kCloseDigest,
  kCloseSendTimeout,
  kCloseReceiveTimeout,
  kCloseReinstated,
  kCloseStalled,
  kCloseDrained,
  kCloseAdmin,
  // What went wrong on the wire.
  kPduProtocolErrors,
  kHeaderDigestErrors,
  kDataDigestErrors,
  kNopTimeouts,
  // Reject PDUs sent, by reason (RFC 7143, 11.17.1).
  kRejectDataDigest,
  kRejectSnack,
  kRejectProtocolError,
  kRejectUnsupported,
  kRejectTooManyImmediate,
  kRejectTaskInProgress,
  kRejectInvalidField,
  kRejectLongOperation,
  kRejectWaitingForLogout,
  // Connections and bytes.
  kConnectionsAccepted,
  kConnectionsRefusedLimit,   // kConnectionsMax reached
  kConnectionsRefusedSystem,  // accept(2) failed: out of descriptors or memory
  kBytesReceived,
  kBytesSent,
  // Why sessions ended, since layout 2.1.
  kCloseEvicted,
  kCloseDiscoveryTimeout,
  kCloseNoMemory,
  // Why logins failed, since layout 2.2: finer than how they ended, above.
  kLoginFailedNotAllowed,      // the initiator's name is in no access list of the target
  kLoginFailedNoTarget,        // no such target, or not on this portal
  kLoginFailedUnknownUser,     // CHAP_N
  kLoginFailedWrongSecret,     // CHAP_R
  kLoginFailedReflection,      // our challenge, or our own proof, sent back
  kLoginFailedNoMethod,        // CHAP is demanded, and was not offered
  kLoginFailedNoDigest,        // none of CHAP's that both have, or a PDU digest that is demanded
  kLoginFailedNoMutualSecret,  // our proof is asked for, and we have none
  kLoginFailedMalformed,       // a rule of the login phase
  kLoginFailedNoSession,       // the TSIH names none
  kLoginFailedTimeout,
  kLoginFailedTooMany,  // no place, or a newer login has it
  kLoginFailedRefused,  // its source has failed too often
  kLoginFailedInternal,
  // Since layout 2.2 too.
  kConnectionsRefusedAddress,  // connections_per_address_max reached
  // Since layout 2.3.
  kWindowFulls,       // a session's command window became full
  kSlowNotKept,       // slow I/O that the ring had no place for (limits::kSlowPerSecondMax)
  kInitiatorsNoSlot,  // a session asked for a slot, and is counted under the empty name
};
inline constexpr std::size_t kGatewayCounters =
    static_cast<std::size_t>(GatewayCounter::kInitiatorsNoSlot) + 1;

/// Levels of one loop; the reader sums them. Kept per loop and not once, so that each loop writes
/// its own cell and none of them needs to know of the others.
enum class GatewayGauge : std::uint8_t {
  kSessions,  // normal ones; until layout 2.2, all
  kConnections,
  kDiscoverySessions,  // since layout 2.3
};
inline constexpr std::size_t kGatewayGauges = 3;

/// What the control thread says of the process as a whole (layout::Header::control), a cell each.
enum class ControlCell : std::uint8_t {
  kConfigHash,          // 64 bits of the hash of the text in force; 0: none yet
  kConfigLoadedWallNs,  // when it came into force
  kReloadsDone,
  kReloadsRefused,
  kCephUp,             // 1: Ceph answers, 0: it does not; only with kCephUsed
  kCephUsed,           // 1: a LUN is an image
  kCephClients,        // RADOS clients that are held
  kCephClientsFenced,  // clients that were found on the blocklist, since the start
  kCephTimeouts,       // calls that were given up because the cluster did not answer in time
  kSourcesRefused,     // addresses whose logins are turned away now
};
inline constexpr std::size_t kControlCells = 10;

/// What a slow-I/O record is of.
enum class SlowKind : std::uint8_t {
  kEnded,  // it has ended, and took longer than it should
  kStuck,  // it was in flight when it was recorded; its end makes another record
};
inline constexpr std::size_t kSlowKinds = 2;
inline constexpr std::array<std::string_view, kSlowKinds> kSlowKindNames = {"ended", "stuck"};

template <class Enum>
constexpr std::size_t index_of(Enum value) {
  return static_cast<std::size_t>(value);
}

}  // namespace lungate::telemetry
