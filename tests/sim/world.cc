// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/sim/world.h"

#include <sys/eventfd.h>

#include <algorithm>

#include "session/lane.h"
#include "tests/sim/gateway_plan.h"
#include "tests/sim/system.h"
#include "tests/sim/violation.h"

namespace lungate::sim {

using namespace std::chrono_literals;

struct World::Row {
  unsigned weight;
  void (World::*act)();
};

const World::Row World::kRows[] = {
    {300, &World::some_turn},  {250, &World::some_pump}, {280, &World::some_act},
    {200, &World::some_store}, {40, &World::wild_acts},  {20, &World::time_passes},
    {12, &World::keeper_acts}, {1, &World::disaster},
};

/// What the fuzzer of sessions chooses from: mostly the wild one, whose PDUs are heard at once.
void (World::*const World::kFuzzed[])() = {
    &World::wild_is_heard, &World::wild_is_heard, &World::wild_is_heard, &World::wild_is_heard,
    &World::wild_is_heard, &World::wild_is_heard, &World::wild_acts,     &World::wild_acts,
    &World::some_store,    &World::some_store,    &World::some_turn,     &World::some_act,
    &World::some_pump,     &World::time_passes,   &World::keeper_acts,   &World::disaster,
};

World::World(Chance& chance, Company company, bool aloud)
    : scene_(chance, aloud), always_ready_(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK)) {
  constexpr int kBuffers[] = {0, 4096, 16384};
  build_gateway();
  socket_buffer_bytes_ = chance.among(kBuffers);
  scene_.peaceful = chance.one_in(2);
  scene_.reserving = chance.one_in(4);
  scene_.stores_fail = chance.one_in(2);
  if (scene_.stores_fail)
    for (auto& store : stores_) store->fail_one_in(chance.between(6, 40));

  const unsigned initiators = company == Company::kWildOne ? 1 : chance.between(1, 4);
  Door& door = *this;
  for (unsigned i = 0; i < initiators; ++i) {
    const bool chap = chance.one_in(3);
    initiators_.emplace_back(scene_, door, i, chap ? kLockedTarget : kOpenTarget, chap);
  }
  if (chance.one_in(2) || company == Company::kWildOne)
    wild_ = std::make_unique<Wild>(scene_, door);
}

void World::build_gateway() {
  Telemetry& telemetry = telemetry_of_all_runs();
  const unsigned lanes = scene_.chance->between(1, kLanesMax);
  gateway_ =
      std::make_unique<session::Gateway>(home_, settings_of(scene_), *telemetry.segment, lanes);
  stop_each_turn(home_);
  for (unsigned i = 0; i < lanes; ++i) stop_each_turn(gateway_->lane(i).loop());
  for (unsigned i = 0; i < kLuns; ++i) {
    stores_.push_back(
        std::make_shared<Store>(i, i < kDisks ? &scene_.volumes[i].disk : nullptr, scene_.trace));
    keepers_.emplace_back(gateway_->add_lun(i + 1, unit_of(*stores_[i]), telemetry.slots[i]),
                          stores_[i]);
    keepers_[i].serve();
  }
  gateway_->set_directory(directory(), [] {});
  turn_all(2);
}

/// Unless it is to stand still in this turn: then the next one follows at once, sixteen seconds
/// later.
void World::stop_each_turn(event::Loop& loop) {
  stoppers_.push_back(std::make_unique<event::FdWatcher>(
      loop, always_ready_.get(), event::Interest::kRead, [this, &loop](event::Interest) {
        if (!stalls_) return loop.stop();
        const unsigned lane = *std::exchange(stalls_, std::nullopt);
        let_pass(16s);
        for (Initiator& one : initiators_) one.send_during_stall(lane);
      }));
}

World::~World() = default;

Wire World::connect() {
  UniqueFd theirs;
  // The gateway deals them out in turn.
  Wire wire = Wire::make_pair(theirs, socket_buffer_bytes_, connected_++ % gateway_->lanes());
  gateway_->accepted({1}, {std::move(theirs), {"192.0.2.1", 49152, false}});
  return wire;
}

void World::turn(event::Loop& loop) {
  loop.run();
  for (const auto& store : stores_)
    if (!store->broken_rule().empty()) throw Violation(store->broken_rule());
}

void World::turn_all(unsigned rounds) {
  for (unsigned i = 0; i < rounds; ++i) {
    turn(home_);
    for (unsigned lane = 0; lane < gateway_->lanes(); ++lane) turn(gateway_->lane(lane).loop());
  }
}

/// The gateway stops the process where its accounts are wrong.
void World::check() {
  for (unsigned i = 0; i < gateway_->lanes(); ++i) gateway_->lane(i).check_accounts();
}

// --- Steps ---------------------------------------------------------------------------------------

void World::step(Chance& chance) {
  scene_.chance = &chance;
  ++scene_.tally.steps;
  unsigned all = 0;
  for (const Row& row : kRows) all += row.weight;
  unsigned chosen = chance.below(all);
  for (const Row& row : kRows) {
    if (chosen < row.weight) {
      (this->*row.act)();
      break;
    }
    chosen -= row.weight;
  }
  check();
}

void World::fuzzed_step(std::uint8_t what, Chance& chance) {
  scene_.chance = &chance;
  (this->*kFuzzed[what % std::size(kFuzzed)])();
  check();
}

Initiator& World::some_initiator() {
  return initiators_[scene_.chance->below(static_cast<std::uint32_t>(initiators_.size()))];
}

