// SPDX-License-Identifier: LGPL-2.1-or-later
// One SCSI command of an initiator, from its sending to its end, and what a target may do to it on
// the way: ask for its data, in order and within what was agreed upon, and bring data in order and
// whole (RFC 7143, 11.7 and 11.8).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "iscsi/bhs.h"
#include "tests/sim/disk.h"
#include "tests/sim/login.h"
#include "tests/sim/reservations.h"

namespace lungate::sim {

enum class CommandKind : std::uint8_t {
  kRead,
  kWrite,
  kSwap,     // COMPARE AND WRITE
  kReserve,  // anything that may change a reservation
  kOther,
};

/// Data-Out that is to be sent: of an R2T, or unsolicited.
struct Burst {
  std::uint32_t transfer_tag = iscsi::kNoTag;
  std::uint32_t offset = 0;
  std::uint32_t end = 0;
  std::uint32_t data_sn = 0;
};

struct Command {
  CommandKind kind = CommandKind::kOther;
  std::uint16_t lun = 0;
  std::uint32_t lba = 0;
  std::uint32_t blocks = 0;
  WriteId write = 0;                 // of kWrite and kSwap
  std::vector<std::byte> data;       // to be sent
  std::uint32_t bytes_expected = 0;  // EDTL of a read
  std::optional<Reserve> gains;      // of kReserve, when it is GOOD
  bool takes_others = false;         // PREEMPT AND ABORT
  Moment begin = 0;
  unsigned takings = 0;  // Volume::takings and takings_open when it was sent
  unsigned takings_open = 0;

  std::deque<Burst> due;
  std::uint32_t asked = 0;  // up to where data has been sent unasked, or asked for
  std::uint32_t r2t_sn = 0;

  std::vector<std::byte> got;
  std::uint32_t data_sn = 0;
  std::uint32_t sequence = 0;  // bytes since the last F bit

  bool moves_blocks() const {
    return kind == CommandKind::kRead || kind == CommandKind::kWrite || kind == CommandKind::kSwap;
  }
  bool writes() const { return kind == CommandKind::kWrite || kind == CommandKind::kSwap; }
  /// All of its data has been sent.
  bool sent_all() const { return due.empty() && asked == data.size(); }

  /// Each throws Violation.
  void take(const iscsi::ReadyToTransfer& r2t, const Agreed& agreed);
  void take(const iscsi::DataIn& in, Bytes bytes, const Agreed& agreed);
  /// The residual of GOOD: what came is what was moved, and what was moved is what was wanted.
  void check_moved(std::uint8_t flags, std::uint32_t residual) const;
};

}  // namespace lungate::sim
