// SPDX-License-Identifier: LGPL-2.1-or-later

// The identity that a disk has when nobody has given it one: made from what the store says of
// itself, by a hash that must give the same for ever (tests pin it). Called when a store is opened,
// on the home loop.
#include "scsi/unit.h"

#include <cstdio>

namespace lungate::scsi {
namespace {

/// FNV-1a with 128 bits (draft-eastlake-fnv: offset basis and prime 2^88 + 2^8 + 0x3b). Public,
/// small, and the same everywhere: what is made of it identifies disks for ever.
__extension__ using Hash128 = unsigned __int128;

Hash128 fnv1a_128(std::string_view text) {
  constexpr Hash128 kOffsetBasis = Hash128{0x6c62272e07bb0142} << 64 | 0x62b821756295c58d;
  constexpr Hash128 kPrime = Hash128{1} << 88 | 0x13b;
  Hash128 hash = kOffsetBasis;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= kPrime;
  }
  return hash;
}

std::uint64_t upper(Hash128 hash) {
  return static_cast<std::uint64_t>(hash >> 64);
}
std::uint64_t lower(Hash128 hash) {
  return static_cast<std::uint64_t>(hash);
}

/// Folded by exclusive or, as the hash's authors advise for sizes that are no power of two.
std::uint64_t fold_to_60_bits(Hash128 hash) {
  constexpr std::uint64_t k60Bits = (std::uint64_t{1} << 60) - 1;
  const std::uint64_t folded = upper(hash) ^ lower(hash);
  return (folded & k60Bits) ^ (folded >> 60);
}

std::string hex_digits(Hash128 hash) {
  std::array<char, 33> text{};
  std::snprintf(text.data(), text.size(), "%016llx%016llx",
                static_cast<unsigned long long>(upper(hash)),
                static_cast<unsigned long long>(lower(hash)));
  return text.data();
}

/// 16 characters of INQUIRY. A null backend keeps nothing, and whoever looks at the disk sees it.
std::string_view product_of(std::string_view kind) {
  if (kind == "rbd") return "RBD disk";
  if (kind == "file") return "File disk";
  if (kind == "null") return "NULL (no data)";
  return "Disk";
}

}  // namespace

Identity make_identity(const backend::Traits& traits) {
  constexpr std::uint64_t kLocallyAssigned = std::uint64_t{3} << 60;  // NAA 3h, SPC-4, 7.8.6.6.4
  const Hash128 hash = fnv1a_128(traits.identity_seed);
  const be64 naa = kLocallyAssigned | fold_to_60_bits(hash);

  Identity identity;
  identity.vendor = "LUNGATE";
  identity.product = product_of(traits.kind);
  identity.revision = "0001";
  identity.serial = hex_digits(hash);
  identity.naa_bytes = sizeof(naa);
  std::memcpy(identity.naa.data(), &naa, sizeof(naa));
  return identity;
}

}  // namespace lungate::scsi
