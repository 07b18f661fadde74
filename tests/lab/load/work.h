// SPDX-License-Identifier: LGPL-2.1-or-later
// The three kinds of work: fill, mix, verify. Each keeps `depth` commands in flight.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <vector>

#include "tests/lab/load/initiator.h"
#include "tests/lab/load/mirror.h"
#include "tests/lab/load/options.h"
#include "tests/lab/load/result.h"

namespace lungate::lab {

class Work {
 public:
  /// `mirror` may be null. `stop_fd` becomes readable when the run shall end early.
  Work(const Options& options, Initiator& initiator, Mirror* mirror, int stop_fd);

  void fill();
  void mix();
  void verify();
  RunResult result() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Step {
    bool is_read;
    std::uint64_t offset;
    std::size_t length;
  };
  struct Slot {
    std::vector<std::byte> data;
    std::uint64_t offset = 0;
    bool busy = false;
  };
  /// Nothing: not yet, ask again. A step of no length: there is no more work.
  using Next = std::function<std::optional<Step>()>;
  using Finished = std::function<void(const Step&, std::chrono::nanoseconds)>;

  void run(std::uint32_t depth, const Next& next, const Finished& finished);
  void start(Slot& slot, const Step& step, const Finished& finished);
  void end(Slot& slot, const Step& step, const Outcome& outcome);
  Next every_byte(bool is_read);
  Step random_step();
  bool in_use(std::uint64_t offset) const;
  void randomize(std::vector<std::byte>& data);
  bool stopped() const;

  const Options& options_;
  Initiator& initiator_;
  Mirror* mirror_;
  int stop_fd_;
  std::mt19937_64 random_;
  std::vector<Slot> slots_;
  std::uint32_t in_flight_ = 0;
  std::uint64_t next_block_ = 0;  // of a sequential mix
  RunResult result_;
};

}  // namespace lungate::lab
