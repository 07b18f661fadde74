// SPDX-License-Identifier: LGPL-2.1-or-later

// What may be copied. The source is judged as a READ of it would be and the destination as a WRITE,
// both for this command's own nexus, before anything is held. From then on the units are those that
// are held, and no more questions are asked.
#include "scsi/copy_plan.h"

#include <algorithm>
#include <tuple>

#include "base/check.h"
#include "scsi/extent.h"
#include "scsi/outcome.h"
#include "scsi/unit_state.h"

namespace lungate::scsi {
namespace {

bool is_called(const Unit& unit, Bytes naa) {
  const Bytes own = std::as_bytes(std::span(unit.identity.naa)).first(unit.identity.naa_bytes);
  return unit.identity.known() && std::equal(naa.begin(), naa.end(), own.begin(), own.end());
}

/// Only by what says which unit it is, wherever it is found: an NAA designator of a logical unit,
/// the only one of ours that fits into a descriptor. Empty: another kind.
Bytes naa_of(const CscdDescriptor& cscd) {
  constexpr std::uint8_t kBinary = 0x01;
  constexpr std::uint8_t kNaaOfUnit = 0x03;
  const bool is_naa =
      (cscd.code_set & 0x0f) == kBinary && (cscd.designator_type & 0x3f) == kNaaOfUnit;
  if (!is_naa || cscd.designator_bytes > cscd.designator.size()) return {};
  return std::as_bytes(std::span(cscd.designator)).first(cscd.designator_bytes);
}

/// `find` for each descriptor that names somebody. Two that name the same unit get the same answer.
template <class Find>
CopyUnits units_by(const CopyList& list, Find find) {
  CopyUnits units{};
  for (std::size_t i = 0; i < list.cscd_count(); ++i) {
    const CscdDescriptor cscd = list.cscd(i);
    const Bytes naa = naa_of(cscd);
    if (naa.empty()) continue;
    const auto known = std::find_if(units.begin(), units.end(), [&](const Unit* unit) {
      return unit != nullptr && is_called(*unit, naa);
    });
    units[i] = known != units.end() ? *known : find(naa);
  }
  return units;
}

/// What a READ or a WRITE of this unit would be refused for.
bool refuses(const Unit& unit, const Execution& execution, ReservedFor use) {
  if (not_ready(unit)) return true;
  if (use == ReservedFor::kWriters && write_protected(unit)) return true;
  return unit.reservations != nullptr && execution.nexus != nullptr &&
         conflicts(*unit.reservations, *execution.nexus->name, use);
}

/// One segment of a list, with what its judges need to say where a mistake is.
class Judge {
 public:
  Judge(const Execution& execution, const CopyList& list, const CopyUnits& units, std::size_t index)
      : execution_(execution),
        list_(list),
        units_(units),
        index_(index),
        wire_(list.segment(index)) {}

  std::optional<Sense> verdict() const {
    if (auto wrong =
            wrong_end(wire_.source, offsetof(SegmentDescriptor, source), ReservedFor::kReaders))
      return wrong;
    if (auto wrong = wrong_end(wire_.destination, offsetof(SegmentDescriptor, destination),
                               ReservedFor::kWriters))
      return wrong;
    return wrong_range();
  }

 private:
  std::uint16_t byte(std::size_t offset) const {
    return static_cast<std::uint16_t>(list_.segment_byte(index_) + offset);
  }
  std::optional<Sense> wrong_end(std::uint16_t id, std::size_t offset, ReservedFor use) const;
  std::optional<Sense> wrong_range() const;
  std::optional<Sense> outside(const Unit& unit, std::uint64_t lba, std::uint64_t bytes,
                               std::size_t offset) const;

