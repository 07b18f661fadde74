// SPDX-License-Identifier: LGPL-2.1-or-later
// Whom a reservation keeps out: every type, every class of command, everybody who may ask.
#include "scsi/reservations.h"

#include <map>
#include <set>

#include "scsi/command_table.h"
#include "tests/unit/scsi/disk.h"
#include "tests/unit/scsi/reserving.h"

namespace lungate::scsi {
namespace {

using testing::nexus;

constexpr std::array kAllTypes = {ReservationType::kWriteExclusive,
                                  ReservationType::kExclusiveAccess,
                                  ReservationType::kWriteExclusiveRegistrantsOnly,
                                  ReservationType::kExclusiveAccessRegistrantsOnly,
                                  ReservationType::kWriteExclusiveAllRegistrants,
                                  ReservationType::kExclusiveAccessAllRegistrants};

/// 'h' has reserved the unit, 'r' is registered too, 's' is a stranger.
Reservations reserved_as(ReservationType type) {
  testing::Reserving unit;
  unit.registers('h', 1);
  unit.registers('r', 2);
  EXPECT_EQ(unit.reserves('h', 1, type), Status::kGood);
  return unit.state;
}

/// "r s": those of `asking` who meet a conflict.
std::string kept_out(const Reservations& state, const std::string& asking, ReservedFor what) {
  std::string out;
  for (const char who : asking)
    if (conflicts(state, nexus(who), what)) out += who;
  return out;
}

TEST(Conflicts, OfPersistentReservations) {
  struct Row {
    ReservationType type;
    const char* readers;
    const char* writers;
    const char* registrants;
  };
  constexpr std::array kRows = {
      Row{ReservationType::kWriteExclusive, "", "rs", "s"},
      Row{ReservationType::kExclusiveAccess, "rs", "rs", "s"},
      Row{ReservationType::kWriteExclusiveRegistrantsOnly, "", "s", "s"},
      Row{ReservationType::kExclusiveAccessRegistrantsOnly, "s", "s", "s"},
      Row{ReservationType::kWriteExclusiveAllRegistrants, "", "s", "s"},
      Row{ReservationType::kExclusiveAccessAllRegistrants, "s", "s", "s"},
  };
  for (const Row& row : kRows) {
    const Reservations state = reserved_as(row.type);
    const int type = static_cast<int>(row.type);
    EXPECT_EQ(kept_out(state, "hrs", ReservedFor::kReaders), row.readers) << type;
    EXPECT_EQ(kept_out(state, "hrs", ReservedFor::kWriters), row.writers) << type;
    EXPECT_EQ(kept_out(state, "hrs", ReservedFor::kRegistrants), row.registrants) << type;
    for (const ReservedFor what :
         {ReservedFor::kAnyone, ReservedFor::kProbers, ReservedFor::kManagers})
      EXPECT_EQ(kept_out(state, "hrs", what), "") << type;
  }
}

TEST(Conflicts, OfReserve) {
  testing::Reserving unit;
  unit.simply(ReservationAction::kReserveLegacy, 'h');
  EXPECT_EQ(kept_out(unit.state, "hs", ReservedFor::kAnyone), "");
  EXPECT_EQ(kept_out(unit.state, "hs", ReservedFor::kManagers), "hs");
  for (const ReservedFor what : {ReservedFor::kReaders, ReservedFor::kWriters,
                                 ReservedFor::kRegistrants, ReservedFor::kProbers})
    EXPECT_EQ(kept_out(unit.state, "hs", what), "s") << static_cast<int>(what);
}

TEST(Conflicts, RegistrationsAloneForbidNothing) {
  testing::Reserving unit;
  unit.registers('r', 1);
  for (const ReservedFor what :
       {ReservedFor::kAnyone, ReservedFor::kReaders, ReservedFor::kWriters,
        ReservedFor::kRegistrants, ReservedFor::kProbers, ReservedFor::kManagers})
    EXPECT_EQ(kept_out(unit.state, "rs", what), "") << static_cast<int>(what);
}

TEST(Conflicts, TheSameInitiatorAtAnotherPortIsAnotherNexus) {
  const Reservations state = reserved_as(ReservationType::kWriteExclusive);
  NexusName elsewhere = nexus('h');
  elsewhere.relative_target_port = 2;
  EXPECT_TRUE(conflicts(state, elsewhere, ReservedFor::kWriters));
}

TEST(Reservations, HoldersAreOneOrAllRegistered) {
  for (const ReservationType type : kAllTypes) {
    const Reservations state = reserved_as(type);
    EXPECT_TRUE(state.holds(nexus('h'))) << static_cast<int>(type);
    EXPECT_EQ(state.holds(nexus('r')), for_all_registrants(type)) << static_cast<int>(type);
    EXPECT_FALSE(state.holds(nexus('s'))) << static_cast<int>(type);
  }
}

TEST(Reservations, OnlySixTypesAreTypes) {
  std::set<int> known;
  for (unsigned code = 0; code < 256; ++code)
    if (reservation_type(static_cast<std::uint8_t>(code))) known.insert(static_cast<int>(code));
  EXPECT_EQ(known, (std::set<int>{1, 3, 5, 6, 7, 8}));
}

TEST(Reservations, AreEmptyWithoutRegistrationsAndReserve) {
  testing::Reserving unit;
  EXPECT_TRUE(unit.state.empty());
  unit.registers('a', 1);
  EXPECT_FALSE(unit.state.empty());
  unit.clears('a', 1);
  EXPECT_TRUE(unit.state.empty()) << "whatever the generation is";
  unit.simply(ReservationAction::kReserveLegacy, 'a');
  EXPECT_FALSE(unit.state.empty());
}

// --- The column of the command table -------------------------------------------------------------

/// SPC-4, table 65, and SBC-3, table 13, for the commands that we have; the service action stands
/// behind the operation code. What REPORT CAPABILITIES says (ALLOW COMMANDS 100b) rests on it.
const std::map<ReservedFor, std::set<std::string>> kAsTheStandardsSay = {
    {ReservedFor::kAnyone,
     {"03", "12", "16", "17", "25", "4d", "56", "57", "9e/10", "a0", "a3/5", "a3/a", "a3/f"}},
    {ReservedFor::kProbers, {"00"}},
    {ReservedFor::kReaders,
     {"08", "1a", "28", "2f", "34", "37", "5a", "88", "8f", "90", "9e/12", "a3/c", "a3/d", "a8",
      "af", "b7"}},
    {ReservedFor::kWriters,
     {"04",   "0a", "15",   "1d", "2a", "2e", "35", "3b", "41", "42", "48/1", "48/1f", "48/2",
      "48/3", "55", "83/0", "89", "8a", "8b", "8e", "91", "93", "9c", "aa",   "ae"}},
    {ReservedFor::kManagers,
     {"5e/0", "5e/1", "5e/2", "5e/3", "5f/0", "5f/1", "5f/2", "5f/3", "5f/4", "5f/5", "5f/6",
      "5f/7"}},
};

TEST(ReservedForColumn, IsWhatTheStandardsSay) {
  std::size_t known = 0;
  for (const Command& command : commands()) {
    char row[16];
    std::snprintf(row, sizeof(row), command.service_action ? "%02x/%x" : "%02x", command.opcode,
                  unsigned{command.service_action.value_or(0)});
    for (const auto& [what, rows] : kAsTheStandardsSay) {
      if (rows.count(row) == 0) continue;
      ++known;
      EXPECT_EQ(command.reserved_for, what) << row << ' ' << command.name;
    }
  }
  EXPECT_GE(known, 41u);
}

TEST(ReservedForColumn, WhatWritesIsForWriters) {
  for (const Command& command : commands()) {
    if (!command.writes) continue;
    EXPECT_EQ(command.reserved_for, ReservedFor::kWriters) << command.name;
  }
}

TEST(ReservedForColumn, StopsACommandBeforeItsCdbIsLookedAt) {
  testing::Disk disk;
  testing::Reserving unit;
  unit.simply(ReservationAction::kReserveLegacy, 'h');
  disk.unit.reservations = std::make_shared<const Reservations>(unit.state);
  const auto answer = disk.send("28 e0 ffffffff 00 0001 00");
  EXPECT_EQ(answer.status, Status::kReservationConflict);
  EXPECT_TRUE(answer.data.empty() && answer.calls.empty());
  EXPECT_EQ(disk.send("5e 00 0000000000 0008 00").status, Status::kReservationConflict);
  EXPECT_EQ(disk.send("25 00 00000000 0000 00 00").status, Status::kGood);
}

}  // namespace
}  // namespace lungate::scsi
