// SPDX-License-Identifier: LGPL-2.1-or-later

// Arithmetic of one command's data. Called by the session's Commands with each header, before its
// data; no state but the transfer's own, so any thread may. Every figure of a header is a peer's:
// whatever does not fit the transfer is a TransferError before a byte is placed, and sums are
// written as differences of what was checked before, so that none can wrap. DataPDUInOrder and
// DataSequenceInOrder are always Yes, so there is exactly one admissible next PDU.
//
// Invariants of a write, after every call that succeeded:
//   unsolicited_ <= unsolicited_max_ <= edtl_, and kept_ <= edtl_
//   solicited_ only grows; what is below it has come or is asked for, each byte once
//   the open R2Ts cover [next_offset, end) without overlap, oldest first, and end at solicited_
#include "iscsi/transfer.h"

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace lungate::iscsi {

// --- Data-out ------------------------------------------------------------------------------------

WriteTransfer::WriteTransfer(std::uint32_t edtl, std::uint64_t wanted, const Parameters& parameters)
    : edtl_(edtl),
      kept_(static_cast<std::uint32_t>(std::min<std::uint64_t>(edtl, wanted))),
      unsolicited_max_(std::min(edtl, parameters.first_burst_bytes)),
      max_burst_(parameters.max_burst_bytes),
      // Negotiation gives no more than our offer, and the offer no more than this: the bound here
      // is the array's, for parameters that were never negotiated (tests).
      max_outstanding_(
          std::min<std::uint32_t>(parameters.max_outstanding_r2t, limits::kMaxOutstandingR2t)),
      initial_r2t_(parameters.initial_r2t),
      immediate_data_(parameters.immediate_data) {}

Placement WriteTransfer::place(std::uint32_t offset, std::uint32_t bytes) const {
  if (offset >= kept_) return {};
  return {offset, std::min(bytes, kept_ - offset)};
}

Result<Placement, TransferError> WriteTransfer::on_command(std::uint32_t immediate_bytes,
                                                           bool final) {
  if (immediate_bytes > 0 && !immediate_data_) return err(TransferError::kUnexpectedUnsolicited);
  if (immediate_bytes > edtl_) return err(TransferError::kBeyondExpectedLength);
  if (immediate_bytes > unsolicited_max_) return err(TransferError::kFirstBurstExceeded);
  if (!final && initial_r2t_) return err(TransferError::kUnexpectedUnsolicited);
  // F=0 announces unsolicited data; here none could follow, and its end would be waited for.
  if (!final && immediate_bytes == unsolicited_max_) return err(TransferError::kFinalMissing);
  unsolicited_ = immediate_bytes;
  unsolicited_open_ = !final;
  solicited_ = immediate_bytes;
  return place(0, immediate_bytes);
}

Result<Placement, TransferError> WriteTransfer::on_data_out(const DataOut& pdu) {
  if (pdu.data_segment_bytes == 0 && !pdu.final()) return err(TransferError::kEmptyData);
  return pdu.target_transfer_tag == kNoTag ? on_unsolicited(pdu) : on_solicited(pdu);
}

Result<Placement, TransferError> WriteTransfer::on_unsolicited(const DataOut& pdu) {
  const std::uint32_t bytes = pdu.data_segment_bytes;
  if (!unsolicited_open_) return err(TransferError::kUnexpectedUnsolicited);
  // At level 0 nothing can be asked for again: a gap ends the transfer (7.8).
  if (pdu.data_sn != data_sn_) return err(TransferError::kDataSnMismatch);
  if (pdu.buffer_offset != unsolicited_) return err(TransferError::kOffsetMismatch);
  // Differences, not sums: both minuends are at least what has come.
  if (bytes > edtl_ - unsolicited_) return err(TransferError::kBeyondExpectedLength);
  if (bytes > unsolicited_max_ - unsolicited_) return err(TransferError::kFirstBurstExceeded);
  const Placement placement = place(unsolicited_, bytes);
  unsolicited_ += bytes;
  if (!pdu.final() && unsolicited_ == unsolicited_max_) return err(TransferError::kFinalMissing);
  ++data_sn_;
  solicited_ = unsolicited_;
  unsolicited_open_ = !pdu.final();
  return placement;
}

Result<Placement, TransferError> WriteTransfer::on_solicited(const DataOut& pdu) {
  const std::uint32_t bytes = pdu.data_segment_bytes;
  // DataSequenceInOrder=Yes: the oldest R2T is fulfilled before the next one is begun (13.19).
  OpenR2t& oldest = open_[open_first_];
  if (open_count_ == 0 || pdu.target_transfer_tag != oldest.tag) {
    return err(TransferError::kUnknownTransferTag);
  }
  if (pdu.data_sn != oldest.data_sn) return err(TransferError::kDataSnMismatch);
  if (pdu.buffer_offset != oldest.next_offset) return err(TransferError::kOffsetMismatch);
  const std::uint32_t missing = oldest.end - oldest.next_offset;
  if (bytes > missing) return err(TransferError::kDesiredLengthExceeded);
  if (pdu.final() && bytes < missing) return err(TransferError::kFinalEarly);
  if (!pdu.final() && bytes == missing) return err(TransferError::kFinalMissing);
  const Placement placement = place(oldest.next_offset, bytes);
  oldest.next_offset += bytes;
  ++oldest.data_sn;
  if (pdu.final()) {
    open_first_ = (open_first_ + 1) % static_cast<std::uint32_t>(open_.size());
    --open_count_;
  }
  return placement;
}

// Not while unsolicited data is on its way: how far it reaches is known at its end, and what it
// brings must not be asked for.
bool WriteTransfer::r2t_due() const {
  return !unsolicited_open_ && solicited_ < kept_ && open_count_ < max_outstanding_;
}

R2t WriteTransfer::take_r2t(std::uint32_t target_transfer_tag) {
  check(r2t_due(), "an R2T is taken when one is due");
  check(target_transfer_tag != kNoTag, "the tag of an R2T is a tag");
  const std::uint32_t bytes = std::min(max_burst_, kept_ - solicited_);
  const std::uint32_t slot = (open_first_ + open_count_) % static_cast<std::uint32_t>(open_.size());
  open_[slot] = {target_transfer_tag, solicited_, solicited_ + bytes, 0};
  ++open_count_;
  const R2t r2t{r2t_sn_++, target_transfer_tag, solicited_, bytes};
  solicited_ += bytes;
  return r2t;
}

/// Unsolicited data may have reached beyond what is kept, so the comparison is not an equality.
bool WriteTransfer::complete() const {
  return !data_expected() && solicited_ >= kept_;
}

// --- Data-in -------------------------------------------------------------------------------------

Residual residual(std::uint32_t edtl, std::uint64_t transfer_bytes) {
  if (transfer_bytes < edtl) {
    return {Residual::Kind::kUnderflow, edtl - static_cast<std::uint32_t>(transfer_bytes)};
  }
  if (transfer_bytes > edtl) {
    const std::uint64_t more = transfer_bytes - edtl;
    const std::uint64_t field_max = std::numeric_limits<std::uint32_t>::max();
    return {Residual::Kind::kOverflow, static_cast<std::uint32_t>(std::min(more, field_max))};
  }
  return {};
}

ReadTransfer::ReadTransfer(std::uint32_t bytes, const Parameters& parameters, bool collapse_status)
    : bytes_(bytes),
      segment_max_(parameters.max_send_data_segment_bytes),
      burst_max_(parameters.max_burst_bytes),
      collapse_status_(collapse_status) {}

// A piece ends where the peer's segment limit, the burst or the data ends, whichever comes first;
// none of the three can be zero, so next() always gets on.
std::optional<DataInPiece> ReadTransfer::next() {
  if (done()) return std::nullopt;
  const std::uint32_t bytes = std::min({segment_max_, burst_max_ - burst_, bytes_ - offset_});
  DataInPiece piece{data_sn_++, offset_, bytes, false, false};
  offset_ += bytes;
  burst_ += bytes;
  // A sequence ends with F; the initiator may then be asked to acknowledge (never at level 0).
  piece.final = done() || burst_ == burst_max_;
  piece.status = done() && collapse_status_;
  if (burst_ == burst_max_) burst_ = 0;
  return piece;
}

}  // namespace lungate::iscsi
