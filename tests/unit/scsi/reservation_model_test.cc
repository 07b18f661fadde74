// SPDX-License-Identifier: LGPL-2.1-or-later
// Random requests to the rules and to a second, simpler telling of the standard: maps and letters
// instead of lists and names. Both must say the same after every request. A failure names its seed.
#include <map>
#include <random>
#include <set>

#include "scsi/kept_state.h"
#include "tests/unit/scsi/reserving.h"

namespace lungate::scsi {
namespace {

using testing::kConflict;
using testing::kGood;
using testing::kRefused;
using testing::nexus;
using testing::Reserving;
using testing::who;
using Action = ReservationAction;

constexpr std::array kLetters = {'a', 'b', 'c', 'd', 'e'};

struct Model {
  std::map<char, std::uint64_t> keys;
  int type = 0;  // 0: no reservation
  char holder = 0;
  char reserve = 0;  // who did RESERVE
  bool aptpl = false;
  std::uint32_t generation = 0;

  std::set<std::string> told;
  std::set<char> aborted;

  bool all() const { return type >= 7; }
  bool shared() const { return type >= 5; }
  bool holds(char by) const { return type != 0 && (all() ? keys.count(by) != 0 : holder == by); }
  std::uint64_t key_of(char by) const { return keys.count(by) != 0 ? keys.at(by) : 0; }

  void tell(const std::set<char>& whom, char by, const char* what) {
    for (const char letter : whom)
      if (letter != by) told.insert(std::string(1, letter) + ":" + what);
  }
  std::set<char> registered() const {
    std::set<char> letters;
    for (const auto& [letter, key] : keys) letters.insert(letter);
    return letters;
  }
  void reserve_by(char by, int new_type) {
    type = new_type;
    holder = new_type >= 7 ? 0 : by;
  }
  void release() { type = holder = 0; }
  void remove(char by, bool tells, char asker) {
    const bool ends = all() ? keys.size() == 1 && keys.count(by) != 0 : holds(by);
    keys.erase(by);
    if (!ends) return;
    if (tells && (type == 5 || type == 6)) tell(registered(), asker, "2a/04");
    release();
  }

  Status ask(const ReservationRequest& asked, bool keeps_state) {
    const Model before = *this;
    told.clear();
    aborted.clear();
    const Status status = decide(asked, keeps_state);
    if (status != kGood) {
      *this = before;
      told.clear();
      aborted.clear();
    }
    return status;
  }

  Status decide(const ReservationRequest& asked, bool keeps_state) {
    const char by = who(asked.by);
    if (asked.action == Action::kReset) return reserve = 0, kGood;
    if (asked.action == Action::kNexusLost)
      return reserve = reserve == by ? char{0} : reserve, kGood;
    if (asked.action == Action::kReserveLegacy || asked.action == Action::kReleaseLegacy)
      return legacy(by, asked.action == Action::kReserveLegacy);
    if (reserve != 0) return kConflict;
    if (asked.action == Action::kRegister || asked.action == Action::kRegisterAndIgnore)
      return enrol(asked, by, keeps_state);
    if (keys.count(by) == 0 || keys[by] != asked.key) return kConflict;
    const int wanted = asked.type ? static_cast<int>(*asked.type) : 0;
    switch (asked.action) {
      case Action::kReserve:
        if (type == 0) reserve_by(by, wanted);
        return holds(by) && type == wanted ? kGood : kConflict;
      case Action::kRelease:
        if (!holds(by)) return kGood;
        if (type != wanted) return kRefused;
        if (shared()) tell(registered(), by, "2a/04");
        release();
        return kGood;
      case Action::kClear:
        tell(registered(), by, "2a/03");
        keys.clear();
        release();
        ++generation;
        return kGood;
      case Action::kRegisterAndMove:
        return move(asked, by, keeps_state);
      default:
        return preempt(asked.service_action_key, by, wanted,
                       asked.action == Action::kPreemptAndAbort);
    }
  }

