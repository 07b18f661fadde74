// SPDX-License-Identifier: LGPL-2.1-or-later
// Parameter lists, and whole sequences as initiators send them. What each request means is
// reservation_changes_test.cc's.
#include "tests/unit/scsi/hosts.h"

namespace lungate::scsi {
namespace {

using ::testing::ElementsAre;
using testing::Fails;
using testing::FailsAtCdbByte;
using testing::FailsAtListByte;
using testing::filled;
using testing::Gives;
using testing::Good;
using testing::hex;
using testing::Hosts;
using ::testing::IsEmpty;
using testing::nexus;
using testing::reserve_list;
using testing::unhex;

constexpr unsigned kRegister = 0, kReserve = 1, kRelease = 2, kClear = 3, kPreempt = 4,
                   kPreemptAndAbort = 5, kRegisterAndIgnore = 6, kMove = 7;
constexpr const char* kRead = "28 00 00000001 00 0001 00";
constexpr const char* kWrite = "2a 00 00000001 00 0001 00";

MATCHER(Conflicts, "is RESERVATION CONFLICT") {
  return arg.status == Status::kReservationConflict;
}

/// The TransportID of one of the hosts, in hexadecimal.
std::string transport_id(char host) {
  const std::string text = nexus(host).initiator_port;
  std::string padded = text + std::string(48 - text.size(), '\0');
  return "45000030" + hex(bytes_of(std::string_view(padded)));
}

std::string with_ports(const std::string& list, const std::string& ids) {
  char length[24];
  std::snprintf(length, sizeof(length), "%08zx", ids.size() / 2);
  return list + length + ids;
}

std::string move_list(std::uint64_t key, std::uint64_t new_key, const std::string& id,
                      unsigned flags = 0, unsigned port = 1) {
  char text[80];
  std::snprintf(text, sizeof(text), "%016llx%016llx00%02x%04x%08zx",
                static_cast<unsigned long long>(key), static_cast<unsigned long long>(new_key),
                flags, port, id.size() / 2);
  return text + id;
}

// --- The CDB -------------------------------------------------------------------------------------

TEST(ReserveOut, ListsHave24Bytes) {
  Hosts hosts;
  for (unsigned action = 0; action < 8; ++action) {
    EXPECT_THAT(hosts.out('a', action, 1, ""), Fails(sense::kParameterListLengthError)) << action;
    EXPECT_THAT(hosts.out('a', action, 1, std::string(46, '0')),
                Fails(sense::kParameterListLengthError))
        << action;
    if (action == kMove) continue;  // its list says how long it is
    EXPECT_THAT(hosts.out('a', action, 1, std::string(50, '0')),
                Fails(sense::kParameterListLengthError))
        << action;
  }
}

TEST(ReserveOut, HugeListsAreNotEvenAskedFor) {
  Hosts hosts;
  for (const char* cdb : {"5f 00 00 0000 ffffffff 00", "5f 07 00 0000 00010001 00"}) {
    const auto answer = hosts.send('a', cdb);
    EXPECT_THAT(answer, Fails(sense::kParameterListLengthError));
    EXPECT_EQ(answer.plan.bytes, 0u);
  }
}

/// The longest names that there are, and as many as can be registered.
TEST(ReserveOut, OneListNamesAllOthersThatThereIsRoomFor) {
  Hosts hosts;
  std::string ids;
  for (std::size_t i = 1; i < limits::kRegistrationsMax; ++i) {
    std::string text = std::string(limits::kNameBytesMax - 3, 'x') + std::to_string(100 + i);
    text += ",i,0x0123456789ab";
    text.resize(244);
    ids += "450000f4" + hex(bytes_of(std::string_view(text)));
  }
  EXPECT_THAT(hosts.out('a', kRegister, 0, with_ports(reserve_list(0, 7, 0x08), ids)), Good());
  ASSERT_NE(hosts.disk.unit.reservations, nullptr);
  EXPECT_EQ(hosts.disk.unit.reservations->registrations.size(), limits::kRegistrationsMax);
}

TEST(ReserveOut, LessDataThanTheCdbSaysIsNoList) {
  Hosts hosts;
  EXPECT_THAT(hosts.disk.send("5f 06 00 0000 00000018 00", filled(24, 1), 23),
              Fails(sense::kParameterListLengthError));
  EXPECT_EQ(hosts.disk.unit.reservations, nullptr);
}

TEST(ReserveOut, TypeAndScopeAreJudgedWhereTheyMatter) {
  for (const unsigned action : {kReserve, kRelease}) {
    Hosts hosts;
    hosts.registers('a', 1);
    for (const unsigned type : {0x0u, 0x2u, 0x4u, 0x9u, 0xfu, 0x11u, 0x21u, 0xf1u})
      EXPECT_THAT(hosts.out('a', action, type, reserve_list(1, 0)), FailsAtCdbByte(2)) << type;
  }
  for (const unsigned action : {kRegister, kRegisterAndIgnore, kClear}) {
    Hosts hosts;
    hosts.registers('a', 1);
    EXPECT_THAT(hosts.out('a', action, 0xff, reserve_list(1, 1)), Good()) << action;
  }
}

TEST(ReserveOut, PreemptNeedsATypeOnlyToReserve) {
  Hosts hosts;
  hosts.registers('a', 1);
  hosts.registers('b', 2);
  hosts.registers('c', 3);
  hosts.reserves('a', 1, 1);
  EXPECT_THAT(hosts.out('b', kPreempt, 0xff, reserve_list(2, 3)), Good());
  EXPECT_THAT(hosts.out('b', kPreempt, 0x11, reserve_list(2, 1)), FailsAtCdbByte(2));
  EXPECT_THAT(hosts.out('b', kPreempt, 0x01, reserve_list(2, 1)), Good());
}

TEST(ReserveOut, OtherServiceActionsAreNone) {
  Hosts hosts;
  for (unsigned action = 8; action < 0x20; ++action)
    EXPECT_THAT(hosts.out('a', action, 0, reserve_list(0, 0)), FailsAtCdbByte(1)) << action;
}

// --- The basic list ------------------------------------------------------------------------------

TEST(ReserveOut, ReservedFlagsAreRefused) {
  Hosts hosts;
  for (const unsigned flags : {0x02u, 0x10u, 0x20u, 0x40u, 0x80u})
    EXPECT_THAT(hosts.out('a', kRegister, 0, reserve_list(0, 1, flags)), FailsAtListByte(20))
        << flags;
  EXPECT_EQ(hosts.disk.unit.reservations, nullptr);
}

TEST(ReserveOut, AllTargetPortsAreTheOneThatThereIs) {
  Hosts hosts;
  EXPECT_THAT(hosts.out('a', kRegister, 0, reserve_list(0, 1, 0x04)), Good());
  EXPECT_EQ(hosts.disk.unit.reservations->registrations.size(), 1u);
}

TEST(ReserveOut, AptplReachesTheState) {
  Hosts hosts;
  EXPECT_THAT(hosts.out('a', kRegister, 0, reserve_list(0, 1, 0x01)), Good());
  EXPECT_TRUE(hosts.disk.unit.reservations->persists && hosts.disk.result.store);
  hosts.disk.unit.keeps_state = false;
  EXPECT_THAT(hosts.out('b', kRegister, 0, reserve_list(0, 1, 0x01)), FailsAtListByte(20));
}

TEST(ReserveOut, SpecifiedPortsAreForRegisterAlone) {
  for (const unsigned action :
       {kReserve, kRelease, kClear, kPreempt, kPreemptAndAbort, kRegisterAndIgnore}) {
    Hosts hosts;
    hosts.registers('a', 1);
    for (const std::string& list :
         {reserve_list(1, 1, 0x08), with_ports(reserve_list(1, 1, 0x08), transport_id('b'))})
      EXPECT_THAT(hosts.out('a', action, 1, list), FailsAtListByte(20)) << action;
  }
}

TEST(ReserveOut, SpecifiedPortsAreRegistered) {
  Hosts hosts;
  EXPECT_THAT(
      hosts.out('a', kRegister, 0,
                with_ports(reserve_list(0, 7, 0x08), transport_id('b') + transport_id('c'))),
      Good());
  for (const char host : {'a', 'b', 'c'})
    EXPECT_EQ(hosts.disk.unit.reservations->find(nexus(host))->key, 7u) << host;
  EXPECT_THAT(hosts.out('d', kRegister, 0, with_ports(reserve_list(0, 7, 0x08), transport_id('b'))),
              FailsAtListByte(28));
  EXPECT_EQ(hosts.disk.unit.reservations->find(nexus('d')), nullptr);
  EXPECT_THAT(hosts.out('d', kRegister, 0, with_ports(reserve_list(0, 7, 0x08), "")), Good())
      << "no others";
}

TEST(ReserveOut, SpecifiedPortsMustBeWhole) {
  const std::string list = reserve_list(0, 7, 0x08);
  const std::string id = transport_id('b');
  Hosts hosts;
  EXPECT_THAT(hosts.out('a', kRegister, 0, list), Fails(sense::kParameterListLengthError))
      << "no length";
  EXPECT_THAT(hosts.out('a', kRegister, 0, list + "00000035" + id),
              Fails(sense::kParameterListLengthError))
      << "less than it says";
  EXPECT_THAT(hosts.out('a', kRegister, 0, list + "ffffffff" + id),
              Fails(sense::kParameterListLengthError));
  EXPECT_THAT(hosts.out('a', kRegister, 0, list + "00000030" + id), FailsAtListByte(30))
      << "the TransportID is cut off";
  EXPECT_THAT(hosts.out('a', kRegister, 0, with_ports(list, id + "4500")), FailsAtListByte(80));
  EXPECT_THAT(hosts.out('a', kRegister, 0, with_ports(list, id + id.substr(0, 4) + "0000")),
              FailsAtListByte(82))
      << "a length of zero";
  EXPECT_THAT(hosts.out('a', kRegister, 0, with_ports(list, "05" + id.substr(2))),
              FailsAtListByte(28))
      << "a device, not a port";
  EXPECT_EQ(hosts.disk.unit.reservations, nullptr);
}

TEST(ReserveOut, MorePortsThanCanBeRegisteredAreNone) {
  std::string ids;
  for (std::size_t i = 0; i < limits::kRegistrationsMax + 1; ++i)  // each as short as may be
    ids += "45000014" + hex(bytes_of(std::string_view("a,i,0x1"))) + std::string(26, '0');
  Hosts hosts;
  EXPECT_THAT(hosts.out('a', kRegister, 0, with_ports(reserve_list(0, 7, 0x08), ids)),
              Fails(sense::kInsufficientRegistrationResources));
}

// --- REGISTER AND MOVE ---------------------------------------------------------------------------

TEST(ReserveOut, MovesAReservation) {
  Hosts hosts;
  hosts.registers('a', 1);
  hosts.reserves('a', 1, 5);
  EXPECT_THAT(hosts.out('a', kMove, 0, move_list(1, 2, transport_id('b'), 0x03)), Good());
  const Reservations& state = *hosts.disk.unit.reservations;
  EXPECT_EQ(state.holder, nexus('b'));
  EXPECT_EQ(state.find(nexus('a')), nullptr) << "UNREG";
  EXPECT_TRUE(state.persists) << "APTPL";
}

TEST(ReserveOut, AMoveListIsJudgedWhole) {
  Hosts hosts;
  hosts.registers('a', 1);
  hosts.reserves('a', 1, 5);
  const std::string id = transport_id('b');
  const auto move = [&](const std::string& list) { return hosts.out('a', kMove, 0, list); };
  for (const unsigned flags : {0x04u, 0x08u, 0x80u})
    EXPECT_THAT(move(move_list(1, 2, id, flags)), FailsAtListByte(17)) << flags;
  EXPECT_THAT(move(move_list(1, 2, id, 0, 2)), FailsAtListByte(18)) << "no such target port";
  EXPECT_THAT(move(move_list(1, 2, id, 0, 0)), FailsAtListByte(18));
  EXPECT_THAT(move(move_list(1, 2, "")), FailsAtListByte(20)) << "no TransportID";
  EXPECT_THAT(move(move_list(1, 2, id + "0000")), FailsAtListByte(20)) << "no multiple of four";
  EXPECT_THAT(move(move_list(1, 2, id + "00000000")), FailsAtListByte(20)) << "more than one";
  EXPECT_THAT(move(move_list(1, 2, id).substr(0, 2 * (24 + 51))),
              Fails(sense::kParameterListLengthError));
  EXPECT_THAT(move(move_list(1, 2, "05" + id.substr(2))), FailsAtListByte(24));
  EXPECT_THAT(move(move_list(1, 0, id)), FailsAtListByte(8)) << "no key";
  EXPECT_THAT(move(move_list(1, 2, transport_id('a'))), FailsAtListByte(24)) << "to itself";
  EXPECT_THAT(move(move_list(1, 2, id)), Good());
}

// --- Sequences -----------------------------------------------------------------------------------

/// libiscsi's ProutReserve.Access*: a read and a write by the holder, by a registered other, and by
/// the other once it is registered no more.
TEST(ReserveOutSequences, AccessByType) {
  struct Row {
    unsigned type;
    bool registered_reads, registered_writes, stranger_reads;
  };
  for (const Row& row :
       {Row{3, false, false, false}, Row{1, true, false, true}, Row{6, true, true, false},
        Row{5, true, true, true}, Row{8, true, true, false}, Row{7, true, true, true}}) {
    SCOPED_TRACE(row.type);
    Hosts hosts;
    const auto may = [&](char host, const char* cdb) {
      const Status status = hosts.send(host, cdb, filled(512, 1)).status;
      EXPECT_TRUE(status == Status::kGood || status == Status::kReservationConflict);
      return status == Status::kGood;
    };
    hosts.registers('a', 1);
    hosts.registers('b', 2);
    EXPECT_THAT(hosts.reserves('a', 1, row.type), Good());
    EXPECT_TRUE(may('a', kRead) && may('a', kWrite));
    EXPECT_EQ(may('b', kRead), row.registered_reads);
    EXPECT_EQ(may('b', kWrite), row.registered_writes);
    EXPECT_THAT(hosts.unregisters('b', 2), Good());
    EXPECT_EQ(may('b', kRead), row.stranger_reads);
    EXPECT_FALSE(may('b', kWrite));
    EXPECT_THAT(hosts.releases('a', 1, row.type), Good());
    EXPECT_TRUE(may('b', kWrite));
  }
}

/// libiscsi's ProutReserve.Ownership*: the holder unregisters.
TEST(ReserveOutSequences, OwnershipByType) {
  for (const unsigned type : {1u, 3u, 5u, 6u, 7u, 8u}) {
    SCOPED_TRACE(type);
    Hosts hosts;
    hosts.registers('a', 1);
    hosts.registers('b', 2);
    hosts.reserves('a', 1, type);
    EXPECT_THAT(hosts.unregisters('a', 1), Good());
    EXPECT_EQ(hosts.in('a', 1).data.size(), type >= 7 ? 24u : 8u);
    std::vector<AdditionalSense> told;
    if (type == 5 || type == 6) told.push_back(sense::kReservationsReleased);
    EXPECT_EQ(hosts.attentions('b'), told);
    EXPECT_THAT(hosts.releases('b', 2, type), Good());
    EXPECT_THAT(hosts.unregisters('b', 2), Good());
    EXPECT_THAT(hosts.in('a', 0), Gives("00000004 00000000"));
  }
}

/// libiscsi's ProutPreempt: the first registration goes, the generation rises by one.
TEST(ReserveOutSequences, PreemptRemovesARegistration) {
  Hosts hosts;
  hosts.registers('a', 1);
  hosts.registers('b', 2);
  EXPECT_THAT(hosts.out('b', kPreempt, 3, reserve_list(2, 1)), Good());
  EXPECT_THAT(hosts.attentions('a'), ElementsAre(sense::kRegistrationsPreempted));
  EXPECT_THAT(hosts.attentions('b'), IsEmpty());
  EXPECT_THAT(hosts.in('a', 0), Gives("00000003 00000008 0000000000000002"));
}

/// libiscsi's ProutClear: RESERVE is not counted, CLEAR is.
TEST(ReserveOutSequences, ClearEndsAll) {
  Hosts hosts;
  hosts.registers('a', 1);
  hosts.registers('b', 2);
  hosts.reserves('a', 1, 3);
  EXPECT_THAT(hosts.out('a', kClear, 0, reserve_list(1, 0)), Good());
  EXPECT_THAT(hosts.in('a', 0), Gives("00000003 00000000"));
  EXPECT_THAT(hosts.in('a', 1), Gives("00000003 00000000"));
  EXPECT_THAT(hosts.attentions('b'), ElementsAre(sense::kReservationsPreempted));
}

/// fence_scsi: write exclusive for registrants; the victim is preempted and locked out.
TEST(ReserveOutSequences, FencingKeepsTheVictimOut) {
  Hosts hosts;
  hosts.registers('a', 1);
  hosts.registers('b', 2);
  hosts.reserves('a', 1, 5);
  EXPECT_THAT(hosts.send('b', kWrite, filled(512, 1)), Good());
  EXPECT_THAT(hosts.out('a', kPreemptAndAbort, 5, reserve_list(1, 2)), Good());
  EXPECT_THAT(hosts.disk.result.aborted, ElementsAre(nexus('b')));
  EXPECT_THAT(hosts.attentions('b'), ElementsAre(sense::kRegistrationsPreempted));
  EXPECT_THAT(hosts.send('b', kWrite, filled(512, 1)), Conflicts());
  EXPECT_THAT(hosts.send('b', kRead), Good());
  EXPECT_THAT(hosts.reserves('b', 2, 5), Conflicts());
}

/// The holder dies, and another node of the cluster takes over what it holds.
TEST(ReserveOutSequences, TakeoverFromADeadHolder) {
  Hosts hosts;
  hosts.registers('a', 1);
  hosts.registers('b', 2);
  hosts.registers('c', 3);
  hosts.reserves('a', 1, 5);
  EXPECT_THAT(hosts.out('b', kPreempt, 5, reserve_list(2, 1)), Good());
  EXPECT_THAT(hosts.attentions('c'), IsEmpty()) << "the type is the same";
  EXPECT_THAT(hosts.send('c', kWrite, filled(512, 1)), Good());
  EXPECT_EQ(hosts.disk.unit.reservations->holder, nexus('b'));
}

}  // namespace
}  // namespace lungate::scsi
