// SPDX-License-Identifier: LGPL-2.1-or-later

// The operational parameters of a session and its one connection, as plain values.
#pragma once

#include <cstdint>

#include "base/limits.h"

namespace lungate::iscsi {

enum class SessionType : std::uint8_t { kNormal, kDiscovery };

/// What holds after negotiation. Each starts at the default of RFC 7143, 13, which is what an
/// initiator that does not speak of it gets.
struct Parameters {
  /// Data segments that we take: what we have declared (13.12).
  std::uint32_t max_recv_data_segment_bytes = 8192;
  /// Data segments that the initiator takes: what it has declared (13.12).
  std::uint32_t max_send_data_segment_bytes = 8192;
  std::uint32_t max_burst_bytes = 262144;    // 13.13
  std::uint32_t first_burst_bytes = 65536;   // 13.14; never above max_burst_bytes
  std::uint16_t default_time2wait_s = 2;     // 13.15
  std::uint16_t default_time2retain_s = 20;  // 13.16
  std::uint16_t max_outstanding_r2t = 1;     // 13.17
  std::uint16_t max_connections = 1;         // 13.2
  std::uint8_t error_recovery_level = 0;     // 13.20
  std::uint8_t protocol_level = 1;           // 13.24
  bool header_digest = false;                // 13.1: CRC32C
  bool data_digest = false;
  bool initial_r2t = true;             // 13.10: false allows unsolicited Data-Out
  bool immediate_data = true;          // 13.11
  bool data_pdu_in_order = true;       // 13.18
  bool data_sequence_in_order = true;  // 13.19
};

/// Which digests a target takes. Neither: every offer is rejected.
struct DigestPolicy {
  bool none = true;
  bool crc32c = true;
};

/// What this target offers, from the operator's configuration. The rest of the negotiated keys is
/// fixed by what is built: one connection, error recovery level 0, data in order.
struct TargetParameters {
  std::uint32_t max_recv_data_segment_bytes = limits::kMaxRecvDataSegmentBytes;
  std::uint32_t max_burst_bytes = limits::kMaxBurstBytes;
  std::uint32_t first_burst_bytes = limits::kFirstBurstBytes;
  std::uint16_t max_outstanding_r2t = limits::kMaxOutstandingR2t;
  std::uint16_t default_time2wait_s = 2;
  std::uint16_t default_time2retain_s = 0;  // no task outlives its connection at level 0
  bool initial_r2t = false;                 // No: unsolicited data is welcome
  bool immediate_data = true;
  DigestPolicy header_digest;
  DigestPolicy data_digest;
};

}  // namespace lungate::iscsi
