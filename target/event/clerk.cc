// SPDX-License-Identifier: LGPL-2.1-or-later

// One thread that comes with the first letter and goes with the last. give() is called on any loop,
// serve() runs on the clerk's thread; what they share is behind the desk's mutex, held for a few
// instructions. A machine without threads is the caller's error to answer, see give().
#include "event/clerk.h"

#include <mutex>

#include "base/check.h"
#include "base/thread.h"

namespace lungate::event {

struct Clerk::Desk {
  Desk(const char* its_thread, Work its_work, void* its_context)
      : thread_name(its_thread), work(its_work), context(its_context) {}
  Mail* take() noexcept;
  void serve() noexcept;

  const char* const thread_name;
  const Work work;
  void* const context;
  std::mutex mutex;
  // Guarded by mutex. The letters are linked by next_mail: none of them is in a mailbox now.
  Mail* first = nullptr;
  Mail* last = nullptr;
  bool serving = false;  // there is a thread, and it will look again before it ends
};

/// The next letter; null, and the end of the thread, when there is none.
Mail* Clerk::Desk::take() noexcept {
  const std::lock_guard lock(mutex);
  Mail* const letter = first;
  if (letter == nullptr) {
    serving = false;
    return nullptr;
  }
  first = letter->next_mail;
  letter->next_mail = nullptr;
  return letter;
}

void Clerk::Desk::serve() noexcept {
  while (Mail* const letter = take()) work(*letter, context);
}

Clerk::Clerk(const char* thread_name, Work work, void* context)
    : desk_(std::make_shared<Desk>(thread_name, work, context)) {}

Clerk::~Clerk() {
  const std::lock_guard lock(desk_->mutex);
  check(desk_->first == nullptr, "a clerk goes when every letter has been worked off");
}

bool Clerk::give(Mail& letter) noexcept {
  const std::lock_guard lock(desk_->mutex);
  letter.next_mail = nullptr;
  (desk_->first == nullptr ? desk_->first : desk_->last->next_mail) = &letter;
  desk_->last = &letter;
  if (desk_->serving) return true;
  desk_->serving = start_detached(desk_->thread_name, [desk = desk_] { desk->serve(); });
  if (!desk_->serving) desk_->first = nullptr;  // without a thread there was no other letter
  return desk_->serving;
}

}  // namespace lungate::event
