// SPDX-License-Identifier: LGPL-2.1-or-later

// The writer's half of the seqlocks of layout.h, and texts as they stand there. Internal to the
// room. The proof stands with the reader, in slot_reader.h; what it needs from here:
//
// - one writer per slot: the control thread, a loop, or whoever holds the table's mutex;
// - the sequence is odd before the first word of the contents changes: the contents' stores are
//   releases, so none may be seen before the store of the odd number that precedes it;
// - it is even after the last: the words are stored from the last to the first, the sequence is the
//   first word of a slot, so it comes last, and it is a release, too.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "telemetry/recorder.h"

namespace lungate::telemetry::detail {

/// `to` becomes `from` for readers in one step. REQUIRES: from.sequence is the next even number.
/// Checked, for two writers of one slot, or one that has lost count, would give readers two halves
/// as a whole. It costs a load; LUNs and initiators come seldom, slow I/O is bounded per second.
template <class Slot>
void write_whole(Slot& to, const Slot& from) noexcept {
  static_assert(offsetof(Slot, sequence) == 0 && sizeof(Slot) % sizeof(std::uint64_t) == 0);
  using Words = std::array<std::uint64_t, sizeof(Slot) / sizeof(std::uint64_t)>;
  check(from.sequence % 2 == 0 && from.sequence == get(to.sequence) + 2,
        "a slot's sequence goes from even number to even number");
  put(to.sequence, from.sequence - 1);
  const auto words = std::bit_cast<Words>(from);
  auto* cells = reinterpret_cast<std::uint64_t*>(&to);
  for (std::size_t i = words.size(); i-- > 0;) {
    std::atomic_ref<std::uint64_t>(cells[i]).store(words[i], std::memory_order_release);
  }
}

/// Cuts what does not fit, and always ends with a zero byte.
template <std::size_t kSize>
void copy_text(std::array<char, kSize>& to, std::string_view from) noexcept {
  const std::size_t length = std::min(from.size(), kSize - 1);
  const auto end = std::copy_n(from.begin(), length, to.begin());
  std::fill(end, to.end(), '\0');
}

/// Raised, never lowered, and seen after what it counts.
inline void raise_to(std::uint64_t& cell, std::uint64_t value) noexcept {
  std::atomic_ref<std::uint64_t> used(cell);
  used.store(std::max(used.load(std::memory_order_relaxed), value), std::memory_order_release);
}

}  // namespace lungate::telemetry::detail
