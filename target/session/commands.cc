// SPDX-License-Identifier: LGPL-2.1-or-later
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

Commands::Commands(Session& session, Connection& connection, iscsi::CommandWindow& window,
                   Sender& sender, const iscsi::Parameters& parameters)
    : session_(session),
      connection_(connection),
      lane_(connection.lane()),
      window_(window),
      sender_(sender),
      parameters_(parameters),
      tasks_(session, window.slots() + limits::kImmediateCommandsMax) {}

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
    task.view = task.lun->view;
    task.execution.unit = &task.view->unit;
    task.recorder = task.lun->recorder;
    task.lun->in_progress.add(task);
    task.lun->publish_in_flight();
  }
  task.execution.planned = scsi::plan(task.execution.cdb, task.execution.unit);
  return !refusing_;
}

void Commands::prepare_data(Task& task, std::uint32_t immediate_bytes, bool final) {
  using scsi::Direction;
  const bool out =
      task.writes && !task.failed && task.execution.planned.direction == Direction::kOut;
  const bool in = task.reads && !task.failed && task.execution.planned.direction == Direction::kIn;
  const std::uint64_t bytes = std::min<std::uint64_t>(task.edtl, task.execution.planned.bytes);
  if ((out || in) && bytes > 0 && !take_buffer(task, bytes)) {
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

bool Commands::take_buffer(Task& task, std::uint64_t bytes) {
  if (bytes > limits::kTransferBytesMax ||
      buffer_bytes_ + bytes > limits::kTaskBytesPerConnectionMax)
    return false;
  task.buffer = lane_.buffers().take(static_cast<std::size_t>(bytes));
  buffer_bytes_ += static_cast<std::size_t>(bytes);
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
    send_r2ts(task);
}

void Commands::deliver(Task& task) {
  task.delivered = true;
  if (task.aborted) return end(task);
  advance(task);
}

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
  if (task.failed || task.buffer.empty()) return {};
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
  if (awaits_data(task)) return send_r2ts(task);
  task.times.ready = connection_.arrival();
  task.phase = TaskPhase::kExecuting;
  if (task.failed) return executed(task);
  execute(task);
}

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

/// Looked up when the command begins: the LUN may have left this session since it came.
scsi::Nexus& Commands::nexus_of(const Task& task) {
  const auto number = iscsi::decode_lun(task.lun_field);
  NexusLun* nexus = number ? nexuses_.find(*number) : nullptr;
  return nexus != nullptr && nexus->lun == task.lun ? nexus->nexus : nexuses_.nowhere();
}

void Commands::execute(Task& task) {
  task.execution.nexus = &nexus_of(task);
  if (task.execution.planned.direction == scsi::Direction::kOut)
    task.execution.data_out = task.buffer.bytes();
  if (task.execution.planned.direction == scsi::Direction::kIn)
    task.execution.data_in = task.buffer.bytes();
  if (task.lun != nullptr) return task.lun->executor->execute(task);
  const scsi::Step step = scsi::start(task.execution);
  check(step == scsi::Step::kDone, "a command without a LUN is answered at once");
  executed(task);
}

void Commands::executed(Task& task) {
  // The turn may have begun before the submission, when the store answers at once.
  task.times.completed = std::max(lane_.loop().turn_start(), task.times.submitted);
  if (task.aborted) return end(task);
  respond(task);
}

void Commands::respond(Task& task) {
  leave_lun(task);
  task.phase = TaskPhase::kResponding;
  // Before the answer is numbered: its MaxCmdSN lets the next command come.
  if (task.immediate)
    --immediate_in_progress_;
  else
    window_.release();
  const scsi::Execution& execution = task.execution;
  const std::uint64_t moved = task.failed ? 0 : execution.transfer_bytes;
  const iscsi::Residual residual = iscsi::residual(task.edtl, moved);
  const bool collapse = execution.status == scsi::Status::kGood;
  std::uint32_t pdus = task.write ? task.write->r2t_count() : 0;
  const bool data = execution.data_in_bytes > 0 && !task.failed;
  if (data) send_data_in(task, residual, pdus, collapse);
  if (!data || !collapse) send_response(task, residual, pdus);
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

void Commands::sent(Task& task) {
  if (connection_.open()) record_task(task, connection_.sent_at());
  end(task);
}

// --- Taking back ---------------------------------------------------------------------------------

void Commands::abort(Task& task, const Baton& baton) {
  if (task.phase == TaskPhase::kResponding) return;  // it has been answered
  if (!std::exchange(task.aborted, true))
    task.recorder.add(telemetry::LunCounter::kAbortedCommands);
  if (task.phase == TaskPhase::kExecuting) return task.batons.push_back(baton);  // absorbed
  if (task.delivered) return end(task);
  // Its CmdSN must still pass by, but nothing of it will run: nobody waits for a peer that may
  // never send what comes before it.
  leave_lun(task);
  task.view.reset();
}

void Commands::abort_all(const LaneLun* lun, const Baton& baton) {
  for (Task& task : tasks_.all())
    if (task.phase != TaskPhase::kFree && (lun == nullptr || task.lun == lun)) abort(task, baton);
}

void Commands::connection_closed() {
  for (Task& task : tasks_.all()) {
    if (task.phase == TaskPhase::kFree) continue;
    if (!std::exchange(task.aborted, true) && task.phase != TaskPhase::kResponding)
      task.recorder.add(telemetry::LunCounter::kAbortedCommands);
    if (task.phase == TaskPhase::kReceiving) end(task);
  }
}

void Commands::leave_lun(Task& task) {
  if (task.lun == nullptr) return;
  task.lun->in_progress.remove(task);
  task.lun->publish_in_flight();
  task.lun = nullptr;
}

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
  buffer_bytes_ -= task.buffer.bytes().size();
  tasks_.give_back(task);
  session_.task_ended();
}

}  // namespace lungate::session
