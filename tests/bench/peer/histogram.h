// SPDX-License-Identifier: LGPL-2.1-or-later
// Latencies as the client sees them: 64 bins per power of two, so a quantile is off by 1.6 % at
// most.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lungate::bench {

class Histogram {
 public:
  void add(std::uint64_t ns) {
    ++bins_[bin(ns)];
    ++count_;
    sum_ns_ += ns;
    max_ns_ = std::max(max_ns_, ns);
  }

  std::uint64_t count() const { return count_; }
  std::uint64_t max_ns() const { return max_ns_; }
  double mean_ns() const {
    return count_ == 0 ? 0 : static_cast<double>(sum_ns_) / static_cast<double>(count_);
  }

  /// The upper edge of the bin that holds the value of rank q (0 to 1).
  std::uint64_t quantile_ns(double q) const {
    const auto rank = static_cast<std::uint64_t>(q * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t at = 0; at < bins_.size(); ++at) {
      seen += bins_[at];
      if (seen > rank) return std::min(upper_edge(at), max_ns_);
    }
    return max_ns_;
  }

 private:
  static constexpr unsigned kBitsPerOctave = 6;
  static constexpr std::uint64_t kLinear = 1U << kBitsPerOctave;

  static std::size_t bin(std::uint64_t ns) {
    if (ns < kLinear) return static_cast<std::size_t>(ns);
    const unsigned shift = static_cast<unsigned>(std::bit_width(ns)) - kBitsPerOctave - 1;
    return static_cast<std::size_t>((shift << kBitsPerOctave) + (ns >> shift));
  }
  static std::uint64_t upper_edge(std::size_t bin) {
    if (bin < 2 * kLinear) return bin + 1;
    const auto shift = (bin >> kBitsPerOctave) - 1;
    return ((bin - (shift << kBitsPerOctave)) + 1) << shift;
  }

  std::vector<std::uint64_t> bins_ = std::vector<std::uint64_t>(64U << kBitsPerOctave);
  std::uint64_t count_ = 0;
  std::uint64_t sum_ns_ = 0;
  std::uint64_t max_ns_ = 0;
};

}  // namespace lungate::bench
