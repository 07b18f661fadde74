// SPDX-License-Identifier: LGPL-2.1-or-later

// PDUs that wait for the kernel, in order. Called by Connection alone, on the lane's thread. Knows
// neither sockets nor tasks: pieces out, bytes taken back. A ring that grows, because the common
// case is a handful of PDUs per turn and a PDU's place must not cost an allocation.
#include "session/send_queue.h"

#include <utility>

namespace lungate::session {
namespace {

/// Appends what is left of `bytes` after `skip`, which is reduced by what was skipped.
std::size_t add_piece(std::span<iovec> pieces, std::size_t used, Bytes bytes, std::size_t& skip) {
  if (bytes.size() <= skip) {
    skip -= bytes.size();
    return used;
  }
  // sendmsg reads only; iovec has no const form.
  pieces[used] = {const_cast<std::byte*>(bytes.data()) + skip, bytes.size() - skip};
  skip = 0;
  return used + 1;
}

}  // namespace

void SendQueue::push(Outgoing&& pdu) {
  if (count_ == ring_.size()) grow();
  Outgoing& slot = ring_[(first_ + count_) & (ring_.size() - 1)];
  slot = std::move(pdu);
  if (!slot.text.empty()) slot.data = slot.text.bytes();
  ++count_;
  bytes_ += size_of(slot);
  loose_ += loose_of(slot);
}

/// From the first byte that the kernel has not taken, which may be in the middle of a header. Whole
/// PDUs only: three pieces each, as many as fit.
std::size_t SendQueue::gather(std::span<iovec> pieces) const {
  constexpr std::size_t kPiecesPerPdu = 3;
  std::size_t used = 0;
  std::size_t skip = sent_of_front_;
  for (std::size_t i = 0; i < count_ && used + kPiecesPerPdu <= pieces.size(); ++i) {
    const Outgoing& pdu = ring_[(first_ + i) & (ring_.size() - 1)];
    used = add_piece(pieces, used, Bytes(pdu.header).first(pdu.header_bytes), skip);
    used = add_piece(pieces, used, pdu.data, skip);
    used = add_piece(pieces, used, Bytes(pdu.trailer).first(pdu.trailer_bytes), skip);
  }
  return used;
}

Task* SendQueue::pop() {
  Outgoing& pdu = ring_[first_];
  Task* task = pdu.task;
  loose_ -= loose_of(pdu);
  pdu.text.reset();  // now: a place is used again after a whole round only
  first_ = (first_ + 1) & (ring_.size() - 1);
  --count_;
  if (count_ == 0 && ring_.size() > limits::kSendSlotsKept) [[unlikely]]
    shrink();
  return task;
}

void SendQueue::shrink() {
  ring_ = std::vector<Outgoing>(limits::kSendSlotsKept);
  first_ = 0;
}

/// `data` may point into `text`, whose bytes stay where they are.
void SendQueue::grow() {
  std::vector<Outgoing> larger(ring_.size() * 2);
  for (std::size_t i = 0; i < count_; ++i)
    larger[i] = std::move(ring_[(first_ + i) & (ring_.size() - 1)]);
  ring_ = std::move(larger);
  first_ = 0;
}

}  // namespace lungate::session
