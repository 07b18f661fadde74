// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <atomic>
#include <cstddef>

#include "base/check.h"

namespace lungate::backend {

/// Counts an adapter's requests in progress, to hold the port's contract against it: none begins
/// after close(), and close() finds none. It refuses and waits for nothing (that is
/// base/in_flight.h, for one thread): who breaks the contract is ourselves, so the process stops.
/// Any thread.
///
///   open --enter()/leave()--> open --close()--> closed
///
/// Count and end share one word: an enter() and a close() on two threads cannot miss each other.
class Gate {
 public:
  Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate() { check(idle(), "requests outlive their backend"); }

  void enter() noexcept {
    const std::size_t before = word_.fetch_add(kOne, std::memory_order_relaxed);
    check((before & kClosed) == 0, "no request begins after close()");
  }

  /// What was done before leave() is seen by who comes out of close().
  void leave() noexcept {
    const std::size_t before = word_.fetch_sub(kOne, std::memory_order_release);
    check(before >= kOne, "a request ends once");
  }

  /// May be called again.
  void close() noexcept {
    const std::size_t before = word_.fetch_or(kClosed, std::memory_order_acquire);
    check(before < kOne, "no request is in progress at close()");
  }

  bool idle() const noexcept { return word_.load(std::memory_order_acquire) < kOne; }
  bool closed() const noexcept { return (word_.load(std::memory_order_acquire) & kClosed) != 0; }

 private:
  static constexpr std::size_t kClosed = 1;
  static constexpr std::size_t kOne = 2;
  std::atomic<std::size_t> word_{0};  // twice the count, and kClosed
};

}  // namespace lungate::backend
