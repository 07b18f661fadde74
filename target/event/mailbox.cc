// SPDX-License-Identifier: LGPL-2.1-or-later

// Letters from any thread to one: a stack without a lock (one compare-and-swap per letter), turned
// round by its reader. Posted to by librbd's threads, the ring of a file, workers and loops; read
// by the thread that owns the box. A ring buffer would be faster still and would have to be
// bounded: a completion has nowhere else to go, so posting must not be able to fail.
#include "event/mailbox.h"

#include <thread>
#include <utility>

#include "base/check.h"

namespace lungate::event {
namespace {

/// The box is a stack (newest first); its reader wants the order of posting.
Mail* reversed(Mail* newest) noexcept {
  Mail* oldest = nullptr;
  while (newest != nullptr) {
    Mail* const next = newest->next_mail;
    newest->next_mail = oldest;
    oldest = newest;
    newest = next;
  }
  return oldest;
}

}  // namespace

Mailbox::~Mailbox() {
  settle();
  check(newest_.load(std::memory_order_relaxed) == nullptr, "a mailbox is emptied before it ends");
}

void Mailbox::settle() const noexcept {
  while (wakers_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
}

void Mailbox::post(Mail& letter) noexcept {
  // From the swap on, the letter may be delivered, reused, even be the last one that this box ever
  // gets. So a poster touches neither letter nor box after it; but for the one who found the box
  // empty and has to wake its reader: that one is counted, and the box waits for it (settle).
  Mail* before = newest_.load(std::memory_order_relaxed);
  bool wakes = false;
  do {
    if (before == nullptr && !std::exchange(wakes, true)) {
      wakers_.fetch_add(1, std::memory_order_relaxed);  // seen by whoever sees the swap
    }
    letter.next_mail = before;
  } while (!newest_.compare_exchange_weak(before, &letter, std::memory_order_release,
                                          std::memory_order_relaxed));
  if (!wakes) return;
  // Another was faster on an empty box: its wake-up, which is still to come or has just been, is
  // enough. The reader empties the box after it was woken, never before.
  if (before == nullptr) wake_(context_);
  wakers_.fetch_sub(1, std::memory_order_release);
}

Mail* Mailbox::take_all() noexcept {
  return reversed(newest_.exchange(nullptr, std::memory_order_acquire));
}

std::size_t Mailbox::deliver_all() noexcept {
  std::size_t delivered = 0;
  for (Mail* letter = take_all(); letter != nullptr; ++delivered) {
    Mail* const next = letter->next_mail;  // delivering may end the letter's life
    letter->next_mail = nullptr;
    letter->deliver(*letter);
    letter = next;
  }
  return delivered;
}

}  // namespace lungate::event
