// SPDX-License-Identifier: LGPL-2.1-or-later
// Initiators recognise a disk by its identity: VMFS signatures and multipath maps break when it
// changes. A value pinned here is never edited.
#include "scsi/unit.h"

#include <gtest/gtest.h>

#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

Identity identity_of(std::string_view kind, std::string seed) {
  backend::Traits traits;
  traits.kind = kind;
  traits.identity_seed = std::move(seed);
  return make_identity(traits);
}

std::string naa(const Identity& identity) {
  return testing::hex(std::as_bytes(std::span(identity.naa)).first(identity.naa_bytes));
}

TEST(Identity, SerialIsFnv1aOf128Bits) {
  // Test vectors of the hash's authors.
  EXPECT_EQ(identity_of("file", "").serial, "6c62272e07bb014262b821756295c58d");
  EXPECT_EQ(identity_of("file", "a").serial, "d228cb696f1a8caf78912b704e4a8964");
  EXPECT_EQ(identity_of("file", "foobar").serial, "343e1662793c64bf6f0d3597ba446f18");
}

TEST(Identity, IsPinnedForEver) {
  const Identity rbd = identity_of("rbd", "6f4dbd3c-1c4d-4c8e-9d3a-0a3f8ae3f1c2/2/10226b8b4567");
  EXPECT_EQ(rbd.serial, "e7f3e48c0022f4814e70a72fb8c18572");
  EXPECT_EQ(naa(rbd), "398343a3b8e371f9");
  const Identity file = identity_of("file", "/var/lib/lungate/disk.img");
  EXPECT_EQ(file.serial, "13fe92d832e8a9636033685600132c19");
  EXPECT_EQ(naa(file), "33cdfa8e32fb857d");
}

TEST(Identity, IsLocallyAssignedNaa) {
  for (const char* seed : {"", "a", "b", "/dev/null"})
    EXPECT_EQ(naa(identity_of("file", seed)).front(), '3') << seed;
}

TEST(Identity, DiffersWhereTheLastCharacterOfTheSeedDiffers) {
  EXPECT_NE(naa(identity_of("rbd", "image/1")), naa(identity_of("rbd", "image/2")));
}

TEST(Identity, FitsInquirysFields) {
  for (const char* kind : {"rbd", "file", "null", "other"}) {
    const Identity identity = identity_of(kind, "seed");
    EXPECT_LE(identity.vendor.size(), 8u);
    EXPECT_LE(identity.product.size(), 16u);
    EXPECT_LE(identity.revision.size(), 4u);
  }
}

TEST(Identity, OfANullBackendSaysSo) {
  EXPECT_EQ(identity_of("null", "seed").product, "NULL (no data)");
  EXPECT_EQ(identity_of("rbd", "seed").product, "RBD disk");
  EXPECT_EQ(identity_of("file", "seed").product, "File disk");
}

}  // namespace
}  // namespace lungate::scsi
