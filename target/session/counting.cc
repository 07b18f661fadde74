// SPDX-License-Identifier: LGPL-2.1-or-later

// Outcomes to telemetry's kinds. Called by Session and Commands when something has ended, on the
// lane's thread, whose shard it goes to. Every value is ours by then; one that a table lacks counts
// as "other". Only what the kernel has taken is recorded as an I/O: a command that was absorbed, or
// whose answer was never sent, has no end that its initiator could have measured. It is counted
// apart (kAbortedCommands).
#include "session/counting.h"

#include <array>
#include <optional>
#include <utility>

#include "scsi/cdb.h"
#include "scsi/extent.h"
#include "session/lane.h"
#include "session/session.h"
#include "session/task.h"

namespace lungate::session {
namespace {

using telemetry::ErrorClass;
using telemetry::GatewayCounter;

/// By CloseReason. Logins are counted where they end, by their own reasons.
constexpr std::array<std::optional<GatewayCounter>, kCloseReasons> kCounterOf = {
    GatewayCounter::kCloseLogout,
    GatewayCounter::kClosePeerClosed,
    GatewayCounter::kCloseProtocolError,
    GatewayCounter::kCloseDigest,
    std::nullopt,
    std::nullopt,
    GatewayCounter::kCloseReceiveTimeout,
    GatewayCounter::kCloseSendTimeout,
    GatewayCounter::kCloseNopTimeout,
    GatewayCounter::kCloseReinstated,
    GatewayCounter::kCloseAdmin,
    GatewayCounter::kCloseStalled,
    GatewayCounter::kCloseDrained,
    GatewayCounter::kCloseEvicted,
    GatewayCounter::kCloseDiscoveryTimeout,
    GatewayCounter::kCloseNoMemory};

constexpr std::array<std::pair<scsi::SenseKey, ErrorClass>, 9> kClassOfKey = {{
    {scsi::SenseKey::kNotReady, ErrorClass::kNotReady},
    {scsi::SenseKey::kMediumError, ErrorClass::kMedium},
    {scsi::SenseKey::kHardwareError, ErrorClass::kHardware},
    {scsi::SenseKey::kIllegalRequest, ErrorClass::kIllegalRequest},
    {scsi::SenseKey::kUnitAttention, ErrorClass::kUnitAttention},
    {scsi::SenseKey::kDataProtect, ErrorClass::kDataProtect},
    {scsi::SenseKey::kAbortedCommand, ErrorClass::kAborted},
    {scsi::SenseKey::kMiscompare, ErrorClass::kMiscompare},
    {scsi::SenseKey::kNoSense, ErrorClass::kOther},
}};

ErrorClass class_of(scsi::SenseKey key) {
  for (const auto& [candidate, error] : kClassOfKey)
    if (candidate == key) return error;
  return ErrorClass::kOther;
}

constexpr std::array<telemetry::Op, 5> kOpOf = {telemetry::Op::kRead, telemetry::Op::kWrite,
                                                telemetry::Op::kFlush, telemetry::Op::kUnmap,
                                                telemetry::Op::kOther};

/// For people to read: who, where on the disk, and what took so long.
telemetry::SlowKept keep(const Task& task, std::optional<telemetry::Stage> stuck_in,
                         const telemetry::IoRecord& io, BootTime now) {
  Session& session = *task.session;
  telemetry::SlowIo slow;
  slow.kind = stuck_in ? telemetry::SlowKind::kStuck : telemetry::SlowKind::kEnded;
  slow.stage = stuck_in;
  slow.io = io;
  slow.start = task.times.arrival;
  slow.recorded = now;
  slow.opcode = task.execution.cdb.opcode();
  slow.lba = scsi::lba_of(task.execution.cdb);
  slow.task_tag = task.initiator_task_tag;
  slow.initiator = session.identity().initiator_name;
  slow.peer = session.peer();
  return session.lane().recorder().keep_slow(task.slot_of_lun, slow, &session.slow_share());
}

/// Where a command is that has not been answered. What is changed at home (reservations, modes, a
/// whole medium) is the store's in the end.
telemetry::Stage stage_of(const Task& task) {
  if (task.phase == TaskPhase::kReceiving) return telemetry::Stage::kReceive;
  const bool in_store = TasksSince::has(TasksSince::State::kInStore, task);
  return in_store || task.execution.change ? telemetry::Stage::kBackend : telemetry::Stage::kQueue;
}

/// Of those that came so far as to compare. One that was refused before, or whose store failed, has
/// compared nothing, or it cannot be told.
void count_comparison(Task& task, ErrorClass error) {
  const bool differs = error == ErrorClass::kMiscompare;
  if (task.execution.transfer_bytes == 0 || (!differs && error != ErrorClass::kNone)) return;
  task.recorder.add(telemetry::LunCounter::kCompareAndWrites);
  if (differs) task.recorder.add(telemetry::LunCounter::kCompareMiscompares);
}

/// What went over the wire for it: data-in may be less than its buffer has room for, because an
/// allocation length is a bound and no promise; data-out fills its buffer, which is min(EDTL, what
/// the CDB wants).
std::size_t moved_bytes(const Task& task) {
  const scsi::Execution& execution = task.execution;
  return execution.planned.direction == scsi::Direction::kIn ? execution.data_in_bytes
                                                             : task.buffer.bytes().size();
}

}  // namespace

/// A NOP timeout is counted twice on purpose: as a reason of an end, and as a sign of sick paths.
void count_close(telemetry::LoopRecorder& recorder, CloseReason reason) {
  if (const auto counter = kCounterOf[static_cast<std::size_t>(reason)]) recorder.add(*counter);
  if (reason == CloseReason::kNopTimeout) recorder.add(GatewayCounter::kNopTimeouts);
}

ErrorClass error_class(const scsi::Execution& execution) {
  switch (execution.status) {
    case scsi::Status::kGood:
    case scsi::Status::kConditionMet:
      return ErrorClass::kNone;
    case scsi::Status::kCheckCondition:
      return class_of(execution.sense.what.key);
    case scsi::Status::kBusy:
      return ErrorClass::kBusy;
    case scsi::Status::kTaskSetFull:
      return ErrorClass::kTaskSetFull;
    case scsi::Status::kReservationConflict:
      return ErrorClass::kReservationConflict;
    case scsi::Status::kTaskAborted:
      return ErrorClass::kAborted;
    case scsi::Status::kAcaActive:
      return ErrorClass::kOther;
  }
  return ErrorClass::kOther;
}

/// The four stages add up to the whole: each begins where the one before ended, and one that did
/// not happen has no length.
void record_task(Task& task, NexusLun* nexus, BootTime sent) {
  const TaskTimes& at = task.times;
  // A command that never went to the backend spent no time there: its stages meet in one point.
  const BootTime submitted = at.submitted == BootTime{} ? at.completed : at.submitted;
  telemetry::IoRecord io;
  io.op = kOpOf[static_cast<std::size_t>(task.execution.planned.op)];
  io.error = error_class(task.execution);
  io.bytes = io.error == ErrorClass::kNone ? moved_bytes(task) : 0;
  io.stage_ns = {at.ready - at.arrival, submitted - at.ready, at.completed - submitted,
                 sent - at.completed};
  const bool slow = task.recorder.record(io);
  if (nexus != nullptr) [[likely]] {
    Session& session = *task.session;
    nexus->record(session.lane().recorder(), session.identity().initiator_name, io, slow, sent);
  }
  if (slow) [[unlikely]]
    keep(task, std::nullopt, io, sent);
  if (task.execution.cdb.opcode() == scsi::kCompareAndWriteCode) [[unlikely]]
    count_comparison(task, io.error);
}

/// What is over of it is told, and where it is: the times alone do not say that, since a stage
/// within one turn has none.
telemetry::SlowKept record_stuck(const Task& task, BootTime now) {
  const TaskTimes& at = task.times;
  telemetry::IoRecord io;
  io.op = kOpOf[static_cast<std::size_t>(task.execution.planned.op)];
  io.bytes = task.buffer.bytes().size();
  if (task.phase == TaskPhase::kExecuting) io.stage_ns[0] = at.ready - at.arrival;
  if (at.submitted != BootTime{}) io.stage_ns[1] = at.submitted - at.ready;
  return keep(task, stage_of(task), io, now);
}

}  // namespace lungate::session
