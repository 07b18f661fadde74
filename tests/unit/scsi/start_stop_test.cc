// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using testing::Disk;
using testing::Fails;
using testing::FailsAtCdbByte;
using testing::Good;

TEST(StartStopUnit, StartsWhatRunsAlready) {
  Disk disk;
  for (const char* cdb : {"1b 00 00 00 01 00", "1b 01 00 00 01 00", "1b 00 00 00 05 00"})
    EXPECT_THAT(disk.send(cdb), Good()) << cdb;
}

TEST(StartStopUnit, NeitherStopsNorEjects) {
  Disk disk;
  for (const char* cdb : {"1b 00 00 00 00 00", "1b 00 00 00 02 00", "1b 00 00 00 03 00"})
    EXPECT_THAT(disk.send(cdb), FailsAtCdbByte(4)) << cdb;
}

TEST(StartStopUnit, IsActiveByItself) {
  Disk disk;
  for (const char* cdb : {"1b 00 00 00 10 00", "1b 00 00 00 70 00", "1b 00 00 00 12 00"})
    EXPECT_THAT(disk.send(cdb), Good()) << cdb;
  for (unsigned condition : {0x2u, 0x3u, 0x4u, 0x5u, 0x6u, 0x8u, 0x9u, 0xau, 0xbu, 0xfu}) {
    char cdb[32];
    std::snprintf(cdb, sizeof(cdb), "1b 00 00 00 %x1 00", condition);
    EXPECT_THAT(disk.send(cdb), FailsAtCdbByte(4)) << cdb;
  }
  EXPECT_THAT(disk.send("1b 00 00 01 01 00"), FailsAtCdbByte(3));
}

TEST(StartStopUnit, SaysWhyItCannot) {
  Disk disk;
  disk.unit.availability = Availability::kOffline;
  EXPECT_THAT(disk.send("1b 01 00 00 12 00"), Fails(sense::kNotReadyCauseNotReportable));
}

TEST(PreventAllow, ChangesNothing) {
  Disk disk;
  for (const char* prevent_or_allow : {"1e 00 00 00 01 00", "1e 00 00 00 00 00"}) {
    EXPECT_THAT(disk.send(prevent_or_allow), Good());
    EXPECT_THAT(disk.send("1b 00 00 00 02 00"), FailsAtCdbByte(4)) << "as if never prevented";
  }
  EXPECT_THAT(disk.send("1e 00 00 00 02 00"), FailsAtCdbByte(4));  // obsolete
}

/// Somebody else's reservation: what would change the unit for him is a conflict.
TEST(StartStop, ReservationsConflictWithWhatWouldChangeSomething) {
  Disk disk;
  Reservations reservations;
  const NexusName other{"iqn.2026-11.io.lungate:other,i,0x00023d000002", 1};
  reservations.registrations = {{other, 1}};
  reservations.type = ReservationType::kWriteExclusive;
  reservations.holder = other;
  disk.unit.reservations = std::make_shared<const Reservations>(reservations);
  for (const char* cdb : {"1b 00 00 00 01 00", "1e 00 00 00 00 00"})
    EXPECT_THAT(disk.send(cdb), Good()) << cdb;
  for (const char* cdb : {"1b 00 00 00 00 00", "1b 00 00 00 11 00", "1e 00 00 00 01 00"})
    EXPECT_EQ(disk.send(cdb).status, Status::kReservationConflict) << cdb;
}

}  // namespace
}  // namespace lungate::scsi
