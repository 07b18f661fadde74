// SPDX-License-Identifier: LGPL-2.1-or-later
// initiator-load: an initiator that works and remembers. See options.cc, or --help.
// Exit code 0: every command was answered GOOD and every read was right; 1: not so; 2: no session.
#include <signal.h>
#include <sys/signalfd.h>

#include <exception>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tests/lab/load/initiator.h"
#include "tests/lab/load/mirror.h"
#include "tests/lab/load/options.h"
#include "tests/lab/load/work.h"

namespace {

using namespace lungate::lab;

int stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  return signalfd(-1, &signals, SFD_CLOEXEC);
}

void check_sizes(const Options& options, const Initiator& initiator) {
  if (options.block_bytes % initiator.block_bytes() != 0) {
    throw std::runtime_error("--block-bytes is no multiple of the LUN's block size, " +
                             std::to_string(initiator.block_bytes()));
  }
  // A random block that no other command uses must be easy to find.
  if (initiator.size_bytes() / options.block_bytes < 2ULL * options.depth) {
    throw std::runtime_error("the LUN is too small for this depth and block size");
  }
}

RunResult run(const Options& options) {
  const int stop_fd = stop_signals();
  Initiator initiator(options);
  check_sizes(options, initiator);
  const auto mirror =
      options.mirror.empty()
          ? nullptr
          : std::make_unique<Mirror>(options.mirror, initiator.size_bytes(), options.block_bytes);
  Work work(options, initiator, mirror.get(), stop_fd);
  if (options.fill) work.fill();
  if (options.seconds > 0 || options.until_stopped) work.mix();
  if (options.verify) work.verify();
  return work.result();
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  try {
    const RunResult result = run(options);
    std::cout << result.json().dump(2) << '\n';
    return result.clean() ? 0 : 1;
  } catch (const std::exception& e) {
    std::cerr << "initiator-load: " << e.what() << '\n';
    return 2;
  }
}
