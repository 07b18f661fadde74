// SPDX-License-Identifier: LGPL-2.1-or-later

// The SCSI commands of one session: from the command PDU over its data to its answer, and what
// becomes of them when somebody takes them back.
//
//   begin(header) -> arrived() -> delivered by CmdSN, data complete -> executor
//        -> executed() -> Data-In, response -> sent() -> the slot is free
//
// Two ways to take commands back, and they differ in what the initiator hears:
//
//   abort    it was told, or has asked for it (task management, logout, reset, its own end):
//            nothing is answered, and what the backend holds is absorbed
//   quiesce  its LUN is lost or removed, nobody asked for that: every command is answered, by the
//            backend's outcome if it is there already, else by what the LUN is now (NOT READY, or
//            LOGICAL UNIT NOT SUPPORTED). An initiator that hears nothing waits for its own
//            time-out, 30 seconds and more, and resets things that are in order
//
// The accounts (check_accounts() holds them against the tasks):
//
//   window            one slot for each non-immediate task that has been delivered and not yet been
//                     answered; given back in respond(), before the answer is numbered, or in end()
//   immediates        the same for immediate commands, which are delivered when they come
//   buffer bytes      what the buffers of all tasks cost (BufferPool::cost), in every phase
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "iscsi/framer.h"
#include "iscsi/parameters.h"
#include "session/nexus_map.h"
#include "session/sender.h"
#include "session/task_set.h"
#include "session/window.h"

namespace lungate::session {

class Lane;
class Session;

/// What all commands of a lane add up to, to be held against the lane's own counts.
struct Accounts {
  std::size_t buffer_bytes = 0;                            // by the pool's classes
  std::unordered_map<const LaneLun*, std::uint32_t> luns;  // commands in progress on each
};

/// Lane's thread only.
class Commands {
 public:
  Commands(Session& session, Connection& connection, Window& window, Sender& sender,
           const iscsi::Parameters& parameters);

  // --- A PDU of a command, in two steps: its header is here, then the whole of it ---
  /// A SCSI Command takes a slot. Null: it is refused (a Reject has been sent, its CmdSN used up).
  Task* begin(const iscsi::Framer& framer);
  /// The room for the data of what begin() returned; perhaps none.
  static MutableBytes immediate_room(const Task& task);
  /// The room for a Data-Out's data; none when it is not (or no longer) wanted.
  MutableBytes place_data_out(const iscsi::DataOut& pdu, std::uint32_t bytes);
  /// The PDU that began last is whole.
  void arrived(bool data_digest_ok);

  /// The command that has just arrived is a duplicate: nothing of it remains.
  void drop(Task& task) { end(task); }
  /// The command's turn by CmdSN has come.
  void deliver(Task& task);

  // --- Called by executor and connection ---
  void executed(Task& task);
  void sent(Task& task);

  // --- Taking back ---
  Task* find(std::uint32_t initiator_task_tag) { return tasks_.find(initiator_task_tag); }
  /// Nothing of the task will be answered. `baton` is kept until its I/O has ended.
  void abort(Task& task, const Baton& baton);
  /// The same by another nexus: the task is answered TASK ABORTED (SAM-5, 5.6, TAS=1), when its I/O
  /// has ended and `baton` is dropped, or all that it has asked for has come.
  void take_away(Task& task, const Baton& baton);
  /// A command that has not been answered is on this LUN.
  bool any_on(const LaneLun& lun) const;
  /// Every task of this LUN (or, with null, of the session). `in_turn`: only those whose turn by
  /// CmdSN has come, for the others are numbered behind the request that takes them back.
  void abort_all(const LaneLun* lun, const Baton& baton, bool in_turn = false);
  /// The task will not reach the LUN's backend any more, unless it is there now: then `baton` is
  /// kept until its I/O has ended. It is answered either way. REQUIRES: in progress on a LUN whose
  /// snapshot has no backend any more.
  void quiesce(Task& task, LunFate fate, const Baton& baton);
  /// Answers of the LUN that this counts for are still to be sent: they are recorded nowhere, for
  /// its cells will be another LUN's. REQUIRES: none of its commands is in progress.
  void forget(const telemetry::LunRecorder& recorder);
  /// The connection is gone: what waits for the peer ends now, what is with the backend is
  /// absorbed.
  void connection_closed();

  /// New commands are answered BUSY from now on.
  void refuse_new() { refusing_ = true; }

  NexusMap& nexuses() { return nexuses_; }
  const NexusMap& nexuses() const { return nexuses_; }
  std::size_t in_progress() const { return tasks_.in_use(); }
  /// How many there have been, refused ones apart.
  std::uint64_t ever_arrived() const { return arrived_; }
  /// Stops the process if an account of the session is wrong; adds its part to the lane's. Between
  /// two PDUs only.
  void check_accounts(Accounts& lane) const;

 private:
  std::optional<iscsi::RejectReason> refusal(const iscsi::ScsiCommand& command);
  void fill(Task& task, const iscsi::ScsiCommand& command, const iscsi::Framer& framer);
  bool resolve(Task& task, const iscsi::ScsiCommand& command);
  void prepare_data(Task& task, std::uint32_t immediate_bytes, bool final);
  bool take(Buffer& place, std::uint64_t bytes);
  void decide(Task& task, scsi::Status status,
              const scsi::AdditionalSense& sense = scsi::sense::kNone);
  void advance(Task& task);
  bool awaits_data(const Task& task) const;
  void wait_for_initiator(Task& task);
  void send_r2ts(Task& task);
  scsi::Nexus& nexus_of(Task& task);
  NexusLun* nexus_that_counts(const Task& task);
  void execute(Task& task);
  static std::uint32_t expected(const Task& task);
  void respond(Task& task);
  void send_data_in(Task& task, const iscsi::Residual& residual, std::uint32_t& pdus,
                    bool collapse);
  void send_response(Task& task, const iscsi::Residual& residual, std::uint32_t pdus);
  void hurry(Task& task);
  void wait_for(Task& task, const Baton& baton);
  void absorb(Task& task);
  void leave_lun(Task& task);
  static void take_view(Task& task, const LunViewPtr& view);
  void lose_unit(Task& task);
  void end(Task& task);

  Session& session_;
  Connection& connection_;
  Lane& lane_;
  Window& window_;
  Sender& sender_;
  const iscsi::Parameters& parameters_;
  NexusMap nexuses_;
  TaskSet tasks_;
  Task* receiving_ = nullptr;  // the task whose PDU is arriving: the framer may hold its buffer
  std::uint32_t immediate_in_progress_ = 0;
  std::uint64_t arrived_ = 0;
  std::uint32_t next_transfer_tag_ = 0;
  std::size_t buffer_bytes_ =
      0;  // of all tasks, by the pool's classes; at most limits::kTaskBytesPerConnectionMax
  bool refusing_ = false;
};

}  // namespace lungate::session
