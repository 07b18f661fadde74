// SPDX-License-Identifier: LGPL-2.1-or-later
// What may be read of one block, whoever writes it at the same time. Every write has a value of its
// own, and for such a register Gibbons and Korach ("Testing Shared Memories", 1997) have an exact
// answer: a value's zone reaches from the earliest end to the latest beginning of its write and its
// reads. Where the end comes first, the block held the value all that time. Then no two of those
// may overlap, and no value may have come and gone within another's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "tests/sim/stamp.h"
#include "tests/sim/trace.h"

namespace lungate::sim {

inline constexpr Moment kNever = ~Moment{0};

class RegisterHistory {
 public:
  /// A write that took place somewhere between the two. kNever: perhaps it still will.
  void wrote(WriteId value, Moment begin, Moment end) { widen(value, begin, end); }
  void read(WriteId value, Moment begin, Moment end) { widen(value, begin, end); }

  /// A value that no order of all these explains; nothing when there is an order.
  std::optional<WriteId> contradiction() const;

 private:
  struct Zone {
    Moment first_end = kNever;
    Moment last_begin = 0;
    bool forward() const { return first_end < last_begin; }
  };
  void widen(WriteId value, Moment begin, Moment end);

  std::map<WriteId, Zone> zones_;
};

}  // namespace lungate::sim
