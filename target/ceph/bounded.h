// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <functional>

namespace lungate::ceph {

/// Runs `work` on a thread of its own and waits for it, but not longer than `limit`. False: it goes
/// on without us, perhaps for ever (a placement group without an OSD keeps its clients waiting), so
/// `work` must own all that it touches, and must not throw. For control calls on a worker; never on
/// the path of an I/O.
///
/// When the machine gives no thread, `work` runs on the caller's, and the limit does not hold: what
/// is to be given back (a lock, an image) is better given back late than never.
bool run_bounded(std::chrono::milliseconds limit, std::function<void()> work);

}  // namespace lungate::ceph
