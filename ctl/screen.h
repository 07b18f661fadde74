// SPDX-License-Identifier: LGPL-2.1-or-later

// The terminal of `lungate top`: its own page, refreshed in place, given back as it was.
#pragma once

#include <termios.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "ctl/styled.h"

namespace lungate::ctl {

/// One at a time, on the main thread: it owns the process's signal mask and the terminal's state,
/// and gives both back.
class Screen {
 public:
  struct Size {
    std::size_t columns = 0;  // 0: no bound
    std::size_t lines = 0;
  };
  enum class Event : std::uint8_t {
    kTime,     // nothing has happened
    kKeys,     // they are in `keys`
    kResized,  // draw again
    kEnd,      // a signal asks us to end
  };

  /// Takes SIGINT, SIGTERM, SIGTSTP, SIGCONT and SIGWINCH for itself as long as it lives. Writes to
  /// `out`; escape sequences only when that is a terminal that understands them. Keys come from
  /// `in`, when both are terminals.
  Screen(int in, int out, bool colour);
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  /// Replaces what is shown; appends where there is no terminal. False: nobody reads any more.
  [[nodiscard]] bool show(const std::vector<Line>& lines);

  /// As it is now.
  Size size() const;
  bool terminal() const { return terminal_; }

  /// Waits. Ctrl-Z is served in here: the terminal is given back until the process is continued.
  Event wait(std::chrono::milliseconds time, std::string& keys);

 private:
  bool write(std::string_view text);
  void enter();
  void leave();
  Event signalled();

  int in_;
  int out_;
  bool terminal_;
  bool colour_;
  bool listening_;  // to `in`
  sigset_t before_{};
  UniqueFd signals_;
  std::optional<termios> cooked_;  // as the terminal was
};

/// Lines cut to `columns`, drawn over what stands there. Exposed for its tests.
std::string redraw(const std::vector<Line>& lines, std::size_t columns, bool colour);

/// Whether a terminal of that name understands escape sequences (TERM), and whether its user wants
/// colours (NO_COLOR, by no-color.org). Null: not set.
bool understands_escapes(const char* term);
bool wants_colour(const char* no_color);

}  // namespace lungate::ctl
