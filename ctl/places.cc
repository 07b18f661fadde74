// SPDX-License-Identifier: LGPL-2.1-or-later

// Where the gateway's things are. Every command but `check --keys` asks it first. With one file in
// /etc/lungate nothing needs to be said, with several the question is asked back rather than
// guessed. A configuration that is wrong is exit code 2 here as everywhere.
#include "ctl/places.h"

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <system_error>
#include <vector>

#include "config/parse.h"
#include "ctl/text.h"

namespace lungate::ctl {
namespace {

/// The whole file must be right, even where one path of it is wanted: a target that serves from
/// another version of it is better not guessed at. What it shares with a group is not looked at.
Result<config::Config, Failure> read_config(const Options& options) {
  const auto file = config_file(options);
  if (!file) return err(file.error());
  auto parsed = config::parse_own_file(*file);
  if (parsed) return *std::move(parsed);
  std::string message;
  for (const config::Error& error : parsed.error()) {
    message += (message.empty() ? "" : "\n") + config::to_string(error);
  }
  return err(Failure{2, std::move(message)});
}

}  // namespace

int tell(const Failure& failure, std::ostream& err) {
  err << failure.message << "\n";
  return failure.exit_code;
}

// A folder that cannot be read is like an empty one: what the operator has to do is the same.
Result<std::string, Failure> config_file(const Options& options, const std::string& folder) {
  if (!options.config.empty()) return options.config;
  std::vector<std::string> found;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".toml") found.push_back(entry->path().string());
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) return err(Failure{1, "no *.toml in " + folder + ": which --config?"});
  std::ranges::sort(found);
  return err(Failure{1, "several gateways in " + folder + ", which --config? " + joined(found)});
}

// What is given outright wins and is not looked at: it is for gateways whose configuration is not
// at hand.
Result<std::string, Failure> control_socket(const Options& options) {
  if (!options.socket.empty()) return options.socket;
  const auto config = read_config(options);
  if (!config) return err(config.error());
  return config->gateway.control_socket;
}

Result<std::string, Failure> segment(const Options& options) {
  if (!options.segment.empty()) return options.segment;
  const auto config = read_config(options);
  if (!config) return err(config.error());
  return config->telemetry.segment;
}

Result<telemetry::Reader, Failure> open_segment(const Options& options) {
  auto path = segment(options);
  if (!path) return err(path.error());
  return telemetry::Reader(*std::move(path));
}

}  // namespace lungate::ctl
