// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <memory>

#include "base/mail.h"

namespace lungate::event {

/// Works off letters whose work blocks, one after the other in the order they were given, on a
/// thread that is there only while there are any. For rare requests of one owner (one store): a
/// thread for each of a thousand owners would idle, and a few threads for all of them (workers.h)
/// would let one owner's hanging store take everybody else's requests with it.
///
///   any thread                     the clerk's thread
///   ------------------------       -----------------------------------------------
///   give(letter), goes home   -->  work(letter, context), which posts it to whoever waits for it
class Clerk {
 public:
  /// Must post the letter, as its last touch of the letter and of `context`: both may be gone then.
  using Work = void (*)(Mail& letter, void* context) noexcept;

  /// `thread_name`: at most 15 characters, a literal.
  Clerk(const char* thread_name, Work work, void* context);
  Clerk(const Clerk&) = delete;
  Clerk& operator=(const Clerk&) = delete;
  /// Never waits. REQUIRES: the work on every letter that was given has posted it.
  ~Clerk();

  /// Any thread; waits for no work, at most for a thread to be made. False: the machine gives no
  /// thread, and the letter is the caller's still.
  [[nodiscard]] bool give(Mail& letter) noexcept;

 private:
  struct Desk;
  /// Shared with the thread, which looks for another letter after the last one's owner has gone.
  std::shared_ptr<Desk> desk_;
};

}  // namespace lungate::event
