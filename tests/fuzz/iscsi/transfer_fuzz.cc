// SPDX-License-Identifier: LGPL-2.1-or-later
// Data transfer against a peer that sends any Data-Out it likes.
//
// How it works: lengths and parameters come first, then one byte per action: a Data-Out (right in
// every field, or wrong in one) or an R2T. A shadow counts for each byte of the buffer how often it
// was written: never twice, never beyond what is kept, and all of it when the transfer is complete.
#include <vector>

#include "iscsi/transfer.h"
#include "tests/fuzz/iscsi/input.h"

namespace {

using namespace lungate;
using namespace lungate::iscsi;
using fuzz::Input;
using fuzz::require;

Parameters read_parameters(Input& input) {
  Parameters p;
  p.max_burst_bytes = 512 + input.u8() * 16u;
  p.first_burst_bytes = std::min<std::uint32_t>(p.max_burst_bytes, 512 + input.u8() * 16u);
  p.max_send_data_segment_bytes = 512 + input.u8();
  const std::uint8_t choice = input.u8();
  p.initial_r2t = (choice & 1) != 0;
  p.immediate_data = (choice & 2) != 0;
  p.max_outstanding_r2t = static_cast<std::uint16_t>(1 + (choice >> 2) % 12);
  return p;
}

class Shadow {
 public:
  explicit Shadow(std::uint32_t kept) : written_(kept, false) {}

  void write(const Placement& placement) {
    for (std::uint32_t i = 0; i < placement.kept; ++i) {
      require(placement.offset + i < written_.size());
      require(!written_[placement.offset + i]);
      written_[placement.offset + i] = true;
    }
  }

  bool full() const {
    for (const bool written : written_) {
      if (!written) return false;
    }
    return true;
  }

 private:
  std::vector<bool> written_;
};

struct Burst {
  R2t r2t;
  std::uint32_t sent = 0;
  std::uint32_t sn = 0;
};

DataOut read_data_out(Input& input, const Burst& burst) {
  DataOut pdu;
  const std::uint32_t missing = burst.r2t.bytes - burst.sent;
  const std::uint32_t bytes = std::min<std::uint32_t>(missing, input.u8() * 8u);
  pdu.target_transfer_tag = burst.r2t.target_transfer_tag;
  pdu.data_sn = burst.sn;
  pdu.buffer_offset = burst.r2t.offset + burst.sent;
  pdu.data_segment_bytes = bytes;
  if (bytes == missing) pdu.flags = kFinalBit;
  switch (input.u8()) {  // mostly nothing: the lie must be found among the truths
    case 1:
      pdu.target_transfer_tag = input.u8();
      break;
    case 2:
      pdu.data_sn = input.u32();
      break;
    case 3:
      pdu.buffer_offset = input.u32();
      break;
    case 4:
      pdu.data_segment_bytes = input.u32() & 0xffffff;
      break;
    case 5:
      pdu.flags ^= kFinalBit;
      break;
    default:
      break;
  }
  return pdu;
}

/// Data-Out PDUs and R2Ts until the input ends, the transfer is complete or refuses.
void run(Input& input, WriteTransfer& transfer, std::vector<Burst> bursts) {
  Shadow shadow(transfer.kept_bytes());
  std::uint32_t tag = 0;
  const std::uint32_t immediate = bursts.front().r2t.offset;
  shadow.write({0, std::min(immediate, transfer.kept_bytes())});
  if (!transfer.data_expected()) bursts.clear();
  while (!input.empty() && !transfer.complete()) {
    if (transfer.r2t_due()) {
      const R2t r2t = transfer.take_r2t(tag++);
      require(r2t.bytes > 0 && r2t.offset + r2t.bytes <= transfer.kept_bytes());
      bursts.push_back({r2t});
    }
    require(!bursts.empty());
    Burst& burst = bursts.front();
    const DataOut pdu = read_data_out(input, burst);
    const auto placed = transfer.on_data_out(pdu);
    if (!placed) return;
    shadow.write(*placed);
    burst.sent += pdu.data_segment_bytes;
    ++burst.sn;
    if (pdu.final()) bursts.erase(bursts.begin());
  }
  if (transfer.complete()) require(shadow.full() && !transfer.r2t_due());
}

void check_read(std::uint32_t bytes, const Parameters& parameters) {
  ReadTransfer read(bytes, parameters, true);
  std::uint32_t offset = 0;
  std::uint32_t burst = 0;
  while (const auto piece = read.next()) {
    require(piece->offset == offset && piece->bytes > 0);
    require(piece->bytes <= parameters.max_send_data_segment_bytes);
    offset += piece->bytes;
    burst += piece->bytes;
    require(burst <= parameters.max_burst_bytes);
    require(piece->final == (offset == bytes || burst == parameters.max_burst_bytes));
    require(piece->status == (offset == bytes));
    if (piece->final) burst = 0;
  }
  require(offset == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const Parameters parameters = read_parameters(input);
  const std::uint32_t edtl = input.u16();
  const std::uint32_t wanted = input.u16();
  check_read(wanted, parameters);

  WriteTransfer transfer(edtl, wanted, parameters);
  const std::uint32_t immediate = input.u16();
  const bool final = input.u8() != 0;
  if (!transfer.on_command(immediate, final)) return 0;
  // What an obedient initiator would send unasked after its immediate data.
  const std::uint32_t unsolicited_end = std::min(edtl, parameters.first_burst_bytes);
  const R2t unsolicited{0, kNoTag, immediate, unsolicited_end - immediate};
  run(input, transfer, {Burst{unsolicited}});
  return 0;
}
