// SPDX-License-Identifier: LGPL-2.1-or-later
// The commands of an initiator, and with which numbers they go.
#include <algorithm>

#include "tests/sim/initiator.h"
#include "tests/sim/initiator_pdu.h"

namespace lungate::sim {

// --- Data ----------------------------------------------------------------------------------------

namespace {

std::array<std::uint8_t, 16> cdb10(std::uint8_t opcode, const Command& command) {
  std::array<std::uint8_t, 16> cdb{};
  cdb[0] = opcode;
  cdb[5] = static_cast<std::uint8_t>(command.lba);
  cdb[8] = static_cast<std::uint8_t>(command.blocks);
  return cdb;
}

}  // namespace

void Initiator::read() {
  if (!may_send()) return;
  Command command = moving(CommandKind::kRead, 24);
  command.bytes_expected = command.blocks * kBlockBytes;
  if (chance().one_in(12)) command.bytes_expected += chance().between(1, 600);
  if (chance().one_in(12))
    command.bytes_expected = std::max(1u, command.bytes_expected - chance().between(1, 500));
  command.begin = scene_.next_moment();
  const Cdb cdb = cdb10(0x28, command);
  send(std::move(command), cdb);
}

void Initiator::write() {
  if (!may_send()) return;
  Command command = moving(CommandKind::kWrite, 24);
  command.begin = scene_.next_moment();
  command.write = ++scene_.last_write;
  command.data = volume_of(command).disk.begin_write(command.write, command.lba, command.blocks,
                                                     command.begin);
  Cdb cdb = cdb10(0x2a, command);
  if (chance().one_in(8)) cdb[1] = 0x08;  // FUA
  send(std::move(command), cdb);
}

void Initiator::write_small() {
  if (!may_send()) return;
  Command command = moving(CommandKind::kWrite, 2);
  command.begin = scene_.next_moment();
  command.write = ++scene_.last_write;
  command.data = volume_of(command).disk.begin_write(command.write, command.lba, command.blocks,
                                                     command.begin);
  const Cdb cdb = cdb10(0x2a, command);
  send(std::move(command), cdb);
}

/// COMPARE AND WRITE: what it expects is what somebody has written lately, or nobody yet.
void Initiator::swap() {
  if (!may_send()) return;
  Command command = moving(CommandKind::kSwap, 2);
  command.begin = scene_.next_moment();
  Disk& disk = volume_of(command).disk;
  command.data = disk.likely_content(command.lba, command.blocks);
  command.write = ++scene_.last_write;
  const auto fresh = disk.begin_write(command.write, command.lba, command.blocks, command.begin);
  disk.expects(command.write, command.data);
  command.data.insert(command.data.end(), fresh.begin(), fresh.end());
  Cdb cdb{};
  cdb[0] = 0x89;
  cdb[9] = static_cast<std::uint8_t>(command.lba);
  cdb[13] = static_cast<std::uint8_t>(command.blocks);
  send(std::move(command), cdb);
}

void Initiator::give() {
  std::vector<std::uint32_t> tags;
  for (const auto& [tag, command] : open_)
    if (!command.due.empty()) tags.push_back(tag);
  if (tags.empty() || leaving_) return;
  const std::uint32_t tag = tags[chance().below(static_cast<std::uint32_t>(tags.size()))];
  give_one(tag, open_.at(tag));
}

// --- Other commands ------------------------------------------------------------------------------

void Initiator::look() {
  if (!may_send()) return;
  Command command;
  command.begin = scene_.next_moment();
  command.lun = static_cast<std::uint16_t>(chance().below(kDisks));
  Cdb cdb{};
  constexpr std::uint8_t kOpcodes[] = {0x00, 0x12, 0x25, 0x35, 0x03};
  cdb[0] = chance().among(kOpcodes);
  if (cdb[0] == 0x12 || cdb[0] == 0x03) cdb[4] = 96;
  if (cdb[0] == 0x12 || cdb[0] == 0x03) command.bytes_expected = 96;
  if (cdb[0] == 0x25) command.bytes_expected = 8;
  send(std::move(command), cdb);
}

void Initiator::reserve() {
  if (!may_send()) return;
  Command command;
  command.kind = CommandKind::kReserve;
  command.begin = scene_.next_moment();
  command.lun = static_cast<std::uint16_t>(chance().below(kDisks));
  // Who is registered is told GOOD, and nothing happens (SPC-4, 5.13.3).
  if (!registered_once_) command.gains = Reserve::kSpc2;
  volume_of(command).reservations.change_begins(number_);
  Cdb cdb{};
  cdb[0] = 0x16;
  send(std::move(command), cdb);
}

void Initiator::release() {
  if (!may_send()) return;
  Command command;
  command.kind = CommandKind::kReserve;
  command.begin = scene_.next_moment();
  command.lun = static_cast<std::uint16_t>(chance().below(kDisks));
  volume_of(command).reservations.change_begins(number_);
  Cdb cdb{};
  cdb[0] = 0x17;
  send(std::move(command), cdb);
}

/// PERSISTENT RESERVE OUT: each initiator has a key of its own.
void Initiator::persist() {
  if (!may_send()) return;
  enum : std::uint8_t { kRegister, kReserve, kRelease, kClear, kPreempt, kPreemptAndAbort };
  constexpr std::uint8_t kActions[] = {kRegister, kRegister, kReserve, kReserve,        kReserve,
                                       kRelease,  kClear,    kPreempt, kPreemptAndAbort};
  constexpr Reserve kTypes[] = {Reserve::kWriteExclusive, Reserve::kExclusiveAccess};
  Command command;
  command.kind = CommandKind::kReserve;
  command.begin = scene_.next_moment();
  command.lun = static_cast<std::uint16_t>(chance().below(kDisks));
  const std::uint8_t action = chance().among(kActions);
  const Reserve type = chance().among(kTypes);
  if (action == kReserve) command.gains = type;
  volume_of(command).reservations.change_begins(number_);
  if (action == kPreemptAndAbort) {
    command.takes_others = true;
    ++volume_of(command).takings;
    ++volume_of(command).takings_open;
  }
  const bool leaves = action == kRegister && chance().one_in(4);
  command.data.resize(24);
  const auto key = [](unsigned of) { return be64(0x1000u + of); };
  store(MutableBytes(command.data),
        action == kRegister && !leaves && !registered_ ? be64(0u) : key(number_));
  store(MutableBytes(command.data).subspan(8), leaves                ? be64(0u)
                                               : action == kRegister ? key(number_)
                                                                     : key(chance().below(4)));
  if (action == kRegister) registered_ = !leaves;
  registered_once_ = true;
  Cdb cdb{};
  cdb[0] = 0x5f;
  cdb[1] = action;
  cdb[2] = static_cast<std::uint8_t>(type);
  cdb[8] = 24;
  send(std::move(command), cdb);
}

void Initiator::ping() {
  if (!may_send()) return;
  iscsi::NopOut request;
  const bool immediate = chance().one_in(2);
  if (immediate) request.opcode_byte |= iscsi::kImmediateBit;
  const std::uint32_t tag = take_tag();
  request.initiator_task_tag = tag;
  request.cmd_sn = immediate ? line_->cmd_sn() : line_->take_cmd_sn();
  request.exp_stat_sn = line_->exp_stat_sn();
  std::vector<std::byte> data(chance().below(login_->agreed().max_send_bytes));
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::byte>(i * tag);
  pings_[tag] = data;
  send_pdu(request, data);
}

void Initiator::ask_targets() {
  if (!may_send() || !texts_.empty()) return;
  iscsi::TextRequest request;
  request.flags = iscsi::kFinalBit;
  const std::uint32_t tag = take_tag();
  request.initiator_task_tag = tag;
  request.cmd_sn = line_->take_cmd_sn();
  request.exp_stat_sn = line_->exp_stat_sn();
  texts_.insert(tag);
  send_pdu(request, bytes_of(std::string_view("SendTargets=\0", 13)));
}

// --- Numbers -------------------------------------------------------------------------------------

/// Two commands whose order on the wire is not that of their numbers.
void Initiator::cross() {
  if (!may_send(2) || hole_) return;
  const std::uint32_t first = line_->take_cmd_sn();
  hole_ = first;
  chance().one_in(2) ? write() : read();
  fill_hole();
}

/// Whatever follows waits until the number comes.
void Initiator::leave_hole() {
  if (may_send(2) && !hole_) hole_ = line_->take_cmd_sn();
}

void Initiator::fill_hole() {
  if (!hole_) return;
  Command command;
  command.begin = scene_.next_moment();
  send_as(std::move(command), Cdb{}, *std::exchange(hole_, std::nullopt), false);
}

/// A number beyond any window, or one that was used: it must be as if nothing had come.
void Initiator::send_outside() {
  if (hole_ || !may_send()) return;
  ++scene_.tally.ignored;
  send_unseen(chance().one_in(2) ? line_->cmd_sn() + scene_.window + chance().below(100)
                                 : line_->cmd_sn() - chance().between(1, 3));
}

/// What comes while a lane stands still is too old when it goes on.
void Initiator::send_during_stall(unsigned lane) {
  if (!may_send() || hole_ || line_->wire().lane() != lane) return;
  send_unseen(line_->take_cmd_sn());
  line_->wire().push(1 << 20);
}

/// A write that never comes to a store, nor is it answered.
void Initiator::send_unseen(std::uint32_t cmd_sn) {
  if (login_->agreed().max_send_bytes < kBlockBytes) return;
  Command command = moving(CommandKind::kWrite, 1);
  command.write = ++scene_.last_write;
  Disk& disk = volume_of(command).disk;
  command.data = disk.begin_write(command.write, command.lba, command.blocks, scene_.moment);
  disk.untouched(command.write);
  iscsi::ScsiCommand header;
  header.flags = iscsi::kFinalBit | iscsi::ScsiCommand::kWriteBit | 0x01;
  header.lun = iscsi::encode_lun(command.lun);
  header.initiator_task_tag = take_tag();
  header.expected_data_transfer_length = kBlockBytes;
  header.cmd_sn = cmd_sn;
  header.cdb = cdb10(0x2a, command);
  scene_.trace.note('i', number_, "sends in vain",
                    {header.initiator_task_tag, cmd_sn, command.write});
  send_pdu(header, login_->agreed().immediate_data ? Bytes(command.data) : Bytes{});
}

}  // namespace lungate::sim
