// SPDX-License-Identifier: LGPL-2.1-or-later
// Logging in and asking for the disk's size: what comes before the load. Waits for each answer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/bench/peer/stream.h"

namespace lungate::bench {

/// iscsi://host:port/iqn/lun
struct Url {
  std::string host;
  std::string port = "3260";
  std::string target;
  std::uint8_t lun = 0;
};
/// Throws std::runtime_error.
Url parse_url(const std::string& text);

/// What the target has granted.
struct Terms {
  bool initial_r2t = true;
  bool immediate_data = true;
  std::uint32_t send_bytes_max = 8192;  // the target's MaxRecvDataSegmentLength
  std::uint32_t first_burst_bytes = 65536;
};

/// One logged-in session with one connection, and its sequence numbers (RFC 7143, 4.2.2).
struct Session {
  std::unique_ptr<Stream> stream;
  Terms terms;
  std::uint8_t lun = 0;
  std::uint32_t cmd_sn = 1;
  std::uint32_t max_cmd_sn = 1;
  std::uint32_t exp_stat_sn = 0;

  bool window_open() const { return static_cast<std::int32_t>(max_cmd_sn - cmd_sn) >= 0; }
  /// Takes the sequence numbers out of a response.
  void note(const Header& header);
  /// Begins a SCSI command's header; the caller sets flags, lengths and CDB.
  std::uint8_t* add_command(std::uint32_t tag);
};

/// `number` tells the sessions of one process apart (it goes into the ISID).
Session log_in(const Url& url, std::uint16_t number);

struct Capacity {
  std::uint64_t blocks = 0;
  std::uint32_t block_bytes = 0;
};
/// READ CAPACITY(16), after the unit attentions that a new nexus may owe.
Capacity read_capacity(Session& session);

}  // namespace lungate::bench
