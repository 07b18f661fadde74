// SPDX-License-Identifier: LGPL-2.1-or-later

// Thin provisioning thresholds (SBC-3, 4.7.3.7 and 4.7.3.8): how full the place is that a unit
// takes its blocks from, and when hosts are told. The place is shared (a pool, a file system), so
// that a threshold is a share of it, and not a number of the unit's blocks: the percentages of
// SBC-4, which mean the same to whoever knows only SBC-3 and hears the unit attention.
//
//   used     0 %                        threshold - hysteresis    threshold            100 %
//   armed    |------------------------------------------------------->| told, once
//   again    |<-----------------------------|  armed again
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

namespace lungate::scsi {

struct Unit;
struct Geometry;

/// Written by the unit's home loop, read by any: numbers that order nothing. Both 0: not known yet.
struct Fullness {
  std::atomic<std::uint64_t> used_bytes{0};
  std::atomic<std::uint64_t> available_bytes{0};
};

/// A copy of one moment.
struct Room {
  std::uint64_t used_bytes = 0;
  std::uint64_t available_bytes = 0;

  bool known() const { return used_bytes != 0 || available_bytes != 0; }
  /// Of both together, rounded down. REQUIRES: known().
  unsigned used_percent() const;
};
Room room_of(const Fullness& fullness);

/// The unit says how full its place is, and when that passes a threshold: VPD B2, log page 0Ch,
/// mode page 1Ch/02h, the unit attention.
bool has_threshold(const Unit& unit);

/// The blocks of one threshold set, as a power of two (VPD B2): a megabyte or more, and so many
/// that the unit has fewer than 2^32 sets. Never 0.
std::uint8_t threshold_exponent(const Geometry& geometry);

/// The one threshold of a unit, with its hysteresis: a place that wavers is told of once.
class SoftThreshold {
 public:
  /// True: it has been passed with this, and everybody is to be told. `percent` is of what is used;
  /// 0: there is none.
  bool take(const Room& room, unsigned percent);

 private:
  bool armed_ = true;
};

}  // namespace lungate::scsi
