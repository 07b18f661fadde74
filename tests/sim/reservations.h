// SPDX-License-Identifier: LGPL-2.1-or-later
// What initiators can know of a disk's reservation by what they were told: who holds it beyond
// doubt, as long as nobody has asked for anything that could have changed it. An access that
// somebody else was told GOOD while the reservation stood must be one that it lets through.
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "tests/sim/trace.h"

namespace lungate::sim {

/// RESERVE, and the types of PERSISTENT RESERVE OUT that initiators here ask for.
enum class Reserve : std::uint8_t { kSpc2 = 0, kWriteExclusive = 1, kExclusiveAccess = 3 };

class Reservations {
 public:
  /// A command that may change the reservation has been sent.
  void change_begins(unsigned who);
  /// It was refused: nothing has changed.
  void change_refused() { --open_; }
  /// It was done. `gained`: `who` has the reservation now. A change whose answer never comes is
  /// never over, and leaves everything in doubt.
  void change_done(Moment begin, Moment at, unsigned who, std::optional<Reserve> gained);
  /// The path of `who` has gone: an SPC-2 reservation of his may be gone, too.
  void path_lost(unsigned who);
  /// Somebody has asked for a reset.
  void reset_begins();

  /// Whether GOOD, to an access of `who` that was sent at `begin`, breaks the reservation.
  bool broken_by(unsigned who, bool write, Moment begin) const;
  /// Whether anybody but `who` has ever asked for one.
  bool possible_against(unsigned who) const;

 private:
  struct Held {
    unsigned who;
    Reserve how;
    Moment since;
  };

  std::optional<Held> held_;
  std::set<unsigned> askers_;
  unsigned open_ = 0;
  Moment disturbed_ = 0;  // when the last change that was done was under way
};

}  // namespace lungate::sim