void World::some_turn() {
  const unsigned loop = scene_.chance->below(gateway_->lanes() + 1);
  turn(loop == gateway_->lanes() ? home_ : gateway_->lane(loop).loop());
}

void World::some_pump() {
  some_initiator().pump();
}

void World::some_act() {
  some_initiator().act();
}

void World::some_store() {
  stores_[scene_.chance->below(kLuns)]->act(*scene_.chance);
}

void World::wild_acts() {
  if (wild_) wild_->act();
}

/// Whatever it says reaches the gateway, and the answer comes back. A login takes some turns.
void World::wild_is_heard() {
  if (!wild_) return;
  wild_->act();
  for (unsigned i = 0; i < 8; ++i) {
    wild_->hear();
    turn_all(1);
    wild_->hear();
    if (wild_->in_session()) return;
  }
}

void World::time_passes() {
  let_pass(std::chrono::milliseconds(scene_.chance->between(1, 40)));
}

void World::keeper_acts() {
  if (!scene_.stores_fail) return;
  Keeper& keeper = keepers_[scene_.chance->below(kDisks)];
  if (keeper.lost()) return keeper.come_back();
  if (!scene_.chance->one_in(8)) return;
  scene_.trace.note('w', 0, "a disk is lost");
  ++scene_.tally.losses;
  keeper.lose();
}

void World::disaster() {
  constexpr void (World::*kAll[])() = {&World::night, &World::long_silence, &World::stall};
  if (scene_.chance->one_in(2)) (this->*scene_.chance->among(kAll))();
}

/// Twelve seconds in which everybody is well: nobody may be given up, silent as he is. A login
/// waits perhaps for an old session's I/O, and may run out of time.
void World::night() {
  scene_.trace.note('w', 0, "a night");
  ++scene_.tally.nights;
  for (Initiator& one : initiators_)
    if (!one.in_session()) one.excuse();
  for (unsigned i = 0; i < 14; ++i) {
    for (Initiator& one : initiators_) one.cooperate();
    turn_all(2);
    for (Initiator& one : initiators_) one.cooperate();
    let_pass(900ms);
  }
}

/// As if the network was down: whoever has something to answer may be given up.
void World::long_silence() {
  scene_.trace.note('w', 0, "a long silence");
  for (Initiator& one : initiators_) one.excuse();
  for (unsigned i = 0, turns = scene_.chance->between(1, 4); i < turns; ++i) {
    let_pass(std::chrono::seconds(scene_.chance->between(1, 13)));
    turn_all(1);
  }
}

/// One loop stands still for longer than its lane allows: it must not execute what lies in its
/// sockets.
void World::stall() {
  scene_.trace.note('w', 0, "a stall");
  ++scene_.tally.stalls;
  for (Initiator& one : initiators_) one.excuse();
  stalls_ = scene_.chance->below(gateway_->lanes());
  turn(gateway_->lane(*stalls_).loop());
}

// --- The end -------------------------------------------------------------------------------------

void World::finish(Chance& chance) {
  scene_.chance = &chance;
  calm_down();
  for (unsigned i = 0; i < kDisks; ++i)
    scene_.volumes[i].disk.check(stores_[i]->content(), scene_.next_moment());
  end_gateway();
}

/// Nothing fails any more and everybody does what he can, so everything must come to its end.
void World::calm_down() {
  scene_.trace.note('w', 0, "calms down");
  for (auto& store : stores_) store->heal();
  for (Initiator& one : initiators_) one.wind_up();
  wild_.reset();
  const auto settled = [this] {
    return std::ranges::all_of(initiators_, [](const auto& one) { return one.settled(); }) &&
           std::ranges::all_of(stores_, [](const auto& one) { return one->held() == 0; }) &&
           std::ranges::none_of(keepers_, [](const auto& one) { return one.lost(); });
  };
  for (unsigned round = 0; round < 400 && !settled(); ++round) {
    for (Initiator& one : initiators_) one.cooperate();
    turn_all(2);
    stores_work();
    for (Keeper& keeper : keepers_)
      if (keeper.lost()) keeper.come_back();
    let_pass(1ms);
  }
  for (const Initiator& one : initiators_)
    if (!one.settled()) throw Violation("something has no end: " + one.open());
  require(settled(), "a store or a disk does not come to rest");
  check();
}

/// All that they have been given.
void World::stores_work() {
  for (auto& store : stores_)
    while (store->held() > 0) store->act(*scene_.chance);
}

void World::end_gateway() {
  bool idle = false;
  scene_.draining = true;
  gateway_->stop_accepting();
  gateway_->drain([&idle] { idle = true; });
  for (unsigned i = 0; i < 8 && !idle; ++i) {
    turn_all(2);
    for (Initiator& one : initiators_) one.cooperate();
    stores_work();
    let_pass(500ms);
  }
  gateway_->close_all();
  for (unsigned i = 0; i < 100 && !idle; ++i) {
    turn_all(2);
    stores_work();
  }
  turn_all(2);
  require(idle, "a drained gateway has connections");
  require(gateway_->connections() == 0, "a connection is left");
  require(gateway_->sessions() == 0, "the registry keeps a session that has ended");
  for (unsigned i = 0; i < gateway_->lanes(); ++i)
    require(gateway_->lane(i).buffers().bytes_in_use() == 0, "a buffer is left");
  check();
}

}  // namespace lungate::sim
