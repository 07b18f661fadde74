// SPDX-License-Identifier: LGPL-2.1-or-later
// PDUs over a wire, as an initiator sends and hears them, with the rules that hold for every PDU of
// a target whatever it answers: its digests are right, it is one that a target sends, and its
// numbers go up as they must (RFC 7143, 4.2.2).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "iscsi/bhs.h"
#include "tests/sim/trace.h"
#include "tests/sim/wire.h"

namespace lungate::sim {

struct Pdu {
  std::array<std::byte, iscsi::kBhsBytes> header{};
  std::vector<std::byte> data;

  iscsi::Opcode opcode() const { return as<iscsi::BasicHeader>().opcode(); }
  std::uint32_t tag() const { return as<iscsi::BasicHeader>().initiator_task_tag; }
  template <class Bhs>
  Bhs as() const {
    return load<Bhs>(header);
  }
};

class Line {
 public:
  Line(Wire wire, unsigned who, Trace& trace) : wire_(std::move(wire)), who_(who), trace_(trace) {}

  Wire& wire() { return wire_; }

  /// Adds length, padding and digests.
  template <class Bhs>
  void send(Bhs header, Bytes data = {}) {
    header.data_segment_bytes = static_cast<std::uint32_t>(data.size());
    say(framed(bytes_of(header), data));
  }
  /// A whole PDU: its header as it is, and the segment behind it.
  std::vector<std::byte> framed(Bytes header, Bytes data) const;
  void say(Bytes bytes);

  /// What has come whole. The first PDUs are of the login, whose numbers begin the count.
  std::optional<Pdu> next();

  void set_digests(bool header, bool data) {
    header_digest_ = header;
    data_digest_ = data;
  }
  bool digests() const { return header_digest_ && data_digest_; }
  /// The last login response has come: what it said of the window holds.
  void begin_session(std::uint32_t window_max);

  // --- Numbers ---
  void set_cmd_sn(std::uint32_t first) { cmd_sn_ = first; }
  /// Of the next command.
  std::uint32_t cmd_sn() const { return cmd_sn_; }
  std::uint32_t take_cmd_sn() { return cmd_sn_++; }
  std::uint32_t exp_stat_sn() const { return stat_sn_; }
  std::uint32_t exp_cmd_sn() const { return exp_cmd_sn_; }
  bool window_open(std::uint32_t more = 1) const;
  /// Numbers are checked no more than fits who sends any CmdSN that it likes.
  void forget_own_numbers() { own_numbers_ = false; }

 private:
  std::size_t whole_bytes(Bytes heard) const;
  void check_digests(Bytes whole, std::size_t data_at, std::size_t data) const;
  void check_numbers(const Pdu& pdu);
  void check_window(const Pdu& pdu);

  Wire wire_;
  const unsigned who_;
  Trace& trace_;
  bool header_digest_ = false;
  bool data_digest_ = false;
  bool in_session_ = false;
  bool own_numbers_ = true;
  bool heard_any_ = false;
  std::uint32_t cmd_sn_ = 1;
  std::uint32_t stat_sn_ = 0;  // that the next numbered PDU must have
  std::uint32_t exp_cmd_sn_ = 0;
  std::uint32_t max_cmd_sn_ = 0;
  std::uint32_t window_max_ = 0;
};

}  // namespace lungate::sim
