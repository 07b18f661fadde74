// SPDX-License-Identifier: LGPL-2.1-or-later

// What a LUN looks like to initiators, from its configuration and its open store. Called by keepers
// on the home loop whenever a store has been opened. Pure functions of values that have been
// checked; the store's traits are taken as they are, for they come from an adapter of ours.
//
// Initiators know a disk by what is made here (VPD 80 and 83), for years, and on every path:
// nothing of it may depend on this gateway, on the time, or on the order of LUNs.
#include "control/unit_of.h"

#include <charconv>

namespace lungate::control {
namespace {

void override_with(std::string& place, const std::string& given) {
  if (!given.empty()) place = given;
}

/// `hex` has 16 or 32 digits: the configuration was checked.
void override_naa(scsi::Identity& identity, const std::string& hex) {
  if (hex.empty()) return;
  identity.naa_bytes = static_cast<std::uint8_t>(hex.size() / 2);
  for (std::size_t i = 0; i < identity.naa_bytes; ++i)
    std::from_chars(hex.data() + 2 * i, hex.data() + 2 * i + 2, identity.naa[i], 16);
}

}  // namespace

// Before its first opening a LUN answers as "becoming ready", so that initiators wait instead of
// giving the path up.
scsi::Unit unit_of(const config::Target& target, const config::Lun& lun, std::uint16_t tag) {
  scsi::Unit unit;
  unit.geometry.block_bytes = lun.block_size;
  unit.availability = scsi::Availability::kBecoming;
  unit.read_only = lun.read_only;
  unit.target_port_group = unit.relative_target_port = tag;
  unit.target_name = target.iqn;
  unit.threshold_percent = static_cast<std::uint8_t>(lun.pool_threshold_percent);
  return unit;
}

scsi::Unit unit_of(const config::Target& target, const config::Lun& lun, std::uint16_t tag,
                   const backend::Traits& traits, const backend::State& state) {
  scsi::Unit unit = unit_of(target, lun, tag);
  unit.identity = scsi::make_identity(traits);
  override_with(unit.identity.vendor, lun.vendor);
  override_with(unit.identity.product, lun.product);
  override_with(unit.identity.revision, lun.revision);
  override_with(unit.identity.serial, lun.serial);
  override_naa(unit.identity, lun.naa);
  // A store whose size is no multiple of the block size ends with bytes that nobody can address.
  unit.geometry.block_count = state.size_bytes / lun.block_size;
  unit.geometry.optimal_blocks = traits.optimal_bytes / lun.block_size;
  if (traits.discard_bytes > 0) {
    const std::uint32_t blocks = traits.discard_bytes / lun.block_size;
    unit.geometry.unmap_granularity_blocks = blocks > 0 ? blocks : 1;
  }
  unit.geometry.rotational = traits.rotational;
  unit.read_only = lun.read_only || state.read_only;
  unit.write_cache = traits.write_cache;
  unit.keeps_state = traits.keeps_state;
  unit.runs_medium_jobs = !unit.read_only;
  unit.geometry.atomic_blocks_max = traits.atomic_bytes / lun.block_size;
  unit.backend_kind = traits.kind;
  unit.availability = scsi::Availability::kReady;
  return unit;
}

std::string wwn_text(const scsi::Identity& identity) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < identity.naa_bytes; ++i) {
    text += kDigits[identity.naa[i] >> 4];
    text += kDigits[identity.naa[i] & 0xf];
  }
  return text;
}

}  // namespace lungate::control
