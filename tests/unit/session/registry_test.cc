// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session/registry.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "session/nexus_map.h"

namespace lungate::session {
namespace {

using Answered = std::optional<Result<Admitted, AdmissionError>>;

struct Door {
  struct Closed {
    unsigned lane;
    SessionId id;
    CloseReason reason;
    bool operator==(const Closed&) const = default;
  };
  std::vector<Closed> closed;
  Registry registry;

  explicit Door(Registry::Places places = {100'000, 100'000})
      : registry(
            [this](unsigned lane, SessionId id, CloseReason reason) {
              closed.push_back({lane, id, reason});
            },
            places) {}

  std::shared_ptr<Answered> ask(const std::string& initiator, std::uint64_t isid = 1,
                                std::uint16_t tsih = 0, const std::string& target = "t",
                                unsigned lane = 0, std::uint16_t group = 1,
                                std::uint64_t ticket = 0) {
    return ask_by({{initiator, isid, target, group}, tsih, 0, lane, ticket, {}});
  }
  std::shared_ptr<Answered> ask_by(const Admission& admission) {
    auto answered = std::make_shared<Answered>();
    registry.admit(admission, [answered](auto result) {
      EXPECT_FALSE(answered->has_value()) << "one answer each";
      *answered = result;
    });
    return answered;
  }
  /// As its lane reports it: with a legacy when it was asked to end for the same port's login.
  void ended(SessionId id, NexusLegacyPtr legacy = std::make_shared<const NexusLegacy>()) {
    registry.ended(id, std::move(legacy));
  }
  Admitted enter(const std::string& initiator, std::uint64_t isid = 1, unsigned lane = 0) {
    return ask(initiator, isid, 0, "t", lane)->value().value();
  }
};

TEST(Registry, EverySessionHasItsOwnIdAndHandle) {
  Door door;
  const Admitted a = door.enter("a");
  const Admitted b = door.enter("b");
  const Admitted other_isid = door.enter("a", 2);
  EXPECT_NE(a.id, b.id);
  EXPECT_NE(a.tsih, b.tsih);
  EXPECT_NE(a.tsih, other_isid.tsih);
  EXPECT_NE(a.tsih, 0);
  EXPECT_EQ(door.registry.size(), 3u);
  EXPECT_TRUE(door.closed.empty());
}

TEST(Registry, AnotherTargetOrPortalGroupIsAnotherNexus) {
  Door door;
  door.enter("a");
  EXPECT_TRUE(door.ask("a", 1, 0, "another")->has_value());
  EXPECT_TRUE(door.ask("a", 1, 0, "t", 0, 2)->has_value());
  EXPECT_TRUE(door.closed.empty());
}

TEST(Registry, TheSamePortWaitsForTheEndOfItsOldSession) {
  Door door;
  const Admitted old = door.enter("a", 1, 3);
  const auto waiting = door.ask("a");
  EXPECT_FALSE(waiting->has_value());
  EXPECT_EQ(door.closed, (std::vector<Door::Closed>{{3, old.id, CloseReason::kReinstated}}));
  door.ended(old.id);
  ASSERT_TRUE(waiting->has_value());
  EXPECT_NE((*waiting)->value().id, old.id);
  EXPECT_EQ(door.registry.size(), 1u);
}

/// Guards the one place in Entry::waiting: as many as a peer likes would wait otherwise.
TEST(Registry, TheNewestWaitsAndTheOneBeforeItIsRefused) {
  Door door;
  const Admitted old = door.enter("a");
  const auto first = door.ask("a", 1, 0, "t", 1);
  EXPECT_EQ(door.registry.waiting(), 1u);
  const auto second = door.ask("a", 1, 0, "t", 2);
  ASSERT_TRUE(first->has_value());
  EXPECT_EQ((*first)->error(), AdmissionError::kSuperseded);
  EXPECT_EQ(door.registry.waiting(), 1u);
  EXPECT_EQ(door.closed.size(), 1u) << "asked to end once";
  door.ended(old.id);
  ASSERT_TRUE(second->has_value());
  EXPECT_TRUE((*second)->has_value());
  EXPECT_EQ(door.registry.size(), 1u);
  EXPECT_EQ(door.registry.waiting(), 0u);
}

TEST(Registry, WhoHasGoneWaitsNoLonger) {
  Door door;
  const Admission first_one{{"a", 1, "t", 1}, 0, 0, 0, 7, {}};
  Admission another = first_one;
  another.ticket = 8;
  const Admitted old = door.enter("a");
  const auto first = door.ask_by(first_one);
  door.registry.withdraw(another);
  EXPECT_EQ(door.registry.waiting(), 1u) << "another one's ticket";
  door.registry.withdraw(first_one);
  EXPECT_EQ(door.registry.waiting(), 0u);
  door.ended(old.id);
  EXPECT_FALSE(first->has_value());
  EXPECT_EQ(door.registry.size(), 0u);
  door.registry.withdraw(first_one);  // nobody is there at all
}

TEST(Registry, DiscoverySessionsDoNotDisturbEachOther) {
  Door door;
  const auto a = door.ask("a", 1, 0, "");
  const auto b = door.ask("a", 1, 0, "");
  ASSERT_TRUE(a->has_value() && b->has_value());
  EXPECT_TRUE(door.closed.empty());
  door.ended((*a)->value().id);
  door.ended((*b)->value().id);
  EXPECT_EQ(door.registry.size(), 0u);
}

/// Guards make_room_for_discovery(): it takes no access to open one.
TEST(Registry, OneDiscoverySessionTooManyEndsTheOldest) {
  Door door({2, 3});
  std::vector<SessionId> ids;
  for (int i = 0; i < 6; ++i) ids.push_back(door.ask("a", 1, 0, "")->value().value().id);
  EXPECT_EQ(door.closed, (std::vector<Door::Closed>{{0, ids[0], CloseReason::kEvicted},
                                                    {0, ids[1], CloseReason::kEvicted},
                                                    {0, ids[2], CloseReason::kEvicted}}));
  door.ended(ids[0]);
  door.ended(ids[5]);
  EXPECT_TRUE(door.ask("a", 1, 0, "")->value());
  EXPECT_EQ(door.closed.size(), 3u) << "a place is free";
  EXPECT_TRUE(door.ask("a")->value()) << "normal sessions have places of their own";
}

/// Guards the bound of normal sessions: what is left of the connections is for logins.
TEST(Registry, OneNormalSessionTooManyIsRefused) {
  Door door({2, 3});
  const Admitted a = door.enter("a");
  door.enter("b");
  EXPECT_EQ(door.ask("c")->value().error(), AdmissionError::kOutOfResources);
  EXPECT_TRUE(door.ask("c", 1, 0, "")->value());
  const auto again = door.ask("a");
  EXPECT_FALSE(again->has_value()) << "it takes its own old place";
  door.ended(a.id);
  EXPECT_TRUE(again->value());
}

/// A login of "a" with this session's handle.
Admission into(const Admitted& session, std::uint16_t cid = 0, const std::string& target = "t") {
  return {{"a", 1, target, 1}, session.tsih, cid, 0, 7, {}};
}

TEST(Registry, ALoginWithHandleAndConnectionOfItsOwnContinuesTheSession) {
  Door door;
  door.enter("b");
  const Admitted old = door.enter("a", 1, 3);
  const auto waiting = door.ask_by(into(old));
  EXPECT_FALSE(waiting->has_value()) << "until the old connection's I/O has ended";
  EXPECT_EQ(door.closed, (std::vector<Door::Closed>{{3, old.id, CloseReason::kReinstated}}));
  const auto legacy = std::make_shared<const NexusLegacy>();
  EXPECT_TRUE(door.registry.continues(old.id, legacy));
  door.ended(old.id, legacy);
  ASSERT_TRUE(waiting->has_value());
  const Admitted admitted = (*waiting)->value();
  EXPECT_EQ(admitted.tsih, old.tsih);
  EXPECT_EQ(admitted.legacy, legacy);
  EXPECT_NE(admitted.id, old.id);
  EXPECT_EQ(door.registry.size(), 2u);
  EXPECT_FALSE(door.ask_by(into(admitted))->has_value()) << "and so on";
}

TEST(Registry, ALoginWithoutAHandleContinuesNothing) {
  Door door;
  const Admitted old = door.enter("a");
  const auto waiting = door.ask("a");
  EXPECT_FALSE(door.registry.continues(old.id, std::make_shared<const NexusLegacy>()));
  door.ended(old.id);
  EXPECT_NE((*waiting)->value().tsih, old.tsih);
  EXPECT_EQ((*waiting)->value().legacy, nullptr);
}

/// Guards the legacy in Registry::continued: the old connection was gone before it was asked to go.
TEST(Registry, ASessionThatHasEndedByItselfIsNotContinued) {
  Door door;
  const Admitted old = door.enter("a");
  const auto waiting = door.ask_by(into(old));
  EXPECT_FALSE(door.registry.continues(old.id, nullptr));
  door.ended(old.id, nullptr);
  EXPECT_EQ((*waiting)->error(), AdmissionError::kNoSuchSession);
  EXPECT_EQ(door.registry.size(), 0u);
}

/// Guards Entry::closing_for_good, before the login comes and while it waits.
TEST(Registry, WhatAnOperatorHasEndedIsNotContinued) {
  for (const bool waits_already : {false, true}) {
    Door door;
    const Admitted old = door.enter("a");
    if (!waits_already) door.registry.close(old.id, CloseReason::kAdministrative);
    const auto login = door.ask_by(into(old));
    EXPECT_EQ(login->has_value(), !waits_already);
    door.registry.close(old.id, CloseReason::kAdministrative);
    door.ended(old.id);
    EXPECT_EQ((*login)->error(), AdmissionError::kNoSuchSession);
  }
}

TEST(Registry, OfLoginsWithAndWithoutTheHandleTheNewestWaits) {
  Door door;
  const Admitted old = door.enter("a");
  const auto continuing = door.ask_by(into(old));
  const auto anew = door.ask("a");
  EXPECT_EQ((*continuing)->error(), AdmissionError::kSuperseded);
  const auto again = door.ask_by(into(old));
  EXPECT_EQ((*anew)->error(), AdmissionError::kSuperseded);
  EXPECT_EQ(door.registry.waiting(), 1u);
  door.registry.withdraw(into(old));
  EXPECT_EQ(door.registry.waiting(), 0u);
  EXPECT_FALSE(door.registry.continues(old.id, std::make_shared<const NexusLegacy>()));
  EXPECT_FALSE(again->has_value());
}

/// Guards Registry::enter, which makes room: the one that is replaced has counted no more.
TEST(Registry, ADiscoverySessionIsContinuedInItsOwnPlace) {
  Door door({2, 2});
  const Admitted a = door.ask("a", 1, 0, "")->value().value();
  const Admitted b = door.ask("a", 1, 0, "")->value().value();
  const auto again = door.ask_by(into(a, 0, ""));
  EXPECT_FALSE(again->has_value());
  EXPECT_TRUE(door.ask("a", 1, 0, "")->value());
  door.ended(a.id);
  EXPECT_EQ((*again)->value().tsih, a.tsih);
  EXPECT_EQ(door.closed, (std::vector<Door::Closed>{{0, a.id, CloseReason::kReinstated},
                                                    {0, b.id, CloseReason::kEvicted}}));
}

TEST(Registry, AHandleThatIsGivenMustBeOnesOwn) {
  Door door;
  const Admitted a = door.enter("a");
  EXPECT_EQ(door.ask_by(into(a, 1))->value().error(), AdmissionError::kTooManyConnections);
  EXPECT_EQ(door.ask("b", 1, a.tsih)->value().error(), AdmissionError::kNoSuchSession);
  EXPECT_EQ(door.ask("a", 1, 999)->value().error(), AdmissionError::kNoSuchSession);
  EXPECT_EQ(door.registry.size(), 1u);
  EXPECT_TRUE(door.closed.empty());
}

TEST(Registry, HandlesAreNeitherZeroNorGivenTwiceAndRunOut) {
  Door door;
  std::vector<SessionId> ids;
  for (unsigned i = 0; i < 65535; ++i) {
    const auto admitted = door.ask("a", 1, 0, "")->value();
    ASSERT_TRUE(admitted);
    ASSERT_NE(admitted->tsih, 0);
    ids.push_back(admitted->id);
  }
  EXPECT_EQ(door.ask("b")->value().error(), AdmissionError::kOutOfResources);
  door.ended(ids[1000]);
  EXPECT_EQ(door.enter("b").tsih, 1001) << "the only one that is free";
}

TEST(Registry, AnEndIsAskedForOnce) {
  Door door;
  const Admitted a = door.enter("a");
  EXPECT_FALSE(door.registry.close(a.id + 1, CloseReason::kAdministrative));
  EXPECT_TRUE(door.registry.close(a.id, CloseReason::kAdministrative));
  EXPECT_TRUE(door.registry.close(a.id, CloseReason::kAdministrative));
  EXPECT_EQ(door.closed.size(), 1u);
  door.ended(a.id);
  door.ended(a.id);
  EXPECT_EQ(door.registry.size(), 0u);
}

}  // namespace
}  // namespace lungate::session
