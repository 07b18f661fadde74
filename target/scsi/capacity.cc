// SPDX-License-Identifier: LGPL-2.1-or-later

// READ CAPACITY 10, 16 (SBC-3, 5.15, 5.16).
#include <limits>

#include "scsi/cdb.h"
#include "scsi/commands.h"
#include "scsi/outcome.h"
#include "scsi/unit_state.h"

namespace lungate::scsi {
namespace {

struct Capacity10 {
  be32 last_lba;
  be32 block_bytes;
};
static_assert(sizeof(Capacity10) == 8);

struct Capacity16 {
  be64 last_lba;
  be32 block_bytes;
  std::uint8_t protection = 0;
  std::uint8_t exponents = 0;  // one logical block per physical block
  be16 provisioning;           // LBPME, LBPRZ, and the lowest aligned LBA: 0
  std::array<std::uint8_t, 16> reserved{};
};
static_assert(sizeof(Capacity16) == 32);

constexpr std::uint16_t kLbpme = 0x8000;
constexpr std::uint16_t kLbprz = 0x4000;

}  // namespace

std::uint64_t read_capacity_10_bytes(const Cdb&, std::uint32_t) {
  return sizeof(Capacity10);
}

Step read_capacity_10(Execution& execution) {
  constexpr std::uint64_t kAskThe16 = std::numeric_limits<std::uint32_t>::max();
  const Geometry& geometry = execution.unit->geometry;
  Capacity10 capacity;
  capacity.last_lba = static_cast<std::uint32_t>(std::min(geometry.block_count - 1, kAskThe16));
  capacity.block_bytes = geometry.block_bytes;
  ParameterData data;
  data.append(capacity);
  return give(execution, data, sizeof(capacity));
}

std::uint64_t read_capacity_16_bytes(const Cdb& cdb, std::uint32_t) {
  return room_for(as<ReadCapacity16Cdb>(cdb).allocation_bytes);
}

Step read_capacity_16(Execution& execution) {
  const Geometry& geometry = execution.unit->geometry;
  Capacity16 capacity;
  capacity.last_lba = geometry.block_count - 1;
  capacity.block_bytes = geometry.block_bytes;
  if (thinly_provisioned(*execution.unit)) capacity.provisioning = kLbpme | kLbprz;
  ParameterData data;
  data.append(capacity);
  return give(execution, data, as<ReadCapacity16Cdb>(execution.cdb).allocation_bytes);
}

}  // namespace lungate::scsi
