// SPDX-License-Identifier: LGPL-2.1-or-later

// A letter between threads, without allocation: the pending operation is itself the letter, so a
// completion on a foreign thread (librbd's, io_uring's) only pushes a pointer and goes home.
//
//   owner's thread          any thread                    owner's thread
//   ------------------      --------------------------    ----------------------------
//   fill letter, submit --> work; sink.post(letter)   --> letter.deliver(letter)
//
// The letter belongs to whoever submitted it again when `deliver` is called, and not before.
#pragma once

namespace lungate {

struct Mail {
  /// Called on the thread that owns the mailbox. Set by the owner before the letter is handed out.
  void (*deliver)(Mail& self) noexcept = nullptr;
  /// The mailbox's own link. Nobody else touches it.
  Mail* next_mail = nullptr;

 protected:
  ~Mail() = default;  // never deleted through the base
};

/// Where a letter goes. event::Mailbox is the one real implementation; tests bring their own.
class MailSink {
 public:
  /// Thread-safe, never blocks, never calls `deliver` inline. The letter must stay alive until
  /// it is delivered; a letter is in at most one mailbox at a time.
  virtual void post(Mail& letter) noexcept = 0;

 protected:
  ~MailSink() = default;
};

}  // namespace lungate
