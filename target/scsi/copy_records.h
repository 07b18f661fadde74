// SPDX-License-Identifier: LGPL-2.1-or-later

// What a nexus may ask about its EXTENDED COPY commands by their list identifiers (RECEIVE COPY
// STATUS and RECEIVE COPY FAILURE DETAILS, SPC-4, 6.23, 6.25). A record belongs to the command
// while it runs and to the nexus as long as there is something to ask; neither outlives the other
// by pointing to it. On the session's loop only.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/limits.h"
#include "scsi/sense.h"

namespace lungate::scsi {

struct CopyRecord {
  std::uint8_t list_id = 0;
  bool keep = true;  // there is something to ask once it has ended (LIST ID USAGE 00b)
  bool ended = false;
  std::optional<Sense> failure;  // why it was aborted
  bool status_told = false;      // RECEIVE COPY STATUS knows it no more
  bool failure_told = false;     // RECEIVE COPY FAILURE DETAILS has nothing more to say
  std::uint16_t segments = 0;    // begun
  std::uint64_t bytes = 0;       // written, in order
};

class CopyRecords {
 public:
  /// The record of a copy that begins; an earlier one of that identifier that has ended gives way.
  /// Null: as many copies are in progress as may be (the command may be sent again). REQUIRES:
  /// find() does not know this identifier as in progress.
  std::shared_ptr<CopyRecord> begin(std::uint8_t list_id, bool keep);
  /// Null: no such copy is known.
  CopyRecord* find(std::uint8_t list_id);
  void drop(std::uint8_t list_id);
  void clear() { records_ = {}; }

 private:
  using Record = std::shared_ptr<CopyRecord>;
  /// Records of copies that were taken away (an abort), or that were not to be kept.
  void forget_abandoned();
  Record* place_for_new();

  std::array<Record, limits::kCopyRecordsMax> records_;  // oldest first, empty ones last
};

}  // namespace lungate::scsi
