// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/bench/peer/initiator.h"

#include <unistd.h>

#include <charconv>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

namespace lungate::bench {
namespace {

constexpr int kUnitAttentionsMax = 10;
constexpr std::uint8_t kReadCapacity16Bytes = 32;

/// One whole PDU, header and data in one piece. Valid until the next receive.
struct Pdu {
  Header header;
  std::span<const std::uint8_t> data;
};

Pdu next_pdu(Stream& stream) {
  for (;;) {
    const auto input = stream.input();
    if (input.size() >= kHeaderBytes) {
      const Header header{input.data()};
      if (input.size() >= kHeaderBytes + header.rest_bytes()) {
        return {header, input.subspan(kHeaderBytes, header.data_bytes())};
      }
    }
    stream.receive(Stream::Wait::kYes);
  }
}

void drop_pdu(Stream& stream, const Header& header) {
  stream.consume(kHeaderBytes + header.rest_bytes());
}

Keys offer(const std::string& target) {
  return {{"InitiatorName", "iqn.2026-11.io.lungate:bench"},
          {"TargetName", target},
          {"SessionType", "Normal"},
          {"HeaderDigest", "None"},
          {"DataDigest", "None"},
          {"InitialR2T", "No"},
          {"ImmediateData", "Yes"},
          {"MaxRecvDataSegmentLength", "262144"},
          {"MaxBurstLength", "1048576"},
          {"FirstBurstLength", "262144"},
          {"MaxOutstandingR2T", "1"},
          {"MaxConnections", "1"},
          {"ErrorRecoveryLevel", "0"},
          {"DefaultTime2Wait", "2"},
          {"DefaultTime2Retain", "0"},
          {"DataPDUInOrder", "Yes"},
          {"DataSequenceInOrder", "Yes"}};
}

void send_login(Session& session, std::uint16_t number, std::string text) {
  std::uint8_t* header = session.stream->add_header();
  header[0] = kImmediate | static_cast<std::uint8_t>(Opcode::kLogin);
  header[1] = kFinal | 1 << 2 | 3;  // transit from operational negotiation to full feature
  put24(header + 5, text.size());
  header[8] = 0x80;  // ISID of random format (RFC 7143, 11.12.5)
  put16(header + 10, static_cast<std::uint16_t>(getpid()));
  put16(header + 12, number);
  put32(header + kItt, 1);
  put32(header + 24, session.cmd_sn);
  put32(header + 28, session.exp_stat_sn);
  text.resize((text.size() + 3) & ~std::size_t{3});
  session.stream->add({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  if (!session.stream->flush()) throw std::runtime_error("the login does not fit into the socket");
}

Terms terms_of(const Keys& keys) {
  const auto says = [&keys](std::string_view key, std::string_view value, bool otherwise) {
    const auto found = keys.find(key);
    return found == keys.end() ? otherwise : found->second == value;
  };
  Terms terms;
  terms.initial_r2t = says("InitialR2T", "Yes", true);
  terms.immediate_data = says("ImmediateData", "Yes", true);
  terms.send_bytes_max = number_or(keys, "MaxRecvDataSegmentLength", terms.send_bytes_max);
  terms.first_burst_bytes = number_or(keys, "FirstBurstLength", terms.first_burst_bytes);
  return terms;
}

}  // namespace

Url parse_url(const std::string& text) {
  constexpr std::string_view kScheme = "iscsi://";
  const auto wrong = [&text] {
    return std::runtime_error("not iscsi://host:port/iqn/lun: " + text);
  };
  if (!text.starts_with(kScheme)) throw wrong();
  const std::string_view rest = std::string_view{text}.substr(kScheme.size());
  const auto target_at = rest.find('/');
  const auto lun_at = rest.rfind('/');
  if (target_at == rest.npos || lun_at <= target_at + 1) throw wrong();
  const auto place = rest.substr(0, target_at);
  // The colon after the brackets of an IPv6 address, if it has brackets.
  const auto colon = place.find(':', place.starts_with('[') ? place.find(']') : 0);
  Url url;
  url.host = place.substr(0, colon);
  if (url.host.starts_with('[')) url.host = url.host.substr(1, url.host.size() - 2);
  if (colon != place.npos) url.port = place.substr(colon + 1);
  url.target = rest.substr(target_at + 1, lun_at - target_at - 1);
  const auto lun = rest.substr(lun_at + 1);
  const auto [end, error] = std::from_chars(lun.data(), lun.data() + lun.size(), url.lun);
  if (url.host.empty() || error != std::errc{} || end != lun.data() + lun.size()) throw wrong();
  return url;
}

void Session::note(const Header& header) {
  if (header.opcode() != Opcode::kDataIn || (header.flags() & kStatusInside) != 0) {
    exp_stat_sn = header.u32(kStatSn) + 1;
  }
  const std::uint32_t max = header.u32(kMaxCmdSn);
  if (static_cast<std::int32_t>(max - max_cmd_sn) > 0) max_cmd_sn = max;
}

std::uint8_t* Session::add_command(std::uint32_t tag) {
  std::uint8_t* header = stream->add_header();
  header[0] = static_cast<std::uint8_t>(Opcode::kCommand);
  header[kLun + 1] = lun;
  put32(header + kItt, tag);
  put32(header + 24, cmd_sn++);
  put32(header + 28, exp_stat_sn);
  return header;
}

Session log_in(const Url& url, std::uint16_t number) {
  Session session;
  session.stream = std::make_unique<Stream>(connect_to(url.host, url.port));
  session.lun = url.lun;
  std::string text = format_keys(offer(url.target));
  Keys answers;
  for (;;) {
    send_login(session, number, std::exchange(text, {}));
    const Pdu pdu = next_pdu(*session.stream);
    const std::uint32_t status = get16(pdu.header.bytes + 36);
    if (pdu.header.opcode() != Opcode::kLoginResponse || status != 0) {
      throw std::runtime_error("login refused, status " + std::to_string(status));
    }
    session.exp_stat_sn = pdu.header.u32(kStatSn) + 1;
    session.max_cmd_sn = pdu.header.u32(kMaxCmdSn);
    answers.merge(parse_keys({reinterpret_cast<const char*>(pdu.data.data()), pdu.data.size()}));
    const std::uint8_t flags = pdu.header.flags();
    drop_pdu(*session.stream, pdu.header);
    if ((flags & kFinal) != 0 && (flags & 3) == 3) break;
  }
  session.terms = terms_of(answers);
  return session;
}

Capacity read_capacity(Session& session) {
  for (int attempt = 0; attempt < kUnitAttentionsMax; ++attempt) {
    std::uint8_t* header = session.add_command(1);
    header[1] = kFinal | kRead;
    put32(header + 20, kReadCapacity16Bytes);
    header[32] = 0x9e;  // SERVICE ACTION IN(16), READ CAPACITY(16)
    header[33] = 0x10;
    put32(header + 42, kReadCapacity16Bytes);
    session.stream->flush();
    Capacity capacity;
    for (bool done = false; !done;) {
      const Pdu pdu = next_pdu(*session.stream);
      session.note(pdu.header);
      const Opcode opcode = pdu.header.opcode();
      if (opcode == Opcode::kDataIn && pdu.data.size() >= 12) {
        capacity = {get64(pdu.data.data()) + 1, get32(pdu.data.data() + 8)};
      }
      done = opcode == Opcode::kResponse ||
             (opcode == Opcode::kDataIn && (pdu.header.flags() & kStatusInside) != 0);
      if (done && pdu.header.bytes[3] != 0) capacity = {};  // CHECK CONDITION: what came is nothing
      drop_pdu(*session.stream, pdu.header);
    }
    if (capacity.blocks > 0) return capacity;
  }
  throw std::runtime_error("the disk does not tell its capacity");
}

}  // namespace lungate::bench
