// SPDX-License-Identifier: LGPL-2.1-or-later
// The command line of initiator-load, as values.
#pragma once

#include <cstdint>
#include <string>

namespace lungate::lab {

struct Options {
  std::string url;  // iscsi://HOST[:PORT]/IQN/LUN
  std::string initiator = "iqn.2026-11.io.lungate.lab:load";
  bool header_digest = false;

  bool fill = false;          // write every byte of the LUN once, before the mix
  std::uint32_t seconds = 0;  // how long the mix runs; 0: not at all, unless until_stopped
  bool until_stopped = false;
  bool verify = false;  // afterwards, read the whole LUN and compare it with the mirror

  std::uint32_t depth = 16;
  std::uint32_t block_bytes = 4096;
  std::uint32_t read_percent = 50;
  bool sequential = false;
  std::uint32_t iops_max = 0;  // 0: as fast as it goes
  std::uint64_t seed = 0;      // 0: a random one, printed in the result

  std::string mirror;  // a file that gets what the LUN must hold; empty: nothing is compared
};

/// Ends the process after --help and after a mistake in the command line, as CLI11 does.
Options parse_options(int argc, char** argv);

}  // namespace lungate::lab
