// SPDX-License-Identifier: LGPL-2.1-or-later

// lungate-target: reads its configuration, builds the gateway, runs it.
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <system_error>

#include "base/limits.h"
#include "base/log.h"
#include "base/thread.h"
#include "control/descriptors.h"
#include "control/group_text.h"
#include "control/online_check.h"
#include "control/service.h"
#include "control/version.h"

namespace {

/// A configuration that is wrong as a text, and a wrong command line (sysexits.h: EX_USAGE), as
/// with lungate and lungate-exporter: nothing was started, nothing changed, and starting again
/// would not help (RestartPreventExitStatus= of the unit).
constexpr int kExitBadConfig = 2;
constexpr int kExitUsage = 64;

struct Options {
  std::string file;
  bool check = false;
  bool check_online = false;
};

int run(const Options& options) {
  auto config = lungate::control::read_config(options.file);
  if (!config) {
    for (const auto& error : config.error())
      std::fprintf(stderr, "%s\n", lungate::config::to_string(error).c_str());
    return kExitBadConfig;
  }
  if (options.check) return 0;
  if (options.check_online) return lungate::control::check_online(*config);
  lungate::log::start();
  const std::size_t descriptors = lungate::control::raise_descriptor_limit();
  if (descriptors < lungate::limits::kDescriptorsWanted)
    lungate::log::warn("control", "few_descriptors",
                       {{"limit", descriptors}, {"wanted", lungate::limits::kDescriptorsWanted}});
  // A peer that goes away while we write is an error value, not a signal.
  ::signal(SIGPIPE, SIG_IGN);
  try {
    return lungate::control::Service(std::move(*config), options.file).run();
  } catch (const std::system_error& error) {  // its constructor's: nothing has been started
    lungate::log::error("control", "no_resources", {{"error", error.what()}});
    return 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"lungate-target: exports RBD images and files as SCSI disks over iSCSI"};
  Options options;
  app.set_version_flag("--version", lungate::control::kVersion);
  app.add_option("config", options.file, "the gateway's configuration (TOML)")->required();
  app.add_flag("--check", options.check, "validate the configuration and end");
  app.add_flag("--check-online", options.check_online,
               "the same, and look whether every store could be served");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;  // --help and --version end here as well
  }
  const int code = run(options);
  // A fenced client of RADOS may never shut down, and must not meet the end of its library.
  if (!lungate::detached_threads_end_within(lungate::limits::kExitPatience)) std::_Exit(code);
  return code;
}
