// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/lab/load/work.h"

#include <poll.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace lungate::lab {
namespace {

// Whole-LUN work uses steps of this size: large enough to be quick, small enough for every target.
constexpr std::size_t kStepBytes = 256 * 1024;
constexpr std::uint32_t kStepDepth = 8;
constexpr std::chrono::milliseconds kTurn{100};
constexpr std::chrono::milliseconds kPace{1};

}  // namespace

Work::Work(const Options& options, Initiator& initiator, Mirror* mirror, int stop_fd)
    : options_(options),
      initiator_(initiator),
      mirror_(mirror),
      stop_fd_(stop_fd),
      random_(options.seed) {
  result_.seed = options.seed;
}

bool Work::stopped() const {
  pollfd fd{stop_fd_, POLLIN, 0};
  return ::poll(&fd, 1, 0) > 0;
}

void Work::run(std::uint32_t depth, const Next& next, const Finished& finished) {
  slots_.assign(depth, {});
  bool more = true;
  while ((more || in_flight_ > 0) && initiator_.connected()) {
    bool paced = false;
    for (Slot& slot : slots_) {
      if (slot.busy || !more || paced || !initiator_.connected()) continue;
      const std::optional<Step> step = next();
      paced = !step;
      more = paced || step->length > 0;
      if (step && more) start(slot, *step, finished);
    }
    if (initiator_.connected()) initiator_.turn(paced ? kPace : kTurn, stop_fd_);
  }
  if (!initiator_.connected()) result_.connection_lost = true;
}

void Work::start(Slot& slot, const Step& step, const Finished& finished) {
  slot.data.resize(step.length);
  slot.offset = step.offset;
  slot.busy = true;
  ++in_flight_;
  const auto begun = Clock::now();
  auto done = [this, &slot, step, finished, begun](const Outcome& outcome) {
    const auto latency = Clock::now() - begun;
    end(slot, step, outcome);
    if (outcome.good) finished(step, latency);
  };
  if (step.is_read) {
    initiator_.read(step.offset, slot.data, std::move(done));
    return;
  }
  randomize(slot.data);
  if (mirror_ != nullptr) mirror_->begin_write(step.offset, step.length);
  initiator_.write(step.offset, slot.data, std::move(done));
}

void Work::end(Slot& slot, const Step& step, const Outcome& outcome) {
  slot.busy = false;
  --in_flight_;
  if (outcome.connection_lost) result_.connection_lost = true;
  if (!outcome.good) {
    result_.add_error((step.is_read ? "read at " : "write at ") + std::to_string(step.offset) +
                      ": " + outcome.error);
    return;
  }
  if (mirror_ == nullptr) return;
  if (!step.is_read) {
    mirror_->settle_write(step.offset, slot.data);
  } else if (!mirror_->agrees(step.offset, slot.data)) {
    ++result_.mismatches;
    result_.add_error("read at " + std::to_string(step.offset) + ": not what was written");
  }
}

Work::Next Work::every_byte(bool is_read) {
  return [this, is_read, at = std::uint64_t{0}]() mutable -> std::optional<Step> {
    const std::uint64_t left = stopped() ? 0 : initiator_.size_bytes() - at;
    const Step step{is_read, at, std::min<std::uint64_t>(kStepBytes, left)};
    at += step.length;
    return step;
  };
}

void Work::fill() {
  run(kStepDepth, every_byte(false),
      [this](const Step& step, auto) { result_.fill_bytes += step.length; });
}

void Work::verify() {
  run(kStepDepth, every_byte(true),
      [this](const Step& step, auto) { result_.verified_bytes += step.length; });
}

void Work::mix() {
  const auto begun = Clock::now();
  std::uint64_t started = 0;
  const Next next = [&, this]() -> std::optional<Step> {
    const auto elapsed = Clock::now() - begun;
    const bool over = !options_.until_stopped && elapsed >= std::chrono::seconds(options_.seconds);
    if (over || stopped()) return Step{true, 0, 0};
    const std::chrono::duration<double> s = elapsed;
    if (options_.iops_max > 0 &&
        static_cast<double>(started) > s.count() * static_cast<double>(options_.iops_max)) {
      return std::nullopt;
    }
    ++started;
    return random_step();
  };
  run(options_.depth, next, [this](const Step& step, std::chrono::nanoseconds latency) {
    (step.is_read ? result_.reads : result_.writes).add(latency, step.length);
  });
  result_.mix_seconds = std::chrono::duration<double>(Clock::now() - begun).count();
}

Work::Step Work::random_step() {
  const std::uint64_t blocks = initiator_.size_bytes() / options_.block_bytes;
  const bool is_read = random_() % 100 < options_.read_percent;
  std::uint64_t offset = 0;
  // Two commands on the same block at once have no defined outcome, so nothing could be compared.
  do {
    const std::uint64_t block = options_.sequential ? next_block_++ : random_();
    offset = block % blocks * options_.block_bytes;
  } while (in_use(offset));
  return {is_read, offset, options_.block_bytes};
}

bool Work::in_use(std::uint64_t offset) const {
  return std::any_of(slots_.begin(), slots_.end(),
                     [&](const Slot& slot) { return slot.busy && slot.offset == offset; });
}

void Work::randomize(std::vector<std::byte>& data) {
  std::size_t at = 0;
  for (; at + 8 <= data.size(); at += 8) {
    const std::uint64_t word = random_();
    std::memcpy(data.data() + at, &word, sizeof(word));
  }
}

RunResult Work::result() const {
  RunResult result = result_;
  if (mirror_ != nullptr) result.unsettled_blocks = mirror_->unsettled_blocks();
  return result;
}

}  // namespace lungate::lab
