// SPDX-License-Identifier: LGPL-2.1-or-later

// UNMAP (SBC-3, 5.28). The whole parameter list is checked before the first block is unmapped; then
// each stretch that its descriptors name is one request, in order.
#include "scsi/cdb.h"
#include "scsi/commands.h"
#include "scsi/error_map.h"
#include "scsi/extent.h"
#include "scsi/outcome.h"

namespace lungate::scsi {
namespace {

/// SBC-3, 5.28.2.
struct ListHeader {
  be16 data_bytes;         // of the list that follow this field
  be16 descriptors_bytes;  // a remainder of less than a descriptor is ignored
  be32 reserved;
};
static_assert(sizeof(ListHeader) == 8);

struct Descriptor {
  be64 lba;
  be32 blocks;
  be32 reserved;
};
static_assert(sizeof(Descriptor) == 16);

std::uint64_t descriptor_count(Bytes list) {
  return load<ListHeader>(list).descriptors_bytes / sizeof(Descriptor);
}

std::uint16_t descriptor_byte(std::uint64_t index) {
  return static_cast<std::uint16_t>(sizeof(ListHeader) + index * sizeof(Descriptor));
}

Descriptor descriptor(Bytes list, std::uint64_t index) {
  return load<Descriptor>(list.subspan(descriptor_byte(index)));
}

/// The lengths in the list are the peer's word only; what is read is bounded by what has come.
std::optional<Sense> bad_header(Bytes list) {
  if (list.size() < sizeof(ListHeader)) return Sense{sense::kParameterListLengthError, {}, {}};
  const auto header = load<ListHeader>(list);
  if (header.descriptors_bytes > list.size() - sizeof(ListHeader))
    return Sense{sense::kParameterListLengthError, {}, {}};
  constexpr unsigned kHeaderRest = sizeof(ListHeader) - sizeof(be16);
  if (header.data_bytes < kHeaderRest + header.descriptors_bytes) return invalid_field_in_list(0);
  if (descriptor_count(list) > limits::kUnmapDescriptorsMax) return invalid_field_in_list(2);
  return std::nullopt;
}

/// MAXIMUM UNMAP LBA COUNT bounds the sum over all descriptors (SBC-3, 6.5.3), so that one command
/// cannot hold the unit for minutes.
std::optional<Sense> bad_descriptor(Bytes list, const Geometry& geometry) {
  std::uint64_t blocks = 0;
  for (std::uint64_t i = 0; i < descriptor_count(list); ++i) {
    const Descriptor unmapped = descriptor(list, i);
    if (unmapped.blocks == 0) continue;  // not an error, whatever its LBA
    if (auto outside = out_of_range({unmapped.lba, unmapped.blocks, 0}, geometry)) return outside;
    blocks += unmapped.blocks;
    constexpr std::uint16_t kBlocksOffset = 8;
    if (blocks > limits::kUnmapBytesMax / geometry.block_bytes)
      return invalid_field_in_list(static_cast<std::uint16_t>(descriptor_byte(i) + kBlocksOffset));
  }
  return std::nullopt;
}

/// Neighbours in the list that are neighbours on the disk: one request to the store, where some
/// initiators name hundreds of blocks one by one.
struct Stretch {
  std::uint64_t lba = 0;
  std::uint64_t blocks = 0;
  std::uint64_t end = 0;  // index of the descriptor behind it
};

/// The next that has blocks, from descriptor `index` on. Without blocks: there is none.
Stretch next_stretch(Bytes list, std::uint64_t index) {
  const std::uint64_t count = descriptor_count(list);
  while (index < count && descriptor(list, index).blocks == 0) ++index;
  Stretch stretch{.lba = 0, .blocks = 0, .end = index};
  if (index < count) stretch.lba = descriptor(list, index).lba;
  for (; stretch.end < count; ++stretch.end) {
    const Descriptor next = descriptor(list, stretch.end);
    if (next.lba != stretch.lba + stretch.blocks) break;
    stretch.blocks += next.blocks;
  }
  return stretch;
}

Step unmap_next(Execution& execution);

Step unmapped(Execution& execution) {
  if (execution.request.status == backend::Status::kOk) return unmap_next(execution);
  const bool first = execution.cursor == next_stretch(execution.data_out, 0).end;
  return backend_failed(execution, /*executed_in_part=*/!first);
}

Step unmap_next(Execution& execution) {
  const Stretch next = next_stretch(execution.data_out, execution.cursor);
  if (next.blocks == 0) return good(execution);
  execution.cursor = next.end;
  const std::uint64_t block_bytes = execution.unit->geometry.block_bytes;
  return submit(execution,
                {backend::Verb::kDiscard, next.lba * block_bytes, next.blocks * block_bytes, {}},
                unmapped);
}

}  // namespace

std::uint64_t unmap_bytes(const Cdb& cdb, std::uint32_t) {
  return as<UnmapCdb>(cdb).list_bytes;
}

std::optional<Sense> unmap_refusal(const Cdb& cdb, const Unit&) {
  constexpr std::uint8_t kListBytes = 7;
  if (as<UnmapCdb>(cdb).list_bytes > limits::kParameterListBytesMax)
    return invalid_field_in_cdb(kListBytes);
  return std::nullopt;
}

Step unmap(Execution& execution) {
  execution.transfer_bytes = execution.planned.bytes;
  if (execution.planned.bytes == 0) return good(execution);
  if (execution.data_out.size() < execution.planned.bytes)
    return fail(execution, {sense::kParameterListLengthError, {}, {}});
  if (auto bad = bad_header(execution.data_out)) return fail(execution, *bad);
  if (auto bad = bad_descriptor(execution.data_out, execution.unit->geometry))
    return fail(execution, *bad);
  return unmap_next(execution);
}

}  // namespace lungate::scsi
