// SPDX-License-Identifier: LGPL-2.1-or-later

// The terminal of `lungate top`: its own page, refreshed in place, given back as it was.
#pragma once

#include <chrono>
#include <csignal>
#include <string>
#include <vector>

namespace lungate::ctl {

/// One at a time, on the main thread: it owns the process's signal mask and the terminal's state,
/// and gives both back.
class Screen {
 public:
  /// Takes SIGINT, SIGTERM and SIGWINCH for itself as long as it lives. Writes to `fd`; escape
  /// sequences only when that is a terminal.
  explicit Screen(int fd);
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  /// Replaces what is shown; appends where there is no terminal. False: nobody reads any more.
  [[nodiscard]] bool show(const std::vector<std::string>& lines);

  /// How many lines fit; 0: no bound.
  std::size_t height() const;

  /// Waits. False: the user wants to end.
  [[nodiscard]] bool wait(std::chrono::milliseconds time);

 private:
  bool write(std::string_view text);

  int fd_;
  bool terminal_;
  sigset_t ours_{};
  sigset_t before_{};
};

/// Lines cut to `columns`, drawn over what stands there. Exposed for its tests.
std::string redraw(const std::vector<std::string>& lines, std::size_t columns);

}  // namespace lungate::ctl
