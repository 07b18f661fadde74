// SPDX-License-Identifier: LGPL-2.1-or-later

// What all adapters share of the port: names for logs and metrics, and the REQUIRES of submit() as
// a check. Called on any loop, for every request. What the device server got wrong stops the
// process, for the adapters pass these values on to libraries that do worse (librbd aborts on a
// length of zero, io_uring reads what is behind the buffer). A range beyond the end is no such
// mistake.
#include "backend/backend.h"

#include <atomic>

#include "base/check.h"
#include "base/limits.h"

namespace lungate::backend {

std::string_view name(Verb verb) {
  constexpr std::array<std::string_view, kVerbs> kNames = {
      "read",       "write",      "flush",      "discard",    "write_zeroes",
      "write_same", "allocation", "load_state", "store_state"};
  return kNames[static_cast<std::size_t>(verb)];
}

std::string_view name(Status status) {
  constexpr std::array<std::string_view, kStatuses> kNames = {
      "ok",       "out_of_range", "read_only",   "no_space",
      "io_error", "not_owner",    "unavailable", "no_memory"};
  return kNames[static_cast<std::size_t>(status)];
}

void all_allocated(Request& request) noexcept {
  request.extent_bytes = request.length;
  request.extent_allocated = true;
}

void fresh_look_ups(Request& request) noexcept {
  request.look_until = {};
  request.hurried = false;
}

// Not an atomic member: a request is a value, which is assigned and copied while nobody has it.
void hurry(Request& request) noexcept {
  std::atomic_ref(request.hurried).store(true, std::memory_order_relaxed);
}

bool hurried(const Request& request) noexcept {
  return std::atomic_ref(const_cast<bool&>(request.hurried)).load(std::memory_order_relaxed);
}

void check_request(const Request& request) noexcept {
  check(request.reply_to != nullptr && request.deliver != nullptr, "a request has a way back");
  if (request.verb == Verb::kFlush) return;
  if (request.verb == Verb::kLoadState || request.verb == Verb::kStoreState)
    return check(!request.data.empty() && request.data.size() <= limits::kUnitStateBytesMax,
                 "a state has some bytes, and not too many");
  check(request.length > 0, "a request is for at least one byte");
  switch (request.verb) {
    case Verb::kRead:
    case Verb::kWrite:
      return check(request.data.size() == request.length, "data is as long as the range");
    case Verb::kWriteSame:
      return check(!request.data.empty() && request.length % request.data.size() == 0,
                   "the pattern fits the range a whole number of times");
    case Verb::kFlush:
    case Verb::kDiscard:
    case Verb::kWriteZeroes:
    case Verb::kAllocation:
    case Verb::kLoadState:
    case Verb::kStoreState:
      return;
  }
}

}  // namespace lungate::backend
