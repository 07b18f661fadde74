// SPDX-License-Identifier: LGPL-2.1-or-later

// Judges the form of EXTENDED COPY's parameter list before anything in it is believed: every length
// is held against what has really come, by subtraction, and every descriptor against the one kind
// that we know. After that a CopyList may be read without a further check.
#include "scsi/copy_list.h"

#include "base/limits.h"
#include "scsi/outcome.h"

namespace lungate::scsi {
namespace {

std::uint16_t position(std::size_t at) {
  return static_cast<std::uint16_t>(at);
}

std::optional<Sense> wrong_header(const CopyHeader& header) {
  if (header.usage() == CopyHeader::Usage::kReserved)
    return invalid_field_in_list(offsetof(CopyHeader, flags), 4);
  if (header.usage() == CopyHeader::Usage::kNone && header.list_id != 0)
    return invalid_field_in_list(offsetof(CopyHeader, list_id));
  if (header.cscd_bytes % sizeof(CscdDescriptor) != 0)
    return invalid_field_in_list(offsetof(CopyHeader, cscd_bytes));
  // No segment of ours takes data from the list itself.
  if (header.inline_bytes != 0) return Sense{sense::kInlineDataLengthExceeded, {}, {}};
  return std::nullopt;
}

/// What the header announces must be there. More may be: it belongs to nothing.
std::optional<Sense> wrong_lengths(const CopyHeader& header, std::size_t bytes) {
  const Sense too_short{sense::kParameterListLengthError, {}, {}};
  bytes -= sizeof(CopyHeader);
  if (header.cscd_bytes > bytes) return too_short;
  if (header.segment_bytes > bytes - header.cscd_bytes) return too_short;
  return std::nullopt;
}

std::optional<Sense> wrong_cscds(Bytes cscds) {
  if (cscds.size() / sizeof(CscdDescriptor) > limits::kCopyUnitsMax)
    return Sense{sense::kTooManyTargetDescriptors, {}, {}};
  for (; !cscds.empty(); cscds = cscds.subspan(sizeof(CscdDescriptor)))
    if (load<CscdDescriptor>(cscds).type != CscdDescriptor::kType)
      return Sense{sense::kUnsupportedTargetDescriptor, {}, {}};
  return std::nullopt;
}

/// Only of the kind that we know can it be said how long they are.
std::optional<Sense> wrong_segments(Bytes list, std::size_t at, std::size_t end) {
  constexpr std::size_t kAfterLength = 4;
  for (std::size_t count = 0; at < end; ++count, at += sizeof(SegmentDescriptor)) {
    if (count == limits::kCopySegmentsMax) return Sense{sense::kTooManySegmentDescriptors, {}, {}};
    if (std::to_integer<std::uint8_t>(list[at]) != SegmentDescriptor::kType)
      return Sense{sense::kUnsupportedSegmentDescriptor, {}, {}};
    if (end - at < sizeof(SegmentDescriptor))
      return invalid_field_in_list(offsetof(CopyHeader, segment_bytes));
    if (load<SegmentDescriptor>(list.subspan(at)).bytes != sizeof(SegmentDescriptor) - kAfterLength)
      return invalid_field_in_list(position(at + offsetof(SegmentDescriptor, bytes)));
  }
  return std::nullopt;
}

}  // namespace

std::optional<Sense> wrong_form(Bytes list) {
  if (list.size() < sizeof(CopyHeader)) return Sense{sense::kParameterListLengthError, {}, {}};
  const auto header = load<CopyHeader>(list);
  if (auto wrong = wrong_lengths(header, list.size())) return wrong;
  if (auto wrong = wrong_header(header)) return wrong;
  const std::size_t segments = sizeof(CopyHeader) + header.cscd_bytes;
  if (auto wrong = wrong_cscds(list.subspan(sizeof(CopyHeader), header.cscd_bytes))) return wrong;
  return wrong_segments(list, segments, segments + header.segment_bytes);
}

std::uint16_t CopyList::cscd_byte(std::size_t index) const {
  return position(sizeof(CopyHeader) + index * sizeof(CscdDescriptor));
}

std::uint16_t CopyList::segment_byte(std::size_t index) const {
  return position(sizeof(CopyHeader) + header().cscd_bytes + index * sizeof(SegmentDescriptor));
}

}  // namespace lungate::scsi
