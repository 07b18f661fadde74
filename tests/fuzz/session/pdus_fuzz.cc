// SPDX-License-Identifier: LGPL-2.1-or-later
// PDU sequences of a session after a valid login. The world is the simulation's (tests/sim): a
// gateway's joining floor on one thread, stores, a clock, an initiator that keeps the rules and one
// that does not. An input is a row of records: the first sets the world up, each other one is a
// step. What a record lacks reads as zeros:
//
//   byte 0        what happens: World::kFuzzed
//   bytes 1..47   how: every decision of the step, one byte each (two where it has more than 256
//                 choices), in the order in which they are taken
//
// What was open at the end comes to an end, and nothing may be left then.
#include <algorithm>
#include <cstdint>
#include <memory>

#include "base/log.h"
#include "tests/sim/gateway_plan.h"
#include "tests/sim/system.h"
#include "tests/sim/world.h"

namespace {

using namespace lungate;

constexpr std::size_t kRecordBytes = 48;
constexpr std::size_t kRecordsMax = 128;

class Record final : public sim::Chance {
 public:
  Record(const std::uint8_t* bytes, std::size_t size) : bytes_(bytes), end_(bytes + size) {}

  std::uint32_t below(std::uint32_t limit) override {
    std::uint32_t value = take();
    if (limit > 256) value = value << 8 | take();
    return value % limit;
  }

 private:
  std::uint32_t take() { return bytes_ == end_ ? 0 : *bytes_++; }

  const std::uint8_t* bytes_;
  const std::uint8_t* const end_;
};

void step(sim::World& world, const std::uint8_t* bytes, std::size_t size) {
  Record record(bytes + 1, size - 1);
  world.fuzzed_step(bytes[0], record);
}

}  // namespace

/// A Violation that nobody catches ends the process, as a check of the gateway's does.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  log::set_level(static_cast<log::Level>(static_cast<unsigned>(log::Level::kError) + 1));
  sim::telemetry_of_all_runs();
  sim::begin_system(1);
  Record settings(input, std::min(size, kRecordBytes));
  sim::World world(settings, sim::World::Company::kWildOne);
  for (std::size_t at = kRecordBytes; at < size && at < kRecordBytes * kRecordsMax;
       at += kRecordBytes)
    step(world, input + at, std::min(kRecordBytes, size - at));
  sim::Seeded calm(1);
  world.finish(calm);
  return 0;
}
