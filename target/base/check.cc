// SPDX-License-Identifier: LGPL-2.1-or-later

// The end of a process whose own assumptions do not hold. check() calls it from any thread, also in
// release builds: to go on would be to write on disks by rules that are broken already. One line to
// stderr by write(2), since locks and allocators may be what is broken, then abort(), so that
// systemd sees it and a core shows where.
#include "base/check.h"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <span>

namespace lungate {
namespace {

void write_all(std::span<const char> text) noexcept {
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written <= 0) return;
    text = text.subspan(static_cast<std::size_t>(written));
  }
}

void write_text(const char* text) noexcept {
  write_all({text, std::strlen(text)});
}

}  // namespace

void check_failed(const char* what, const char* file, int line) noexcept {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, line).ptr;
  write_text("lungate: check failed: ");
  write_text(what);
  write_text(" (");
  write_text(file);
  write_text(":");
  write_all({digits, static_cast<std::size_t>(end - digits)});
  write_text(")\n");
  std::abort();
}

}  // namespace lungate
