// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/session/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include "iscsi/crc32c.h"

namespace lungate::session::test {
namespace {

constexpr int kPatienceMs = 10'000;

void append(std::vector<std::byte>& to, Bytes bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

bool wait_for(int fd, short events) {
  pollfd one{fd, events, 0};
  return ::poll(&one, 1, kPatienceMs) == 1;
}

}  // namespace

std::vector<std::byte> pattern(std::size_t bytes, unsigned seed) {
  std::vector<std::byte> data(bytes);
  for (std::size_t i = 0; i < bytes; ++i)
    data[i] = static_cast<std::byte>((i * 31 + i / 251 + seed * 97) & 0xff);
  return data;
}

::testing::AssertionResult is_good(const Outcome& outcome) {
  if (outcome.status == scsi::Status::kGood) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << "status " << static_cast<int>(outcome.status) << ", " << outcome.sense.text << " "
         << static_cast<int>(outcome.sense.key) << "/" << static_cast<int>(outcome.sense.asc) << "/"
         << static_cast<int>(outcome.sense.ascq);
}

std::array<std::uint8_t, 16> cdb10(std::uint8_t opcode, std::uint32_t lba, std::uint16_t blocks) {
  std::array<std::uint8_t, 16> cdb{};
  cdb[0] = opcode;
  for (unsigned i = 0; i < 4; ++i) cdb[2 + i] = static_cast<std::uint8_t>(lba >> (24 - 8 * i));
  cdb[7] = static_cast<std::uint8_t>(blocks >> 8);
  cdb[8] = static_cast<std::uint8_t>(blocks & 0xff);
  return cdb;
}

scsi::AdditionalSense sense_in(Bytes data) {
  scsi::AdditionalSense sense;
  if (data.size() < 16) return sense;
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(data[2 + i]); };
  const bool descriptor = (at(0) & 0x7f) == 0x72;
  sense.key = static_cast<scsi::SenseKey>(at(descriptor ? 1 : 2) & 0x0f);
  sense.asc = at(descriptor ? 2 : 12);
  sense.ascq = at(descriptor ? 3 : 13);
  return sense;
}

// --- Bytes and PDUs ------------------------------------------------------------------------------

Peer::Peer(const Endpoint& where, int receive_buffer_bytes)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_buffer_bytes > 0)
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof(int));
  const int on = 1;
  ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const timeval patience{kPatienceMs / 1000, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(where.port);
  ::inet_pton(AF_INET, where.host.c_str(), &address.sin_addr);
  if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    complain("cannot connect");
}

void Peer::complain(const char* what) const {
  throw std::runtime_error(std::string(what) + " (the last PDU's opcode was " +
                           std::to_string(last_.as<iscsi::BasicHeader>().opcode_value()) + ")");
}

void Peer::send_bytes(Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    // A connection that the target has closed is found by who reads.
    if (put < 0 && (errno == EPIPE || errno == ECONNRESET)) return;
    if (put < 0) complain("the target does not read");
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
}

std::vector<std::byte> Peer::framed(Bytes header, Bytes data) const {
  std::vector<std::byte> bytes(header.begin(), header.end());
  if (header_digest_) append(bytes, iscsi::crc32c_digest(header));
  const std::size_t at = bytes.size();
  append(bytes, data);
  bytes.resize(at + padded_to_4(data.size()));
  if (data_digest_ && !data.empty()) {
    const auto digest = iscsi::crc32c_digest(Bytes(bytes).subspan(at));
    append(bytes, digest);
  }
  return bytes;
}

bool Peer::fill(bool wait) {
  if (at_end_) return false;
  std::byte buffer[65536];
  if (wait && !wait_for(fd_.get(), POLLIN)) complain("the target is silent");
  const ssize_t got = ::recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return false;
  if (got <= 0) {
    at_end_ = true;
    return false;
  }
  append(in_, Bytes(buffer).first(static_cast<std::size_t>(got)));
  return true;
}

std::optional<Pdu> Peer::parse() {
  if (in_.size() < iscsi::kBhsBytes) return std::nullopt;
  const auto header = load<iscsi::BasicHeader>(in_);
  const std::size_t data = header.data_segment_bytes;
  const std::size_t at = iscsi::kBhsBytes + (header_digest_ ? 4 : 0);
  const std::size_t whole = at + padded_to_4(data) + (data_digest_ && data > 0 ? 4 : 0);
  if (in_.size() < whole) return std::nullopt;
  Pdu pdu;
  std::copy_n(in_.begin(), iscsi::kBhsBytes, pdu.header.begin());
  const Bytes segment = Bytes(in_).subspan(at, data);
  pdu.data.assign(segment.begin(), segment.end());
  if (header_digest_ && !std::ranges::equal(iscsi::crc32c_digest(pdu.header),
                                            Bytes(in_).subspan(iscsi::kBhsBytes, 4)))
    complain("the target's header digest is wrong");
  if (data_digest_ && data > 0 &&
      !std::ranges::equal(iscsi::crc32c_digest(Bytes(in_).subspan(at, padded_to_4(data))),
                          Bytes(in_).subspan(whole - 4, 4)))
    complain("the target's data digest is wrong");
  in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(whole));
  // All that a target sends has MaxCmdSN at byte 32.
  max_cmd_sn_ = load<be32>(Bytes(pdu.header).subspan(32));
  return pdu;
}

