// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <atomic>
#include <cstddef>

#include "base/mail.h"

namespace lungate::event {

/// The receiving thread's end of base/mail.h: any thread pushes with one compare-and-swap; the
/// receiver is woken once per batch and delivers in order of posting.
class Mailbox final : public MailSink {
 public:
  /// `wake` is called by the poster of the first letter of a batch (thread-safe, cheap).
  Mailbox(void (*wake)(void* context) noexcept, void* context) : wake_(wake), context_(context) {}
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  /// REQUIRES: empty. A letter left here would never reach the one who waits for it.
  /// A letter that is being posted has perhaps been delivered already, so its poster may still be
  /// on its way out of post(): this waits for it.
  ~Mailbox();

  void post(Mail& letter) noexcept override;

  /// Delivers all that is there now; letters posted meanwhile wait for the next wake-up.
  /// The receiving thread only. Returns how many were delivered.
  std::size_t deliver_all() noexcept;

  /// All letters that are there now, linked by next_mail in order of posting, undelivered: for a
  /// receiver that does something else with them. The receiving thread only. May be null.
  Mail* take_all() noexcept;

  /// Returns once no poster of a letter that was taken is inside post() any more; `context` may be
  /// destroyed then. The receiving thread only; it waits for instructions, never for I/O.
  void settle() const noexcept;

 private:
  void (*wake_)(void* context) noexcept;
  void* context_;
  std::atomic<Mail*> newest_{nullptr};
  std::atomic<unsigned> wakers_{0};  // posters that found the box empty and have not left yet
};

}  // namespace lungate::event
