// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <functional>

namespace lungate::ceph {

/// Runs `work` on a thread of its own and waits for it, but not longer than `limit`. False: it goes
/// on without us, perhaps for ever (a placement group without an OSD keeps its clients waiting), so
/// `work` must own all that it touches. For control calls on a worker; never on the path of an I/O.
bool run_bounded(std::chrono::milliseconds limit, std::function<void()> work);

}  // namespace lungate::ceph
