// SPDX-License-Identifier: LGPL-2.1-or-later

// Pages for several at once. The HTTP server's thread asks, the thread for pages makes. Everybody
// who asks takes a turn of his own source, so that nobody waits longer for having company; the
// first of these turns serves all who wait for the same page, and the others find nothing to do.
// A page that is in the making is not shared with who comes later: its figures are older than his
// question.
#include "exporter/shared_pages.h"

#include <utility>

#include "base/log.h"

namespace lungate::exporter {

void SharedPages::ask(Asker asker) noexcept {
  Handle waiting;
  try {
    waiting = std::make_shared<Waiting>();
    waiting->asker = std::move(asker);
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(waiting);
    }
    const auto turn = [this, waiting](OneByOne::Turn how) { turn_of(waiting, how); };
    if (thread_.add(turn, waiting->asker.source)) return;
  } catch (...) {
    log::error("exporter", "no_memory", {{"for", "page"}});
  }
  if (waiting == nullptr) return asker.done(nullptr);
  give_up(waiting);
}

// Him alone: the others who wait for the same have turns of their own.
void SharedPages::give_up(const Handle& waiting) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(waiting->taken, true)) return;
    std::erase(waiting_, waiting);
  }
  waiting->asker.done(nullptr);
}

// One who has been served by another's turn is out of the list.
void SharedPages::turn_of(const Handle& waiting, OneByOne::Turn turn) noexcept {
  std::vector<Handle> equal;
  try {
    equal = take_equal(waiting);
  } catch (...) {
    log::error("exporter", "no_memory", {{"for", "page"}});
    return give_up(waiting);
  }
  SharedReply reply;
  for (const Handle& one : equal) {
    if (turn == OneByOne::Turn::kGiveUp || one->asker.is_gone()) continue;
    reply = one->asker.make();
    break;
  }
  for (const Handle& one : equal) one->asker.done(reply);
}

std::vector<SharedPages::Handle> SharedPages::take_equal(const Handle& first) {
  const std::lock_guard lock(mutex_);
  std::vector<Handle> equal;
  if (first->taken) return equal;
  equal.reserve(waiting_.size() + 1);
  equal.push_back(first);
  for (const Handle& one : waiting_) {
    if (one != first && one->asker.page == first->asker.page) equal.push_back(one);
  }
  for (const Handle& one : equal) one->taken = true;
  std::erase_if(waiting_, [](const Handle& one) { return one->taken; });
  return equal;
}

}  // namespace lungate::exporter
