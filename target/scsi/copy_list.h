// SPDX-License-Identifier: LGPL-2.1-or-later

// The parameter list of EXTENDED COPY(LID1) (SPC-4, 6.5; before SPC-4r31 simply EXTENDED COPY): who
// takes part (CSCD descriptors, "copy source or copy destination"), and what is copied from where
// to where (segment descriptors). Of the many kinds of each there is one here: the identification
// descriptor (E4h) and the copy from block device to block device (02h). Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "scsi/sense.h"

namespace lungate::scsi {

struct CopyHeader {
  std::uint8_t list_id = 0;
  std::uint8_t flags = 0;  // STR, LIST ID USAGE, PRIORITY
  be16 cscd_bytes;
  be32 reserved;
  be32 segment_bytes;
  be32 inline_bytes;

  /// LIST ID USAGE (SPC-4, table 128).
  enum class Usage : std::uint8_t { kHold = 0, kReserved = 1, kDiscard = 2, kNone = 3 };
  Usage usage() const { return static_cast<Usage>((flags >> 3) & 0x03); }
};
static_assert(sizeof(CopyHeader) == 16);

/// SPC-4, 6.4.5.6. A unit by a designator of its VPD page 83h.
struct CscdDescriptor {
  static constexpr std::uint8_t kType = 0xe4;

  std::uint8_t type = 0;
  std::uint8_t device = 0;  // LU ID TYPE (ignored, says 6.4.5.6), peripheral device type
  be16 initiator_port;      // ignored within one target device
  std::uint8_t code_set = 0;
  std::uint8_t designator_type = 0;  // and association
  std::uint8_t reserved = 0;
  std::uint8_t designator_bytes = 0;
  std::array<std::uint8_t, 20> designator{};
  std::uint8_t flags = 0;  // PAD
  be24 block_bytes;        // 0: the unit's
};
static_assert(sizeof(CscdDescriptor) == 32);

/// SPC-4, 6.4.6.4.
struct SegmentDescriptor {
  static constexpr std::uint8_t kType = 0x02;

  std::uint8_t type = 0;
  std::uint8_t flags = 0;  // DC, CAT
  be16 bytes;              // that follow this field
  be16 source;             // which of the CSCD descriptors
  be16 destination;
  be16 reserved;
  be16 blocks;
  be64 source_lba;
  be64 destination_lba;

  /// DC: `blocks` are of the destination.
  bool counts_destination() const { return (flags & 0x02) != 0; }
};
static_assert(sizeof(SegmentDescriptor) == 28);

/// What is wrong with the form of a list: lengths that do not add up, more than limits.h allows,
/// kinds that we do not have. What it says may still be impossible.
std::optional<Sense> wrong_form(Bytes list);

/// A list in good form. `list` stays the caller's and must outlive it.
class CopyList {
 public:
  /// REQUIRES: wrong_form(list) has found nothing.
  explicit CopyList(Bytes list) : list_(list) {}

  CopyHeader header() const { return load<CopyHeader>(list_); }
  std::size_t cscd_count() const { return header().cscd_bytes / sizeof(CscdDescriptor); }
  std::size_t segment_count() const { return header().segment_bytes / sizeof(SegmentDescriptor); }

  /// Where a descriptor begins, for field pointers.
  std::uint16_t cscd_byte(std::size_t index) const;
  std::uint16_t segment_byte(std::size_t index) const;

  CscdDescriptor cscd(std::size_t index) const {
    return load<CscdDescriptor>(list_.subspan(cscd_byte(index)));
  }
  SegmentDescriptor segment(std::size_t index) const {
    return load<SegmentDescriptor>(list_.subspan(segment_byte(index)));
  }

 private:
  Bytes list_;
};

}  // namespace lungate::scsi
