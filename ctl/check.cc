// SPDX-License-Identifier: LGPL-2.1-or-later

// `lungate check`: is this text a configuration? Needs no gateway, no cluster, no privileges, so
// that it can stand in a deployment's pipeline. The text is the operator's and may be anything:
// exit code 2 with each error at its line on stderr. --online goes further by becoming
// lungate-target, which may name Ceph and tries the images; this program links none of it.
#include "ctl/check.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <ostream>
#include <system_error>

#include "config/dump.h"
#include "config/keys.h"
#include "config/parse.h"
#include "config/warnings.h"
#include "ctl/json.h"
#include "ctl/places.h"

namespace lungate::ctl {
namespace {

// One line that shows that the right file was read: who has several will notice a wrong count.
std::string summary(const config::Config& config) {
  std::size_t luns = 0;
  for (const config::Target& target : config.targets) luns += target.luns.size();
  return "gateway " + config.gateway.name + ", " + std::to_string(config.portal_groups.size()) +
         " portal group(s), " + std::to_string(config.targets.size()) + " target(s), " +
         std::to_string(luns) + " LUN(s)";
}

/// Does not return when all is well: lungate-target goes on in this process.
int check_online(const std::string& file, std::ostream& out, std::ostream& err) {
  out.flush();
  err.flush();
  const std::string program = target_program();
  const std::array<const char*, 4> arguments{program.c_str(), "--check-online", file.c_str(),
                                             nullptr};
  ::execvp(program.c_str(), const_cast<char* const*>(arguments.data()));
  err << "cannot run " << program << ": " << std::generic_category().message(errno) << "\n";
  return 1;
}

}  // namespace

// Beside this program first: the two are installed together, and a PATH that finds another version
// would check with other rules.
std::string target_program() {
  constexpr const char* kName = "lungate-target";
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return kName;
  const std::string beside = (self.parent_path() / kName).string();
  return ::access(beside.c_str(), X_OK) == 0 ? beside : kName;
}

// Each way out tells the same truth: an error is on stderr and 2, whether as text or beside the
// JSON; --print prints only what is right. A warning is on stderr and changes no exit code.
int run_check(const Options& options, std::ostream& out, std::ostream& err) {
  if (options.keys) {
    out << config::reference_text();
    return 0;
  }
  const auto file = config_file(options);
  if (!file) return tell(file.error(), err);
  const auto parsed = config::parse_file(*file);
  if (options.json) {
    out << check_json(*file, parsed, options.print);
  } else if (!parsed) {
    for (const config::Error& error : parsed.error()) err << config::to_string(error) << "\n";
  } else if (options.print) {
    out << config::to_toml(*parsed);
  } else {
    out << *file << ": ok: " << summary(*parsed) << "\n";
  }
  if (!parsed) return 2;
  for (const std::string& warning : config::warnings(*parsed)) {
    err << *file << ": warning: " << warning << "\n";
  }
  return options.online ? check_online(*file, out, err) : 0;
}

}  // namespace lungate::ctl
