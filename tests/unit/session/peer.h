// SPDX-License-Identifier: LGPL-2.1-or-later
// A scripted initiator: speaks raw PDUs, so that it can also break every rule.
//
//   Peer peer = rig.ready();                 // connected, logged in, attentions cleared
//   const auto tag = peer.write(0, data);    // one command...
//   EXPECT_GOOD(peer.finish(tag));           // ...and its outcome
//
// Everything throws after ten seconds of silence: a missing answer fails its test and no other.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/fd.h"
#include "iscsi/bhs.h"
#include "scsi/sense.h"
#include "scsi/status.h"
#include "session/socket.h"

namespace lungate::session::test {

inline constexpr std::uint32_t kBlock = 512;

std::vector<std::byte> pattern(std::size_t bytes, unsigned seed = 1);

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

/// How a command ended, from whichever PDU said so.
struct Outcome {
  scsi::Status status = scsi::Status::kGood;
  scsi::AdditionalSense sense;
  std::vector<std::byte> data;
  unsigned data_pdus = 0;
  bool collapsed = false;  // the status came with the last Data-In
  bool underflow = false;
  bool overflow = false;
  std::uint32_t residual = 0;
};
::testing::AssertionResult is_good(const Outcome& outcome);

/// The common part of a CDB: opcode, LBA and blocks of the ten-byte commands.
std::array<std::uint8_t, 16> cdb10(std::uint8_t opcode, std::uint32_t lba, std::uint16_t blocks);

using Keys = std::map<std::string, std::string>;

struct LoginOptions {
  std::uint64_t isid = 1;
  std::uint16_t tsih = 0;
  std::uint16_t cid = 0;
  std::string initiator = "iqn.2026-11.io.lungate:initiator";
  std::string target = "iqn.2026-11.io.lungate:store";  // empty: a discovery session
  Keys keys = {};                                       // on top of the usual ones
};

class Peer {
 public:
  explicit Peer(const Endpoint& where, int receive_buffer_bytes = 0);

  // --- Bytes and PDUs ---
  void send_bytes(Bytes bytes);
  /// Adds length, padding and the digests that were negotiated.
  template <class Bhs>
  void send(Bhs header, Bytes data = {}) {
    header.data_segment_bytes = static_cast<std::uint32_t>(data.size());
    send_bytes(framed(bytes_of(header), data));
  }
  std::vector<std::byte> framed(Bytes header, Bytes data) const;
  Pdu receive();
  /// What has come already, without waiting.
  std::optional<Pdu> poll();
  /// The next PDU is of this kind.
  template <class Bhs>
  Bhs expect() {
    last_ = receive();
    if (last_.opcode() != Bhs::kOpcode) complain("another PDU was expected");
    return last_.as<Bhs>();
  }
  const std::vector<std::byte>& last_data() const { return last_.data; }
  /// Nothing but the answer to a ping comes: PDUs of one connection keep their order, so whatever
  /// was under way before would have come before it.
  bool silent();
  /// Reads until the target has closed the connection; false after ten seconds.
  bool closed();
  /// True once poll() has found the end.
  bool at_end() const { return at_end_; }
  void hang_up() { fd_.reset(); }

  // --- Login ---
  void send_login(const LoginOptions& options);
  /// The status: class in the upper byte, detail in the lower.
  std::uint16_t login(const LoginOptions& options);
  std::uint16_t finish_login();
  std::uint16_t tsih() const { return tsih_; }

  // --- Commands: each takes the next CmdSN and a new task tag ---
  iscsi::ScsiCommand command(const std::array<std::uint8_t, 16>& cdb, std::uint32_t edtl,
                             std::uint8_t flags, std::uint16_t lun = 0);
  std::uint32_t test_unit_ready(std::uint16_t lun = 0);
  std::uint32_t read(std::uint32_t lba, std::uint16_t blocks, std::uint16_t lun = 0);
  /// Announces `data`; its first `immediate` bytes go with the command. `final`: no unsolicited
  /// Data-Out follows.
  std::uint32_t write(std::uint32_t lba, Bytes data, std::size_t immediate, bool final = true,
                      std::uint16_t lun = 0);
  void data_out(std::uint32_t tag, std::uint32_t transfer_tag, std::uint32_t data_sn,
                std::uint32_t offset, Bytes data, bool final);
  /// Gives an R2T what it asks for, in one PDU.
  void give(const iscsi::ReadyToTransfer& r2t, Bytes whole);
  /// Takes Data-In, answers R2Ts from `whole`, until the command has ended.
  Outcome finish(std::uint32_t tag, Bytes whole = {});
  Outcome run(std::uint32_t tag) { return finish(tag); }

  std::uint32_t manage(std::uint8_t function, std::uint32_t task, std::uint16_t lun = 0,
                       std::uint32_t ref_cmd_sn = 0);
  std::uint32_t logout(std::uint8_t reason = 0, std::uint16_t cid = 0);
  /// Immediate; answered at once.
  std::uint32_t ping(Bytes data = {});
  std::uint32_t text(std::string_view keys, std::uint32_t transfer_tag = iscsi::kNoTag);
  /// TEST UNIT READY until nothing is owed; returns what was.
  std::vector<scsi::AdditionalSense> attentions(std::uint16_t lun = 0);

  std::uint32_t cmd_sn = 100;  // of the next command; scripts may tamper with it
  std::uint32_t next_tag() { return tag_++; }
  std::uint32_t max_cmd_sn() const { return max_cmd_sn_; }

 private:
  [[noreturn]] void complain(const char* what) const;
  std::optional<Pdu> parse();
  bool fill(bool wait);

  UniqueFd fd_;
  std::vector<std::byte> in_;
  Pdu last_;
  bool header_digest_ = false;
  bool data_digest_ = false;
  bool at_end_ = false;
  LoginOptions asked_;
  std::uint32_t tag_ = 1;
  std::uint32_t max_cmd_sn_ = 0;
  std::uint16_t tsih_ = 0;
};

/// Sense of a SCSI Response's data segment.
scsi::AdditionalSense sense_in(Bytes data_segment);

}  // namespace lungate::session::test

#define EXPECT_GOOD(outcome) EXPECT_TRUE(::lungate::session::test::is_good(outcome))
