// SPDX-License-Identifier: LGPL-2.1-or-later
// A backend as its tests speak to it: each verb is submitted from a loop, and the loop runs until
// the answer has been delivered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backend/backend.h"
#include "event/loop.h"

namespace lungate::backend::test {

using Data = std::vector<std::byte>;

inline Data bytes(std::size_t count, int value) {
  return Data(count, static_cast<std::byte>(value));
}

/// Bytes that differ from their neighbours, so that a shifted or a stale block shows.
inline Data pattern(std::size_t count, std::uint32_t seed) {
  Data data(count);
  for (std::byte& byte : data) {
    seed = seed * 1664525u + 1013904223u;
    byte = static_cast<std::byte>(seed >> 24);
  }
  return data;
}

inline std::string text_of_read(const std::pair<Status, Data>& answer) {
  if (answer.first != Status::kOk) return std::string(name(answer.first));
  return std::string(text_of(answer.second));
}

inline std::string text_of_allocation(const Request& request) {
  if (request.status != Status::kOk) return std::string(name(request.status));
  return (request.extent_allocated ? "data " : "hole ") + std::to_string(request.extent_bytes);
}

/// A request that tells a closure when it is delivered.
struct TestRequest final : Request {
  TestRequest(event::Loop& loop, Verb v, std::uint64_t at, std::uint64_t bytes_long, Data d) {
    verb = v;
    offset = at;
    length = bytes_long;
    buffer = std::move(d);
    data = buffer;
    reply_to = &loop.mailbox();
    deliver = [](Mail& self) noexcept {
      auto& request = static_cast<TestRequest&>(self);
      ++request.deliveries;
      if (request.done) request.done();
    };
  }

  Data buffer;
  std::function<void()> done;
  int deliveries = 0;
};

class Drive {
 public:
  explicit Drive(Backend& backend) : backend_(backend) {}

  std::unique_ptr<TestRequest> make(Verb verb, std::uint64_t offset, std::uint64_t length,
                                    Data data = {}) {
    return std::make_unique<TestRequest>(loop_, verb, offset, length, std::move(data));
  }

  /// Submits all at once and returns when all have been delivered.
  void run(const std::vector<std::unique_ptr<TestRequest>>& requests) {
    std::size_t missing = requests.size();
    for (const auto& request : requests) {
      request->done = [this, &missing] {
        if (--missing == 0) loop_.stop();
      };
    }
    loop_.post([&] {
      for (const auto& request : requests) backend_.submit(*request);
    });
    loop_.run();
  }

  TestRequest& run(std::unique_ptr<TestRequest> request) {
    last_.clear();
    last_.push_back(std::move(request));
    run(last_);
    return *last_.front();
  }

  Status write(std::uint64_t offset, Data data) {
    const std::uint64_t length = data.size();
    return run(make(Verb::kWrite, offset, length, std::move(data))).status;
  }
  std::pair<Status, Data> read(std::uint64_t offset, std::size_t length) {
    TestRequest& request = run(make(Verb::kRead, offset, length, bytes(length, 0xee)));
    return {request.status, request.buffer};
  }
  Status flush() { return run(make(Verb::kFlush, 0, 0)).status; }
  Status discard(std::uint64_t offset, std::uint64_t length) {
    return run(make(Verb::kDiscard, offset, length)).status;
  }
  Status write_zeroes(std::uint64_t offset, std::uint64_t length) {
    return run(make(Verb::kWriteZeroes, offset, length)).status;
  }
  Status write_same(std::uint64_t offset, std::uint64_t length, Data data) {
    return run(make(Verb::kWriteSame, offset, length, std::move(data))).status;
  }

  /// "data BYTES" or "hole BYTES" from the offset on; otherwise the status.
  std::string allocation(std::uint64_t offset, std::uint64_t length) {
    return text_of_allocation(run(make(Verb::kAllocation, offset, length)));
  }

  event::Loop& loop() { return loop_; }

 private:
  Backend& backend_;
  event::Loop loop_;
  std::vector<std::unique_ptr<TestRequest>> last_;
};

}  // namespace lungate::backend::test
