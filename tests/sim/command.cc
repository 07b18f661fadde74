// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/sim/command.h"

#include <algorithm>

#include "tests/sim/violation.h"

namespace lungate::sim {

void Command::take(const iscsi::ReadyToTransfer& r2t, const Agreed& agreed) {
  require(!data.empty(), "an R2T for a command without data");
  require(due.empty() || due.front().transfer_tag != iscsi::kNoTag,
          "an R2T while unsolicited data is still coming");
  require(r2t.r2t_sn == r2t_sn, "R2TSN out of order");
  require(r2t.buffer_offset == asked, "an R2T for data that is not the next");
  const std::uint32_t bytes = r2t.desired_data_transfer_length;
  require(bytes > 0 && bytes <= agreed.max_burst_bytes, "an R2T beyond MaxBurstLength");
  require(asked + bytes <= data.size(), "an R2T beyond the command's data");
  require(r2t.target_transfer_tag != iscsi::kNoTag, "an R2T without a tag");
  require(due.size() < agreed.max_outstanding_r2t, "more R2Ts than MaxOutstandingR2T");
  ++r2t_sn;
  due.push_back({r2t.target_transfer_tag, asked, asked + bytes, 0});
  asked += bytes;
}

void Command::take(const iscsi::DataIn& in, Bytes bytes, const Agreed& agreed) {
  require(in.data_sn == data_sn, "DataSN out of order");
  require(in.buffer_offset == got.size(), "Data-In out of order");
  require(bytes.size() <= agreed.max_recv_bytes, "Data-In beyond MaxRecvDataSegmentLength");
  require(got.size() + bytes.size() <= bytes_expected, "Data-In beyond what was asked for");
  ++data_sn;
  sequence += static_cast<std::uint32_t>(bytes.size());
  require(sequence <= agreed.max_burst_bytes, "a sequence of Data-In beyond MaxBurstLength");
  if ((in.flags & iscsi::kFinalBit) != 0) sequence = 0;
  require((in.flags & iscsi::DataIn::kStatusBit) == 0 || (in.flags & iscsi::kFinalBit) != 0,
          "a status in the middle of a sequence");
  got.insert(got.end(), bytes.begin(), bytes.end());
}

/// The bits mean the same in SCSI Response and Data-In.
void Command::check_moved(std::uint8_t flags, std::uint32_t residual) const {
  const bool under = (flags & iscsi::ScsiResponse::kUnderflowBit) != 0;
  const bool over = (flags & iscsi::ScsiResponse::kOverflowBit) != 0;
  require(sequence == 0, "the last sequence of Data-In has no end");
  if (kind != CommandKind::kRead) {
    if (!data.empty()) require(sent_all(), "GOOD before all data has been sent");
    return require(!moves_blocks() || (!under && !over), "a residual where everything was moved");
  }
  const std::uint32_t wanted = blocks * kBlockBytes;
  require(got.size() == std::min(wanted, bytes_expected), "GOOD without all of the data");
  require(under == (bytes_expected > wanted) && over == (bytes_expected < wanted),
          "a residual of the wrong kind");
  if (under) require(residual == bytes_expected - wanted, "a wrong residual");
  if (over) require(residual == wanted - bytes_expected, "a wrong residual");
}

}  // namespace lungate::sim