  const Execution& execution_;
  const CopyList& list_;
  const CopyUnits& units_;
  const std::size_t index_;
  const SegmentDescriptor wire_;
};

std::optional<Sense> Judge::wrong_end(std::uint16_t id, std::size_t offset, ReservedFor use) const {
  constexpr std::uint8_t kDirectAccess = 0x00;
  if (id >= list_.cscd_count())
    return copy_aborted(sense::kUnreachableCopyTarget, index_, byte(offset));
  const CscdDescriptor cscd = list_.cscd(id);
  const std::uint16_t at = list_.cscd_byte(id);
  const Unit* unit = units_[id];
  if (unit == nullptr) return copy_aborted(sense::kCopyTargetNotReachable, index_, at);
  if ((cscd.device & 0x1f) != kDirectAccess)
    return copy_aborted(sense::kIncorrectCopyTargetType, index_, at);
  if (refuses(*unit, execution_, use))
    return copy_aborted(sense::kThirdPartyDeviceFailure, index_, at);
  // Whoever counts in other blocks than the unit does means other bytes than would be copied.
  if (cscd.block_bytes != 0 && cscd.block_bytes != unit->geometry.block_bytes)
    return invalid_field_in_list(
        static_cast<std::uint16_t>(at + offsetof(CscdDescriptor, block_bytes)));
  return std::nullopt;
}

std::optional<Sense> Judge::wrong_range() const {
  const std::uint32_t read = units_[wire_.source]->geometry.block_bytes;
  const std::uint32_t written = units_[wire_.destination]->geometry.block_bytes;
  const std::uint64_t bytes = copy_segment(list_, units_, index_).bytes;
  const std::uint16_t at = byte(offsetof(SegmentDescriptor, blocks));
  if (bytes > limits::kCopySegmentBytesMax) return invalid_field_in_list(at);
  // CAT and PAD say what becomes of a rest: without one they change nothing, and with one, which
  // only units of different block sizes have, we do not copy.
  if (bytes % read != 0 || bytes % written != 0)
    return copy_aborted(sense::kUnexpectedInexactSegment, index_, at);
  if (auto wrong = outside(*units_[wire_.source], wire_.source_lba, bytes,
                           offsetof(SegmentDescriptor, source_lba)))
    return wrong;
  return outside(*units_[wire_.destination], wire_.destination_lba, bytes,
                 offsetof(SegmentDescriptor, destination_lba));
}

/// Hosts know this answer for blocks that are not there; the standard has none of its own.
std::optional<Sense> Judge::outside(const Unit& unit, std::uint64_t lba, std::uint64_t bytes,
                                    std::size_t offset) const {
  const std::uint64_t blocks = bytes / unit.geometry.block_bytes;
  if (!out_of_range({lba, blocks, 0}, unit.geometry)) return std::nullopt;
  return copy_aborted(sense::kCopyTargetNotReachable, index_, byte(offset));
}

}  // namespace

CopyUnits find_units(Execution& execution, const CopyList& list) {
  return units_by(list, [&](Bytes naa) -> const Unit* {
    if (is_called(*execution.unit, naa)) return execution.unit;
    if (execution.find_unit == nullptr) return nullptr;
    const Unit* found = execution.find_unit(execution, naa);
    // Once it is held it is found by its name, so that it must have this one.
    return found != nullptr && is_called(*found, naa) ? found : nullptr;
  });
}

CopyUnits held_units(const Execution& execution, const CopyList& list) {
  return units_by(list, [&](Bytes naa) -> const Unit* {
    for (std::size_t i = 0; i < execution.lock_count; ++i)
      if (is_called(*execution.locks[i].unit, naa)) return execution.locks[i].unit;
    return nullptr;
  });
}

std::optional<Sense> wrong_segment(const Execution& execution, const CopyList& list,
                                   const CopyUnits& units, std::size_t index) {
  return Judge(execution, list, units, index).verdict();
}

CopySegment copy_segment(const CopyList& list, const CopyUnits& units, std::size_t index) {
  const SegmentDescriptor wire = list.segment(index);
  if (wire.blocks == 0) return {};
  const Unit* source = units[wire.source];
  const Unit* destination = units[wire.destination];
  const std::uint64_t read = source->geometry.block_bytes;
  const std::uint64_t written = destination->geometry.block_bytes;
  return {source, destination, wire.source_lba * read, wire.destination_lba * written,
          wire.blocks * (wire.counts_destination() ? written : read)};
}

Sense copy_aborted(AdditionalSense what, std::size_t segment, std::uint16_t field) {
  // The segment pointer of the sense key specific data has the form of a field pointer (4.5.2.4.5).
  return {.what = what,
          .field = FieldPointer{FieldPointer::In::kParameterList, field, std::nullopt},
          .information = std::nullopt,
          .command_specific = static_cast<std::uint32_t>(segment)};
}

bool CopySegment::backwards() const {
  return source == destination && source_offset < destination_offset &&
         destination_offset - source_offset < bytes;
}

void CopyRanges::Hull::add(const Unit* of, std::uint64_t offset, std::uint64_t bytes) {
  begin = unit == nullptr ? offset : std::min(begin, offset);
  end = std::max(end, offset + bytes);
  unit = of;
}

void CopyRanges::add(const CopySegment& segment) {
  if (segment.bytes == 0) return;
  add(segment.source, segment.source_offset, segment.bytes);
  add(segment.destination, segment.destination_offset, segment.bytes);
  read_.add(segment.source, segment.source_offset, segment.bytes);
  written_.add(segment.destination, segment.destination_offset, segment.bytes);
}

void CopyRanges::add(const Unit* unit, std::uint64_t offset, std::uint64_t bytes) {
  const auto hull = std::find_if(units_.begin(), units_.end(), [&](const Hull& known) {
    return known.unit == nullptr || known.unit == unit;
  });
  check(hull != units_.end(), "a copy has no more units than descriptors");
  hull->add(unit, offset, bytes);
}

void CopyRanges::put(Execution& execution) const {
  static_assert(std::tuple_size_v<decltype(Execution::locks)> >= limits::kCopyUnitsMax);
  execution.lock_count = 0;
  const auto hold = [&](const Hull& hull) {
    if (hull.unit == nullptr) return;
    execution.locks[execution.lock_count++] = {hull.unit, hull.begin, hull.end - hull.begin};
  };
  const bool one_unit = units_[1].unit == nullptr;
  const bool two_ranges = one_unit && read_.apart(written_);
  hold(two_ranges ? read_ : units_[0]);
  hold(two_ranges ? written_ : units_[1]);
}

}  // namespace lungate::scsi
