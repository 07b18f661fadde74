// SPDX-License-Identifier: LGPL-2.1-or-later

// One SCSI command from CDB to status, without threads, sockets or time: the session drives, the
// device server decides, the backend works.
//
//   plan(...)                 what the CDB wants: direction and bytes (before any data has come)
//     |  ... the session receives data-out, provides data-in ...
//   start(execution) --------> Step::kDone: status, sense, data_in_bytes are set
//     |                        Step::kSubmit: hand execution.request to the unit's backend and call
//     |                              resume(execution) when it has been delivered
//     |                        Step::kChange: have execution.change applied on the unit's home loop
//     |                              and call resume(execution) when every loop has acknowledged;
//     |                              execution.changed says what came of it
//     |                        Step::kLock: have execution.locks taken, all at once, and call
//     |                              resume(execution) when they are held; held until kDone
//   resume(execution) -------> as above, until kDone
//
// The execution is a member of the session's task: nothing here allocates on the path of an I/O.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "backend/backend.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "scsi/nexus.h"
#include "scsi/sense.h"
#include "scsi/status.h"
#include "scsi/unit.h"

namespace lungate::scsi {

/// A CDB as received. Longer ones than kCdbBytesMax are refused by the session before they get
/// here.
struct Cdb {
  std::array<std::uint8_t, limits::kCdbBytesMax> bytes{};
  std::uint8_t size = 0;

  std::uint8_t opcode() const { return bytes[0]; }
};

enum class Direction : std::uint8_t { kNone, kIn, kOut };

/// What a command is counted as (telemetry's `op` label).
enum class OpClass : std::uint8_t { kRead, kWrite, kFlush, kUnmap, kOther };

/// What the session must know before data moves. A CDB that the device server will refuse (unknown
/// opcode, stray bit, out of range) plans as Direction::kNone: no data is asked for, start() gives
/// the sense.
struct Plan {
  Direction direction = Direction::kNone;
  std::uint64_t bytes = 0;  // data-out: exactly this much is consumed; data-in: at most this much
  OpClass op = OpClass::kOther;
  /// Room that the command needs for itself (what is on the medium, to be compared with).
  std::uint64_t scratch_bytes = 0;
  friend bool operator==(const Plan&, const Plan&) = default;
};

enum class Step : std::uint8_t { kDone, kSubmit, kChange, kLock };

/// A range of a unit that nobody else writes while it is held, on any loop: a write that comes
/// later waits, and those before it have ended when it is granted. Reads go on. A held range also
/// keeps the unit's store open, which is how a command may work on another unit than its own.
struct RangeLock {
  const Unit* unit = nullptr;
  std::uint64_t offset = 0;  // bytes
  std::uint64_t length = 0;
};

struct Execution {
  // Set by the session before start(); alive until kDone.
  Cdb cdb;
  const Unit* unit =
      nullptr;             // null: no such LUN for this nexus (SPC-4, 5.11: INQUIRY and friends)
  Nexus* nexus = nullptr;  // this I_T nexus; touched on its loop only
  Plan planned;            // what plan() said when the command came: buffers have its sizes
  MutableBytes data_out;   // what was received: min(EDTL, plan.bytes) bytes
  MutableBytes data_in;    // room for min(EDTL, plan.bytes) bytes, contents undefined
  MutableBytes scratch;    // plan.scratch_bytes, contents undefined
  /// The wall clock as the command begins, in milliseconds since 1970 (REPORT TIMESTAMP).
  std::uint64_t now_ms = 0;
  /// Another unit that this initiator may see, by its designator (VPD 83, SPC-4, 7.8.6.1: the
  /// identifier of an NAA designator). Null: it may not, or there is none. The unit stays alive
  /// until kDone. Unset where there are no others (then EXTENDED COPY finds only its own).
  const Unit* (*find_unit)(Execution& execution, Bytes naa) = nullptr;

  // Results, valid at kDone.
  Status status = Status::kGood;
  Sense sense;                      // meaningful with kCheckCondition only
  std::uint64_t data_in_bytes = 0;  // bytes of data_in that are to be sent; <= data_in.size()
  /// Bytes that the command moves by its own rules (for residuals, RFC 7143, 11.4.5.2): equals
  /// plan.bytes for data-out; for data-in what the device server had to give before it was cut to
  /// EDTL (allocation length already applied).
  std::uint64_t transfer_bytes = 0;

  // For kSubmit: complete but for reply_to and deliver, which are the session's.
  backend::Request request;
  const Unit* submit_to = nullptr;  // whose backend; null: this unit's
  // For kChange. `changed` is set before resume().
  std::optional<UnitChange> change;
  ChangeOutcome changed;
  // For kLock. Asked for once in the life of a command.
  std::array<RangeLock, 2> locks{};
  std::uint8_t lock_count = 0;

  // The device server's own.
  Step (*next)(Execution&) = nullptr;  // what resume() calls
  std::uint64_t cursor = 0;            // progress of commands with several requests
  /// What the nexus knows of this EXTENDED COPY. The session drops it when a task ends, however it
  /// ends: a record that only the nexus holds is of a copy that goes on no more.
  std::shared_ptr<CopyRecord> copy;
};

/// Looks at the CDB alone. `unit` may be null.
Plan plan(const Cdb& cdb, const Unit* unit);

/// REQUIRES: `planned` and the buffers as plan() said (no larger, and none in another direction).
/// Checks in the order of SAM-5: unit, unit attention, CDB, parameters; then acts. A unit that has
/// changed since (it was offline or too short when the command was planned, so its data were not
/// asked for) answers BUSY: nothing has been executed, and a write is never GOOD because its data
/// were never fetched.
Step start(Execution& execution);

/// REQUIRES: the last step was not kDone, and it has been carried out. Once for each step.
Step resume(Execution& execution);

}  // namespace lungate::scsi
