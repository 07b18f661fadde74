// SPDX-License-Identifier: LGPL-2.1-or-later

// The command line as plain values. CLI11 stays behind options.cc.
#pragma once

#include <cstdint>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "ctl/choice.h"

namespace lungate::ctl {

/// What is to be done; `sessions` and `sessions disconnect` are two.
enum class Command : std::uint8_t {
  kCheck,
  kStatus,
  kSessions,
  kDisconnect,
  kLogLevel,
  kReload,
  kTop,
  kSlowlog,
};

struct TopOptions {
  TopChoice choice;
  bool sorted = false;      // --sort was given: the live page has another default
  bool batch = false;       // one table, or one line of JSON, per reading
  std::uint64_t count = 0;  // readings of a batch; 0: no end
  bool ascii = false;
};

struct SlowlogOptions {
  SlowChoice choice;
  bool follow = false;
};

/// Everything that was said, in one struct for all commands: what a command does not use stays at
/// its default.
struct Options {
  Command command = Command::kStatus;

  // Where the gateway is to be found, as far as the command line says it. Empty: see places.h. Each
  // is taken as it is; nothing has been looked for.
  std::string config;
  std::string socket;
  std::string segment;
  bool json = false;

  // check
  bool print = false;   // the configuration that is in force, defaults included
  bool online = false;  // let lungate-target open the images as well
  bool keys = false;    // the reference of keys; needs no file

  // sessions
  bool parameters = false;    // list the negotiated keys
  std::uint64_t session = 0;  // kDisconnect

  log::Level level = log::Level::kInfo;  // kLogLevel

  // top
  bool once = false;
  TopOptions top;

  SlowlogOptions slowlog;

  std::uint32_t interval_ms = 1000;  // between readings: top, slowlog --follow
};

/// Why the program ends without running a command: help that was asked for, or a wrong line.
struct Stop {
  int exit_code = 0;
  std::string text;  // for stdout when exit_code is 0, else for stderr
};

/// A wrong command line (sysexits.h: EX_USAGE). 2 is kept for wrong configurations.
inline constexpr int kExitUsage = 64;

Result<Options, Stop> parse_options(int argc, const char* const* argv);

}  // namespace lungate::ctl
