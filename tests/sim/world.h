// SPDX-License-Identifier: LGPL-2.1-or-later
// A whole gateway's joining floor on one thread: the home loop and the lanes run turn by turn, in
// the order that chance gives, between initiators, stores and a clock that are chance's, too. What
// must hold is looked at after every step.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/fd.h"
#include "event/loop.h"
#include "session/gateway.h"
#include "tests/sim/initiator.h"
#include "tests/sim/keeper.h"
#include "tests/sim/scene.h"
#include "tests/sim/store.h"
#include "tests/sim/wild.h"

namespace lungate::sim {

class World final : private Door {
 public:
  enum class Company : std::uint8_t {
    kByChance,
    kWildOne,  // one that keeps the rules, one that does not
  };
  /// Throws Violation, as everything here.
  World(Chance& chance, Company company, bool aloud = false);
  ~World();

  /// One thing happens. `chance`: this step's.
  void step(Chance& chance);
  /// The same, of other things; `what` chooses.
  void fuzzed_step(std::uint8_t what, Chance& chance);
  /// Everything comes to an end in good order, and nothing is left. REQUIRES: called last.
  void finish(Chance& chance);

  Scene& scene() { return scene_; }

 private:
  struct Row;
  static const Row kRows[];
  static void (World::*const kFuzzed[])();

  void build_gateway();
  void stop_each_turn(event::Loop& loop);
  Wire connect() override;
  void turn(event::Loop& loop);
  void turn_all(unsigned rounds);
  void check();
  Initiator& some_initiator();

  // --- What may happen ---
  void some_turn();
  void some_pump();
  void some_act();
  void some_store();
  void wild_acts();
  void wild_is_heard();
  void time_passes();
  void keeper_acts();
  void disaster();
  void night();
  void long_silence();
  void stall();

  void stores_work();
  void calm_down();
  void end_gateway();

  Scene scene_;
  event::Loop home_;
  std::unique_ptr<session::Gateway> gateway_;
  std::vector<std::shared_ptr<Store>> stores_;
  std::vector<Keeper> keepers_;
  std::vector<Initiator> initiators_;
  std::unique_ptr<Wild> wild_;
  int socket_buffer_bytes_ = 0;
  unsigned connected_ = 0;
  std::optional<unsigned> stalls_;  // the lane that stands still when it runs next
  UniqueFd always_ready_;
  /// On each loop one that ends its turn: Loop::run() then is one look at what is ready.
  std::vector<std::unique_ptr<event::FdWatcher>> stoppers_;
};

}  // namespace lungate::sim