std::optional<Pdu> Peer::poll() {
  for (;;) {
    if (auto pdu = parse()) return pdu;
    if (!fill(false)) return std::nullopt;
  }
}

Pdu Peer::receive() {
  for (;;) {
    if (auto pdu = parse()) return *pdu;
    if (!fill(true) && at_end_) complain("the target has closed the connection");
  }
}

bool Peer::silent() {
  const std::uint32_t tag = ping();
  last_ = receive();
  return last_.opcode() == iscsi::Opcode::kNopIn && last_.tag() == tag;
}

bool Peer::closed() {
  while (!at_end_) {
    if (!wait_for(fd_.get(), POLLIN)) return false;
    fill(false);
  }
  return true;
}

// --- Login ---------------------------------------------------------------------------------------

void Peer::send_login(const LoginOptions& options) {
  asked_ = options;
  Keys keys = {{"InitiatorName", options.initiator},
               {"HeaderDigest", "None"},
               {"DataDigest", "None"},
               {"MaxRecvDataSegmentLength", "8192"}};
  if (options.target.empty()) {
    keys["SessionType"] = "Discovery";
  } else {
    keys.merge(Keys{{"TargetName", options.target},
                    {"InitialR2T", "No"},
                    {"ImmediateData", "Yes"},
                    {"MaxBurstLength", "16384"},
                    {"FirstBurstLength", "8192"},
                    {"MaxOutstandingR2T", "4"}});
  }
  for (const auto& [key, value] : options.keys) keys[key] = value;
  asked_.keys = keys;
  std::string text;
  for (const auto& [key, value] : keys) text += key + "=" + value + '\0';

  iscsi::LoginRequest request;
  request.flags = 0x87;  // transit, operational negotiation to full feature phase
  for (unsigned i = 0; i < 6; ++i)
    request.isid[i] = static_cast<std::uint8_t>(options.isid >> (40 - 8 * i));
  request.tsih = options.tsih;
  request.cid = options.cid;
  request.initiator_task_tag = next_tag();
  request.cmd_sn = cmd_sn;
  send(request, bytes_of(std::string_view(text)));
}

std::uint16_t Peer::finish_login() {
  const auto response = expect<iscsi::LoginResponse>();
  tsih_ = response.tsih;
  header_digest_ = asked_.keys["HeaderDigest"] == "CRC32C";
  data_digest_ = asked_.keys["DataDigest"] == "CRC32C";
  return static_cast<std::uint16_t>(response.status_class << 8 | response.status_detail);
}

std::uint16_t Peer::login(const LoginOptions& options) {
  send_login(options);
  return finish_login();
}

// --- Commands ------------------------------------------------------------------------------------

iscsi::ScsiCommand Peer::command(const std::array<std::uint8_t, 16>& cdb, std::uint32_t edtl,
                                 std::uint8_t flags, std::uint16_t lun) {
  iscsi::ScsiCommand header;
  header.flags = static_cast<std::uint8_t>(iscsi::kFinalBit | flags | 0x01);
  header.lun = iscsi::encode_lun(lun);
  header.initiator_task_tag = next_tag();
  header.expected_data_transfer_length = edtl;
  header.cmd_sn = cmd_sn++;
  header.cdb = cdb;
  return header;
}

std::uint32_t Peer::test_unit_ready(std::uint16_t lun) {
  const auto header = command({}, 0, 0, lun);
  send(header);
  return header.initiator_task_tag;
}

std::uint32_t Peer::read(std::uint32_t lba, std::uint16_t blocks, std::uint16_t lun) {
  const auto header = command(cdb10(0x28, lba, blocks), std::uint32_t{blocks} * kBlock,
                              iscsi::ScsiCommand::kReadBit, lun);
  send(header);
  return header.initiator_task_tag;
}

std::uint32_t Peer::write(std::uint32_t lba, Bytes data, std::size_t immediate, bool final,
                          std::uint16_t lun) {
  auto header =
      command(cdb10(0x2a, lba, static_cast<std::uint16_t>(data.size() / kBlock)),
              static_cast<std::uint32_t>(data.size()), iscsi::ScsiCommand::kWriteBit, lun);
  if (!final) header.flags = static_cast<std::uint8_t>(header.flags & ~iscsi::kFinalBit);
  send(header, data.first(immediate));
  return header.initiator_task_tag;
}

