// SPDX-License-Identifier: LGPL-2.1-or-later

// The segments of an EXTENDED COPY as bytes of units: who is meant by a designator, whether the
// segment may be copied at all, what must be held meanwhile. On the session's loop.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "scsi/copy_list.h"
#include "scsi/execution.h"

namespace lungate::scsi {

/// Whom the list's CSCD descriptors mean. Null: nobody that this initiator may see.
using CopyUnits = std::array<const Unit*, limits::kCopyUnitsMax>;

/// Looked up among the initiator's own units only: that EXTENDED COPY goes through one unit must
/// not open a way to another that the initiator does not have anyhow.
CopyUnits find_units(Execution& execution, const CopyList& list);

/// The same units once they are held (execution.locks), whatever has become of the initiator's
/// access since. Null: not held, so nothing is copied from there or to there.
CopyUnits held_units(const Execution& execution, const CopyList& list);

/// One segment in bytes.
struct CopySegment {
  const Unit* source = nullptr;
  const Unit* destination = nullptr;
  std::uint64_t source_offset = 0;
  std::uint64_t destination_offset = 0;
  std::uint64_t bytes = 0;  // 0: nothing to copy

  /// The destination begins inside the source: what is still to be read must not be written first.
  bool backwards() const;
};

/// Why this segment may not be copied: COPY ABORTED with the segment's number, and the descriptor
/// or the field that is to blame.
std::optional<Sense> wrong_segment(const Execution& execution, const CopyList& list,
                                   const CopyUnits& units, std::size_t index);

/// REQUIRES: wrong_segment() has found nothing, or its number of blocks is 0.
CopySegment copy_segment(const CopyList& list, const CopyUnits& units, std::size_t index);

/// COPY ABORTED at a segment (SPC-4, 5.17.7.4). `field` is a byte of the list.
Sense copy_aborted(AdditionalSense what, std::size_t segment, std::uint16_t field);

/// The ranges that a copy needs for itself, collected over its segments. Two units have one range
/// each. One unit has one for what is read and one for what is written, so that a copy from its
/// beginning to its end does not hold all of it; where the two overlap they are one.
class CopyRanges {
 public:
  void add(const CopySegment& segment);
  /// Into execution.locks; lock_count is 0 if there is nothing to copy.
  void put(Execution& execution) const;

 private:
  struct Hull {
    const Unit* unit = nullptr;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;

    void add(const Unit* of, std::uint64_t offset, std::uint64_t bytes);
    bool apart(const Hull& other) const { return end <= other.begin || other.end <= begin; }
  };

  void add(const Unit* unit, std::uint64_t offset, std::uint64_t bytes);

  std::array<Hull, limits::kCopyUnitsMax> units_{};
  Hull read_;  // of whichever unit: looked at only where there is one
  Hull written_;
};

}  // namespace lungate::scsi
