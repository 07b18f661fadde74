// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/lab/load/options.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <random>

namespace lungate::lab {

Options parse_options(int argc, char** argv) {
  Options o;
  CLI::App app("Reads and writes a LUN through libiscsi and prints what it saw as JSON");
  app.add_option("url", o.url, "iscsi://HOST[:PORT]/IQN/LUN")->required();
  app.add_option("--initiator", o.initiator, "the initiator's own name")->capture_default_str();
  app.add_flag("--header-digest", o.header_digest, "insist on CRC32C header digests");
  app.add_flag("--fill", o.fill, "write the whole LUN first");
  app.add_option("--seconds", o.seconds, "how long the mix of reads and writes runs")
      ->check(CLI::Range(0, 7 * 24 * 3600));
  app.add_flag("--until-stopped", o.until_stopped, "the mix runs until SIGTERM or SIGINT");
  app.add_flag("--verify", o.verify, "compare the whole LUN with the mirror at the end");
  app.add_option("--depth", o.depth, "commands in flight")
      ->check(CLI::Range(1, 128))
      ->capture_default_str();
  app.add_option("--block-bytes", o.block_bytes, "size of each read and write")
      ->check(CLI::Range(512, 4 << 20))
      ->capture_default_str();
  app.add_option("--read-percent", o.read_percent, "share of reads in the mix")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  app.add_flag("--sequential", o.sequential, "one block after the other instead of at random");
  app.add_option("--iops-max", o.iops_max, "start at most so many commands a second");
  app.add_option("--seed", o.seed, "makes a run repeatable");
  app.add_option("--mirror", o.mirror,
                 "file that is kept equal to what the LUN must hold; reads are compared with it");
  try {
    app.parse(argc, argv);
    if (o.verify && o.mirror.empty()) throw CLI::ValidationError("--verify needs --mirror");
  } catch (const CLI::ParseError& e) {
    std::exit(app.exit(e));
  }
  if (o.seed == 0) o.seed = std::random_device{}();
  return o;
}

}  // namespace lungate::lab
