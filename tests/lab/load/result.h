// SPDX-License-Identifier: LGPL-2.1-or-later
// What a run of initiator-load saw, and its JSON.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace lungate::lab {

/// Every latency of one kind of command: runs are short, so nothing needs to be estimated.
class Tally {
 public:
  void add(std::chrono::nanoseconds latency, std::uint64_t bytes) {
    if (latencies_ns_.size() < kLatenciesMax) {
      latencies_ns_.push_back(static_cast<std::uint64_t>(latency.count()));
    }
    ++count_;
    bytes_ += bytes;
  }
  std::uint64_t count() const { return count_; }
  /// count, bytes, iops, mb_per_s, and p50_ms to p999_ms by nearest rank (null without commands).
  nlohmann::json json(double seconds) const;

 private:
  static constexpr std::size_t kLatenciesMax = 10'000'000;  // 80 MB; quantiles are of these

  std::vector<std::uint64_t> latencies_ns_;
  std::uint64_t count_ = 0;
  std::uint64_t bytes_ = 0;
};

struct RunResult {
  std::uint64_t seed = 0;
  double mix_seconds = 0;
  std::uint64_t fill_bytes = 0;
  Tally reads;
  Tally writes;
  std::uint64_t verified_bytes = 0;
  std::uint64_t mismatches = 0;        // reads that disagreed with the mirror
  std::uint64_t unsettled_blocks = 0;  // writes without an answer: may or may not be there
  bool connection_lost = false;
  std::vector<std::string> errors;  // the first few, in the library's words
  std::uint64_t error_count = 0;

  void add_error(const std::string& text);
  bool clean() const { return error_count == 0 && mismatches == 0 && !connection_lost; }
  nlohmann::json json() const;
};

}  // namespace lungate::lab
