// SPDX-License-Identifier: LGPL-2.1-or-later
// What has happened, as one number: two runs that did the same have the same. With a seed that is
// looked into, as text too.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "base/bytes.h"

namespace lungate::sim {

/// Orders what initiators do and hear: everything happens on one thread, one after the other.
using Moment = std::uint64_t;

class Trace {
 public:
  explicit Trace(bool aloud) : aloud_(aloud) {}

  /// "12.345678 i2 write 7 100 8": when, who, what, and the numbers.
  void note(char kind, unsigned who, std::string_view what,
            std::initializer_list<std::uint64_t> numbers = {});
  /// What went over a wire: part of the number, not of the text.
  void data(Bytes bytes);

  std::uint64_t hash() const { return hash_; }

 private:
  void mix(std::uint64_t word);

  const bool aloud_;
  std::uint64_t hash_ = 0xcbf2'9ce4'8422'2325u;
};

}  // namespace lungate::sim
