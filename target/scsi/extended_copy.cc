// SPDX-License-Identifier: LGPL-2.1-or-later

// EXTENDED COPY(LID1) (SPC-4, 6.5): what VMware clones disks with. The whole list is judged before
// the first byte is copied, so that a mistake in it copies nothing; then all that it touches is
// held at once, and the segments are copied in order, in pieces of the scratch:
//
//   list judged --kLock--> [read a piece --> write it] ... --> GOOD
//
// Where it stands is one number, the bytes copied so far (`cursor`): which segment that is follows
// from the list, which stays in data_out.
#include <algorithm>

#include "scsi/cdb.h"
#include "scsi/commands.h"
#include "scsi/copy_plan.h"
#include "scsi/medium_access.h"
#include "scsi/outcome.h"

namespace lungate::scsi {
namespace {

/// A place on the way through all segments.
struct Position {
  std::size_t segment = 0;
  CopySegment copy;
  std::uint64_t done = 0;   // of this segment
  std::uint64_t piece = 0;  // bytes of the next step; 0: all is copied

  std::uint64_t into() const { return copy.backwards() ? copy.bytes - done - piece : done; }
  /// From the end backwards, nothing is written in the order that initiators are told of.
  std::uint64_t out_of_order() const { return copy.backwards() ? done : 0; }
};

Position position_of(const Execution& execution) {
  const CopyList list(execution.data_out);
  const CopyUnits units = held_units(execution, list);
  std::uint64_t done = execution.cursor;
  Position position;
  for (; position.segment < list.segment_count(); ++position.segment) {
    const CopySegment copy = copy_segment(list, units, position.segment);
    if (done < copy.bytes) {
      position.copy = copy;
      position.done = done;
      position.piece = std::min<std::uint64_t>(copy.bytes - done, execution.scratch.size());
      break;
    }
    done -= copy.bytes;
  }
  return position;
}

Step ended(Execution& execution) {
  if (execution.copy != nullptr) execution.copy->ended = true;
  execution.copy.reset();
  return good(execution);
}

Step aborted(Execution& execution, const Sense& sense) {
  if (execution.copy != nullptr) {
    execution.copy->ended = true;
    execution.copy->failure = sense;
  }
  execution.copy.reset();
  return fail(execution, sense);
}

/// The residual tells the blocks of this segment that are not written in order, if any are written.
Step store_failed(Execution& execution, const Position& position, std::uint16_t cscd) {
  const CopyList list(execution.data_out);
  Sense sense =
      copy_aborted(sense::kThirdPartyDeviceFailure, position.segment, list.cscd_byte(cscd));
  const std::uint64_t in_order = position.done - position.out_of_order();
  if (position.done > 0)
    sense.information =
        (position.copy.bytes - in_order) / position.copy.destination->geometry.block_bytes;
  return aborted(execution, sense);
}

Step submit_for(Execution& execution, const Unit* unit, const Operation& operation,
                Step (*next)(Execution&)) {
  execution.submit_to = unit == execution.unit ? nullptr : unit;
  return submit(execution, operation, next);
}

Step copy_next(Execution& execution);

Step piece_written(Execution& execution) {
  const Position position = position_of(execution);
  if (failed(execution))
    return store_failed(execution, position,
                        CopyList(execution.data_out).segment(position.segment).destination);
  execution.cursor += position.piece;
  return copy_next(execution);
}

Step piece_read(Execution& execution) {
  const Position position = position_of(execution);
  if (failed(execution))
    return store_failed(execution, position,
                        CopyList(execution.data_out).segment(position.segment).source);
  return submit_for(execution, position.copy.destination,
                    {backend::Verb::kWrite, position.copy.destination_offset + position.into(),
                     position.piece, execution.scratch.first(position.piece)},
                    piece_written);
}

Step copy_next(Execution& execution) {
  const Position position = position_of(execution);
  if (execution.copy != nullptr) {
    const std::size_t begun = position.segment + (position.piece > 0 ? 1 : 0);
    execution.copy->segments = static_cast<std::uint16_t>(begun);
    execution.copy->bytes = execution.cursor - position.out_of_order();
  }
  if (position.piece == 0) return ended(execution);
  return submit_for(execution, position.copy.source,
                    {backend::Verb::kRead, position.copy.source_offset + position.into(),
                     position.piece, execution.scratch.first(position.piece)},
                    piece_read);
}

/// Takes a place among the nexus's copies, for lists that have an identifier. False: not possible.
bool take_record(Execution& execution, const CopyHeader& header) {
  if (header.usage() == CopyHeader::Usage::kNone || execution.nexus == nullptr) return true;
  execution.copy =
      execution.nexus->copies.begin(header.list_id, header.usage() == CopyHeader::Usage::kHold);
  return execution.copy != nullptr;
}

bool in_progress(const Execution& execution, const CopyHeader& header) {
  if (header.usage() == CopyHeader::Usage::kNone || execution.nexus == nullptr) return false;
  const CopyRecord* known = execution.nexus->copies.find(header.list_id);
  return known != nullptr && !known->ended;
}

Step copy_segments(Execution& execution, const CopyList& list) {
  const CopyUnits units = find_units(execution, list);
  CopyRanges ranges;
  for (std::size_t i = 0; i < list.segment_count(); ++i) {
    if (const auto wrong = wrong_segment(execution, list, units, i))
      return aborted(execution, *wrong);
    ranges.add(copy_segment(list, units, i));
  }
  ranges.put(execution);
  if (execution.lock_count == 0) return copy_next(execution);
  execution.next = copy_next;
  return Step::kLock;
}

}  // namespace

std::uint64_t extended_copy_bytes(const Cdb& cdb, std::uint32_t) {
  return as<ThirdPartyCopyCdb>(cdb).bytes;
}

std::uint64_t extended_copy_scratch(const Cdb& cdb, std::uint32_t) {
  return as<ThirdPartyCopyCdb>(cdb).bytes == 0 ? 0 : limits::kScratchBytesMax;
}

std::optional<Sense> extended_copy_refusal(const Cdb& cdb, const Unit&) {
  if (as<ThirdPartyCopyCdb>(cdb).bytes > sizeof(CopyHeader) + limits::kCopyDescriptorBytesMax)
    return Sense{sense::kParameterListLengthError, {}, {}};
  return std::nullopt;
}

Step extended_copy(Execution& execution) {
  execution.transfer_bytes = execution.planned.bytes;
  if (execution.planned.bytes == 0) return good(execution);
  if (execution.data_out.size() < execution.planned.bytes)
    return fail(execution, {sense::kParameterListLengthError, {}, {}});
  if (const auto wrong = wrong_form(execution.data_out)) return fail(execution, *wrong);

  const CopyList list(execution.data_out);
  if (in_progress(execution, list.header()))
    return fail(execution, {sense::kOperationInProgress, {}, {}});
  if (!take_record(execution, list.header())) return end(execution, Status::kBusy);
  return copy_segments(execution, list);
}

}  // namespace lungate::scsi
