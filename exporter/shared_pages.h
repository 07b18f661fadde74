// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "exporter/http.h"
#include "exporter/one_by_one.h"

namespace lungate::exporter {

using SharedReply = std::shared_ptr<const Reply>;

/// Makes slow pages on a thread of its own, one at a time, for each source in turn. Those who wait
/// for the same page when its making begins share it: a crowd that asks for one page costs one.
class SharedPages {
 public:
  struct Asker {
    std::string page;    // equal for equal requests
    std::string source;  // whose turn it takes
    /// On the other thread; must not throw.
    std::function<SharedReply()> make;
    /// Whether nobody waits any more: such a page is not made.
    std::function<bool()> is_gone;
    /// Called exactly once, for whom it may be too late: with null when the page was not made. On
    /// the other thread, or on the caller's when the end has come. Must not throw.
    std::function<void(SharedReply)> done;
  };

  SharedPages() = default;

  /// Throws nothing: whoever cannot wait is done at once.
  void ask(Asker asker) noexcept;
  /// As OneByOne.
  void stop() { thread_.stop(); }

 private:
  struct Waiting {
    Asker asker;
    bool taken = false;  // guarded by mutex_
  };
  using Handle = std::shared_ptr<Waiting>;

  void turn_of(const Handle& waiting, OneByOne::Turn turn) noexcept;
  void give_up(const Handle& waiting) noexcept;
  std::vector<Handle> take_equal(const Handle& first);

  std::mutex mutex_;
  std::vector<Handle> waiting_;  // guarded by mutex_
  OneByOne thread_{"pages"};     // last: its jobs use all of the above
};

}  // namespace lungate::exporter
