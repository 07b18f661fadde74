// SPDX-License-Identifier: LGPL-2.1-or-later
// Initiators called 'a', 'b', 'c', who ask for changes of one unit's reservations:
//
//   Reserving unit;
//   unit.registers('a', 1);
//   EXPECT_EQ(unit.reserves('a', 1, ReservationType::kWriteExclusive), kGood);
//   EXPECT_EQ(unit.held(), "1 by a");
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "scsi/reservations.h"
#include "tests/unit/scsi/reservation_rules.h"

namespace lungate::scsi::testing {

inline constexpr Status kGood = Status::kGood;
inline constexpr Status kConflict = Status::kReservationConflict;
inline constexpr Status kRefused = Status::kCheckCondition;

inline NexusName nexus(char who) {
  return {std::string("iqn.2026-11.io.lungate:host-") + who + ",i,0x00023d000001", 1};
}

/// The initiator behind a name.
inline char who(const NexusName& name) {
  return name.initiator_port[std::string("iqn.2026-11.io.lungate:host-").size()];
}

class Reserving {
 public:
  Status ask(ReservationRequest request) {
    const Reservations before = state;
    last = apply(state, request, keeps_state);
    if (last.status == kGood) {
      state = last.next;
    } else {
      EXPECT_EQ(last.next, before) << "not GOOD, but the state has changed";
      EXPECT_TRUE(last.told.empty() && last.aborted.empty() && !last.store);
    }
    EXPECT_EQ(broken_rule(state), "");
    return last.status;
  }

  Status registers(char by, std::uint64_t key, std::uint64_t old_key = 0) {
    return ask(request(ReservationAction::kRegister, by, old_key, key));
  }
  Status registers_anyway(char by, std::uint64_t key) {
    return ask(request(ReservationAction::kRegisterAndIgnore, by, 0xbad, key));
  }
  Status registers_with(char by, std::uint64_t key, const std::string& others) {
    auto asked = request(ReservationAction::kRegister, by, 0, key);
    asked.specifies_ports = true;
    for (const char other : others) asked.also.push_back(nexus(other));
    return ask(asked);
  }
  Status unregisters(char by, std::uint64_t key) { return registers(by, 0, key); }
  Status reserves(char by, std::uint64_t key, ReservationType type) {
    return ask(request(ReservationAction::kReserve, by, key, 0, type));
  }
  Status releases(char by, std::uint64_t key, ReservationType type) {
    return ask(request(ReservationAction::kRelease, by, key, 0, type));
  }
  Status clears(char by, std::uint64_t key) {
    return ask(request(ReservationAction::kClear, by, key));
  }
  Status preempts(char by, std::uint64_t key, std::uint64_t victim,
                  std::optional<ReservationType> type) {
    return ask(request(ReservationAction::kPreempt, by, key, victim, type));
  }
  Status preempts_and_aborts(char by, std::uint64_t key, std::uint64_t victim,
                             std::optional<ReservationType> type) {
    return ask(request(ReservationAction::kPreemptAndAbort, by, key, victim, type));
  }
  Status moves(char by, std::uint64_t key, char to, std::uint64_t new_key, bool leaves = false) {
    auto asked = request(ReservationAction::kRegisterAndMove, by, key, new_key);
    asked.recipient = nexus(to);
    asked.unregister_source = leaves;
    return ask(asked);
  }
  Status simply(ReservationAction action, char by) { return ask(request(action, by)); }

  static ReservationRequest request(ReservationAction action, char by, std::uint64_t key = 0,
                                    std::uint64_t service_action_key = 0,
                                    std::optional<ReservationType> type = std::nullopt) {
    ReservationRequest asked;
    asked.action = action;
    asked.by = nexus(by);
    asked.key = key;
    asked.service_action_key = service_action_key;
    asked.type = type;
    return asked;
  }

  /// "a=1 b=2", in the order of registering.
  std::string keys() const {
    std::string text;
    for (const Registration& registration : state.registrations)
      text += (text.empty() ? "" : " ") + std::string(1, who(registration.nexus)) + "=" +
              std::to_string(registration.key);
    return text;
  }
  /// "5 by a", "7 by all", "".
  std::string held() const {
    if (!state.type) return "";
    return std::to_string(static_cast<int>(*state.type)) + " by " +
           (state.holder ? std::string(1, who(*state.holder)) : "all");
  }
  /// "b:2a/04 c:2a/05": the unit attentions of the last request.
  std::string told() const {
    std::string text;
    for (const auto& [name, attention] : last.told) {
      char words[16];
      std::snprintf(words, sizeof(words), "%c:%02x/%02x", who(name), attention.asc, attention.ascq);
      text += (text.empty() ? "" : " ") + std::string(words);
    }
    return text;
  }
  std::string aborted() const {
    std::string text;
    for (const NexusName& name : last.aborted) text += who(name);
    return text;
  }

  Reservations state;
  ReservationResult last;
  bool keeps_state = true;
};

}  // namespace lungate::scsi::testing
