// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <memory>

namespace lungate::event {

class Loop;

/// A few threads for calls that block (opening an image, taking a lock). Never on the path of an
/// I/O. A call that never returns costs one of them; the count is chosen with that in mind.
class Workers {
 public:
  /// Throws std::system_error when the machine gives not that many: made while starting.
  explicit Workers(unsigned threads);
  /// Waits for the work in progress; what is queued and not begun is dropped with its `done`.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Runs `work` on a worker, then `done` on `loop`; `work` is destroyed (on the worker) before
  /// `done` runs. Any thread, also from `work` and `done`. The loop must outlive the call. `work`
  /// must not throw.
  void run(std::function<void()> work, Loop& loop, std::function<void()> done);

 private:
  void end() noexcept;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lungate::event
