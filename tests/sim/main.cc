// SPDX-License-Identifier: LGPL-2.1-or-later
// Runs seeds until one breaks a rule, says which, and ends with 1 then.
//
//   lungate-sim                 for LUNGATE_SIM_SECONDS (20): from seed 1, then from one of today's
//   lungate-sim --seed 4711     this one, and what happens in it
//   lungate-sim --seeds 1..1000
#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string_view>

#include "tests/sim/run.h"
#include "tests/sim/system.h"

extern "C" void __sanitizer_set_death_callback(void (*)()) __attribute__((weak));

namespace lungate::sim {
namespace {

/// For whoever stops the process in the middle of a seed: a check of the gateway's, a sanitizer.
std::uint64_t seed_at_work = 0;

void say_seed() {
  char text[64] = "lungate-sim: in seed ";
  char* const end =
      std::to_chars(text + std::strlen(text), text + sizeof text - 1, seed_at_work).ptr;
  *end = '\n';
  static_cast<void>(::write(STDERR_FILENO, text, static_cast<std::size_t>(end - text) + 1));
}

/// How many seeds are run twice, to see that they do the same.
constexpr std::uint64_t kTwiceEvery = 32;

class Runner {
 public:
  bool run_one(std::uint64_t seed, bool aloud = false) {
    seed_at_work = seed;
    const Outcome outcome = run(seed, aloud);
    ++seeds_;
    add(outcome.tally);
    if (!outcome.violation.empty()) {
      std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed),
                  outcome.violation.c_str());
      return false;
    }
    if (aloud || seed % kTwiceEvery == 0) {
      if (run(seed).hash != outcome.hash) {
        std::printf("seed %llu: not the same twice\n", static_cast<unsigned long long>(seed));
        return false;
      }
    }
    return true;
  }

  bool run_for(std::uint64_t first, Nanoseconds time) {
    const Nanoseconds end = really_now() + time;
    std::uint64_t seed = first;
    while (really_now() < end)
      if (!run_one(seed++)) return false;
    std::printf("seeds %llu..%llu\n", static_cast<unsigned long long>(first),
                static_cast<unsigned long long>(seed - 1));
    return true;
  }

  void report(Nanoseconds took) const;

 private:
  void add(const Tally& more);

  std::uint64_t seeds_ = 0;
  Tally tally_;
};

struct Named {
  const char* name;
  std::uint64_t Tally::*count;
};
constexpr Named kCounts[] = {
    {"steps", &Tally::steps},
    {"logins", &Tally::logins},
    {"refused", &Tally::logins_refused},
    {"reads", &Tally::reads},
    {"writes", &Tally::writes},
    {"swaps", &Tally::swaps},
    {"r2ts", &Tally::r2ts},
    {"conflicts", &Tally::conflicts},
    {"errors", &Tally::errors},
    {"aborted", &Tally::aborted},
    {"reserved", &Tally::reserved},
    {"reinstated", &Tally::reinstated},
    {"continued", &Tally::continued},
    {"ignored", &Tally::ignored},
    {"spoilt", &Tally::spoilt},
    {"losses", &Tally::losses},
    {"stalls", &Tally::stalls},
    {"nights", &Tally::nights},
};

void Runner::add(const Tally& more) {
  for (const Named& one : kCounts) tally_.*one.count += more.*one.count;
}

void Runner::report(Nanoseconds took) const {
  std::printf("%llu seeds in %.1f s:", static_cast<unsigned long long>(seeds_),
              static_cast<double>(took.count()) * 1e-9);
  for (const Named& one : kCounts)
    std::printf(" %s %llu", one.name, static_cast<unsigned long long>(tally_.*one.count));
  std::printf("\n");
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size()) return value;
  std::fprintf(stderr, "lungate-sim: no number: %.*s\n", static_cast<int>(text.size()),
               text.data());
  std::exit(64);
}

bool run_range(Runner& runner, std::string_view range) {
  const std::size_t dots = range.find("..");
  if (dots == std::string_view::npos) return runner.run_one(number(range));
  const std::uint64_t last = number(range.substr(dots + 2));
  for (std::uint64_t seed = number(range.substr(0, dots)); seed <= last; ++seed)
    if (!runner.run_one(seed)) return false;
  return true;
}

int run_all(int count, char** words) {
  Runner runner;
  const Nanoseconds begin = really_now();
  bool good = false;
  if (count == 3 && std::string_view(words[1]) == "--seed") {
    good = runner.run_one(number(words[2]), true);
  } else if (count == 3 && std::string_view(words[1]) == "--seeds") {
    good = run_range(runner, words[2]);
  } else if (count == 1) {
    const char* wanted = std::getenv("LUNGATE_SIM_SECONDS");
    const auto half = std::chrono::milliseconds(number(wanted != nullptr ? wanted : "20") * 500);
    std::random_device fresh;
    good = runner.run_for(1, half) && runner.run_for(std::uint64_t{fresh()} << 20, half);
  } else {
    std::fprintf(stderr, "usage: lungate-sim [--seed N | --seeds A..B]\n");
    return 64;
  }
  runner.report(really_now() - begin);
  return good ? 0 : 1;
}

}  // namespace
}  // namespace lungate::sim

int main(int count, char** words) {
  using namespace lungate::sim;
  ::signal(SIGABRT, [](int) { say_seed(); });
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(&say_seed);
  return run_all(count, words);
}
