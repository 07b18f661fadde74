// SPDX-License-Identifier: LGPL-2.1-or-later

// One SCSI command from its first byte to its last: a slot of the session's task set, made once and
// used again, so that a command allocates nothing but its data (from the lane's pool).
//
//   free --command PDU--> receiving --all data is here, its turn by CmdSN--> executing
//     ^                       |                                                 |
//     |                  (aborted: back at once)                   I/O has ended|
//     +------------------ all sent <-- responding <-----------------------------+
//                                           (aborted: no response, back to free)
//
// Beside the phase stand three flags; what each means in each phase:
//
//                receiving                           executing            responding
//   delivered    its CmdSN has passed: it may run    always               always
//                as soon as its data is whole
//   failed       the status is decided, data that    the same: goes       no data is sent
//                was asked for is thrown away        through to respond()
//   aborted      not delivered yet: its CmdSN must   absorbed: ends       of no meaning: it has
//                pass, then it ends; delivered:      with its I/O,        been answered
//                it has ended already                unanswered
//
// A command that another nexus takes away is answered TASK ABORTED (TAS=1): receiving, it has
// failed with that status; executing, it is `aborted` and `taken_away`, and is answered when its
// I/O has ended.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/transitions.h"
#include "iscsi/transfer.h"
#include "scsi/execution.h"
#include "session/baton.h"
#include "session/buffers.h"
#include "session/ids.h"
#include "session/lun.h"

namespace lungate::session {

class Session;
struct Task;

enum class TaskPhase : std::uint8_t {
  kFree,        // no command: the slot holds nothing, and its tag is nobody's
  kReceiving,   // data-out is not complete, or a command before it (by CmdSN) has not arrived
  kExecuting,   // with the executor; its buffer may be in the backend's hands
  kResponding,  // status is decided; PDUs wait for the kernel to take them
};
inline constexpr Transitions<TaskPhase, 4> kTaskTable{
    "a task goes from phase to phase by its table",
    {{TaskPhase::kFree, TaskPhase::kReceiving},
     {TaskPhase::kReceiving, TaskPhase::kExecuting},
     {TaskPhase::kReceiving, TaskPhase::kFree},  // aborted, a duplicate, or its peer has gone
     {TaskPhase::kExecuting, TaskPhase::kResponding},
     {TaskPhase::kExecuting, TaskPhase::kFree},  // absorbed
     {TaskPhase::kResponding, TaskPhase::kFree}}};

/// Readings of one clock; each stage is the time between two of them (telemetry::Stage).
struct TaskTimes {
  BootTime arrival;    // the turn in which the command's header came
  BootTime ready;      // its data is complete
  BootTime submitted;  // handed to the backend (the first time, if several); 0: never
  BootTime completed;  // the status was decided
};

/// Another LUN that a command works on (EXTENDED COPY), as it was when it was found.
struct Neighbour {
  LunId lun = 0;
  LunViewPtr view;
};

/// A task's place in a TasksSince.
struct TaskSince {
  BootTime time;  // 0: it is not in it
  Task* before = nullptr;
  Task* next = nullptr;
};

struct Task {
  // Constant for the life of the session.
  Session* session = nullptr;
  std::uint16_t slot = 0;

  // Of the command in it.
  StateOf<TaskPhase, kTaskTable> phase{TaskPhase::kFree};
  bool aborted = false;     // absorbed: runs to the end of its I/O and is not answered
  bool taken_away = false;  // aborted by another nexus: answered TASK ABORTED
  bool failed = false;      // its status was decided before its data came: the rest is thrown away
  bool delivered = false;   // its turn by CmdSN has come
  std::uint32_t initiator_task_tag = 0;
  std::uint32_t cmd_sn = 0;
  std::uint64_t ordinal = 0;  // which of its session's commands it is, by its arrival; from 1
  std::uint32_t edtl = 0;     // expected data transfer length
  bool reads = false;         // R and W bits of the command
  bool writes = false;
  bool immediate = false;
  iscsi::LunField lun_field{};  // as the command has it; an R2T repeats it

  LaneLun* lun = nullptr;  // while in progress there; null: no such LUN for this nexus (any more)
  telemetry::LunRecorder recorder;  // null: its place in the segment will be another LUN's
  telemetry::SlotId slot_of_lun;    // that place
  bool seen_stuck = false;          // it has been in flight for so long that it was noted
  LunViewPtr view;                  // the snapshot that it runs against
  // LocalExecutor's own.
  std::uint64_t began = 0;            // which of the lane's commands it is, by its beginning
  std::uint64_t lock_ticket = 0;      // of its range lock, from asking to giving back; 0: none
  std::vector<Neighbour> neighbours;  // other units that it works on
  scsi::Execution execution;
  std::optional<iscsi::WriteTransfer> write;
  Buffer buffer;
  Buffer scratch;  // as planned; what is on the medium, to be compared or copied
  TaskTimes times;
  /// Dropped when its I/O has ended: who waits for its abort, or for the LUN to be left alone.
  std::vector<Baton> batons;

  // TasksInProgress's own.
  Task* older = nullptr;
  Task* newer = nullptr;
  // By TasksSince::State, theirs.
  std::array<TaskSince, 2> since;
};

}  // namespace lungate::session