void Peer::data_out(std::uint32_t tag, std::uint32_t transfer_tag, std::uint32_t data_sn,
                    std::uint32_t offset, Bytes data, bool final) {
  iscsi::DataOut header;
  header.flags = final ? iscsi::kFinalBit : 0;
  header.initiator_task_tag = tag;
  header.target_transfer_tag = transfer_tag;
  header.data_sn = data_sn;
  header.buffer_offset = offset;
  send(header, data);
}

void Peer::give(const iscsi::ReadyToTransfer& r2t, Bytes whole) {
  data_out(r2t.initiator_task_tag, r2t.target_transfer_tag, 0, r2t.buffer_offset,
           whole.subspan(r2t.buffer_offset, r2t.desired_data_transfer_length), true);
}

Outcome Peer::finish(std::uint32_t tag, Bytes whole) {
  Outcome outcome;
  for (;;) {
    last_ = receive();
    if (last_.tag() != tag) complain("a PDU of another task came");
    switch (last_.opcode()) {
      case iscsi::Opcode::kReadyToTransfer:
        give(last_.as<iscsi::ReadyToTransfer>(), whole);
        break;
      case iscsi::Opcode::kDataIn: {
        const auto in = last_.as<iscsi::DataIn>();
        if (in.data_sn != outcome.data_pdus++ || in.buffer_offset != outcome.data.size())
          complain("Data-In out of order");
        outcome.data.insert(outcome.data.end(), last_.data.begin(), last_.data.end());
        if ((in.flags & iscsi::DataIn::kStatusBit) == 0) break;
        outcome.status = static_cast<scsi::Status>(in.status);
        outcome.collapsed = true;
        outcome.underflow = (in.flags & iscsi::DataIn::kUnderflowBit) != 0;
        outcome.overflow = (in.flags & iscsi::DataIn::kOverflowBit) != 0;
        outcome.residual = in.residual_count;
        return outcome;
      }
      case iscsi::Opcode::kScsiResponse: {
        const auto response = last_.as<iscsi::ScsiResponse>();
        outcome.status = static_cast<scsi::Status>(response.status);
        outcome.sense = sense_in(last_.data);
        outcome.underflow = (response.flags & iscsi::ScsiResponse::kUnderflowBit) != 0;
        outcome.overflow = (response.flags & iscsi::ScsiResponse::kOverflowBit) != 0;
        outcome.residual = response.residual_count;
        return outcome;
      }
      default:
        complain("this PDU ends no command");
    }
  }
}

std::uint32_t Peer::manage(std::uint8_t function, std::uint32_t task, std::uint16_t lun,
                           std::uint32_t ref_cmd_sn) {
  iscsi::TaskManagementRequest request;
  request.opcode_byte = static_cast<std::uint8_t>(request.kOpcode) | iscsi::kImmediateBit;
  request.flags = static_cast<std::uint8_t>(iscsi::kFinalBit | function);
  request.lun = iscsi::encode_lun(lun);
  request.initiator_task_tag = next_tag();
  request.referenced_task_tag = task;
  request.cmd_sn = cmd_sn;
  request.ref_cmd_sn = ref_cmd_sn;
  send(request);
  return request.initiator_task_tag;
}

std::uint32_t Peer::logout(std::uint8_t reason, std::uint16_t cid) {
  iscsi::LogoutRequest request;
  request.opcode_byte = static_cast<std::uint8_t>(request.kOpcode) | iscsi::kImmediateBit;
  request.flags = static_cast<std::uint8_t>(iscsi::kFinalBit | reason);
  request.initiator_task_tag = next_tag();
  request.cid = cid;
  request.cmd_sn = cmd_sn;
  send(request);
  return request.initiator_task_tag;
}

std::uint32_t Peer::ping(Bytes data) {
  iscsi::NopOut request;
  request.opcode_byte = static_cast<std::uint8_t>(request.kOpcode) | iscsi::kImmediateBit;
  request.initiator_task_tag = next_tag();
  request.target_transfer_tag = iscsi::kNoTag;
  request.cmd_sn = cmd_sn;
  send(request, data);
  return request.initiator_task_tag;
}

std::uint32_t Peer::text(std::string_view keys, std::uint32_t transfer_tag) {
  iscsi::TextRequest request;
  request.flags = iscsi::kFinalBit;
  request.initiator_task_tag = next_tag();
  request.target_transfer_tag = transfer_tag;
  request.cmd_sn = cmd_sn++;
  send(request, bytes_of(keys));
  return request.initiator_task_tag;
}

std::vector<scsi::AdditionalSense> Peer::attentions(std::uint16_t lun) {
  std::vector<scsi::AdditionalSense> owed;
  for (;;) {
    const Outcome outcome = finish(test_unit_ready(lun));
    if (outcome.sense.key != scsi::SenseKey::kUnitAttention) return owed;
    owed.push_back(outcome.sense);
  }
}

}  // namespace lungate::session::test
