// SPDX-License-Identifier: LGPL-2.1-or-later
// What an initiator hears, held against what it may be told.
#include <algorithm>

#include "iscsi/reject.h"
#include "iscsi/task_management.h"
#include "scsi/sense.h"
#include "scsi/status.h"
#include "tests/sim/initiator.h"
#include "tests/sim/initiator_pdu.h"
#include "tests/sim/violation.h"

namespace lungate::sim {

using iscsi::Opcode;

using scsi::Status;

void Initiator::hear_all() {
  while (line_) {
    const auto pdu = line_->next();
    if (!pdu) break;
    hear(*pdu);
  }
  if (line_ && line_->wire().ended()) closed();
  std::erase_if(abandoned_, [](Line& line) { return line.wire().ended(); });
}

void Initiator::hear(const Pdu& pdu) {
  switch (pdu.opcode()) {
    case Opcode::kLoginResponse:
      return hear_login(pdu);
    case Opcode::kReadyToTransfer:
      ++scene_.tally.r2ts;
      return find(pdu.tag())->second.take(pdu.as<iscsi::ReadyToTransfer>(), login_->agreed());
    case Opcode::kDataIn:
      return hear_data_in(pdu);
    case Opcode::kScsiResponse:
      return hear_response(pdu);
    case Opcode::kTaskManagementResponse:
      return hear_managed(pdu);
    case Opcode::kNopIn:
      return hear_ping(pdu);
    case Opcode::kTextResponse:
      return require(texts_.erase(pdu.tag()) == 1, "a text that nobody has asked for");
    case Opcode::kLogoutResponse:
      require(logout_ == pdu.tag(), "the answer to a logout that was not asked for");
      require(pdu.as<iscsi::LogoutResponse>().response == 0, "a logout is refused");
      for (const auto& [tag, command] : open_) over(command);
      open_.clear();
      logout_.reset();
      return;
    case Opcode::kReject:
      return hear_reject(pdu);
    case Opcode::kAsyncMessage:
      return require(scene_.draining, "a message of the target without a cause");
    default:
      throw Violation("a PDU that no target sends");
  }
}

// --- Login ---------------------------------------------------------------------------------------

void Initiator::hear_login(const Pdu& pdu) {
  switch (login_->hear(*line_, pdu)) {
    case Login::Progress::kGoesOn:
      return;
    case Login::Progress::kDone:
      return logged_in();
    case Login::Progress::kRefused:
      // 02/01: a wrong secret. 03/02: an older login of the same port was heard after this one.
      // 02/0a: what it would continue has ended.
      require(login_->plan().wrong_secret
                  ? login_->status() == 0x0201
                  : (login_->status() == 0x0302 && stale_login_) ||
                        (login_->status() == 0x020a && login_->plan().tsih != 0),
              "a login is refused without a cause");
      ++scene_.tally.logins_refused;
      leaving_ = true;
      return;
  }
}

void Initiator::logged_in() {
  logged_in_ = true;
  ++scene_.tally.logins;
  if (login_->plan().tsih != 0) ++scene_.tally.continued;
  line_->begin_session(scene_.window);
  line_->set_digests(login_->agreed().header_digest, login_->agreed().data_digest);
  const Moment at = scene_.next_moment();
  for (const auto& [lun, write] : orphans_) volume(lun).disk.over(write, at);
  orphans_.clear();
  check_abandoned();
  scene_.trace.note('i', number_, "is logged in");
}

// --- Commands ------------------------------------------------------------------------------------

std::map<std::uint32_t, Command>::iterator Initiator::find(std::uint32_t tag) {
  const auto found = open_.find(tag);
  require(found != open_.end(), "a PDU of a command that has ended, or never was");
  return found;
}

void Initiator::hear_data_in(const Pdu& pdu) {
  const auto in = pdu.as<iscsi::DataIn>();
  Command& command = find(pdu.tag())->second;
  command.take(in, pdu.data, login_->agreed());
  if ((in.flags & iscsi::DataIn::kStatusBit) == 0) return;
  require(in.status == static_cast<std::uint8_t>(Status::kGood), "an error with Data-In");
  command.check_moved(in.flags, in.residual_count);
  ended(pdu.tag(), in.status, {});
}

void Initiator::hear_response(const Pdu& pdu) {
  const auto response = pdu.as<iscsi::ScsiResponse>();
  const Command& command = find(pdu.tag())->second;
  require(response.response == iscsi::ScsiResponse::kCompletedAtTarget, "a target failure");
  require(response.exp_data_sn == std::max(command.data_sn, command.r2t_sn),
          "ExpDataSN is not what was sent");
  if (response.status == static_cast<std::uint8_t>(Status::kGood))
    command.check_moved(response.flags, response.residual_count);
  ended(pdu.tag(), response.status, pdu.data);
}

// --- The rest ------------------------------------------------------------------------------------

void Initiator::hear_managed(const Pdu& pdu) {
  const auto found = managing_.find(pdu.tag());
  require(found != managing_.end(), "task management that nobody has asked for");
  const Managing managing = std::move(found->second);
  managing_.erase(found);
  for (const unsigned lun : managing.volumes) --volume(lun).takings_open;
  const auto response =
      static_cast<iscsi::TaskResponse>(pdu.as<iscsi::TaskManagementResponse>().response);
  scene_.trace.note('i', number_, "task management ended",
                    {pdu.tag(), managing.function, static_cast<unsigned>(response)});
  if (response == iscsi::TaskResponse::kNoSuchTask) {
    for (const std::uint32_t tag : managing.takes)
      require(!open_.contains(tag) || explained(open_.at(tag)) || being_taken(tag),
              "a task that has not ended is not there");
    return;
  }
  const auto asked = static_cast<iscsi::TaskFunction>(managing.function);
  if (asked == iscsi::TaskFunction::kQueryTask)
    return require(
        response == iscsi::TaskResponse::kSucceeded || response == iscsi::TaskResponse::kComplete,
        "a query has another answer");
  require(response == iscsi::TaskResponse::kComplete, "task management is refused");
  // It may have come before or after what was sent while it was at work.
  if (asked == iscsi::TaskFunction::kItNexusReset)
    for (auto& [tag, command] : open_) command.gains.reset();
  for (const std::uint32_t tag : managing.takes) {
    const auto task = open_.find(tag);
    if (task == open_.end()) continue;
    over(task->second);
    if (task->second.takes_others) --volume_of(task->second).takings_open;
    open_.erase(task);
    ++scene_.tally.aborted;
  }
}

bool Initiator::being_taken(std::uint32_t tag) const {
  return std::ranges::any_of(managing_,
                             [tag](const auto& one) { return one.second.takes.contains(tag); });
}

/// Of immediate commands there may be too many; everything else was right, or spoilt on its way.
void Initiator::hear_reject(const Pdu& pdu) {
  const auto reason = static_cast<iscsi::RejectReason>(pdu.as<iscsi::Reject>().reason);
  scene_.trace.note('i', number_, "rejected", {static_cast<unsigned>(reason)});
  if (spoilt_ && reason == iscsi::RejectReason::kDataDigestError) return;
  require(reason == iscsi::RejectReason::kTooManyImmediateCommands &&
              pdu.data.size() >= iscsi::kBhsBytes,
          "a PDU that was right is rejected");
  const auto task = find(load<iscsi::BasicHeader>(pdu.data).initiator_task_tag);
  const Command& command = task->second;
  if (command.writes()) volume_of(command).disk.untouched(command.write);
  if (command.kind == CommandKind::kReserve) volume_of(command).reservations.change_refused();
  if (command.takes_others) --volume_of(command).takings_open;
  open_.erase(task);
}

void Initiator::hear_ping(const Pdu& pdu) {
  const auto in = pdu.as<iscsi::NopIn>();
  if (pdu.tag() != iscsi::kNoTag) {
    const auto found = pings_.find(pdu.tag());
    require(found != pings_.end(), "the answer to a ping that was not sent");
    const std::size_t most =
        std::min<std::size_t>(found->second.size(), login_->agreed().max_recv_bytes);
    require(std::ranges::equal(pdu.data, Bytes(found->second).first(most)),
            "a ping comes back as another");
    pings_.erase(found);
    return;
  }
  if (leaving_ || spoilt_) return;
  iscsi::NopOut answer;
  answer.opcode_byte |= iscsi::kImmediateBit;
  answer.lun = in.lun;
  answer.initiator_task_tag = iscsi::kNoTag;
  answer.target_transfer_tag = in.target_transfer_tag;
  answer.cmd_sn = line_->cmd_sn();
  answer.exp_stat_sn = line_->exp_stat_sn();
  send_pdu(answer);
}

}  // namespace lungate::sim
