// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/sim/run.h"

#include "base/log.h"
#include "tests/sim/gateway_plan.h"
#include "tests/sim/system.h"
#include "tests/sim/violation.h"
#include "tests/sim/world.h"

namespace lungate::sim {

Outcome run(std::uint64_t seed, bool aloud) {
  // What the gateway complains about is what is being done to it.
  log::set_level(static_cast<log::Level>(static_cast<unsigned>(log::Level::kError) + 1));
  telemetry_of_all_runs();  // takes random bytes, the first time
  own_wall_clock();
  begin_system(seed);
  Seeded chance(seed);
  Outcome outcome;
  auto world = std::make_unique<World>(chance, World::Company::kByChance, aloud);
  try {
    const unsigned steps = chance.between(100, 2500);
    for (unsigned i = 0; i < steps; ++i) world->step(chance);
    world->finish(chance);
  } catch (const Violation& violation) {
    outcome.violation = violation.what();
    world->scene().trace.note('w', 0, outcome.violation);
  }
  outcome.hash = world->scene().trace.hash();
  outcome.tally = world->scene().tally;
  // A gateway that has broken a rule is not taken apart: its own checks would stop the process.
  if (!outcome.violation.empty()) static_cast<void>(world.release());
  return outcome;
}

}  // namespace lungate::sim
