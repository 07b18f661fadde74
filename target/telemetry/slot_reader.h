// SPDX-License-Identifier: LGPL-2.1-or-later

// The reader's half of the seqlocks of layout.h, and how decode.cc and its neighbours copy out of a
// source. Internal to the room.
//
// The writer (slot_writer.h) stores an odd sequence, then the contents, then the next even one; the
// contents and the even number by releases, which suffices, as is said there. We copy the sequence,
// the contents, the sequence again, with an acquire fence between the copies:
//
// - `before` is even and equals the writer's number n: all contents of change n were stored before
//   it, so our copy of them, which comes later, has change n or something newer.
// - something newer, of change n+1, was stored after its odd sequence: having seen it, the second
//   copy of the sequence, behind the fence, sees that odd number or a later one: not `before`.
//
// So equal, even sequences mean one whole change. The fences are needed although the copies are
// system calls: a call is no barrier for the processor's own order of loads, on machines weaker
// than x86.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <thread>

#include "base/limits.h"
#include "telemetry/fault.h"
#include "telemetry/layout.h"
#include "telemetry/source.h"
#include "telemetry/text.h"

namespace lungate::telemetry::detail {

inline constexpr auto kLive = static_cast<std::uint64_t>(layout::SlotState::kLive);

/// Orders two copies of this thread. The sanitizer does not model fences; nor need it, for the
/// copies are the kernel's.
inline void order_copies() {
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtsan"
#endif
  std::atomic_thread_fence(std::memory_order_acquire);
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
}

template <class T>
[[nodiscard]] bool copy(const Source& source, const layout::Table& table, std::uint64_t index,
                        T& to) {
  return source.read(table.offset + index * table.stride,
                     std::as_writable_bytes(std::span(&to, 1)));
}

/// A text field of the segment; one without an end is taken whole.
template <std::size_t kSize>
std::string text(const std::array<char, kSize>& field) {
  const auto end = std::find(field.begin(), field.end(), '\0');
  return clean_text({field.data(), static_cast<std::size_t>(end - field.begin())});
}

template <std::size_t kTo, std::size_t kFrom>
void add(std::array<std::uint64_t, kTo>& to, const std::array<std::uint64_t, kFrom>& from) {
  static_assert(kTo <= kFrom);
  for (std::size_t i = 0; i < kTo; ++i) to[i] += from[i];
}

inline ReadError shrunk() {
  return {Fault::kTruncated, "the file shrank while it was read"};
}

enum class SlotRead : std::uint8_t {
  kWhole,
  kChanging,  // each time that we looked
  kTruncated,
};

/// One try: the sequence, the slot and what `inside` copies (false: it is not there), the sequence
/// again.
template <class Slot, class Inside>
SlotRead try_whole(const Source& source, const layout::Table& table, std::uint64_t index,
                   Slot& slot, const Inside& inside) {
  static_assert(offsetof(Slot, sequence) == 0);
  std::uint64_t before = 0;
  if (!copy(source, table, index, before)) return SlotRead::kTruncated;
  if (before % 2 != 0) return SlotRead::kChanging;
  order_copies();
  if (!copy(source, table, index, slot) || !inside()) return SlotRead::kTruncated;
  order_copies();
  std::uint64_t after = 0;
  if (!copy(source, table, index, after)) return SlotRead::kTruncated;
  return before == after ? SlotRead::kWhole : SlotRead::kChanging;
}

/// Tries a bounded number of times: a writer that died within a change never ends it.
// A change takes the writer well under a microsecond, so one retry nearly always does; yield() is
// for a writer that was stopped on this very core.
template <class Slot, class Inside>
SlotRead read_whole(const Source& source, const layout::Table& table, std::uint64_t index,
                    std::uint64_t& retries, Slot& slot, const Inside& inside) {
  for (unsigned tries = 1;; ++tries) {
    const SlotRead read = try_whole(source, table, index, slot, inside);
    if (read != SlotRead::kChanging || tries == limits::kSlotReadTries) return read;
    ++retries;
    std::this_thread::yield();
  }
}

}  // namespace lungate::telemetry::detail