  Status legacy(char by, bool reserves) {
    if (!keys.empty()) return holds(by) || (shared() && keys.count(by) != 0) ? kGood : kConflict;
    if (reserves && reserve != 0 && reserve != by) return kConflict;
    if (reserves) reserve = by;
    if (!reserves && reserve == by) reserve = 0;
    return kGood;
  }

  Status enrol(const ReservationRequest& asked, char by, bool keeps_state) {
    if (asked.action == Action::kRegister && asked.key != key_of(by)) return kConflict;
    const bool known = keys.count(by) != 0;
    if (!known && asked.service_action_key == 0) return kGood;
    if (known && asked.specifies_ports) return kRefused;
    if (asked.aptpl && !keeps_state) return kRefused;
    for (const NexusName& other : asked.also)
      if (asked.service_action_key != 0 && keys.count(who(other)) != 0) return kRefused;
    aptpl = asked.aptpl;
    ++generation;
    if (asked.service_action_key == 0) return remove(by, true, by), kGood;
    keys[by] = asked.service_action_key;
    for (const NexusName& other : asked.also) keys[who(other)] = asked.service_action_key;
    return kGood;
  }

  Status move(const ReservationRequest& asked, char by, bool keeps_state) {
    const char to = who(*asked.recipient);
    if (type == 0) return kRefused;
    if (all() || holder != by) return kConflict;
    if (asked.service_action_key == 0 || to == by) return kRefused;
    if (asked.aptpl && !keeps_state) return kRefused;
    aptpl = asked.aptpl;
    ++generation;
    keys[to] = asked.service_action_key;
    holder = to;
    if (asked.unregister_source) keys.erase(by);
    return kGood;
  }

  Status preempt(std::uint64_t victim, char by, int wanted, bool aborts) {
    if (victim == 0 && !all()) return kRefused;
    const bool takes = type != 0 && (all() ? victim == 0 : keys[holder] == victim);
    std::set<char> named;
    for (const auto& [letter, key] : keys)
      if (victim == 0 || key == victim) named.insert(letter);
    if (named.empty()) return kConflict;
    if (takes && wanted == 0) return kRefused;
    ++generation;
    if (aborts) aborted = named;
    tell(named, by, "2a/05");
    const int old = type;
    for (const char letter : named)
      if (!takes || letter != by) keys.erase(letter);
    if (keys.empty()) release();
    if (takes) reserve_by(by, wanted);
    if (takes && old != wanted) tell(registered(), by, "2a/04");
    return kGood;
  }
};

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  bool once_in(std::uint64_t times) { return below(times) == 0; }
  template <class List>
  auto of(const List& list) {
    return list[below(list.size())];
  }

