// SPDX-License-Identifier: LGPL-2.1-or-later

// What a connection has to say, in order, until the kernel has taken it. PDUs are queued during a
// loop turn and leave at its end in one gathered sendmsg; data is sent from where it lies.
#pragma once

#include <sys/uio.h>

#include <array>
#include <bit>
#include <cstddef>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/limits.h"
#include "iscsi/bhs.h"
#include "session/copies.h"

namespace lungate::session {

struct Task;

/// One PDU on its way out. Header and digest lie here, data with its owner: the task that is named
/// (until it is told that all is sent), or `text` itself.
struct Outgoing {
  std::array<std::byte, iscsi::kBhsBytes + 4> header{};  // BHS and, if negotiated, its digest
  std::uint8_t header_bytes = iscsi::kBhsBytes;
  std::uint8_t trailer_bytes = 0;  // padding and data digest
  std::array<std::byte, 8> trailer{};
  Bytes data;
  Copy text;             // owned data of what lies in no task (login, text, NOP, sense)
  Task* task = nullptr;  // told when this PDU has left, because it is the task's last
};

static_assert(limits::kTransferBytesMax + limits::kTransferBytesMax / limits::kIscsiBytesMin *
                                              (iscsi::kBhsBytes + 8 + sizeof(Outgoing)) <=
                  limits::kSendQueueBytesHigh,
              "one answer alone stops no reading, even in the smallest PDUs");

class SendQueue {
 public:
  SendQueue() : ring_(kInitialSlots) {}

  bool empty() const { return count_ == 0; }
  std::size_t slots() const { return ring_.size(); }
  /// What is still to be sent.
  std::size_t bytes() const { return bytes_; }
  /// What it makes us hold: the bytes, and a place for each PDU.
  std::size_t cost() const { return bytes_ + count_ * sizeof(Outgoing); }
  /// The part of it that no command's data accounts for: the copies, and the places of PDUs that
  /// carry no data of a task.
  std::size_t loose() const { return loose_; }

  /// Returns the queued PDU's place; valid until the next call.
  void push(Outgoing&& pdu);

  /// Fills `pieces` from the front; returns how many are set.
  std::size_t gather(std::span<iovec> pieces) const;

  /// The kernel took `bytes`: whole PDUs are dropped and their tasks handed to `sent`. Returns how
  /// many PDUs have left.
  template <class Sent>
  std::size_t advance(std::size_t bytes, Sent&& sent) {
    sent_of_front_ += bytes;
    bytes_ -= bytes;
    std::size_t pdus = 0;
    while (count_ > 0 && sent_of_front_ >= size_of(front())) {
      sent_of_front_ -= size_of(front());
      Task* task = pop();
      ++pdus;
      if (task != nullptr) sent(*task);
    }
    return pdus;
  }

  /// The connection has ended: the tasks of what was not sent are handed to `dropped`.
  template <class Dropped>
  void clear(Dropped&& dropped) {
    while (count_ > 0) {
      Task* task = pop();
      if (task != nullptr) dropped(*task);
    }
    bytes_ = sent_of_front_ = 0;
  }

 private:
  static constexpr std::size_t kInitialSlots = 16;
  static_assert(std::has_single_bit(limits::kSendSlotsKept) &&
                limits::kSendSlotsKept >= kInitialSlots);
  static std::size_t size_of(const Outgoing& pdu) {
    return pdu.header_bytes + pdu.data.size() + pdu.trailer_bytes;
  }
  static std::size_t loose_of(const Outgoing& pdu) {
    const bool of_a_task = pdu.text.empty() && !pdu.data.empty();
    return of_a_task ? 0 : sizeof(Outgoing) + pdu.text.bytes().size();
  }
  const Outgoing& front() const { return ring_[first_]; }
  Task* pop();
  void grow();
  void shrink();

  /// Its size is a power of two. What can be queued is bounded by cost(): the connection reads no
  /// more above kSendQueueBytesHigh (or kUnreadAnswersBytesHigh, of what is loose), and one read's
  /// answer may go beyond it. A queue that runs empty gives back what a burst made it.
  std::vector<Outgoing> ring_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  std::size_t loose_ = 0;
  std::size_t sent_of_front_ = 0;
};

}  // namespace lungate::session
