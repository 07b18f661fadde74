// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/scsi/hosts.h"

namespace lungate::scsi {
namespace {

using testing::Disk;
using testing::Fails;
using testing::FailsAtCdbByte;
using testing::Gives;
using testing::Good;
using testing::hex;
using testing::Hosts;

constexpr unsigned kKeys = 0, kReservation = 1, kCapabilities = 2, kFullStatus = 3;

TEST(ReserveIn, OfAnUnusedUnitIsEmpty) {
  Hosts hosts;
  EXPECT_THAT(hosts.in('a', kKeys), Gives("00000000 00000000"));
  EXPECT_THAT(hosts.in('a', kReservation), Gives("00000000 00000000"));
  EXPECT_THAT(hosts.in('a', kFullStatus), Gives("00000000 00000000"));
}

TEST(ReserveIn, ReadKeysListsThemInOrder) {
  Hosts hosts;
  hosts.registers('b', 0x22);
  hosts.registers('a', 0x1122334455667788);
  hosts.registers('c', 0x22);
  EXPECT_THAT(hosts.in('s', kKeys),
              Gives("00000003 00000018 0000000000000022 1122334455667788 0000000000000022"));
}

TEST(ReserveIn, ReadReservationTellsTypeAndKey) {
  Hosts hosts;
  hosts.registers('a', 0xaa);
  hosts.reserves('a', 0xaa, 5);
  EXPECT_THAT(hosts.in('s', kReservation),
              Gives("00000001 00000010 00000000000000aa 00000000 00 05 0000"));
  hosts.releases('a', 0xaa, 5);
  hosts.reserves('a', 0xaa, 7);
  EXPECT_THAT(hosts.in('s', kReservation),
              Gives("00000001 00000010 0000000000000000 00000000 00 07 0000"))
      << "all registrants have no one key";
}

TEST(ReserveIn, ReportCapabilitiesSaysWhatWeDo) {
  Hosts hosts;
  EXPECT_THAT(hosts.in('a', kCapabilities), Gives("0008 1d c0 ea01 0000"));
  hosts.out('a', 6, 0, testing::reserve_list(0, 0xaa, 0x01));
  EXPECT_THAT(hosts.in('a', kCapabilities), Gives("0008 1d c1 ea01 0000")) << "PTPL_A";
  Hosts forgetful;
  forgetful.disk.unit.keeps_state = false;
  EXPECT_THAT(forgetful.in('a', kCapabilities), Gives("0008 1c c0 ea01 0000")) << "no PTPL_C";
}

TEST(ReserveIn, ReadFullStatusNamesEveryNexus) {
  Hosts hosts;
  hosts.registers('a', 0xaa);
  hosts.registers('b', 0xbb);
  hosts.reserves('b', 0xbb, 3);
  const std::string transport_id =  // of "iqn.2026-11.io.lungate:host-a,i,0x00023d000001"
      "45000030 69716e2e323032362d31312e696f2e6c756e676174653a686f73742d61"
      "2c692c3078 303030323364303030303031 0000";
  const auto answer = hosts.in('s', kFullStatus);
  ASSERT_THAT(answer, Good());
  ASSERT_EQ(answer.data.size(), 8 + 2 * (24 + 52u));
  const std::string text = hex(answer.data);
  EXPECT_EQ(text.substr(0, 16), "0000000200000098");
  EXPECT_EQ(text.substr(16, 48),
            "00000000000000aa"
            "00000000"
            "0000"
            "00000000"
            "0001"
            "00000034");
  EXPECT_EQ(text.substr(64, 104), hex(testing::unhex(transport_id)));
  EXPECT_EQ(text.substr(168, 48),
            "00000000000000bb"
            "00000000"
            "0103"
            "00000000"
            "0001"
            "00000034");
}

TEST(ReserveIn, ReadFullStatusShowsAllRegistrantsAsHolders) {
  Hosts hosts;
  hosts.registers('a', 0xaa);
  hosts.registers('b', 0xbb);
  hosts.reserves('b', 0xbb, 8);
  const std::string text = hex(hosts.in('s', kFullStatus).data);
  EXPECT_EQ(text.substr(40, 4), "0108");
  EXPECT_EQ(text.substr(192, 4), "0108");
}

Reservations crowd() {
  Reservations state;
  for (std::size_t i = 0; i < limits::kRegistrationsMax; ++i) {
    const std::string name = std::string(limits::kNameBytesMax - 3, 'x') + std::to_string(100 + i);
    state.registrations.push_back({{name + ",i,0xffffffffffff", 1}, i + 1});
  }
  return state;
}

TEST(ReserveIn, AllOfTheLargestCrowdCanBeRead) {
  Hosts hosts;
  hosts.disk.unit.reservations = std::make_shared<const Reservations>(crowd());
  EXPECT_EQ(hosts.in('s', kKeys).data.size(), 8 + 8 * limits::kRegistrationsMax);
  const std::size_t whole = limits::kRegistrationsMax * (24 + 248);
  const auto answer = hosts.in('s', kFullStatus, 0xffff);
  ASSERT_THAT(answer, Good());
  EXPECT_EQ(load<be32>(Bytes(answer.data).subspan(4)), whole) << "the whole length";
  EXPECT_EQ(answer.data.size(), 0xffffu) << "as much as was asked for";
  EXPECT_EQ(answer.transfer_bytes, 0xffffu);
}

TEST(ReserveIn, IsCutAnywhere) {
  Hosts hosts;
  hosts.registers('a', 0xaa);
  hosts.registers('b', 0xbb);
  hosts.reserves('a', 0xaa, 1);
  for (const unsigned action : {kKeys, kReservation, kCapabilities, kFullStatus}) {
    const auto whole = hosts.in('s', action);
    for (unsigned bytes = 0; bytes <= whole.data.size() + 1; ++bytes) {
      const auto cut = hosts.in('s', action, bytes);
      ASSERT_THAT(cut, Good());
      EXPECT_EQ(cut.data, testing::Data(whole.data.begin(),
                                        whole.data.begin() +
                                            static_cast<std::ptrdiff_t>(
                                                std::min<std::size_t>(bytes, whole.data.size()))))
          << action << ' ' << bytes;
    }
  }
}

TEST(ReserveIn, OtherServiceActionsAreNone) {
  Disk disk;
  for (unsigned action = 4; action < 0x20; ++action) {
    char cdb[32];
    std::snprintf(cdb, sizeof(cdb), "5e %02x 0000000000 4000 00", action);
    EXPECT_THAT(disk.send(cdb), FailsAtCdbByte(1)) << action;
  }
}

TEST(ReserveIn, OfAnOfflineUnitIsNotKnown) {
  Hosts hosts;
  hosts.disk.unit.availability = Availability::kOffline;
  EXPECT_THAT(hosts.in('a', kKeys), Fails(sense::kNotReadyCauseNotReportable));
}

}  // namespace
}  // namespace lungate::scsi
