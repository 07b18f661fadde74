// SPDX-License-Identifier: LGPL-2.1-or-later
// What is kept with the store: there and back, and nothing else is taken for it.
#include "scsi/kept_state.h"

#include <gmock/gmock.h>

#include <random>

#include "tests/unit/scsi/reserving.h"

namespace lungate::scsi {
namespace {

using ::testing::HasSubstr;
using testing::nexus;
using testing::Reserving;

Result<KeptState, std::string> decoded(std::string_view text) {
  return decode_state(bytes_of(text));
}

KeptState persistent(ReservationType type) {
  Reserving unit;
  unit.registers('a', 0xffffffffffffffff);
  auto asked = Reserving::request(ReservationAction::kRegister, 'b', 0, 0xab);
  asked.aptpl = true;
  unit.ask(asked);
  unit.reserves('b', 0xab, type);
  return {unit.state, {}};
}

const std::string kA = R"({"initiator_port":"iqn.2026-11.io.lungate:host-a,i,0x00023d000001",)"
                       R"("target_port":1,"key":"00000000000000ab"})";
const std::string kB = R"({"initiator_port":"iqn.2026-11.io.lungate:host-b,i,0x00023d000001",)"
                       R"("target_port":65535,"key":"00000000000000ab"})";
std::string document(const std::string& registrations, const std::string& rest = "") {
  return R"({"version":1,"persists":true,"registrations":[)" + registrations + "]" + rest + "}";
}

TEST(KeptState, IsWrittenAsItHasAlwaysBeen) {
  // Older releases have stored this: it must be read for ever.
  EXPECT_EQ(encode_state(persistent(ReservationType::kWriteExclusiveRegistrantsOnly)),
            R"({"version":1,"persists":true,"registrations":[)"
            R"({"initiator_port":"iqn.2026-11.io.lungate:host-a,i,0x00023d000001",)"
            R"("target_port":1,"key":"ffffffffffffffff"},)"
            R"({"initiator_port":"iqn.2026-11.io.lungate:host-b,i,0x00023d000001",)"
            R"("target_port":1,"key":"00000000000000ab"}],"type":5,"holder":1})");
  EXPECT_EQ(encode_state({}), R"({"version":1,"persists":false,"registrations":[]})");
}

TEST(KeptState, ComesBackWithoutItsGeneration) {
  for (const int type : {1, 3, 5, 6, 7, 8}) {
    KeptState state = persistent(static_cast<ReservationType>(type));
    const auto found = decoded(encode_state(state));
    ASSERT_TRUE(found.has_value()) << found.error();
    state.reservations.generation = 0;
    EXPECT_EQ(*found, state);
  }
}

TEST(KeptState, OfWhatDoesNotPersistIsNothing) {
  Reserving unit;
  unit.registers('a', 1);
  unit.reserves('a', 1, ReservationType::kWriteExclusive);
  const auto found = decoded(encode_state({unit.state, {}}));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(*found, KeptState{});
  EXPECT_EQ(*decoded(""), KeptState{}) << "nothing has ever been stored";
}

TEST(KeptState, TheLargestFits) {
  Reservations state;
  state.persists = true;
  for (std::size_t i = 0; i < limits::kRegistrationsMax; ++i) {
    NexusName name{std::string(limits::kNameBytesMax - 3, 'x'), 0xffff};
    const std::string number = std::to_string(100 + i);
    name.initiator_port += number + ",i,0xffffffffffff";
    state.registrations.push_back({name, ~std::uint64_t{0}});
  }
  state.type = ReservationType::kWriteExclusive;
  state.holder = state.registrations.back().nexus;
  const std::string stored = encode_state({state, MediumFailure{MediumWork::kBlockErase, false}});
  EXPECT_LE(stored.size(), limits::kUnitStateBytesMax);
  ASSERT_TRUE(decoded(stored).has_value()) << decoded(stored).error();
  EXPECT_EQ(decoded(stored)->reservations, state);
}

TEST(KeptState, WorkThatHasNotEndedIsKeptBesideThem) {
  for (const MediumWork work :
       {MediumWork::kFormat, MediumWork::kBlockErase, MediumWork::kOverwrite}) {
    for (const bool unrestricted_exit : {false, true}) {
      KeptState state = persistent(ReservationType::kWriteExclusive);
      state.reservations.generation = 0;
      state.medium = MediumFailure{work, unrestricted_exit};
      EXPECT_EQ(decoded(encode_state(state)).value(), state);
    }
  }
  EXPECT_EQ(encode_state({{}, MediumFailure{MediumWork::kOverwrite, true}}),
            R"({"version":1,"persists":false,"registrations":[],)"
            R"("medium":{"work":"overwrite","unrestricted_exit":true}})");
}

TEST(KeptState, AfterARestartWorkThatWasUnderWayHasFailed) {
  MediumActivity under_way{MediumWork::kOverwrite, false, true, nullptr};
  const auto shown = activity_of(failure_of(std::make_shared<const MediumActivity>(under_way)));
  ASSERT_NE(shown, nullptr);
  EXPECT_TRUE(shown->failed);
  EXPECT_TRUE(shown->unrestricted_exit);
  EXPECT_EQ(shown->work, MediumWork::kOverwrite);
  EXPECT_EQ(activity_of(failure_of(nullptr)), nullptr);
}

TEST(KeptState, OfAnotherVersionIsNotGuessedAt) {
  const auto found = decoded(R"({"version":2,"persists":true,"registrations":[]})");
  ASSERT_FALSE(found.has_value());
  EXPECT_THAT(found.error(), HasSubstr("version 2"));
}

TEST(KeptState, DamageIsRefused) {
  ASSERT_TRUE(decoded(document(kA + "," + kB, R"(,"type":1,"holder":1)")).has_value());
  const std::string key = R"("key":"00000000000000ab")";
  const auto with = [&](const std::string& instead) {
    std::string text = kA;
    return text.replace(text.find(key), key.size(), instead);
  };
  const std::vector<std::string> damaged = {
      " ",
      "null",
      "[]",
      "{}",
      "{",
      "\"",
      "\xff\xfe",
      document(kA) + "x",
      document(kA) + "{}",
      std::string(5, '\0'),
      R"({"version":"1","persists":true,"registrations":[]})",
      R"({"version":-1,"persists":true,"registrations":[]})",
      R"({"version":1.0,"persists":true,"registrations":[]})",
      R"({"version":1,"persists":1,"registrations":[]})",
      R"({"version":1,"registrations":[]})",
      R"({"version":1,"persists":true})",
      R"({"version":1,"persists":true,"registrations":{}})",
      R"({"version":1,"persists":false,"registrations":[)" + kA + "]}",
      document("1"),
      document("[]"),
      document("{}"),
      document(kA + "," + kA),
      document(with(R"("key":"0000000000000000")")),
      document(with(R"("key":"ab")")),
      document(with(R"("key":"000000000000000x")")),
      document(with(R"("key":"+0000000000000ab")")),
      document(with(R"("key":171)")),
      document(with(key + R"(,"more":1)")),
      document(with(R"("kex":"00000000000000ab")")),
      document(kA, R"(,"type":1)"),
      document(kA, R"(,"holder":0)"),
      document(kA, R"(,"type":1,"holder":1)"),
      document(kA, R"(,"type":1,"holder":-1)"),
      document(kA, R"(,"type":2,"holder":0)"),
      document(kA, R"(,"type":257,"holder":0)"),
      document(kA, R"(,"type":7,"holder":0)"),
      document("", R"(,"type":7)"),
      document(kA, R"(,"type":null)"),
      document(kA, R"(,"more":1)"),
      document(kA, R"(,"medium":null)"),
      document(kA, R"(,"medium":[])"),
      document(kA, R"(,"medium":{})"),
      document(kA, R"(,"medium":{"work":"overwrite"})"),
      document(kA, R"(,"medium":{"work":"overwrite","unrestricted_exit":1})"),
      document(kA, R"(,"medium":{"work":"exit","unrestricted_exit":true})"),
      document(kA, R"(,"medium":{"work":"format","unrestricted_exit":true,"more":1})"),
  };
  for (const std::string& text : damaged) EXPECT_FALSE(decoded(text).has_value()) << text;
}

TEST(KeptState, NamesMustBeInTheOneForm) {
  const auto named = [](const std::string& name) {
    return document(R"({"initiator_port":")" + name +
                    R"(","target_port":1,"key":"00000000000000ab"})");
  };
  EXPECT_TRUE(decoded(named("iqn.x,i,0x000000000001")).has_value());
  for (const char* name : {"", "iqn.x", "iqn.x,i,0x1", "iqn.X,i,0x000000000001",
                           ",i,0x000000000001", "iqn.\\u00e9,i,0x000000000001"})
    EXPECT_FALSE(decoded(named(name)).has_value()) << name;
}

