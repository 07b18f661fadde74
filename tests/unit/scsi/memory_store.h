// SPDX-License-Identifier: LGPL-2.1-or-later
// A backend of one vector, at once and in place: what the device server asks of the port is checked
// here, for unit tests and the fuzzer alike.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "backend/backend.h"
#include "base/check.h"

namespace lungate::scsi::testing {

struct Call {
  backend::Verb verb;
  std::uint64_t offset;
  std::uint64_t length;
  friend bool operator==(const Call&, const Call&) = default;
};

class MemoryStore {
 public:
  explicit MemoryStore(std::uint64_t size) : bytes(size) {}

  /// The `nth` request from now on (0: the next) ends with `status`, having done nothing.
  void fail(backend::Status status, int nth = 0) {
    failure_ = status;
    fail_in_ = nth;
  }

  void carry_out(backend::Request& request) {
    check_rules(request);
    calls.push_back({request.verb, request.offset, request.length});
    const bool fails = fails_now() && failure_ != backend::Status::kOk;
    request.status = fails ? failure_ : act(request);
  }

  /// What is told of allocation ends here, whatever lies behind: adapters look only so far.
  void look_no_further_than(std::uint64_t offset) { sight_ = offset; }
  /// After so many answers it looks no more, and tells "allocated" (backend/look_ups.h).
  void look_only(unsigned times) { looks_left_ = times; }

  std::vector<std::byte> bytes;
  bool forgets_writes = false;  // says kOk and does nothing
  std::vector<Call> calls;
  std::map<std::uint64_t, std::uint64_t> holes;  // offset to length; apart from each other

 private:
  static void check_rules(const backend::Request& request) {
    using backend::Verb;
    const Verb verb = request.verb;
    if (verb == Verb::kLoadState || verb == Verb::kStoreState) return;
    if (verb != Verb::kFlush) check(request.length > 0, "a request has a length");
    if (verb == Verb::kRead || verb == Verb::kWrite)
      check(request.length == request.data.size(), "data and length agree");
    if (verb == Verb::kWriteSame)
      check(!request.data.empty() && request.length % request.data.size() == 0,
            "the pattern divides the length");
    if (verb == Verb::kDiscard || verb == Verb::kWriteZeroes || verb == Verb::kAllocation)
      check(request.data.empty(), "no data where none are taken");
  }

  bool fails_now() {
    if (fail_in_ < 0) return false;
    return fail_in_-- == 0;
  }

  void tell_extent(backend::Request& request) const {
    std::uint64_t end = request.offset + request.length;
    if (request.offset < sight_) end = std::min(end, sight_);
    request.extent_allocated = true;
    for (const auto& [from, length] : holes) {
      if (from > request.offset) {
        end = std::min(end, from);
      } else if (request.offset < from + length) {
        request.extent_allocated = false;
        end = std::min(end, from + length);
        break;
      }
    }
    request.extent_bytes = end - request.offset;
  }

  backend::Status act(backend::Request& request) {
    using backend::Verb;
    if (request.verb == Verb::kFlush) return backend::Status::kOk;
    if (request.verb == Verb::kLoadState || request.verb == Verb::kStoreState)
      return backend::Status::kIoError;  // the session's verbs: the device server has none of them
    if (!backend::in_range(request.offset, request.length, bytes.size()))
      return backend::Status::kOutOfRange;
    const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(request.offset);
    const auto length = static_cast<std::ptrdiff_t>(request.length);
    switch (request.verb) {
      case Verb::kRead:
        std::copy(at, at + length, request.data.begin());
        break;
      case Verb::kWrite:
        if (!forgets_writes) std::copy(request.data.begin(), request.data.end(), at);
        break;
      case Verb::kDiscard:
      case Verb::kWriteZeroes:
        std::fill(at, at + length, std::byte{0});
        break;
      case Verb::kWriteSame:
        for (std::size_t i = 0; i < request.length; ++i)
          at[static_cast<std::ptrdiff_t>(i)] = request.data[i % request.data.size()];
        break;
      case Verb::kAllocation:
        request.looked = !looks_left_ || (*looks_left_)-- > 0;
        if (request.looked)
          tell_extent(request);
        else
          backend::all_allocated(request);
        break;
      case Verb::kFlush:
      case Verb::kLoadState:
      case Verb::kStoreState:
        break;
    }
    return backend::Status::kOk;
  }

  backend::Status failure_ = backend::Status::kOk;
  int fail_in_ = -1;
  std::uint64_t sight_ = 0;
  std::optional<unsigned> looks_left_;
};

}  // namespace lungate::scsi::testing
