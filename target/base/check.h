// SPDX-License-Identifier: LGPL-2.1-or-later

// Checks for our own mistakes, active in release builds too: the process stops loudly rather than
// going on with data it no longer understands. Nothing that a peer, the operator or Ceph can cause
// may reach one of these: such errors are values (see result.h).
#pragma once

namespace lungate {

/// Writes `what` with file and line to stderr and aborts. Async-signal-safe, allocates nothing.
[[noreturn]] void check_failed(const char* what, const char* file, int line) noexcept;

/// `what` is the invariant in words: check(gate.idle(), "a drained session has no tasks").
inline void check(bool holds, const char* what, const char* file = __builtin_FILE(),
                  int line = __builtin_LINE()) noexcept {
  if (!holds) [[unlikely]]
    check_failed(what, file, line);
}

}  // namespace lungate
