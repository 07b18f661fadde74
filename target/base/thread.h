// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace lungate {

/// A thread with a name (at most 15 characters, as ps and perf show it) and every signal blocked:
/// signals are for the thread that waits for them, and a call that blocks on a helper thread must
/// not return EINTR because the operator typed Ctrl-C. `body` must not throw.
/// Throws std::system_error when the machine gives no more threads: call it while starting.
std::thread start_thread(const char* name, std::function<void()> body);

/// The same, for a thread that nobody waits for: `body` must own all that it touches. False, and
/// `body` untouched, when the machine gives no more threads: an error of the environment, which the
/// caller answers for. May be called at any time.
[[nodiscard]] bool start_detached(const char* name, const std::function<void()>& body) noexcept;

/// True as soon as every detached thread of this process has ended its body, false when one has not
/// after `patience`. Whoever ends the process asks: a library's thread that still works while its
/// statics are being destroyed crashes, so with false it is std::_Exit() that ends it. Any thread.
[[nodiscard]] bool detached_threads_end_within(std::chrono::milliseconds patience);

}  // namespace lungate
