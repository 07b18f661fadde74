// SPDX-License-Identifier: LGPL-2.1-or-later

// What the device server keeps per I_T_L nexus (one initiator session and one logical unit): the
// unit attentions that it owes. Touched on the session's loop only.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/limits.h"
#include "scsi/copy_records.h"
#include "scsi/reservations.h"
#include "scsi/sense.h"

namespace lungate::scsi {

/// Unit attention conditions waiting for this nexus (SAM-5, 5.14), oldest first. Equal ones are
/// kept once; a power-on or reset condition clears those of lesser rank before it. When the queue
/// is full, all of it gives way to one POWER ON, RESET, OR BUS DEVICE RESET OCCURRED.
class UnitAttentions {
 public:
  void raise(AdditionalSense what);
  bool empty() const { return count_ == 0; }
  /// The oldest, which is thereby reported. REQUIRES: not empty.
  AdditionalSense take();
  /// What has been learned in another way (REPORT LUNS) need not be told.
  void drop(AdditionalSense what);
  void clear() { count_ = 0; }

 private:
  auto end() { return queue_.begin() + static_cast<std::ptrdiff_t>(count_); }
  template <class Predicate>
  void drop_if(Predicate predicate) {
    count_ =
        static_cast<std::size_t>(std::remove_if(queue_.begin(), end(), predicate) - queue_.begin());
  }

  std::array<AdditionalSense, limits::kUnitAttentionsMax> queue_{};
  std::size_t count_ = 0;
};

struct Nexus {
  UnitAttentions unit_attentions;
  /// Whom reservations are of. Owned by the session; null only in tests that need none.
  const NexusName* name = nullptr;
  /// LUN numbers that this initiator may see, ascending; for REPORT LUNS. Owned by the session.
  std::span<const std::uint16_t> lun_inventory;
  /// What WRITE BUFFER has put here for READ BUFFER; empty until then. kEchoBufferBytesMax.
  std::vector<std::byte> echo;
  /// Copies that it may ask about. A logical unit reset clears them.
  CopyRecords copies;
};

}  // namespace lungate::scsi