 private:
  std::mt19937_64 random_;
};

/// Mostly with the right key and to the point, so that states worth the name come about.
ReservationRequest random_request(Dice& dice, const Model& model) {
  constexpr std::array kActions = {
      Action::kRegister,        Action::kRegister,        Action::kReserve,
      Action::kReserve,         Action::kRelease,         Action::kClear,
      Action::kPreempt,         Action::kPreemptAndAbort, Action::kRegisterAndIgnore,
      Action::kRegisterAndMove, Action::kReserveLegacy,   Action::kReleaseLegacy,
      Action::kReset,           Action::kNexusLost};
  constexpr std::array kTypes = {1, 3, 5, 6, 7, 8};
  ReservationRequest asked;
  asked.action = dice.of(kActions);
  const char by = dice.of(kLetters);
  asked.by = nexus(by);
  asked.key = dice.once_in(8) ? dice.below(5) : model.key_of(by);
  asked.service_action_key = dice.below(5);
  const int type = model.type != 0 && dice.once_in(2) ? model.type : dice.of(kTypes);
  asked.type = static_cast<ReservationType>(type);
  const bool preempts =
      asked.action == Action::kPreempt || asked.action == Action::kPreemptAndAbort;
  if (preempts && dice.once_in(8)) asked.type.reset();
  asked.aptpl = dice.once_in(3);
  asked.unregister_source = dice.once_in(2);
  asked.recipient = nexus(dice.of(kLetters));
  if (asked.action == Action::kRegister && dice.once_in(4)) {
    asked.specifies_ports = true;
    while (dice.once_in(2)) asked.also.push_back(nexus(dice.of(kLetters)));
  }
  return asked;
}

std::map<char, std::uint64_t> keys_of(const Reservations& state) {
  std::map<char, std::uint64_t> keys;
  for (const auto& [name, key] : state.registrations) keys[who(name)] = key;
  return keys;
}

std::set<std::string> told_of(const Reserving& unit) {
  std::set<std::string> told;
  for (const auto& [name, attention] : unit.last.told) {
    char words[16];
    std::snprintf(words, sizeof(words), "%c:%02x/%02x", who(name), attention.asc, attention.ascq);
    told.insert(words);
  }
  return told;
}

void expect_same(const Model& model, const Reserving& unit) {
  EXPECT_EQ(keys_of(unit.state), model.keys);
  EXPECT_EQ(unit.state.type ? static_cast<int>(*unit.state.type) : 0, model.type);
  EXPECT_EQ(unit.state.holder ? who(*unit.state.holder) : char{0}, model.holder);
  EXPECT_EQ(unit.state.reserved ? who(*unit.state.reserved) : char{0}, model.reserve);
  EXPECT_EQ(unit.state.persists, model.aptpl);
  EXPECT_EQ(unit.state.generation, model.generation);
  EXPECT_EQ(told_of(unit), model.told);
  const std::string aborted = unit.aborted();
  EXPECT_EQ(std::set<char>(aborted.begin(), aborted.end()), model.aborted);
  EXPECT_EQ(aborted.size(), model.aborted.size()) << "nobody twice";
  EXPECT_EQ(unit.last.told.size(), model.told.size()) << "nothing twice";
}

/// What is stored is never behind: a restart gives back what the last GOOD has promised.
void expect_stored(std::string& stored, const Reservations& before, const Reserving& unit) {
  if (unit.last.store) {
    EXPECT_TRUE(before.persists || unit.state.persists);
    stored = encode_state({unit.state, {}});
  }
  const auto found = decode_state(bytes_of(std::string_view(stored)));
  ASSERT_TRUE(found.has_value()) << found.error();
  Reservations expected;
  if (unit.state.persists) {
    expected = unit.state;
    expected.generation = 0;
    expected.reserved.reset();
  }
  EXPECT_EQ(found->reservations, expected) << stored;
}

TEST(ReservationModel, SaysTheSameOfRandomRequests) {
  constexpr std::uint64_t kSeeds = 300;
  constexpr int kRequests = 300;
  std::map<Action, int> good;
  for (std::uint64_t seed = 1; seed <= kSeeds && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(seed);
    Model model;
    Reserving unit;
    unit.keeps_state = !dice.once_in(4);
    std::string stored;
    for (int i = 0; i < kRequests && !HasFailure(); ++i) {
      SCOPED_TRACE("request " + std::to_string(i));
      const ReservationRequest asked = random_request(dice, model);
      const Reservations before = unit.state;
      const Status expected = model.ask(asked, unit.keeps_state);
      const Status status = unit.ask(asked);
      EXPECT_EQ(status, expected) << "action " << static_cast<int>(asked.action);
      EXPECT_GE(unit.state.generation, before.generation) << "it only rises";
      expect_same(model, unit);
      expect_stored(stored, before, unit);
      if (status == kGood) ++good[asked.action];
    }
  }
  EXPECT_EQ(good.size(), 12u) << "every action has been GOOD at least once";
}

}  // namespace
}  // namespace lungate::scsi
