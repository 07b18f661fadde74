// SPDX-License-Identifier: LGPL-2.1-or-later
// For the parts of an initiator: how a PDU leaves, whole or spoilt.
#pragma once

#include "tests/sim/initiator.h"

namespace lungate::sim {

/// A bit that falls over on the way: with both digests the target must notice, and then the
/// connection or the command is lost.
template <class Bhs>
void Initiator::send_pdu(const Bhs& header, Bytes data) {
  if (!spoils_next_) return line_->send(header, data);
  Bhs whole = header;
  whole.data_segment_bytes = static_cast<std::uint32_t>(data.size());
  std::vector<std::byte> bytes = line_->framed(bytes_of(whole), data);
  const std::uint32_t bit = chance().below(static_cast<std::uint32_t>(bytes.size() * 8));
  bytes[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
  scene_.trace.note('i', number_, "spoils bit", {bit});
  ++scene_.tally.spoilt;
  line_->say(bytes);
  spoils_next_ = false;
  spoilt_ = true;
  doubt_path();
}

}  // namespace lungate::sim
