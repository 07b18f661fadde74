// SPDX-License-Identifier: LGPL-2.1-or-later

// The terminal of `top`. run_live() draws with it and waits with it; all of it on the main thread.
// Signals are blocked and taken by sigtimedwait(), so that there is no handler in which almost
// nothing would be allowed, and the terminal is given back on every way out but SIGKILL. A pipe
// instead of a terminal gets plain pages; a reader that went away ends the program, by SIGPIPE or
// by a write that fails.
#include "ctl/screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

namespace lungate::ctl {
namespace {

// ECMA-48 and xterm: the alternate page, the cursor, what lies behind it.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l";
constexpr std::string_view kLeave = "\x1b[?25h\x1b[?1049l";
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kClearLine = "\x1b[K";
constexpr std::string_view kClearBelow = "\x1b[J";

// Asked anew for each page, so that a resized window is drawn to fit. Zeros: not a terminal, or one
// that does not know.
winsize size_of(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0) size = {};
  return size;
}

/// The first `columns` characters, none of them cut in two.
std::string_view cut(std::string_view line, std::size_t columns) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(line[i]) & 0xc0) != 0x80;
    if (begins && ++characters > columns) return line.substr(0, i);
  }
  return line;
}

}  // namespace

// Over the old page instead of clearing first: a screen that is cleared and filled once a second
// flickers. Lines are cut to the width, for a wrapped one would push the others out of their
// places.
std::string redraw(const std::vector<std::string>& lines, std::size_t columns) {
  std::string out(kHome);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += "\r\n";
    out += columns == 0 ? std::string_view(lines[i]) : cut(lines[i], columns);
    out += kClearLine;
  }
  return out.append(kClearBelow);
}

// The mask is taken before the first escape sequence: a Ctrl-C between the two would leave the
// terminal on the other page.
Screen::Screen(int fd) : fd_(fd), terminal_(::isatty(fd) == 1) {
  sigemptyset(&ours_);
  for (const int signal : {SIGINT, SIGTERM, SIGWINCH}) sigaddset(&ours_, signal);
  pthread_sigmask(SIG_BLOCK, &ours_, &before_);
  if (terminal_) write(kEnter);
}

Screen::~Screen() {
  if (terminal_) write(kLeave);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

// In a pipe pages follow each other with an empty line between them, as `top -b` does.
bool Screen::show(const std::vector<std::string>& lines) {
  if (terminal_) return write(redraw(lines, size_of(fd_).ws_col));
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return write(text + "\n");
}

std::size_t Screen::height() const {
  return terminal_ ? size_of(fd_).ws_row : 0;
}

// sigtimedwait() interrupted by a signal that is not ours (EINTR, a debugger) ends the wait early,
// and the next page comes sooner; nothing else.
bool Screen::wait(std::chrono::milliseconds time) {
  const std::uint64_t ns = static_cast<std::uint64_t>(time.count()) * 1'000'000;
  const timespec patience{static_cast<time_t>(ns / 1'000'000'000),
                          static_cast<long>(ns % 1'000'000'000)};
  const int signal = sigtimedwait(&ours_, nullptr, &patience);
  // A new size of the window only ends the wait: the next page is drawn to fit.
  return signal < 0 || signal == SIGWINCH;
}

// Until everything is out: a terminal that is slower than the page takes it in pieces.
bool Screen::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd_, text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace lungate::ctl
