// SPDX-License-Identifier: LGPL-2.1-or-later

// GET LBA STATUS (SBC-3, 5.6): which blocks are mapped. Each descriptor is one request to the
// backend, which says how far the state of a byte goes; a descriptor ends where the answer does, so
// neighbours may have the same state. Nothing is kept between the steps but the count of
// descriptors
// (`cursor`) and what they look like, in data_in: the next LBA follows from the last request.
//
// A unit without logical block provisioning management has the command too: SBC-3 (4.7.2) knows all
// blocks of a fully provisioned unit as mapped, so the answer is true, costs nothing, and asks
// initiators for no case of its own. Unlike UNMAP it promises nothing that such a unit cannot do.
#include <algorithm>
#include <limits>

#include "base/check.h"
#include "scsi/cdb.h"
#include "scsi/commands.h"
#include "scsi/error_map.h"
#include "scsi/extent.h"
#include "scsi/outcome.h"
#include "scsi/unit_state.h"

namespace lungate::scsi {
namespace {

struct ListHeader {
  be32 data_bytes;  // that follow this field
  be32 reserved;
};
static_assert(sizeof(ListHeader) == 8);

/// PROVISIONING STATUS. Nothing is ever anchored here (ANC_SUP=0).
enum class Provisioning : std::uint8_t { kMapped = 0, kDeallocated = 1 };

struct Descriptor {
  be64 lba;
  be32 blocks;
  std::uint8_t provisioning = 0;
  std::array<std::uint8_t, 3> reserved{};
};
static_assert(sizeof(Descriptor) == 16);

/// A descriptor's length has 32 bits.
constexpr std::uint64_t kBlocksMax = std::numeric_limits<std::uint32_t>::max();

struct Run {
  std::uint64_t blocks = 0;
  Provisioning provisioning = Provisioning::kMapped;
};

/// In whole blocks, from the first one on: a block that is allocated in part is mapped. What is
/// left of a block at the end of a hole is the next descriptor's.
Run in_blocks(std::uint64_t bytes, bool allocated, std::uint32_t block_bytes) {
  const std::uint64_t whole = bytes / block_bytes;
  if (!allocated && whole > 0) return {whole, Provisioning::kDeallocated};
  return {whole + (bytes % block_bytes != 0 ? 1 : 0), Provisioning::kMapped};
}

/// Copies as much as there is room for: an initiator may ask for less than one descriptor.
void put(MutableBytes to, std::size_t at, Bytes bytes) {
  if (at >= to.size()) return;
  std::copy_n(bytes.begin(), std::min(bytes.size(), to.size() - at),
              to.begin() + static_cast<std::ptrdiff_t>(at));
}

std::size_t descriptor_byte(std::uint64_t index) {
  return sizeof(ListHeader) + index * sizeof(Descriptor);
}

/// How many descriptors this answer has: as many as fit, at least one (SBC-3 gives the list no
/// other form).
std::uint64_t descriptors_wanted(const Execution& execution) {
  const std::uint64_t room = execution.data_in.size();
  if (room < descriptor_byte(1)) return 1;
  return std::min<std::uint64_t>((room - sizeof(ListHeader)) / sizeof(Descriptor),
                                 limits::kLbaStatusDescriptorsMax);
}

/// The next descriptor; `cursor` counts them.
void append(Execution& execution, std::uint64_t lba, const Run& run) {
  Descriptor descriptor;
  descriptor.lba = lba;
  descriptor.blocks = static_cast<std::uint32_t>(run.blocks);
  descriptor.provisioning = static_cast<std::uint8_t>(run.provisioning);
  put(execution.data_in, descriptor_byte(execution.cursor++), bytes_of(descriptor));
}

/// GOOD. The header tells the whole list's length, whatever is cut off behind it (SPC-4, 4.2.5.6).
Step give_list(Execution& execution) {
  const std::uint64_t bytes = descriptor_byte(execution.cursor);
  ListHeader header;
  header.data_bytes = static_cast<std::uint32_t>(bytes - sizeof(header.data_bytes));
  put(execution.data_in, 0, bytes_of(header));
  execution.transfer_bytes =
      std::min<std::uint64_t>(bytes, as<GetLbaStatusCdb>(execution.cdb).allocation_bytes);
  execution.data_in_bytes =
      std::min<std::uint64_t>(execution.transfer_bytes, execution.data_in.size());
  return good(execution);
}

std::uint64_t blocks_from(std::uint64_t lba, const Geometry& geometry) {
  return std::min(geometry.block_count - lba, kBlocksMax);
}

Step told(Execution& execution);

/// For all that is left, as far as one descriptor can tell it: how far to look is the store's to
/// decide. REQUIRES: the LBA is on the unit.
Step ask(Execution& execution, std::uint64_t lba) {
  const Geometry& geometry = execution.unit->geometry;
  return submit(execution,
                {backend::Verb::kAllocation, lba * geometry.block_bytes,
                 blocks_from(lba, geometry) * geometry.block_bytes, MutableBytes{}},
                told);
}

/// A failure after the first descriptors fails the command as a whole: it may be sent again, for
/// nothing has been changed.
Step told(Execution& execution) {
  const backend::Request& request = execution.request;
  if (request.status != backend::Status::kOk) return backend_failed(execution);
  check(request.extent_bytes > 0 && request.extent_bytes <= request.length,
        "an extent lies inside what was asked for");
  const Geometry& geometry = execution.unit->geometry;
  const std::uint64_t lba = request.offset / geometry.block_bytes;
  // The store has had enough: the list ends here, and the initiator may go on behind it. Only where
  // there is nothing to tell yet, what was not looked up is told as what it is worth: mapped.
  if (!request.looked && execution.cursor > 0) return give_list(execution);
  const Run run = in_blocks(request.extent_bytes, request.extent_allocated, geometry.block_bytes);
  append(execution, lba, run);
  const std::uint64_t next = lba + run.blocks;
  if (next == geometry.block_count || execution.cursor == descriptors_wanted(execution) ||
      !request.looked)
    return give_list(execution);
  return ask(execution, next);
}

}  // namespace

std::uint64_t get_lba_status_bytes(const Cdb& cdb, std::uint32_t) {
  return room_for(as<GetLbaStatusCdb>(cdb).allocation_bytes);
}

std::optional<Sense> get_lba_status_refusal(const Cdb& cdb, const Unit& unit) {
  return out_of_range({as<GetLbaStatusCdb>(cdb).lba, 0, 0}, unit.geometry);
}

Step get_lba_status(Execution& execution) {
  const auto cdb = as<GetLbaStatusCdb>(execution.cdb);
  if (cdb.allocation_bytes == 0) return good(execution);
  backend::fresh_look_ups(execution.request);
  if (thinly_provisioned(*execution.unit)) return ask(execution, cdb.lba);
  append(execution, cdb.lba,
         {blocks_from(cdb.lba, execution.unit->geometry), Provisioning::kMapped});
  return give_list(execution);
}

}  // namespace lungate::scsi
