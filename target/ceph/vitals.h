// SPDX-License-Identifier: LGPL-2.1-or-later

// What a process has seen of its cluster, over all its connections: for figures and alerts, not for
// decisions.
#pragma once

#include <atomic>
#include <cstdint>

#include "ceph/error.h"

namespace lungate::ceph {

/// Any thread; never blocks. Outlives whoever writes here: shared by pointer.
struct Vitals {
  /// The last call to the monitors that says anything about it was answered in time. Not yet: none.
  std::atomic<bool> answers{false};
  std::atomic<std::uint64_t> timeouts{0};  // calls that were given up
  std::atomic<std::uint64_t> fenced{0};    // clients of ours that were found on the blocklist

  /// A call to the monitors has ended so (librados' convention). A refusal says nothing of whether
  /// they answer others: some are made on this side (a keyring that is not there).
  void heard(std::int64_t result) noexcept {
    if (result >= 0) {
      answers.store(true, std::memory_order_relaxed);
    } else if (means_unreachable(result)) {
      answers.store(false, std::memory_order_relaxed);
      gave_up();
    }
  }
  /// A call that others than the monitors did not answer in time: a disk's, of one pool.
  void gave_up() noexcept { timeouts.fetch_add(1, std::memory_order_relaxed); }
};

}  // namespace lungate::ceph
