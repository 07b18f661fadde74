// SPDX-License-Identifier: LGPL-2.1-or-later
// The tables of SPC-4, 5.13.7 to 5.13.11, line by line.
#include <gmock/gmock.h>

#include "tests/unit/scsi/reserving.h"

namespace lungate::scsi {
namespace {

using testing::kConflict;
using testing::kGood;
using testing::kRefused;
using testing::nexus;
using testing::Reserving;

constexpr ReservationType kWe = ReservationType::kWriteExclusive;
constexpr ReservationType kEa = ReservationType::kExclusiveAccess;
constexpr ReservationType kWeRo = ReservationType::kWriteExclusiveRegistrantsOnly;
constexpr ReservationType kEaRo = ReservationType::kExclusiveAccessRegistrantsOnly;
constexpr ReservationType kWeAr = ReservationType::kWriteExclusiveAllRegistrants;
constexpr ReservationType kEaAr = ReservationType::kExclusiveAccessAllRegistrants;
constexpr std::array kAllTypes = {kWe, kEa, kWeRo, kEaRo, kWeAr, kEaAr};

/// 'a', 'b' and 'c' are registered with 1, 2 and 3, and 'a' has reserved the unit.
Reserving three(ReservationType type) {
  Reserving unit;
  unit.registers('a', 1);
  unit.registers('b', 2);
  unit.registers('c', 3);
  EXPECT_EQ(unit.reserves('a', 1, type), kGood);
  return unit;
}

/// INVALID FIELD IN PARAMETER LIST at this byte.
::testing::AssertionResult refused_at(const Reserving& unit, unsigned byte,
                                      const AdditionalSense& what) {
  if (unit.last.sense.what == what && unit.last.sense.field && unit.last.sense.field->byte == byte)
    return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << unit.last.sense.what.text;
}

// --- REGISTER (table 67) -------------------------------------------------------------------------

TEST(Register, OfAStranger) {
  Reserving unit;
  EXPECT_EQ(unit.registers('a', 0), kGood) << "do nothing";
  EXPECT_EQ(unit.keys(), "");
  EXPECT_EQ(unit.state.generation, 0u);
  EXPECT_EQ(unit.registers('a', 5, 7), kConflict) << "it has no key that it could name";
  EXPECT_EQ(unit.registers('a', 5), kGood);
  EXPECT_EQ(unit.keys(), "a=5");
  EXPECT_EQ(unit.state.generation, 1u);
}

TEST(Register, OfARegisteredNexusChangesOrRemovesItsKey) {
  Reserving unit;
  unit.registers('a', 5);
  EXPECT_EQ(unit.registers('a', 6), kConflict) << "its key is not zero";
  EXPECT_EQ(unit.registers('a', 6, 4), kConflict);
  EXPECT_EQ(unit.state.generation, 1u);
  EXPECT_EQ(unit.registers('a', 6, 5), kGood);
  EXPECT_EQ(unit.keys(), "a=6");
  EXPECT_EQ(unit.registers('a', 6, 6), kGood) << "again with the same key";
  EXPECT_EQ(unit.state.generation, 3u);
  EXPECT_EQ(unit.registers('a', 0, 6), kGood);
  EXPECT_EQ(unit.keys(), "");
  EXPECT_EQ(unit.state.generation, 4u);
}

TEST(Register, IgnoringTheKeyAsksForNone) {  // table 68
  Reserving unit;
  EXPECT_EQ(unit.registers_anyway('a', 0), kGood);
  EXPECT_EQ(unit.state.generation, 0u);
  EXPECT_EQ(unit.registers_anyway('a', 5), kGood);
  EXPECT_EQ(unit.registers_anyway('a', 6), kGood);
  EXPECT_EQ(unit.keys(), "a=6");
  EXPECT_EQ(unit.registers_anyway('a', 0), kGood);
  EXPECT_EQ(unit.keys(), "");
  EXPECT_EQ(unit.state.generation, 3u);
}

TEST(Register, SameKeysAreNoError) {
  Reserving unit;
  unit.registers('a', 1);
  EXPECT_EQ(unit.registers('b', 1), kGood);
  EXPECT_EQ(unit.keys(), "a=1 b=1");
}

TEST(Register, LeavesReservationsAlone) {
  for (const ReservationType type : kAllTypes) {
    Reserving unit = three(type);
    const std::string held = unit.held();
    EXPECT_EQ(unit.registers('d', 9), kGood);
    EXPECT_EQ(unit.registers('a', 8, 1), kGood);
    EXPECT_EQ(unit.held(), held);
    EXPECT_EQ(unit.told(), "");
  }
}

TEST(Register, GenerationWraps) {
  Reserving unit;
  unit.state.generation = 0xffffffff;
  unit.registers('a', 1);
  EXPECT_EQ(unit.state.generation, 0u);
}

TEST(Register, OfOtherPortsIsForAllOrNone) {
  Reserving unit;
  EXPECT_EQ(unit.registers_with('a', 5, "bc"), kGood);
  EXPECT_EQ(unit.keys(), "b=5 c=5 a=5");
  EXPECT_EQ(unit.state.generation, 1u);
  EXPECT_EQ(unit.registers_with('d', 6, "ec"), kRefused) << "one of them is registered";
  EXPECT_EQ(unit.last.sense.what, sense::kInvalidFieldInParameterList);
  EXPECT_EQ(unit.keys(), "b=5 c=5 a=5");
  EXPECT_EQ(unit.registers_with('d', 6, "eed"), kGood) << "twice is as once, and so is oneself";
  EXPECT_EQ(unit.keys(), "b=5 c=5 a=5 e=6 d=6");
}

TEST(Register, OfOtherPortsIsOnlyForStrangers) {
  Reserving unit;
  unit.registers('a', 1);
  for (const std::uint64_t key : {0, 1}) {
    auto asked = Reserving::request(ReservationAction::kRegister, 'a', 1, key);
    asked.specifies_ports = true;
    EXPECT_EQ(unit.ask(asked), kRefused);
    EXPECT_TRUE(refused_at(unit, 20, sense::kInvalidFieldInParameterList));
  }
  EXPECT_EQ(unit.registers_with('b', 0, "c"), kGood) << "nothing at all";
  EXPECT_EQ(unit.keys(), "a=1");
}

TEST(Register, RegistrantsAreBounded) {
  Reserving unit;
  for (std::size_t i = 0; i < limits::kRegistrationsMax - 1; ++i) {
    auto asked = Reserving::request(ReservationAction::kRegister, 'x', 0, 1);
    asked.by.initiator_port += std::to_string(i);
    ASSERT_EQ(unit.ask(asked), kGood);
  }
  EXPECT_EQ(unit.registers_with('a', 1, "b"), kRefused) << "two where one fits";
  EXPECT_EQ(unit.last.sense.what, sense::kInsufficientRegistrationResources);
  EXPECT_EQ(unit.registers('a', 1), kGood);
  EXPECT_EQ(unit.registers('b', 1), kRefused);
  EXPECT_EQ(unit.registers('a', 2, 1), kGood) << "a new key needs no place";
  unit.reserves('a', 2, kWe);
  EXPECT_EQ(unit.moves('a', 2, 'b', 3, /*leaves=*/true), kRefused);
  EXPECT_EQ(unit.last.sense.what, sense::kInsufficientRegistrationResources);
}

// --- Unregistering (5.13.11.2.3) -----------------------------------------------------------------

TEST(Unregister, OfTheHolderReleases) {
  struct Row {
    ReservationType type;
    const char* held;
    const char* told;
  };
  constexpr std::array kRows = {
      Row{kWe, "", ""},
      Row{kEa, "", ""},
      Row{kWeRo, "", "b:2a/04 c:2a/04"},
      Row{kEaRo, "", "b:2a/04 c:2a/04"},
      Row{kWeAr, "7 by all", ""},
      Row{kEaAr, "8 by all", ""},
  };
  for (const Row& row : kRows) {
    Reserving unit = three(row.type);
    EXPECT_EQ(unit.unregisters('a', 1), kGood);
    EXPECT_EQ(unit.held(), row.held);
    EXPECT_EQ(unit.told(), row.told);
    EXPECT_EQ(unit.keys(), "b=2 c=3");
  }
}

TEST(Unregister, OfAnotherLeavesTheReservation) {
  for (const ReservationType type : kAllTypes) {
    Reserving unit = three(type);
    const std::string held = unit.held();
    EXPECT_EQ(unit.unregisters('b', 2), kGood);
    EXPECT_EQ(unit.held(), held);
    EXPECT_EQ(unit.told(), "");
  }
}

TEST(Unregister, OfTheLastOfAllRegistrantsReleases) {
  Reserving unit = three(kWeAr);
  unit.unregisters('a', 1);
  unit.unregisters('b', 2);
  EXPECT_EQ(unit.held(), "7 by all");
  unit.unregisters('c', 3);
  EXPECT_EQ(unit.held(), "");
}

// --- RESERVE (5.13.9) and RELEASE (5.13.11.2.2) --------------------------------------------------

TEST(Reserve, NeedsARegistrationWithTheKey) {
  Reserving unit;
  EXPECT_EQ(unit.reserves('a', 0, kWe), kConflict);
  unit.registers('a', 1);
  EXPECT_EQ(unit.reserves('a', 2, kWe), kConflict);
  EXPECT_EQ(unit.reserves('a', 1, kWe), kGood);
  EXPECT_EQ(unit.held(), "1 by a");
  EXPECT_EQ(unit.state.generation, 1u) << "RESERVE is not counted";
}

TEST(Reserve, AgainIsGoodOnlyForAHolderAndTheSameType) {
  for (const ReservationType type : kAllTypes) {
    Reserving unit = three(type);
    const std::string held = unit.held();
    EXPECT_EQ(unit.reserves('a', 1, type), kGood);
    EXPECT_EQ(unit.reserves('b', 2, type), for_all_registrants(type) ? kGood : kConflict);
    EXPECT_EQ(unit.reserves('s', 0, type), kConflict);
    for (const ReservationType other : kAllTypes)
      EXPECT_EQ(unit.reserves('a', 1, other), other == type ? kGood : kConflict);
    EXPECT_EQ(unit.held(), held);
  }
}

TEST(Release, IsForHoldersAndTellsThoseWhoShared) {
  for (const ReservationType type : kAllTypes) {
    Reserving unit = three(type);
    EXPECT_EQ(unit.releases('s', 0, type), kConflict);
    EXPECT_EQ(unit.releases('a', 2, type), kConflict);
    const ReservationType other = type == kWe ? kEa : kWe;
    EXPECT_EQ(unit.releases('a', 1, other), kRefused);
    EXPECT_EQ(unit.last.sense.what, sense::kInvalidRelease);
    EXPECT_EQ(unit.releases('a', 1, type), kGood);
    EXPECT_EQ(unit.held(), "");
    EXPECT_EQ(unit.told(), for_registrants(type) ? "b:2a/04 c:2a/04" : "");
    EXPECT_EQ(unit.keys(), "a=1 b=2 c=3");
    EXPECT_EQ(unit.releases('a', 1, type), kGood) << "there is nothing";
    EXPECT_EQ(unit.state.generation, 3u) << "RELEASE is not counted";
  }
}

TEST(Release, OfWhatAnotherHoldsIsGoodAndDoesNothing) {
  Reserving unit = three(kWeRo);
  EXPECT_EQ(unit.releases('b', 2, kWeRo), kGood);
  EXPECT_EQ(unit.releases('b', 2, kEa), kGood) << "of whatever type";
  EXPECT_EQ(unit.held(), "5 by a");
  EXPECT_EQ(unit.told(), "");
}

// --- CLEAR (5.13.11.2.7) -------------------------------------------------------------------------

TEST(Clear, RemovesAllAndTellsTheOthers) {
  for (const ReservationType type : kAllTypes) {
    Reserving unit = three(type);
    EXPECT_EQ(unit.clears('s', 0), kConflict);
    EXPECT_EQ(unit.clears('b', 1), kConflict);
    EXPECT_EQ(unit.clears('b', 2), kGood) << "who clears need not hold anything";
    EXPECT_EQ(unit.keys() + unit.held(), "");
    EXPECT_EQ(unit.told(), "a:2a/03 c:2a/03");
    EXPECT_EQ(unit.state.generation, 4u);
  }
}

// --- PREEMPT (table 72) --------------------------------------------------------------------------

TEST(Preempt, NeedsARegistrationWithTheKey) {
  Reserving unit = three(kWe);
  EXPECT_EQ(unit.preempts('s', 0, 1, kWe), kConflict);
  EXPECT_EQ(unit.preempts('b', 3, 1, kWe), kConflict);
  EXPECT_EQ(unit.state.generation, 3u);
}

TEST(Preempt, OfTheHolderTakesTheReservationOver) {
  for (const ReservationType type : {kWe, kEa, kWeRo, kEaRo}) {
    for (const ReservationType taken : kAllTypes) {
      Reserving unit = three(type);
      EXPECT_EQ(unit.preempts('b', 2, 1, taken), kGood);
      EXPECT_EQ(unit.keys(), "b=2 c=3");
      EXPECT_EQ(unit.held(), std::to_string(static_cast<int>(taken)) +
                                 (for_all_registrants(taken) ? " by all" : " by b"));
      EXPECT_EQ(unit.told(), type == taken ? "a:2a/05" : "a:2a/05 c:2a/04");
      EXPECT_EQ(unit.aborted(), "");
      EXPECT_EQ(unit.state.generation, 4u);
    }
  }
}

TEST(Preempt, OfAnotherOnlyRemovesIt) {
  for (const ReservationType type : {kWe, kEa, kWeRo, kEaRo, kWeAr, kEaAr}) {
    Reserving unit = three(type);
    const std::string held = unit.held();
    EXPECT_EQ(unit.preempts('b', 2, 3, std::nullopt), kGood) << "the type is ignored";
    EXPECT_EQ(unit.keys(), "a=1 b=2");
    EXPECT_EQ(unit.held(), held);
    EXPECT_EQ(unit.told(), "c:2a/05");
  }
}

TEST(Preempt, WithoutAReservationRemovesRegistrations) {
  Reserving unit;
  unit.registers('a', 1);
  unit.registers('b', 2);
  EXPECT_EQ(unit.preempts('b', 2, 1, kEa), kGood);
  EXPECT_EQ(unit.keys() + unit.held(), "b=2");
  EXPECT_EQ(unit.preempts('b', 2, 7, kEa), kConflict) << "nobody has that key";
  EXPECT_EQ(unit.preempts('b', 2, 2, kEa), kGood) << "one's own";
  EXPECT_EQ(unit.keys() + unit.told(), "");
}

TEST(Preempt, RemovesEveryoneWithTheKey) {
  Reserving unit;
  unit.registers('a', 1);
  unit.registers('b', 1);
  unit.registers('c', 2);
  unit.registers('d', 2);
  unit.reserves('a', 1, kWeRo);
  EXPECT_EQ(unit.preempts_and_aborts('c', 2, 1, kWeRo), kGood);
  EXPECT_EQ(unit.keys(), "c=2 d=2");
  EXPECT_EQ(unit.told(), "a:2a/05 b:2a/05");
  EXPECT_EQ(unit.aborted(), "ab");
}

TEST(Preempt, OfAKeyThatTheHolderSharesWithOneselfKeepsOneself) {
  Reserving unit;
  unit.registers('a', 1);
  unit.registers('b', 1);
  unit.reserves('a', 1, kWe);
  EXPECT_EQ(unit.preempts_and_aborts('b', 1, 1, kEa), kGood);
  EXPECT_EQ(unit.keys(), "b=1");
  EXPECT_EQ(unit.held(), "3 by b");
  EXPECT_EQ(unit.told(), "a:2a/05");
  EXPECT_EQ(unit.aborted(), "ab") << "all of its commands but this one";
}

TEST(Preempt, OfItselfLetsTheHolderChangeTheType) {
  Reserving unit = three(kWe);
  EXPECT_EQ(unit.preempts('a', 1, 1, kEaAr), kGood);
  EXPECT_EQ(unit.keys(), "a=1 b=2 c=3");
  EXPECT_EQ(unit.held(), "8 by all");
  EXPECT_EQ(unit.told(), "b:2a/04 c:2a/04");
  unit = three(kWe);
  EXPECT_EQ(unit.preempts('a', 1, 1, kWe), kGood);
  EXPECT_EQ(unit.told(), "") << "nothing has changed for them";
}

TEST(Preempt, OfTheHolderNeedsAType) {
  Reserving unit = three(kWe);
  EXPECT_EQ(unit.preempts('b', 2, 1, std::nullopt), kRefused);
  EXPECT_TRUE(refused_at(unit, 2, sense::kInvalidFieldInCdb));
  EXPECT_EQ(unit.held(), "1 by a");
}

TEST(Preempt, OfKeyZeroIsForAllRegistrantsOnly) {
  for (const ReservationType type : {kWe, kEa, kWeRo, kEaRo}) {
    Reserving unit = three(type);
    EXPECT_EQ(unit.preempts('b', 2, 0, kWe), kRefused);
    EXPECT_TRUE(refused_at(unit, 8, sense::kInvalidFieldInParameterList));
  }
  Reserving unit;
  unit.registers('a', 1);
  EXPECT_EQ(unit.preempts('a', 1, 0, kWe), kRefused) << "without a reservation";
}

TEST(Preempt, OfAllRegistrantsWithKeyZeroRemovesAllOthers) {
  for (const ReservationType taken : kAllTypes) {
    Reserving unit = three(kEaAr);
    EXPECT_EQ(unit.preempts_and_aborts('b', 2, 0, taken), kGood);
    EXPECT_EQ(unit.keys(), "b=2");
    EXPECT_EQ(unit.told(), "a:2a/05 c:2a/05");
    EXPECT_EQ(unit.aborted(), "abc");
    EXPECT_EQ(unit.held(), std::to_string(static_cast<int>(taken)) +
                               (for_all_registrants(taken) ? " by all" : " by b"));
  }
}

TEST(Preempt, OfAllRegistrantsByOneKeyKeepsTheReservation) {
  Reserving unit = three(kWeAr);
  EXPECT_EQ(unit.preempts('b', 2, 9, kWe), kConflict);
  EXPECT_EQ(unit.preempts('b', 2, 1, kWe), kGood);
  EXPECT_EQ(unit.preempts('b', 2, 3, kWe), kGood);
  EXPECT_EQ(unit.held(), "7 by all");
  EXPECT_EQ(unit.preempts('b', 2, 2, kWe), kGood) << "the last one, by itself";
  EXPECT_EQ(unit.keys() + unit.held() + unit.told(), "");
}

// --- REGISTER AND MOVE (table 70) ----------------------------------------------------------------

TEST(Move, GivesTheReservationToAnother) {
  for (const ReservationType type : {kWe, kEa, kWeRo, kEaRo}) {
    Reserving unit = three(type);
    const std::string code = std::to_string(static_cast<int>(type));
    EXPECT_EQ(unit.moves('a', 1, 'd', 9), kGood);
    EXPECT_EQ(unit.keys(), "a=1 b=2 c=3 d=9");
    EXPECT_EQ(unit.held(), code + " by d");
    EXPECT_EQ(unit.state.generation, 4u);
    EXPECT_EQ(unit.moves('d', 9, 'b', 8, /*leaves=*/true), kGood);
    EXPECT_EQ(unit.keys(), "a=1 b=8 c=3") << "a registered one gets the new key";
    EXPECT_EQ(unit.held(), code + " by b");
    EXPECT_EQ(unit.told(), "");
  }
}

TEST(Move, IsForTheHolderAlone) {
  Reserving unit = three(kWe);
  EXPECT_EQ(unit.moves('s', 0, 'd', 9), kConflict);
  EXPECT_EQ(unit.moves('a', 2, 'd', 9), kConflict);
  EXPECT_EQ(unit.moves('b', 2, 'd', 9), kConflict);
  unit = three(kWeAr);
  EXPECT_EQ(unit.moves('a', 1, 'd', 9), kConflict) << "it is everybody's";
}

TEST(Move, RefusesWhatMakesNoSense) {
  Reserving unit;
  unit.registers('a', 1);
  EXPECT_EQ(unit.moves('a', 1, 'd', 9), kRefused) << "there is nothing to move";
  EXPECT_TRUE(refused_at(unit, 1, sense::kInvalidFieldInCdb));
  unit.reserves('a', 1, kWe);
  EXPECT_EQ(unit.moves('a', 1, 'd', 0), kRefused);
  EXPECT_TRUE(refused_at(unit, 8, sense::kInvalidFieldInParameterList));
  EXPECT_EQ(unit.moves('a', 1, 'a', 9), kRefused) << "to itself";
  EXPECT_TRUE(refused_at(unit, 24, sense::kInvalidFieldInParameterList));
}

// --- APTPL ---------------------------------------------------------------------------------------

Status registers_persistently(Reserving& unit, char by, std::uint64_t old_key, std::uint64_t key,
                              bool aptpl) {
  auto asked = Reserving::request(ReservationAction::kRegister, by, old_key, key);
  asked.aptpl = aptpl;
  return unit.ask(asked);
}

TEST(Aptpl, TheLastRegistrationDecides) {
  Reserving unit;
  registers_persistently(unit, 'a', 0, 1, true);
  EXPECT_TRUE(unit.state.persists);
  unit.reserves('a', 1, kWe);
  unit.clears('a', 1);
  EXPECT_TRUE(unit.state.persists) << "CLEAR says nothing of it";
  unit.registers('b', 2);
  EXPECT_FALSE(unit.state.persists);
}

TEST(Aptpl, IsRefusedWhereNothingCanBeKept) {
  Reserving unit;
  unit.keeps_state = false;
  EXPECT_EQ(registers_persistently(unit, 'a', 0, 1, true), kRefused);
  EXPECT_TRUE(refused_at(unit, 20, sense::kInvalidFieldInParameterList));
  EXPECT_EQ(unit.registers('a', 1), kGood);
  unit.reserves('a', 1, kWe);
  auto move = Reserving::request(ReservationAction::kRegisterAndMove, 'a', 1, 2);
  move.recipient = nexus('b');
  move.aptpl = true;
  EXPECT_EQ(unit.ask(move), kRefused);
  EXPECT_TRUE(refused_at(unit, 17, sense::kInvalidFieldInParameterList));
}

TEST(Aptpl, IsStoredWheneverWhatIsStoredChanges) {
  Reserving unit;
  unit.registers('a', 1);
  EXPECT_FALSE(unit.last.store) << "nothing persists";
  registers_persistently(unit, 'b', 0, 2, true);
  EXPECT_TRUE(unit.last.store);
  unit.reserves('b', 2, kWe);
  EXPECT_TRUE(unit.last.store);
  unit.reserves('b', 2, kWe);
  EXPECT_FALSE(unit.last.store) << "again";
  registers_persistently(unit, 'b', 2, 2, true);
  EXPECT_FALSE(unit.last.store) << "the generation is not stored";
  unit.registers('a', 4, 3);
  EXPECT_FALSE(unit.last.store) << "a conflict";
  unit.registers('a', 3, 1);
  EXPECT_TRUE(unit.last.store) << "what was stored must go";
  unit.clears('a', 3);
  EXPECT_FALSE(unit.last.store);
}

// --- RESERVE and RELEASE of SPC-2 ----------------------------------------------------------------

constexpr auto kReserve6 = ReservationAction::kReserveLegacy;
constexpr auto kRelease6 = ReservationAction::kReleaseLegacy;

TEST(Legacy, IsHeldByOneUntilItReleases) {
  Reserving unit;
  EXPECT_EQ(unit.simply(kReserve6, 'a'), kGood);
  EXPECT_EQ(unit.simply(kReserve6, 'a'), kGood) << "again";
  EXPECT_EQ(unit.simply(kReserve6, 'b'), kConflict);
  EXPECT_EQ(unit.simply(kRelease6, 'b'), kGood) << "which releases nothing";
  EXPECT_EQ(unit.simply(kReserve6, 'b'), kConflict);
  EXPECT_EQ(unit.simply(kRelease6, 'a'), kGood);
  EXPECT_EQ(unit.simply(kReserve6, 'b'), kGood);
  EXPECT_EQ(unit.state.reserved, nexus('b'));
  EXPECT_FALSE(unit.last.store);
}

TEST(Legacy, GoesWithAResetOrItsNexus) {
  Reserving unit;
  unit.simply(kReserve6, 'a');
  unit.simply(ReservationAction::kNexusLost, 'b');
  EXPECT_TRUE(unit.state.reserved);
  unit.simply(ReservationAction::kNexusLost, 'a');
  EXPECT_FALSE(unit.state.reserved);
  unit.simply(kReserve6, 'a');
  unit.simply(ReservationAction::kReset, 'b');
  EXPECT_FALSE(unit.state.reserved);
}

TEST(Legacy, PersistentReservationsOutliveResetAndNexus) {
  Reserving unit = three(kWe);
  const Reservations before = unit.state;
  unit.simply(ReservationAction::kReset, 'a');
  unit.simply(ReservationAction::kNexusLost, 'a');
  EXPECT_EQ(unit.state, before);
}

TEST(Legacy, ExcludesPersistentReserveForEverybody) {
  Reserving unit;
  unit.simply(kReserve6, 'a');
  for (const char by : {'a', 'b'}) {
    EXPECT_EQ(unit.registers(by, 1), kConflict);
    EXPECT_EQ(unit.registers_anyway(by, 1), kConflict);
    EXPECT_EQ(unit.reserves(by, 0, kWe), kConflict);
    EXPECT_EQ(unit.clears(by, 0), kConflict);
  }
}

TEST(Legacy, ConflictsWithRegistrations) {
  Reserving unit;
  unit.registers('a', 1);
  for (const char by : {'a', 'b'}) {
    EXPECT_EQ(unit.simply(kReserve6, by), kConflict) << by;
    EXPECT_EQ(unit.simply(kRelease6, by), kConflict) << by;
  }
}

TEST(Legacy, IsGoodAndNothingForThoseWhomAPersistentReservationIsFor) {  // SPC-4, 5.13.3: CRH
  for (const ReservationType type : kAllTypes) {
    Reserving unit = three(type);
    const Reservations before = unit.state;
    for (const auto action : {kReserve6, kRelease6}) {
      EXPECT_EQ(unit.simply(action, 'a'), kGood);
      EXPECT_EQ(unit.simply(action, 'b'), for_registrants(type) ? kGood : kConflict);
      EXPECT_EQ(unit.simply(action, 's'), kConflict);
    }
    EXPECT_EQ(unit.state, before);
  }
}

}  // namespace
}  // namespace lungate::scsi
