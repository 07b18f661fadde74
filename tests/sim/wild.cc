// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/sim/wild.h"

#include <algorithm>

#include "iscsi/task_management.h"
#include "tests/sim/gateway_plan.h"

namespace lungate::sim {
namespace {

using iscsi::kFinalBit;

template <class Bhs>
std::array<std::byte, iscsi::kBhsBytes> header_of(const Bhs& bhs) {
  static_assert(sizeof(Bhs) == iscsi::kBhsBytes);
  return std::bit_cast<std::array<std::byte, iscsi::kBhsBytes>>(bhs);
}

/// Commands with something to them: data both ways, lists, changes of the unit.
constexpr std::uint8_t kOpcodes[] = {0x00, 0x28, 0x2a, 0x2a, 0x12, 0x1a, 0x15, 0x5f, 0x5e,
                                     0x89, 0x8b, 0x83, 0x42, 0x41, 0x93, 0x9e, 0xa0, 0xa3,
                                     0x2f, 0x35, 0x16, 0x17, 0x04, 0x48, 0x3b, 0x3c, 0x03};

}  // namespace

void Wild::connect() {
  LoginPlan plan;
  plan.initiator = "iqn.2026-11.io.lungate:wild";
  plan.isid = 0x8000'0000'0000u + chance().below(2);
  plan.target = kWildTarget;
  plan.header_digest = chance().one_in(4);
  plan.data_digest = chance().one_in(4);
  plan.max_outstanding_r2t = 4;
  plan.initial_r2t = chance().one_in(3);
  in_session_ = false;
  line_.emplace(door_.connect(), 99u, scene_.trace);
  line_->forget_own_numbers();
  login_.emplace(plan);
  login_->begin(*line_);
}

void Wild::hear() {
  if (!line_) return;
  line_->wire().push(1 << 20);
  line_->wire().pull(1 << 16);
  while (const auto pdu = line_->next()) {
    if (pdu->opcode() == iscsi::Opcode::kLoginResponse) {
      const auto progress = login_->hear(*line_, *pdu);
      in_session_ = progress == Login::Progress::kDone;
      if (!in_session_) continue;
      line_->begin_session(scene_.window);
      line_->set_digests(login_->agreed().header_digest, login_->agreed().data_digest);
    } else if (pdu->opcode() == iscsi::Opcode::kReadyToTransfer) {
      const auto r2t = pdu->as<iscsi::ReadyToTransfer>();
      transfer_tag_ = r2t.target_transfer_tag;
      asked_tag_ = r2t.initiator_task_tag;
      asked_offset_ = r2t.buffer_offset;
      asked_bytes_ = r2t.desired_data_transfer_length;
    } else if (pdu->opcode() == iscsi::Opcode::kTextResponse) {
      text_tag_ = pdu->as<iscsi::TextResponse>().target_transfer_tag;
    }
  }
  if (line_->wire().ended()) line_.reset();
}

void Wild::act() {
  if (!line_) return connect();
  hear();
  if (!line_) return;
  if (!in_session_ && !chance().one_in(16)) return;
  if (chance().one_in(64)) return line_.reset();
  if (chance().one_in(64)) return send_noise();
  send_something();
}

void Wild::send_noise() {
  std::vector<std::byte> noise(chance().between(1, 200));
  for (std::byte& byte : noise) byte = static_cast<std::byte>(chance().below(256));
  line_->say(noise);
}

/// A PDU that would be right, but for its numbers perhaps.
Wild::Header Wild::some_header() {
  enum : std::uint32_t { kCommand, kData = 5, kTask = 8, kText, kNop, kLogout, kSnack, kKinds };
  const std::uint32_t kind = chance().below(kKinds);
  const std::uint32_t cmd_sn = line_->cmd_sn() + (chance().one_in(8) ? 1 : 0);
  const bool numbered = chance().one_in(3);
  const auto immediate = static_cast<std::uint8_t>(numbered ? 0u : iscsi::kImmediateBit);
  if (numbered && (kind < kData || kind >= kTask) && kind != kSnack) line_->take_cmd_sn();
  if (kind < kData) {
    iscsi::ScsiCommand command;
    command.opcode_byte |= immediate;
    command.flags = static_cast<std::uint8_t>(chance().below(8) << 5 | 1u);
    command.initiator_task_tag = next_tag_++;
    command.expected_data_transfer_length = chance().below(32) * 512;
    command.cmd_sn = cmd_sn;
    command.cdb[0] = chance().among(kOpcodes);
    command.cdb[1] = static_cast<std::uint8_t>(chance().below(32));
    command.cdb[8] = static_cast<std::uint8_t>(chance().below(33));
    command.cdb[13] = static_cast<std::uint8_t>(chance().below(33));
    return header_of(command);
  }
  if (kind < kTask) {
    iscsi::DataOut data;
    data.flags = chance().one_in(2) ? kFinalBit : 0;
    data.initiator_task_tag = kind == kData ? asked_tag_ : next_tag_ - 1;
    data.target_transfer_tag = kind == kData ? transfer_tag_ : iscsi::kNoTag;
    data.buffer_offset = kind == kData ? asked_offset_ : 0;
    return header_of(data);
  }
  if (kind == kTask) {
    iscsi::TaskManagementRequest request;
    request.opcode_byte |= immediate;
    request.flags = static_cast<std::uint8_t>(kFinalBit | chance().between(1, 12));
    request.initiator_task_tag = next_tag_++;
    request.referenced_task_tag = next_tag_ - chance().below(4);
    request.cmd_sn = cmd_sn;
    request.ref_cmd_sn = cmd_sn - chance().below(3);
    return header_of(request);
  }
  if (kind == kText) {
    iscsi::TextRequest request;
    request.opcode_byte |= immediate;
    request.flags = static_cast<std::uint8_t>(chance().below(4) << 6);
    request.initiator_task_tag = next_tag_++;
    request.target_transfer_tag = text_tag_;
    request.cmd_sn = cmd_sn;
    return header_of(request);
  }
  if (kind == kLogout) {
    iscsi::LogoutRequest request;
    request.opcode_byte |= immediate;
    request.flags = static_cast<std::uint8_t>(kFinalBit | chance().below(3));
    request.initiator_task_tag = next_tag_++;
    request.cmd_sn = cmd_sn;
    return header_of(request);
  }
  iscsi::NopOut ping;
  ping.opcode_byte = static_cast<std::uint8_t>(
      (kind == kSnack ? 0x10u : static_cast<unsigned>(iscsi::NopOut::kOpcode)) | immediate);
  ping.flags = kFinalBit;
  ping.initiator_task_tag = next_tag_++;
  ping.cmd_sn = cmd_sn;
  return header_of(ping);
}

/// Bytes of its header are changed before it leaves, with digests that are right.
void Wild::send_something() {
  Header header = some_header();
  auto basic = load<iscsi::BasicHeader>(header);
  const bool data_out = basic.opcode() == iscsi::Opcode::kDataOut;
  std::uint32_t bytes = chance().one_in(2) ? asked_bytes_ : chance().below(1200);
  if (!data_out) bytes = chance().one_in(2) ? 0 : chance().below(600);
  std::vector<std::byte> data(std::min(bytes, login_->agreed().max_send_bytes));
  basic.data_segment_bytes = static_cast<std::uint32_t>(data.size());
  store(MutableBytes(header), basic);
  for (std::uint32_t i = chance().below(4); i > 0; --i)
    header[chance().below(iscsi::kBhsBytes)] = static_cast<std::byte>(chance().below(256));
  for (std::size_t i = 0; i < data.size() && i < 32; ++i)
    data[i] = static_cast<std::byte>(chance().below(256));
  scene_.trace.note('x', 0, "sends", {basic.opcode_value(), data.size()});
  line_->say(line_->framed(header, data));
}

}  // namespace lungate::sim
