// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/sim/line.h"

#include <algorithm>

#include "iscsi/crc32c.h"
#include "iscsi/serial.h"
#include "tests/sim/violation.h"

namespace lungate::sim {
namespace {

using iscsi::Opcode;
using iscsi::serial_before;

/// StatSN, ExpCmdSN, MaxCmdSN stand at the same place in everything that a target sends.
struct Numbers {
  be32 stat_sn;
  be32 exp_cmd_sn;
  be32 max_cmd_sn;
};
constexpr std::size_t kNumbersAt = 24;

constexpr Opcode kOfTargets[] = {
    Opcode::kNopIn,        Opcode::kScsiResponse, Opcode::kTaskManagementResponse,
    Opcode::kTextResponse, Opcode::kDataIn,       Opcode::kLogoutResponse,
    Opcode::kAsyncMessage, Opcode::kReject,       Opcode::kReadyToTransfer,
    Opcode::kLoginResponse};

/// What takes a StatSN (RFC 7143, 4.2.2.2): everything but requests of the target's own and data
/// that bring no status.
bool is_numbered(const Pdu& pdu) {
  switch (pdu.opcode()) {
    case Opcode::kReadyToTransfer:
      return false;
    case Opcode::kDataIn:
      return (pdu.as<iscsi::DataIn>().flags & iscsi::DataIn::kStatusBit) != 0;
    case Opcode::kNopIn:
      return pdu.tag() != iscsi::kNoTag;
    default:
      return true;
  }
}

bool bears_stat_sn(const Pdu& pdu) {
  return pdu.opcode() != Opcode::kDataIn || is_numbered(pdu);
}

}  // namespace

std::vector<std::byte> Line::framed(Bytes header, Bytes data) const {
  std::vector<std::byte> bytes(header.begin(), header.end());
  const auto append = [&](Bytes more) { bytes.insert(bytes.end(), more.begin(), more.end()); };
  if (header_digest_) append(iscsi::crc32c_digest(header));
  const std::size_t at = bytes.size();
  append(data);
  bytes.resize(at + padded_to_4(data.size()));
  if (data_digest_ && !data.empty()) append(iscsi::crc32c_digest(Bytes(bytes).subspan(at)));
  return bytes;
}

void Line::say(Bytes bytes) {
  trace_.data(bytes);
  wire_.say(bytes);
}

void Line::begin_session(std::uint32_t window_max) {
  in_session_ = true;
  window_max_ = window_max;
}

bool Line::window_open(std::uint32_t more) const {
  return !serial_before(max_cmd_sn_, cmd_sn_ + more - 1);
}

std::size_t Line::whole_bytes(Bytes heard) const {
  const std::size_t data = load<iscsi::BasicHeader>(heard).data_segment_bytes;
  return iscsi::kBhsBytes + (header_digest_ ? 4 : 0) + padded_to_4(data) +
         (data_digest_ && data > 0 ? 4 : 0);
}

std::optional<Pdu> Line::next() {
  const Bytes heard = wire_.heard();
  if (heard.size() < iscsi::kBhsBytes || heard.size() < whole_bytes(heard)) return std::nullopt;
  const Bytes whole = heard.first(whole_bytes(heard));
  Pdu pdu;
  std::copy_n(whole.begin(), iscsi::kBhsBytes, pdu.header.begin());
  const auto header = pdu.as<iscsi::BasicHeader>();
  const std::size_t at = iscsi::kBhsBytes + (header_digest_ ? 4 : 0);
  const Bytes data = whole.subspan(at, header.data_segment_bytes);
  check_digests(whole, at, data.size());
  require(std::ranges::find(kOfTargets, header.opcode()) != std::ranges::end(kOfTargets),
          "a PDU that no target sends");
  require(header.total_ahs_words == 0, "an additional header that nobody has agreed upon");
  pdu.data.assign(data.begin(), data.end());
  trace_.data(whole);
  trace_.note('i', who_, "hears",
              {header.opcode_value(), header.flags, header.initiator_task_tag, data.size()});
  wire_.take(whole.size());
  check_numbers(pdu);
  return pdu;
}

void Line::check_digests(Bytes whole, std::size_t data_at, std::size_t data) const {
  if (header_digest_)
    require(std::ranges::equal(iscsi::crc32c_digest(whole.first(iscsi::kBhsBytes)),
                               whole.subspan(iscsi::kBhsBytes, 4)),
            "a wrong header digest");
  if (data_digest_ && data > 0)
    require(std::ranges::equal(iscsi::crc32c_digest(whole.subspan(data_at, padded_to_4(data))),
                               whole.last(4)),
            "a wrong data digest");
}

void Line::check_numbers(const Pdu& pdu) {
  const auto numbers = load<Numbers>(Bytes(pdu.header).subspan(kNumbersAt));
  if (!heard_any_) stat_sn_ = numbers.stat_sn;
  heard_any_ = true;
  if (bears_stat_sn(pdu)) require(numbers.stat_sn == stat_sn_, "StatSN out of order");
  if (is_numbered(pdu)) ++stat_sn_;
  require((pdu.opcode() == Opcode::kLoginResponse) != in_session_,
          "a login response in a session, or something else before one");
  if (in_session_) check_window(pdu);
  exp_cmd_sn_ = numbers.exp_cmd_sn;
  max_cmd_sn_ = numbers.max_cmd_sn;
}

void Line::check_window(const Pdu& pdu) {
  const auto numbers = load<Numbers>(Bytes(pdu.header).subspan(kNumbersAt));
  require(!serial_before(numbers.exp_cmd_sn, exp_cmd_sn_), "ExpCmdSN went back");
  require(!serial_before(numbers.max_cmd_sn, max_cmd_sn_), "the window has shrunk");
  if (own_numbers_)
    require(!serial_before(cmd_sn_, numbers.exp_cmd_sn), "ExpCmdSN is beyond what was ever sent");
  require(numbers.max_cmd_sn - numbers.exp_cmd_sn + 1 <= window_max_,
          "the window is wider than it may be");
}

}  // namespace lungate::sim
