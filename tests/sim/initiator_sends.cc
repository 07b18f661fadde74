// SPDX-License-Identifier: LGPL-2.1-or-later
// PDUs of an initiator, as its plans and what was agreed upon want them.
#include <algorithm>

#include "iscsi/task_management.h"
#include "tests/sim/initiator.h"
#include "tests/sim/initiator_pdu.h"

namespace lungate::sim {

/// Tags come round again soon, so that what is late for one command finds the next one under its
/// tag.
std::uint32_t Initiator::take_tag() {
  constexpr std::uint32_t kTags = 100;
  const auto used = [this](std::uint32_t tag) {
    return open_.contains(tag) || managing_.contains(tag) || pings_.contains(tag) ||
           texts_.contains(tag) || logout_ == tag || being_taken(tag);
  };
  do next_tag_ = next_tag_ % kTags + 1;
  while (used(next_tag_));
  return next_tag_;
}

/// A command on some blocks of some disk.
Command Initiator::moving(CommandKind kind, std::uint32_t blocks_max) {
  Command command;
  command.kind = kind;
  command.lun = static_cast<std::uint16_t>(chance().below(kDisks));
  command.blocks = chance().between(1, blocks_max);
  // Most of the traffic on few blocks: those who never meet disturb nobody.
  const std::uint32_t range = chance().one_in(3) ? Disk::kBlocks : blocks_max + 8;
  command.lba = chance().below(range - command.blocks + 1);
  return command;
}

void Initiator::send(Command&& command, const Cdb& cdb) {
  // An immediate command overtakes those that wait for their turn. Not while something is being
  // taken back: no rule says whether it is of those that are meant.
  if (managing_.empty() && chance().one_in(24))
    return send_as(std::move(command), cdb, line_->cmd_sn(), true);
  const std::uint32_t cmd_sn = line_->take_cmd_sn();
  send_as(std::move(command), cdb, cmd_sn, false);
}

void Initiator::send_as(Command&& command, const Cdb& cdb, std::uint32_t cmd_sn, bool immediate) {
  bool final = true;
  const std::uint32_t with_it = plan_data(command, final);
  iscsi::ScsiCommand header;
  if (immediate) header.opcode_byte |= iscsi::kImmediateBit;
  header.flags = static_cast<std::uint8_t>(
      (final ? iscsi::kFinalBit : 0u) |
      (command.data.empty() ? 0u : iscsi::ScsiCommand::kWriteBit) |
      (command.bytes_expected == 0 ? 0u : iscsi::ScsiCommand::kReadBit) | 0x01u);
  header.lun = iscsi::encode_lun(command.lun);
  const std::uint32_t tag = take_tag();
  header.initiator_task_tag = tag;
  header.expected_data_transfer_length = static_cast<std::uint32_t>(
      command.data.empty() ? command.bytes_expected : command.data.size());
  header.cmd_sn = cmd_sn;
  header.exp_stat_sn = line_->exp_stat_sn();
  header.cdb = cdb;
  scene_.trace.note('i', number_, "sends",
                    {tag, cdb[0], command.lun, command.lba, command.blocks, command.write, cmd_sn,
                     immediate, with_it});
  const Bytes data = Bytes(command.data).first(with_it);
  send_pdu(header, data);
  remember(tag, std::move(command));
}

void Initiator::remember(std::uint32_t tag, Command&& command) {
  const Volume& volume = volume_of(command);
  command.takings = volume.takings;
  command.takings_open = volume.takings_open;
  open_[tag] = std::move(command);
}

/// How much of the data goes with the command, how much follows unasked; the rest is asked for.
std::uint32_t Initiator::plan_data(Command& command, bool& final) {
  final = true;
  if (command.data.empty()) return 0;
  const Agreed& agreed = login_->agreed();
  const auto all = static_cast<std::uint32_t>(command.data.size());
  const std::uint32_t first = std::min(all, agreed.first_burst_bytes);
  const auto some_of = [this](std::uint32_t most) {
    if (chance().one_in(2)) return most;
    return chance().one_in(2) ? 0 : chance().between(0, most);
  };
  const std::uint32_t with_it =
      agreed.immediate_data ? some_of(std::min(first, agreed.max_send_bytes)) : 0;
  command.asked = with_it;
  if (agreed.initial_r2t || with_it == first || chance().one_in(2)) return with_it;
  final = false;
  command.asked = with_it + std::max(1u, some_of(first - with_it));
  command.due.push_back({iscsi::kNoTag, with_it, command.asked, 0});
  return with_it;
}

/// One Data-Out of the burst that is due first.
void Initiator::give_one(std::uint32_t tag, Command& command) {
  Burst& burst = command.due.front();
  const std::uint32_t most = std::min(burst.end - burst.offset, login_->agreed().max_send_bytes);
  const std::uint32_t bytes = chance().one_in(4) ? chance().between(1, most) : most;
  iscsi::DataOut header;
  header.flags = burst.offset + bytes == burst.end ? iscsi::kFinalBit : 0;
  header.lun = iscsi::encode_lun(command.lun);
  header.initiator_task_tag = tag;
  header.target_transfer_tag = burst.transfer_tag;
  header.exp_stat_sn = line_->exp_stat_sn();
  header.data_sn = burst.data_sn++;
  header.buffer_offset = burst.offset;
  const Bytes data = Bytes(command.data).subspan(burst.offset, bytes);
  burst.offset += bytes;
  if (burst.offset == burst.end) command.due.pop_front();
  send_pdu(header, data);
}

std::uint32_t Initiator::manage(iscsi::TaskFunction function, std::uint32_t task,
                                std::uint16_t lun) {
  iscsi::TaskManagementRequest request;
  const bool immediate = !may_send() || chance().one_in(2);
  if (immediate) request.opcode_byte |= iscsi::kImmediateBit;
  request.flags = static_cast<std::uint8_t>(iscsi::kFinalBit | static_cast<unsigned>(function));
  request.lun = iscsi::encode_lun(lun);
  const std::uint32_t tag = take_tag();
  request.initiator_task_tag = tag;
  request.referenced_task_tag = task;
  request.cmd_sn = immediate ? line_->cmd_sn() : line_->take_cmd_sn();
  request.ref_cmd_sn = request.cmd_sn;
  request.exp_stat_sn = line_->exp_stat_sn();
  scene_.trace.note('i', number_, "manages", {tag, static_cast<unsigned>(function), task, lun});
  managing_[tag].function = static_cast<std::uint8_t>(function);
  send_pdu(request);
  return tag;
}

}  // namespace lungate::sim
