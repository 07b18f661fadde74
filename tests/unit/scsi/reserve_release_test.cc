// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/scsi/hosts.h"

namespace lungate::scsi {
namespace {

using testing::Fails;
using testing::FailsAtCdbByte;
using testing::Good;
using testing::Hosts;

constexpr const char* kReserve6 = "16 00000000 00";
constexpr const char* kRelease6 = "17 00000000 00";
constexpr const char* kReserve10 = "56 0000000000000000 00";
constexpr const char* kRelease10 = "57 0000000000000000 00";
constexpr const char* kModeSense = "1a 00 3f 00 ff 00";

MATCHER(Conflicts, "is RESERVATION CONFLICT") {
  return arg.status == Status::kReservationConflict;
}

/// libiscsi's Reserve6.2Initiators.
TEST(ReserveRelease, KeepsOthersOutUntilItIsReleased) {
  for (const auto& [reserve, release] :
       {std::pair(kReserve6, kRelease6), std::pair(kReserve10, kRelease10),
        std::pair(kReserve6, kRelease10), std::pair(kReserve10, kRelease6)}) {
    Hosts hosts;
    EXPECT_THAT(hosts.send('a', reserve), Good());
    EXPECT_THAT(hosts.send('a', reserve), Good());
    EXPECT_THAT(hosts.send('b', reserve), Conflicts());
    EXPECT_THAT(hosts.send('b', release), Good()) << "and releases nothing";
    EXPECT_THAT(hosts.send('a', kModeSense), Good());
    EXPECT_THAT(hosts.send('b', kModeSense), Conflicts());
    EXPECT_THAT(hosts.send('b', reserve), Conflicts());
    EXPECT_THAT(hosts.send('a', release), Good());
    EXPECT_THAT(hosts.send('b', reserve), Good());
    EXPECT_THAT(hosts.send('b', release), Good());
  }
}

TEST(ReserveRelease, LeavesOthersWhatFindsOut) {  // SPC-2, tables 10 and B.2
  Hosts hosts;
  hosts.send('a', kReserve6);
  for (const char* allowed :
       {"12 00 00 00ff 00", "a0 00 00 000000 00000010 00 00", "03 00 0000 12 00",
        "25 00 00000000 0000 00 00", "9e 10 0000000000000000 00000020 00 00"})
    EXPECT_THAT(hosts.send('b', allowed), Good()) << allowed;
  for (const char* conflict :
       {"00 00000000 00", "28 00 00000000 00 0001 00", "2a 00 00000000 00 0001 00",
        "35 00 00000000 00 0000 00", "a3 0c 00 00 0000 00000100 00 00"})
    EXPECT_THAT(hosts.send('b', conflict), Conflicts()) << conflict;
}

TEST(ReserveRelease, KeepsPersistentReservationsFromEverybody) {
  Hosts hosts;
  hosts.send('a', kReserve6);
  for (const char host : {'a', 'b'}) {
    EXPECT_THAT(hosts.in(host, 0), Conflicts());
    EXPECT_THAT(hosts.registers(host, 1), Conflicts());
  }
}

TEST(ReserveRelease, HasNoThirdParties) {
  Hosts hosts;
  for (const char* cdb :
       {"16 10 000000 00", "16 01 000000 00", "16 00 010000 00", "56 10 00 03 00000000 00 00",
        "56 02 0000000000 0008 00", "57 10 00 03 00000000 00 00", "17 10 000000 00"})
    EXPECT_EQ(hosts.send('a', cdb).sense.what, sense::kInvalidFieldInCdb) << cdb;
}

TEST(ReserveRelease, MeetsTheStateAsItIsByThen) {
  // Judged where the change is made: two that are on their way at once do not both get the unit.
  Hosts hosts;
  hosts.disk.meanwhile = [](Unit& unit) {
    testing::Reserving other;
    other.simply(ReservationAction::kReserveLegacy, 'b');
    unit.reservations = std::make_shared<const Reservations>(other.state);
  };
  EXPECT_THAT(hosts.send('a', kReserve6), Conflicts());
}

TEST(ReserveRelease, NeedsTheUnit) {
  Hosts hosts;
  hosts.disk.unit.availability = Availability::kOffline;
  EXPECT_THAT(hosts.send('a', kReserve6), Fails(sense::kNotReadyCauseNotReportable));
  EXPECT_THAT(hosts.send('a', kRelease10), Fails(sense::kNotReadyCauseNotReportable));
}

}  // namespace
}  // namespace lungate::scsi
