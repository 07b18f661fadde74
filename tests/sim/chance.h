// SPDX-License-Identifier: LGPL-2.1-or-later
// Where a simulation's decisions come from: a seed, or a fuzzer's input. Nothing else decides, so
// the same source makes the same run.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lungate::sim {

class Chance {
 public:
  virtual ~Chance() = default;

  /// 0 to limit - 1. REQUIRES: limit > 0.
  virtual std::uint32_t below(std::uint32_t limit) = 0;

  std::uint32_t between(std::uint32_t least, std::uint32_t most) {
    return least + below(most - least + 1);
  }
  /// Never what a source says that has run dry and only gives zeros.
  bool one_in(std::uint32_t count) { return below(count) == count - 1; }
  template <class T, std::size_t kSize>
  const T& among(const T (&choices)[kSize]) {
    return choices[below(static_cast<std::uint32_t>(kSize))];
  }
};

/// SplitMix64: a seed's neighbours have nothing in common, and its state is one word.
class Seeded final : public Chance {
 public:
  explicit Seeded(std::uint64_t seed) : state_(seed * 0xd134'2543'de82'ef95u) {}

  std::uint32_t below(std::uint32_t limit) override {
    return static_cast<std::uint32_t>(((next() >> 32) * limit) >> 32);
  }
  std::uint64_t next();

 private:
  std::uint64_t state_;
};

}  // namespace lungate::sim
