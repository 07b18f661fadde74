// SPDX-License-Identifier: LGPL-2.1-or-later

// The command line, and the file that it may name. main() calls it once. The operator errs here: a
// wrong option or no segment at all (status 64) and a wrong file (2) end the process with a
// sentence, before a socket is opened; a segment that is not there yet is no error, for the target
// may start later. Options win over the file, each for itself.
#include "exporter/options.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <optional>

#include "base/limits.h"
#include "config/names.h"
#include "config/parse.h"

namespace lungate::exporter {
namespace {

constexpr int kBadConfiguration = 2;
constexpr int kBadUsage = 64;  // sysexits.h: EX_USAGE, as with lungate and lungate-target

struct CommandLine {
  std::string config_file;
  std::string listen;
  std::vector<std::string> segments;
  std::string web_config;
};

// The configuration's own rule, so that an address is right or wrong wherever it is written.
std::string valid_address(const std::string& text) {
  const auto objection = config::check_address(text);
  return objection ? objection->message : std::string();
}

void declare(CLI::App& app, CommandLine& line, const std::string& version) {
  app.add_option("--config,config", line.config_file,
                 "the gateway's TOML file; its [exporter] is read");
  app.add_option("--listen", line.listen, "address and port; port 0 picks one and logs it")
      ->check(CLI::Validator(valid_address, "ADDRESS:PORT"));
  app.add_option("--segment", line.segments, "a target's segment; may be given several times")
      ->expected(1, static_cast<int>(limits::kExporterSegmentsMax));
  app.add_option("--web-config", line.web_config,
                 "Prometheus's web configuration file: TLS, client certificates, users");
  app.set_version_flag("--version", version);
}

// The whole file must be right, not only its [exporter]: an exporter that starts with a text that
// its target refuses hides the mistake.
std::optional<Options> read_file(const std::string& path) {
  auto parsed = config::parse_own_file(path);
  if (parsed) return Options{parsed->exporter, parsed->log.level};
  for (const config::Error& error : parsed.error()) {
    std::cerr << "lungate-exporter: " << to_string(error) << "\n";
  }
  return std::nullopt;
}

}  // namespace

std::variant<Options, Exit> read_options(int argc, const char* const* argv,
                                         const std::string& version) {
  CLI::App app("Serves a lungate target's shared-memory counters to Prometheus.",
               "lungate-exporter");
  CommandLine line;
  declare(app, line, version);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return Exit{app.exit(error) == 0 ? 0 : kBadUsage};
  }
  Options options;
  if (!line.config_file.empty()) {
    auto from_file = read_file(line.config_file);
    if (!from_file) return Exit{kBadConfiguration};
    options = std::move(*from_file);
  }
  if (!line.listen.empty()) options.exporter.listen = config::parse_address(line.listen);
  if (!line.web_config.empty()) options.exporter.web_config = line.web_config;
  if (!line.segments.empty()) options.exporter.segments = line.segments;
  if (options.exporter.segments.empty()) {
    std::cerr << "lungate-exporter: no segment: give --config or --segment\n";
    return Exit{kBadUsage};
  }
  return options;
}

}  // namespace lungate::exporter
