// SPDX-License-Identifier: LGPL-2.1-or-later

// From a command PDU to its answer. Called by Session (PDUs, in the order of their CmdSN), by the
// LUN's executor (the end of an execution) and by the connection (the answer has left), all on the
// lane's thread. What is wrong with a command becomes a Reject if it cannot even have a slot, else
// a SCSI status: a Reject says nothing of the task, and initiators escalate on it. A command whose
// status is decided early still takes the data that is on its way, because that data stands in the
// stream before the next header.
#include "session/commands.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "session/counting.h"
#include "session/executor.h"
#include "session/lane.h"
#include "session/session.h"

namespace lungate::session {
namespace {

/// What a command's memory counts for.
std::size_t cost_of(const Task& task) {
  std::size_t bytes = 0;
  for (const Buffer* buffer : {&task.buffer, &task.scratch})
    if (!buffer->empty()) bytes += BufferPool::cost(buffer->bytes().size());
  return bytes;
}

}  // namespace

Commands::Commands(Session& session, Connection& connection, Window& window, Sender& sender,
                   const iscsi::Parameters& parameters)
    : session_(session),
      connection_(connection),
      lane_(connection.lane()),
      window_(window),
      sender_(sender),
      parameters_(parameters),
      tasks_(session, window.numbers().slots() + limits::kImmediateCommandsMax) {}

// --- Arrival -------------------------------------------------------------------------------------

/// Why a command cannot even be given a slot.
std::optional<iscsi::RejectReason> Commands::refusal(const iscsi::ScsiCommand& command) {
  if (command.immediate() && immediate_in_progress_ >= limits::kImmediateCommandsMax)
    return iscsi::RejectReason::kTooManyImmediateCommands;
  if (command.initiator_task_tag == iscsi::kNoTag) return iscsi::RejectReason::kInvalidPduField;
  if (tasks_.find(command.initiator_task_tag) != nullptr)
    return iscsi::RejectReason::kTaskInProgress;
  // Slots are freed when the kernel has taken the answer. Only a peer that goes by a MaxCmdSN which
  // it has not read yet finds none.
  if (tasks_.full()) return iscsi::RejectReason::kOutOfResources;
  return std::nullopt;
}

/// With the header alone, before any data: the data needs its place. So the slot, the buffer and
/// the place in the LUN's list are taken here, and whoever ends the task gives them all back
/// (end()).
Task* Commands::begin(const iscsi::Framer& framer) {
  const auto command = load<iscsi::ScsiCommand>(framer.header_bytes());
  const bool immediate = command.immediate();
  if (const auto reason = refusal(command)) {
    sender_.reject(*reason, framer.header_bytes());
    session_.skip(command.cmd_sn, immediate);
    return nullptr;
  }
  Task* task = tasks_.take(command.initiator_task_tag);
  immediate_in_progress_ += immediate ? 1 : 0;
  receiving_ = task;
  fill(*task, command, framer);
  return task;
}

void Commands::fill(Task& task, const iscsi::ScsiCommand& command, const iscsi::Framer& framer) {
  task.cmd_sn = command.cmd_sn;
  task.ordinal = ++arrived_;
  task.lun_field = command.lun;
  task.edtl = command.expected_data_transfer_length;
  task.reads = command.read();
  task.writes = command.write();
  task.immediate = command.immediate();
  task.times.arrival = connection_.arrival();
  scsi::Execution& execution = task.execution;
  execution.status = scsi::Status::kGood;
  execution.sense = {};
  execution.data_in = execution.data_out = {};
  execution.data_in_bytes = execution.transfer_bytes = execution.cursor = 0;
  execution.change.reset();

  scsi::Cdb& cdb = execution.cdb;
  std::memcpy(cdb.bytes.data(), command.cdb.data(), command.cdb.size());
  const Bytes more = framer.ahs().extended_cdb;
  const std::size_t extra = std::min(more.size(), cdb.bytes.size() - command.cdb.size());
  if (extra > 0) std::memcpy(cdb.bytes.data() + command.cdb.size(), more.data(), extra);
  cdb.size = static_cast<std::uint8_t>(command.cdb.size() + extra);

  if (!resolve(task, command)) {
    decide(task, scsi::Status::kBusy);
  } else if (framer.ahs().cdb_too_long || framer.ahs().bidirectional_read_bytes) {
    task.execution.planned = {};
    decide(task, scsi::Status::kCheckCondition, scsi::sense::kInvalidFieldInCdb);
  }
  prepare_data(task, command.data_segment_bytes, command.final());
}

/// Finds the LUN and plans the command. False: no new commands are taken.
bool Commands::resolve(Task& task, const iscsi::ScsiCommand& command) {
  const auto number = iscsi::decode_lun(command.lun);
  NexusLun* nexus = number ? nexuses_.find(*number) : nullptr;
  task.lun = nexus != nullptr ? nexus->lun : nullptr;
  task.execution.unit = nullptr;
  if (task.lun != nullptr) {
    take_view(task, nexus->view());
    task.recorder = task.lun->recorder;
    task.slot_of_lun = task.lun->slot;
    task.lun->in_progress.add(task);
    task.lun->publish_in_flight();
  }
  task.execution.planned = scsi::plan(task.execution.cdb, task.execution.unit);
  return !refusing_;
}

/// What moves is the smaller of what the initiator announced (EDTL) and what the CDB wants; that is
/// the buffer's size. A direction that the R and W bits deny has no buffer: the device server finds
/// an empty one and answers for it.
void Commands::prepare_data(Task& task, std::uint32_t immediate_bytes, bool final) {
  using scsi::Direction;
  const bool out =
      task.writes && !task.failed && task.execution.planned.direction == Direction::kOut;
  const bool in = task.reads && !task.failed && task.execution.planned.direction == Direction::kIn;
  const std::uint64_t bytes = std::min<std::uint64_t>(task.edtl, task.execution.planned.bytes);
  const std::uint64_t scratch = task.failed ? 0 : task.execution.planned.scratch_bytes;
  const bool room = (!(out || in) || bytes == 0 || take(task.buffer, bytes)) &&
                    (scratch == 0 || take(task.scratch, scratch));
  if (!room) [[unlikely]] {
    task.recorder.add(telemetry::LunCounter::kTaskSetFull);
    decide(task, scsi::Status::kTaskSetFull);
  }
  if (!task.writes) return;
  // Data that the device server does not want (or no longer) is absorbed: `wanted` is 0 for it.
  const std::uint64_t wanted = out && !task.failed ? task.execution.planned.bytes : 0;
  task.write.emplace(task.edtl, wanted, parameters_);
  if (!task.write->on_command(immediate_bytes, final)) {
    task.write.reset();
    decide(task, scsi::Status::kCheckCondition, scsi::sense::kDataPhaseError);
  }
}

/// False at the bound of the connection or of its lane, or when there is no memory. What counts is
/// what the pool gives, which may be four times of what was asked for. Taken with the
/// command and not with its data: what is asked for by an R2T must have its place.
bool Commands::take(Buffer& place, std::uint64_t bytes) {
  if (bytes > limits::kTransferBytesMax) return false;
  const auto size = static_cast<std::size_t>(bytes);
  if (buffer_bytes_ + BufferPool::cost(size) > limits::kTaskBytesPerConnectionMax) return false;
  // Whoever holds little gets it although the lane is full: nobody is kept out by those who ask for
  // much and send nothing.
  const bool little = buffer_bytes_ + BufferPool::cost(size) <= limits::kTaskBytesFloor;
  place = lane_.buffers().take(size, little ? limits::kTaskBytesFloorsMax : 0);
  if (place.empty()) return false;
  buffer_bytes_ += BufferPool::cost(size);
  return true;
}

/// The answer is known before the command runs; its data is still absorbed.
void Commands::decide(Task& task, scsi::Status status, const scsi::AdditionalSense& sense) {
  if (task.failed) return;
  task.failed = true;
  task.execution.status = status;
  task.execution.sense = {};
  task.execution.sense.what = sense;
}

MutableBytes Commands::immediate_room(const Task& task) {
  return task.write && !task.failed ? task.buffer.bytes() : MutableBytes{};
}

/// A PDU of a command is whole: the command itself, or one Data-Out. By what has happened while it
/// was arriving:
///   - taken back: nothing is left to do, but for a delivered one, which ends here
///   - its digest is wrong: the task fails; the peer was told by a Reject
///   - not yet its turn: it may ask for its data all the same, so that no time is lost
///   - its turn: it goes on
void Commands::arrived(bool data_digest_ok) {
  Task* arrived = std::exchange(receiving_, nullptr);
  if (arrived == nullptr) return;  // its data was not wanted, or it was taken back meanwhile
  Task& task = *arrived;
  if (task.aborted) {  // while the PDU was arriving
    if (task.delivered) end(task);
    return;
  }
  if (!data_digest_ok) decide(task, scsi::Status::kCheckCondition, scsi::sense::kDataPhaseError);
  if (task.delivered)
    advance(task);
  else
    wait_for_initiator(task);
}

void Commands::deliver(Task& task) {
  task.delivered = true;
  if (task.aborted) return end(task);
  advance(task);
}

/// The transfer judges the PDU by its header. One that it refuses fails the task, not the
/// connection: the stream is intact, its lengths were right, only the data is not what was agreed
/// upon. What the PDU brings is thrown away then, and so is all that follows for this task.
MutableBytes Commands::place_data_out(const iscsi::DataOut& pdu, std::uint32_t bytes) {
  Task* found = tasks_.find(pdu.initiator_task_tag);
  // Data for a command that has been answered or taken back was on its way already: no error.
  if (found == nullptr || found->phase != TaskPhase::kReceiving || found->aborted || !found->write)
    return {};
  Task& task = *found;
  receiving_ = &task;
  const auto placed = task.write->on_data_out(pdu);
  if (!placed) {
    log::warn("session", "data_out_refused",
              {{"session", session_.id()},
               {"task", task.initiator_task_tag},
               {"error", iscsi::name(placed.error())}});
    lane_.recorder().add(telemetry::GatewayCounter::kPduProtocolErrors);
    task.write.reset();
    decide(task, scsi::Status::kCheckCondition, scsi::sense::kDataPhaseError);
    return {};
  }
  check(placed->kept <= bytes, "a PDU places no more than it brings");
  // Unsolicited data may reach beyond what the CDB wants, and so beyond the buffer.
  if (task.failed || placed->kept == 0) return {};
  return task.buffer.bytes().subspan(placed->offset, placed->kept);
}

// --- Execution -----------------------------------------------------------------------------------

/// What a failed task has asked for is still awaited, but it asks for nothing more.
bool Commands::awaits_data(const Task& task) const {
  if (!task.write) return false;
  return task.failed ? task.write->data_expected() : !task.write->complete();
}

/// Asks for what is missing; executes when nothing is.
void Commands::advance(Task& task) {
  if (awaits_data(task)) return wait_for_initiator(task);
  if (task.lun != nullptr) task.lun->leave_waiting(task);
  task.times.ready = connection_.arrival();
  task.phase.enter(TaskPhase::kExecuting);
  if (task.failed) return executed(task);
  execute(task);
}

/// For data, or for the command before it.
void Commands::wait_for_initiator(Task& task) {
  if (task.lun != nullptr) task.lun->enter_waiting(task, connection_.arrival());
  send_r2ts(task);
}

/// As many as may be open. Transfer tags are the session's, not the task's: a late Data-Out of a
/// task that has ended must not fit the R2T of the next one that uses its task tag.
void Commands::send_r2ts(Task& task) {
  while (task.write && !task.failed && task.write->r2t_due()) {
    if (++next_transfer_tag_ == iscsi::kNoTag) next_transfer_tag_ = 0;
    const iscsi::R2t r2t = task.write->take_r2t(next_transfer_tag_);
    iscsi::ScsiCommand command;
    command.initiator_task_tag = task.initiator_task_tag;
    command.lun = task.lun_field;
    sender_.send(iscsi::ready_to_transfer(command, r2t, sender_.peek()));
  }
}

/// Looked up anew when the command is executed: while its data came, the LUN may have left this
/// session, or another one may have its number; it may be write-protected by now, or be sanitized.
/// So it runs by what the unit is now; scsi::start() finds out when that is too much of another
/// unit. Not so what was begun before its LUN was lost: it keeps the snapshot without a store that
/// quiesce() has given it. Only start() looks at the nexus, so the reference need not outlive it.
scsi::Nexus& Commands::nexus_of(Task& task) {
  const auto number = iscsi::decode_lun(task.lun_field);
  NexusLun* nexus = number ? nexuses_.find(*number) : nullptr;
  if (nexus == nullptr || nexus->lun != task.lun) {
    lose_unit(task);
    return nexuses_.nowhere();
  }
  if (const LunViewPtr& now = nexus->view(); task.view->backend != nullptr && now != task.view)
    take_view(task, now);
  return nexus->nexus;
}

void Commands::execute(Task& task) {
  task.execution.nexus = &nexus_of(task);
  if (task.execution.planned.direction == scsi::Direction::kOut)
    task.execution.data_out = task.buffer.bytes();
  if (task.execution.planned.direction == scsi::Direction::kIn)
    task.execution.data_in = task.buffer.bytes();
  task.execution.scratch = task.scratch.bytes();
  if (task.lun != nullptr) return task.lun->executor->execute(task);
  const scsi::Step step = scsi::start(task.execution);
  check(step == scsi::Step::kDone, "a command without a LUN is answered at once");
  executed(task);
}

/// The executor has done with it: nothing of the backend touches its buffer any more.
void Commands::executed(Task& task) {
  // The turn may have begun before the submission, when the store answers at once.
  task.times.completed = std::max(lane_.loop().turn_start(), task.times.submitted);
  if (task.taken_away) {
    task.execution.status = scsi::Status::kTaskAborted;
    task.execution.transfer_bytes = task.execution.data_in_bytes = 0;
  } else if (task.aborted) {
    return end(task);
  }
  respond(task);
}

/// What the initiator has said that it expects to move in the direction of the CDB. Without that
/// direction's bit it is nothing, whatever EDTL says: a WRITE whose header does not announce data
/// has stored none, and the residual must say so (RFC 7143, 11.3.1 and 11.4.5).
std::uint32_t Commands::expected(const Task& task) {
  const scsi::Direction direction = task.execution.planned.direction;
  const bool denied = (direction == scsi::Direction::kOut && !task.writes) ||
                      (direction == scsi::Direction::kIn && !task.reads);
  return denied ? 0 : task.edtl;
}

/// The status is decided: from here on nobody can take the command back. It leaves the LUN's list
/// first (its I/O has ended), keeps its buffer until the kernel has taken the data, and its slot
/// until the last PDU has left.
void Commands::respond(Task& task) {
  leave_lun(task);
  task.phase.enter(TaskPhase::kResponding);
  // Before the answer is numbered: its MaxCmdSN lets the next command come.
  if (task.immediate)
    --immediate_in_progress_;
  else
    window_.release();
  const scsi::Execution& execution = task.execution;
  const std::uint64_t moved = task.failed ? 0 : execution.transfer_bytes;
  const iscsi::Residual residual = iscsi::residual(expected(task), moved);
  const bool collapse = execution.status == scsi::Status::kGood;
  std::uint32_t pdus = task.write ? task.write->r2t_count() : 0;
  const bool data = execution.data_in_bytes > 0 && !task.failed;
  if (data) send_data_in(task, residual, pdus, collapse);
  if (!data || !collapse) send_response(task, residual, pdus);
  // Who quiesces the LUN waits for its I/O, not for a peer that may never read this answer.
  if (!task.batons.empty()) [[unlikely]]
    task.batons.clear();
}

void Commands::send_data_in(Task& task, const iscsi::Residual& residual, std::uint32_t& pdus,
                            bool collapse) {
  const scsi::Execution& execution = task.execution;
  check(execution.data_in_bytes <= task.buffer.bytes().size(), "data-in fits its buffer");
  iscsi::ReadTransfer read(static_cast<std::uint32_t>(execution.data_in_bytes), parameters_,
                           collapse);
  while (const auto piece = read.next()) {
    const iscsi::Counters counters = piece->status ? sender_.next() : sender_.peek();
    sender_.send(iscsi::data_in(task.initiator_task_tag, *piece,
                                static_cast<std::uint8_t>(execution.status), residual, counters),
                 task.buffer.bytes().subspan(piece->offset, piece->bytes),
                 piece->status ? &task : nullptr);
  }
  pdus = read.pdu_count();
}

/// Sense data goes in the format that the mode page of the command's own snapshot says (D_SENSE).
void Commands::send_response(Task& task, const iscsi::Residual& residual, std::uint32_t pdus) {
  const scsi::Execution& execution = task.execution;
  iscsi::ScsiResponseFields fields;
  fields.initiator_task_tag = task.initiator_task_tag;
  fields.status = static_cast<std::uint8_t>(execution.status);
  fields.residual = residual;
  fields.data_pdus = pdus;
  std::array<std::byte, 2 + limits::kSenseBytesMax> sense{};
  if (execution.status == scsi::Status::kCheckCondition) {
    const bool descriptor = task.view != nullptr && task.view->unit.mode.descriptor_sense;
    const std::size_t size = execution.sense.encode(descriptor, MutableBytes(sense).subspan(2));
    store(MutableBytes(sense), be16(static_cast<std::uint16_t>(size)));
    fields.sense_bytes = static_cast<std::uint32_t>(2 + size);
  }
  const auto header = iscsi::scsi_response(fields, sender_.next());
  if (fields.sense_bytes == 0) return sender_.send(header, {}, &task);
  sender_.send_copy(header, Bytes(sense).first(fields.sense_bytes), &task);
}

/// The nexus that its initiator is counted by; null when the LUN is this session's no more, or
/// another one has its number.
NexusLun* Commands::nexus_that_counts(const Task& task) {
  const auto number = iscsi::decode_lun(task.lun_field);
  NexusLun* nexus = number ? nexuses_.find(*number) : nullptr;
  return nexus != nullptr && nexus->lun->recorder == task.recorder ? nexus : nullptr;
}

/// Also called for what was queued when the connection closed: that is not recorded, because its
/// initiator has not seen it end.
void Commands::sent(Task& task) {
  if (connection_.open()) record_task(task, nexus_that_counts(task), connection_.sent_at());
  end(task);
}

// --- Taking back ---------------------------------------------------------------------------------

/// Until its I/O has ended, which need not be thorough any more where it is but a question.
void Commands::hurry(Task& task) {
  backend::hurry(task.execution.request);
  const auto& change = task.execution.change;
  if (task.lun != nullptr && change && std::holds_alternative<scsi::MediumJob>(*change))
    lane_.home().let_waiter_go(task.lun->id, task.lock_ticket);
}

void Commands::wait_for(Task& task, const Baton& baton) {
  hurry(task);
  task.batons.push_back(baton);
}

/// It runs to the end of its I/O, or ends now where it has none.
void Commands::absorb(Task& task) {
  hurry(task);
  if (task.lun != nullptr) task.lun->executor->give_up(task);
}

/// By phase: executing, it is absorbed; receiving and delivered, it ends now; receiving and not
/// delivered, it keeps its slot until its CmdSN has passed, for the number must be used up.
void Commands::abort(Task& task, const Baton& baton) {
  if (task.phase == TaskPhase::kResponding) return;  // it has been answered
  task.taken_away = false;
  if (!std::exchange(task.aborted, true))
    task.recorder.add(telemetry::LunCounter::kAbortedCommands);
  if (task.phase == TaskPhase::kExecuting) {
    task.batons.push_back(baton);
    return absorb(task);
  }
  if (task.delivered) return end(task);
  // Its CmdSN must still pass by, but nothing of it will run: nobody waits for a peer that may
  // never send what comes before it.
  lose_unit(task);
}

/// Not executing, nothing of it runs any more, so nobody waits for it: its initiator may be slow to
/// send what it was asked for, or what comes before it.
void Commands::take_away(Task& task, const Baton& baton) {
  if (task.phase == TaskPhase::kResponding) return;
  if (!task.aborted) task.recorder.add(telemetry::LunCounter::kAbortedCommands);
  if (task.phase == TaskPhase::kExecuting) {
    if (!std::exchange(task.aborted, true)) task.taken_away = true;
    task.batons.push_back(baton);
    return absorb(task);
  }
  if (task.aborted) return;
  decide(task, scsi::Status::kTaskAborted);
  if (task.delivered && receiving_ != &task && !awaits_data(task)) advance(task);
}

bool Commands::any_on(const LaneLun& lun) const {
  const auto all = tasks_.all();
  return std::any_of(all.begin(), all.end(), [&](const Task& task) {
    return task.phase != TaskPhase::kFree && !task.aborted && task.lun == &lun;
  });
}

/// A walk over all slots instead of the LUN's list: that has other sessions' commands too.
void Commands::abort_all(const LaneLun* lun, const Baton& baton, bool in_turn) {
  for (Task& task : tasks_.all()) {
    const bool meant = (lun == nullptr || task.lun == lun) && (task.delivered || !in_turn);
    if (task.phase != TaskPhase::kFree && meant) abort(task, baton);
  }
}

void Commands::quiesce(Task& task, LunFate fate, const Baton& baton) {
  if (task.phase == TaskPhase::kExecuting) return wait_for(task, baton);
  // Its data is still awaited. It will be run by what is true now, and refused by it: the snapshot
  // without a backend, or none at all. Its data keeps its place until then.
  check(task.phase == TaskPhase::kReceiving, "a command in progress waits for data or for its I/O");
  if (fate == LunFate::kRemoved) {
    lose_unit(task);
    task.recorder = {};  // its place in the segment will be another LUN's
  } else {
    check(task.lun->view->backend == nullptr, "a LUN goes offline before it is quiesced");
    take_view(task, task.lun->view);
  }
}

/// A walk over all slots: an answered command has left the LUN's list.
void Commands::forget(const telemetry::LunRecorder& recorder) {
  for (Task& task : tasks_.all())
    if (task.recorder == recorder) task.recorder = {};
}

/// Nothing of the peer's will come any more: what waits for data or for its turn ends. Batons that
/// wait for I/O stay with it. What responds was handed back by the send queue before.
void Commands::connection_closed() {
  for (Task& task : tasks_.all()) {
    if (task.phase == TaskPhase::kFree) continue;
    if (!std::exchange(task.aborted, true) && task.phase != TaskPhase::kResponding)
      task.recorder.add(telemetry::LunCounter::kAbortedCommands);
    task.taken_away = false;
    if (task.phase == TaskPhase::kReceiving)
      end(task);
    else if (task.phase == TaskPhase::kExecuting)
      absorb(task);
  }
}

void Commands::leave_lun(Task& task) {
  if (task.lun == nullptr) return;
  task.lun->in_progress.remove(task);
  task.lun->publish_in_flight();
  task.lun->leave_waiting(task);
  check(!TasksSince::has(TasksSince::State::kInStore, task), "a command outlasts its requests");
  task.lun = nullptr;
}

/// What it runs by from now on.
void Commands::take_view(Task& task, const LunViewPtr& view) {
  task.view = view;
  task.execution.unit = &view->unit;
}

/// Its LUN is none of this session's any more.
void Commands::lose_unit(Task& task) {
  leave_lun(task);
  task.view.reset();
  task.execution.unit = nullptr;
}

/// The slot is free again: answered and sent (kResponding), absorbed (kExecuting), taken back or
/// dropped (kReceiving). A task that was not answered gives back here what respond() would have.
void Commands::end(Task& task) {
  leave_lun(task);
  if (task.phase != TaskPhase::kResponding) {
    if (task.immediate)
      --immediate_in_progress_;
    else if (task.delivered)
      window_.release();
  }
  if (receiving_ == &task) {
    connection_.discard_data();  // the framer must not write into a buffer that is given back
    receiving_ = nullptr;
  }
  buffer_bytes_ -= cost_of(task);
  tasks_.give_back(task);
  session_.task_ended();
}

void Commands::check_accounts(Accounts& lane) const {
  std::uint32_t in_window = 0;
  std::uint32_t immediates = 0;
  std::size_t bytes = 0;
  for (const Task& task : tasks_.all()) {
    if (task.phase == TaskPhase::kFree) continue;
    const bool unanswered = task.phase != TaskPhase::kResponding;
    immediates += unanswered && task.immediate ? 1 : 0;
    in_window += unanswered && !task.immediate && task.delivered ? 1 : 0;
    bytes += cost_of(task);
    if (task.lun != nullptr) ++lane.luns[task.lun];
    check(task.lun == nullptr || unanswered, "an answered command has left its LUN");
  }
  check(in_window == window_.numbers().in_progress(),
        "the window's slots are those of its commands");
  check(immediates == immediate_in_progress_, "immediate commands are counted");
  lane.buffer_bytes += bytes;
  check(bytes == buffer_bytes_, "a connection's bytes are those of its commands");
}

}  // namespace lungate::session
