// SPDX-License-Identifier: LGPL-2.1-or-later

// The terminal of `top`. live.cc draws with it and waits with it; all of it on the main thread.
// Signals are blocked and read from a signalfd beside the keys, so that there is no handler in
// which almost nothing would be allowed, and the terminal is given back on every way out but
// SIGKILL. A pipe instead of a terminal gets plain pages; a reader that went away ends the program,
// by SIGPIPE or by a write that fails.
#include "ctl/screen.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "ctl/text.h"

namespace lungate::ctl {
namespace {

// ECMA-48 and xterm: the alternate page, the cursor, what lies behind it.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l";
constexpr std::string_view kLeave = "\x1b[?25h\x1b[?1049l";
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kClearLine = "\x1b[K";
constexpr std::string_view kClearBelow = "\x1b[J";

constexpr std::array kOurs = {SIGINT, SIGTERM, SIGTSTP, SIGCONT, SIGWINCH};

}  // namespace

// Over the old page instead of clearing first: a screen that is cleared and filled once a second
// flickers. Lines are cut to the width, for a wrapped one would push the others out of their
// places.
std::string redraw(const std::vector<Line>& lines, std::size_t columns, bool colour) {
  std::string out(kHome);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += "\r\n";
    out += text_of(cut(lines[i], columns), colour);
    out += kClearLine;
  }
  return out.append(kClearBelow);
}

// No terminfo: the five sequences that we use are understood by everything that calls itself more
// than "dumb" (that is what editors' shells and build logs say).
bool understands_escapes(const char* term) {
  return term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
}

bool wants_colour(const char* no_color) {
  return no_color == nullptr || *no_color == '\0';
}

// The mask is taken before the first escape sequence: a Ctrl-C between the two would leave the
// terminal on the other page.
Screen::Screen(int in, int out, bool colour)
    : in_(in),
      out_(out),
      terminal_(::isatty(out) == 1 && understands_escapes(::getenv("TERM"))),
      colour_(colour),
      listening_(terminal_ && ::isatty(in) == 1) {
  sigset_t ours{};
  sigemptyset(&ours);
  for (const int signal : kOurs) sigaddset(&ours, signal);
  pthread_sigmask(SIG_BLOCK, &ours, &before_);
  signals_ = UniqueFd(::signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK));
  if (terminal_) enter();
}

Screen::~Screen() {
  if (terminal_) leave();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

// Keys at once and without an echo; Ctrl-C and Ctrl-Z stay signals.
void Screen::enter() {
  termios now{};
  if (listening_ && ::tcgetattr(in_, &now) == 0) {
    cooked_ = now;
    now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    now.c_cc[VMIN] = 1;
    now.c_cc[VTIME] = 0;
    ::tcsetattr(in_, TCSADRAIN, &now);
  }
  write(kEnter);
}

// TCSAFLUSH: keys that nobody has read are not for the shell.
void Screen::leave() {
  write(kLeave);
  if (cooked_) ::tcsetattr(in_, TCSAFLUSH, &*cooked_);
  cooked_.reset();
}

// In a pipe pages follow each other with an empty line between them, as `top -b` does.
bool Screen::show(const std::vector<Line>& lines) {
  if (terminal_) return write(redraw(lines, size().columns, colour_));
  std::string text;
  for (const Line& line : lines) text += text_of(line, false) + "\n";
  return write(text + "\n");
}

// Asked anew for each page, so that a resized window is drawn to fit. Zeros: not a terminal, or one
// that does not know.
Screen::Size Screen::size() const {
  winsize size{};
  if (!terminal_ || ::ioctl(out_, TIOCGWINSZ, &size) != 0) return {};
  return {size.ws_col, size.ws_row};
}

// All that have come, the end before the others. SIGSTOP is what Ctrl-Z does to who does not care;
// it returns when somebody continues us, and the page is drawn anew.
Screen::Event Screen::signalled() {
  Event event = Event::kTime;
  signalfd_siginfo signal{};
  while (::read(signals_.get(), &signal, sizeof signal) == sizeof signal) {
    const int number = static_cast<int>(signal.ssi_signo);
    if (number == SIGINT || number == SIGTERM) return Event::kEnd;
    if (number == SIGTSTP) {
      if (terminal_) leave();
      ::kill(::getpid(), SIGSTOP);
      if (terminal_) enter();
    }
    event = Event::kResized;
  }
  return event;
}

// A poll() that is interrupted (a debugger) ends the wait early, and the next page comes sooner;
// nothing else. Keys whose terminal is gone are not waited for again.
Screen::Event Screen::wait(std::chrono::milliseconds time, std::string& keys) {
  keys.clear();
  std::array<pollfd, 2> ready = {pollfd{signals_.get(), POLLIN, 0},
                                 pollfd{listening_ ? in_ : -1, POLLIN, 0}};
  if (::poll(ready.data(), ready.size(), static_cast<int>(time.count())) <= 0) return Event::kTime;
  if (ready[0].revents != 0) return signalled();
  std::array<char, 256> buffer{};
  const ssize_t length = ::read(in_, buffer.data(), buffer.size());
  if (length > 0) {
    keys.assign(buffer.data(), static_cast<std::size_t>(length));
    return Event::kKeys;
  }
  if (length == 0 || errno != EINTR) listening_ = false;
  return Event::kTime;
}

// Until everything is out: a terminal that is slower than the page takes it in pieces.
bool Screen::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(out_, text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace lungate::ctl
