// SPDX-License-Identifier: LGPL-2.1-or-later

// What changes reservations: PERSISTENT RESERVE OUT (SPC-4, 5.13.7 to 5.13.11), RESERVE and RELEASE
// (SPC-2, 5.5), resets. Each is a function from a state and a request to the next state, run on the
// unit's home loop alone, so that two requests never meet. Until a rule has ended with GOOD nobody
// sees what it did: apply() gives back the old state otherwise.
//
// The two ways to reserve exclude each other (SPC-2, 5.5.1): while RESERVE holds the unit,
// PERSISTENT RESERVE conflicts, for its holder, too; while a nexus is registered, RESERVE and
// RELEASE conflict. From the latter SPC-4 excepts those for whom the persistent reservation is
// (5.13.3): they get GOOD, and nothing changes. We do so and say it (CRH=1): such a host is
// protected already, and backup programs that send RESERVE out of habit would fail on a clustered
// disk for no gain.
#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/limits.h"
#include "scsi/outcome.h"
#include "scsi/reservations.h"

namespace lungate::scsi {
namespace {

// Fields of parameter list and CDB that a refusal points at (SPC-4, 6.16.1, 6.16.3, 6.16.4).
constexpr std::uint16_t kServiceActionByte = 1;
constexpr std::uint16_t kTypeByte = 2;
constexpr std::uint16_t kServiceActionKeyByte = 8;
constexpr std::uint16_t kMoveFlagsByte = 17;
constexpr std::uint16_t kFlagsByte = 20;
constexpr std::uint16_t kRecipientByte = 24;
constexpr std::uint16_t kFirstTransportIdByte = 28;
constexpr std::uint8_t kAptplBit = 0;
constexpr std::uint8_t kSpecIPtBit = 3;

/// One request on its way: `result.next` is what the rule works on.
struct Turn {
  const ReservationRequest& request;
  const bool keeps_state;
  ReservationResult result;