TEST(KeptState, DepthAndLengthAreBounded) {
  for (const std::size_t depth : {4, 5, 1000, 60'000}) {
    const std::string bomb = std::string(depth, '[') + std::string(depth, ']');
    EXPECT_FALSE(decoded(bomb).has_value());
    EXPECT_THAT(decoded(document(bomb)).error(), HasSubstr("not the JSON")) << "dropped unread";
    EXPECT_FALSE(decoded(std::string(depth, '[')).has_value());
  }
  const std::string spaces(limits::kUnitStateBytesMax, ' ');
  EXPECT_FALSE(decoded(document(kA) + spaces).has_value());
  std::string many;
  for (std::size_t i = 0; i <= limits::kRegistrationsMax; ++i)
    many += (i == 0 ? "" : ",") +
            std::string(R"({"initiator_port":"a,i,0x000000000001","target_port":)") +
            std::to_string(i + 1) + R"(,"key":"00000000000000ab"})";
  EXPECT_THAT(decoded(document(many)).error(), HasSubstr("too many"));
}

TEST(KeptState, GarbageIsRefusedOrIsAState) {
  const std::string seed_text =
      encode_state(persistent(ReservationType::kExclusiveAccessRegistrantsOnly));
  std::mt19937_64 random(20261123);
  int taken = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = seed_text;
    for (std::uint64_t hits = 1 + random() % 4; hits > 0; --hits) {
      const std::size_t at = random() % text.size();
      if (random() % 3 == 0)
        text.erase(at, 1 + random() % 8);
      else
        text[at] = static_cast<char>(random() % 2 == 0 ? random() : seed_text[random() % 40]);
      if (text.empty()) text = " ";
    }
    const auto found = decoded(text);
    if (!found) continue;
    ++taken;
    EXPECT_EQ(testing::broken_rule(found->reservations), "") << text;
    EXPECT_EQ(decoded(encode_state(*found)).value(), *found) << text;
  }
  EXPECT_GT(taken, 0) << "a changed digit of a key is a key";
}

}  // namespace
}  // namespace lungate::scsi