  Reservations& next() { return result.next; }
  const NexusName& by() const { return request.by; }
};

void conflict(Turn& turn) {
  turn.result.status = Status::kReservationConflict;
}

void refuse(Turn& turn, const Sense& sense) {
  turn.result.status = Status::kCheckCondition;
  turn.result.sense = sense;
}

bool refused(const Turn& turn) {
  return turn.result.status != Status::kGood;
}

/// A unit attention for a nexus other than the one that asks.
void tell(Turn& turn, const NexusName& nexus, const AdditionalSense& attention) {
  if (nexus != turn.by()) turn.result.told.push_back({nexus, attention});
}

void tell_registered(Turn& turn, const AdditionalSense& attention) {
  for (const Registration& registration : turn.next().registrations)
    tell(turn, registration.nexus, attention);
}

/// PRGENERATION counts what changes registrations (6.15.2) and wraps.
void count(Turn& turn) {
  ++turn.next().generation;
}

// --- Parts of the rules --------------------------------------------------------------------------

void reserve_for(Reservations& state, const NexusName& nexus, ReservationType type) {
  state.type = type;
  state.holder.reset();
  if (!for_all_registrants(type)) state.holder = nexus;
}

void release(Reservations& state) {
  state.type.reset();
  state.holder.reset();
}

/// A reservation ends with the last registration that holds it (5.13.10). True: this one has.
bool release_if_unheld(Reservations& state) {
  if (!state.type) return false;
  const bool held =
      state.holder ? state.find(*state.holder) != nullptr : !state.registrations.empty();
  if (!held) release(state);
  return !held;
}

/// Registers the nexus or changes its key. Bounded by within_bounds().
void set_key(Reservations& state, const NexusName& nexus, std::uint64_t key) {
  const auto known =
      std::find_if(state.registrations.begin(), state.registrations.end(),
                   [&](const Registration& registration) { return registration.nexus == nexus; });
  if (known != state.registrations.end())
    known->key = key;
  else
    state.registrations.push_back({nexus, key});
}

void within_bounds(Turn& turn) {
  if (turn.next().registrations.size() > limits::kRegistrationsMax)
    refuse(turn, {sense::kInsufficientRegistrationResources, {}, {}});
}

void set_persists(Turn& turn, std::uint16_t flags_byte) {
  if (turn.request.aptpl && !turn.keeps_state)
    return refuse(turn, invalid_field_in_list(flags_byte, kAptplBit));
  turn.next().persists = turn.request.aptpl;
}

/// 5.13.11.2.3.
void unregister(Turn& turn, const NexusName& nexus) {
  Reservations& next = turn.next();
  const std::optional<ReservationType> type = next.type;
  std::erase_if(next.registrations,
                [&](const Registration& registration) { return registration.nexus == nexus; });
  if (release_if_unheld(next) && for_registrants(*type))
    tell_registered(turn, sense::kReservationsReleased);
}

bool is_registered_with(const Reservations& state, const NexusName& nexus, std::uint64_t key) {
  const Registration* registration = state.find(nexus);
  return registration != nullptr && registration->key == key;
}

// --- PERSISTENT RESERVE OUT ----------------------------------------------------------------------

/// The ports of SPEC_I_PT must be new (table 67). Registering one twice in one request is the same
/// as once.
void register_others(Turn& turn) {
  for (const NexusName& nexus : turn.request.also)
    if (turn.next().find(nexus) != nullptr)
      return refuse(turn, invalid_field_in_list(kFirstTransportIdByte));
  for (const NexusName& nexus : turn.request.also)
    set_key(turn.next(), nexus, turn.request.service_action_key);
}

/// REGISTER and REGISTER AND IGNORE EXISTING KEY, once the key has been found right: tables 67, 68.
void set_registration(Turn& turn) {
  const bool known = turn.next().find(turn.by()) != nullptr;
  const std::uint64_t key = turn.request.service_action_key;
  if (!known && key == 0) return;  // "do nothing except return GOOD status"
  if (known && turn.request.specifies_ports)
    return refuse(turn, invalid_field_in_list(kFlagsByte, kSpecIPtBit));
  set_persists(turn, kFlagsByte);
  if (refused(turn)) return;
  count(turn);
  if (key == 0) return unregister(turn, turn.by());
  register_others(turn);
  set_key(turn.next(), turn.by(), key);
  if (!refused(turn)) within_bounds(turn);
}

void do_register(Turn& turn) {
  const Registration* own = turn.next().find(turn.by());
  if (turn.request.key != (own == nullptr ? 0 : own->key)) return conflict(turn);
  set_registration(turn);
}

/// 5.13.9.
void do_reserve(Turn& turn) {
  check(turn.request.type.has_value(), "RESERVE names a type");
  Reservations& next = turn.next();
  if (!next.type) return reserve_for(next, turn.by(), *turn.request.type);
  if (!next.holds(turn.by()) || next.type != turn.request.type) conflict(turn);
}

/// 5.13.11.2.2.
void do_release(Turn& turn) {
  check(turn.request.type.has_value(), "RELEASE names a type");
  Reservations& next = turn.next();
  if (!next.holds(turn.by())) return;
  if (next.type != turn.request.type) return refuse(turn, {sense::kInvalidRelease, {}, {}});
  if (for_registrants(*next.type)) tell_registered(turn, sense::kReservationsReleased);
  release(next);
}

/// 5.13.11.2.7.
void do_clear(Turn& turn) {
  tell_registered(turn, sense::kReservationsPreempted);
  turn.next().registrations.clear();
  release(turn.next());
  count(turn);
}

/// Table 72: whether PREEMPT with this key takes the reservation over, or only removes
/// registrations.
bool names_holder(const Reservations& state, std::uint64_t key) {
  if (!state.type) return false;
  if (for_all_registrants(*state.type)) return key == 0;
  return state.find(*state.holder)->key == key;
}

bool is_key_of_any(const Reservations& state, std::uint64_t key) {
  return std::any_of(state.registrations.begin(), state.registrations.end(),
                     [&](const Registration& registration) { return registration.key == key; });
}

/// Removes those of the key (0: all). The one that asks keeps its registration if it takes the
/// reservation over, and loses it without a word if it names its own key otherwise (5.13.11.2.5).
void remove_preempted(Turn& turn, bool takes) {
  const std::uint64_t key = turn.request.service_action_key;
  std::erase_if(turn.next().registrations, [&](const Registration& registration) {
    if (key != 0 && registration.key != key) return false;
    if (turn.request.action == ReservationAction::kPreemptAndAbort)
      turn.result.aborted.push_back(registration.nexus);
    if (takes && registration.nexus == turn.by()) return false;
    tell(turn, registration.nexus, sense::kRegistrationsPreempted);
    return true;
  });
}

/// 5.13.11.2.4, 5.13.11.2.6.
void do_preempt(Turn& turn) {
  Reservations& next = turn.next();
  const std::uint64_t key = turn.request.service_action_key;
  const bool takes = names_holder(next, key);
  if (key == 0 && !takes) return refuse(turn, invalid_field_in_list(kServiceActionKeyByte));
  if (key != 0 && !is_key_of_any(next, key)) return conflict(turn);
  if (takes && !turn.request.type) return refuse(turn, invalid_field_in_cdb(kTypeByte));
  remove_preempted(turn, takes);
  if (takes) {
    if (next.type != turn.request.type) tell_registered(turn, sense::kReservationsReleased);
    reserve_for(next, turn.by(), *turn.request.type);
  } else {
    release_if_unheld(next);  // all registrants, and the last of them has removed itself
  }
  count(turn);
}

/// 5.13.8, table 70.
void do_register_and_move(Turn& turn) {
  check(turn.request.recipient.has_value(), "REGISTER AND MOVE names a recipient");
  Reservations& next = turn.next();
  const NexusName& recipient = *turn.request.recipient;
  if (!next.type) return refuse(turn, invalid_field_in_cdb(kServiceActionByte, 4));
  if (next.holder != turn.by()) return conflict(turn);  // so is one of all registrants
  if (turn.request.service_action_key == 0)
    return refuse(turn, invalid_field_in_list(kServiceActionKeyByte));
  if (recipient.initiator_port == turn.by().initiator_port)
    return refuse(turn, invalid_field_in_list(kRecipientByte));
  set_persists(turn, kMoveFlagsByte);
  if (refused(turn)) return;
  set_key(next, recipient, turn.request.service_action_key);
  within_bounds(turn);
  next.holder = recipient;
  if (turn.request.unregister_source) unregister(turn, turn.by());
  count(turn);
}

// --- RESERVE and RELEASE, resets -----------------------------------------------------------------

/// What registrations make of RESERVE and RELEASE. False: there are none, and SPC-2 holds.
bool settled_by_registrations(Turn& turn) {
  const Reservations& next = turn.next();
  if (next.registrations.empty()) return false;
  const bool shared = next.type && for_registrants(*next.type) && next.find(turn.by()) != nullptr;
  if (!next.holds(turn.by()) && !shared) conflict(turn);
  return true;
}

void do_reserve_legacy(Turn& turn) {
  if (settled_by_registrations(turn)) return;
  if (turn.next().reserved && turn.next().reserved != turn.by()) return conflict(turn);
  turn.next().reserved = turn.by();
}

/// Not an error from who holds nothing; it releases nothing then (SPC-2, 7.17).
void do_release_legacy(Turn& turn) {
  if (settled_by_registrations(turn)) return;
  if (turn.next().reserved == turn.by()) turn.next().reserved.reset();
}

void do_reset(Turn& turn) {
  turn.next().reserved.reset();
}

void do_lose_nexus(Turn& turn) {
  if (turn.next().reserved == turn.by()) turn.next().reserved.reset();
}

// --- The table -----------------------------------------------------------------------------------

struct Rule {
  ReservationAction action;
  bool persistent;  // a conflict while RESERVE holds the unit
  bool keyed;       // a conflict unless registered with the key that is given (6.16.3)
  void (*carry_out)(Turn& turn);
};

// clang-format off
constexpr std::array kRules = {
    Rule{ReservationAction::kRegister,          true,  false, do_register},
    Rule{ReservationAction::kReserve,           true,  true,  do_reserve},
    Rule{ReservationAction::kRelease,           true,  true,  do_release},
    Rule{ReservationAction::kClear,             true,  true,  do_clear},
    Rule{ReservationAction::kPreempt,           true,  true,  do_preempt},
    Rule{ReservationAction::kPreemptAndAbort,   true,  true,  do_preempt},
    Rule{ReservationAction::kRegisterAndIgnore, true,  false, set_registration},
    Rule{ReservationAction::kRegisterAndMove,   true,  true,  do_register_and_move},
    Rule{ReservationAction::kReserveLegacy,     false, false, do_reserve_legacy},
    Rule{ReservationAction::kReleaseLegacy,     false, false, do_release_legacy},
    Rule{ReservationAction::kReset,             false, false, do_reset},
    Rule{ReservationAction::kNexusLost,         false, false, do_lose_nexus},
};
// clang-format on

const Rule& rule_of(ReservationAction action) {
  const auto rule = std::find_if(kRules.begin(), kRules.end(),
                                 [&](const Rule& row) { return row.action == action; });
  check(rule != kRules.end(), "every action has a rule");
  return *rule;
}

/// What is kept of both is the same (kept_state.h).
bool stored_alike(const Reservations& a, const Reservations& b) {
  if (!a.persists && !b.persists) return true;
  return a.persists == b.persists && a.registrations == b.registrations && a.type == b.type &&
         a.holder == b.holder;
}

}  // namespace

ReservationResult apply(const Reservations& before, const ReservationRequest& request,
                        bool keeps_state) {
  const Rule& rule = rule_of(request.action);
  Turn turn{request, keeps_state, {}};
  turn.next() = before;
  if (rule.persistent && before.reserved)
    conflict(turn);
  else if (rule.keyed && !is_registered_with(before, request.by, request.key))
    conflict(turn);
  else
    rule.carry_out(turn);

  if (refused(turn)) {
    turn.next() = before;
    turn.result.told.clear();
    turn.result.aborted.clear();
  }
  turn.result.store = !stored_alike(before, turn.next());
  return std::move(turn.result);
}

}  // namespace lungate::scsi
