// SPDX-License-Identifier: LGPL-2.1-or-later

// Who a process is, and whether it still runs, from /proc. Called when an image is opened, on its
// attempt's thread; encode() and decode() are the roster's format. What cannot be read or parsed is
// "unknown" or nothing, never a guess: a process that is wrongly taken for dead would be fenced
// while it writes.
//
// A process is named by boot, PID namespace, pid and start time, for each of them alone comes
// again: pids are used anew within hours, and containers count from 1.
#include "ceph/instance.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <fstream>
#include <map>
#include <sstream>

#include "base/clock.h"
#include "base/limits.h"

namespace lungate::ceph {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string link_target(const char* path) {
  std::array<char, 128> target{};
  const ssize_t bytes = ::readlink(path, target.data(), target.size());
  return bytes > 0 ? std::string(target.data(), static_cast<std::size_t>(bytes)) : std::string();
}

struct ProcessState {
  char state = 'X';
  std::uint64_t start_ticks = 0;
};

/// From /proc/PID/stat (proc(5)): fields 3 and 22, counted behind the command's closing bracket,
/// for the command may hold anything.
std::optional<ProcessState> process_state(std::uint64_t pid) {
  const std::string line = first_line("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t bracket = line.rfind(')');
  if (bracket == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(bracket + 1));
  ProcessState process;
  std::string skipped;
  fields >> process.state;
  for (int field = 4; field < 22; ++field) fields >> skipped;
  fields >> process.start_ticks;
  if (!fields) return std::nullopt;
  return process;
}

bool parse(const std::string& text, std::uint64_t& out) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  return error == std::errc() && stop == end && !text.empty();
}

}  // namespace

// What cannot be read stays empty, and life_of() then answers kUnknown: the slow, safe way.
Instance this_process() {
  Instance here;
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  here.host = host.data();
  here.boot_id = first_line("/proc/sys/kernel/random/boot_id");
  here.pid_space = link_target("/proc/self/ns/pid");
  here.pid = static_cast<std::uint64_t>(::getpid());
  if (const auto process = process_state(here.pid)) here.start_ticks = process->start_ticks;
  here.enlisted_s = wall_now_ns() / 1'000'000'000;
  return here;
}

std::string encode(const Instance& instance) {
  std::ostringstream text;
  text << "client " << instance.client << "\naddress " << instance.address << "\nhost "
       << instance.host << "\nboot_id " << instance.boot_id << "\npid_space " << instance.pid_space
       << "\npid " << instance.pid << "\nstart_ticks " << instance.start_ticks << "\nenlisted_s "
       << instance.enlisted_s << "\nfenced " << (instance.fenced ? 1 : 0) << "\n";
  return text.str();
}

// Everything in the object may have been written by a newer version, or by hand. Keys that are not
// ours are let pass, so that a newer version may add some; one of ours that is missing or no number
// makes the whole entry nobody's.
std::optional<Instance> decode(std::string_view text) {
  if (text.size() > limits::kRosterEntryBytesMax) return std::nullopt;
  std::map<std::string, std::string> values;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t space = line.find(' ');
    if (space == std::string::npos) return std::nullopt;
    values[line.substr(0, space)] = line.substr(space + 1);
  }
  Instance instance;
  instance.client = values["client"];
  instance.address = values["address"];
  instance.host = values["host"];
  instance.boot_id = values["boot_id"];
  instance.pid_space = values["pid_space"];
  std::uint64_t fenced = 0;
  const bool complete =
      !instance.client.empty() && !instance.address.empty() && parse(values["pid"], instance.pid) &&
      parse(values["start_ticks"], instance.start_ticks) &&
      parse(values["enlisted_s"], instance.enlisted_s) && parse(values["fenced"], fenced);
  instance.fenced = fenced != 0;
  if (!complete) return std::nullopt;
  return instance;
}

bool same_process(const Instance& a, const Instance& b) {
  return !a.boot_id.empty() && a.boot_id == b.boot_id && !a.pid_space.empty() &&
         a.pid_space == b.pid_space && a.pid == b.pid && a.start_ticks == b.start_ticks;
}

// A zombie counts as ended: its threads are gone, and its sockets are closed.
Life life_of(const Instance& instance, const Instance& here) {
  const bool visible = !here.boot_id.empty() && instance.boot_id == here.boot_id &&
                       !here.pid_space.empty() && instance.pid_space == here.pid_space;
  if (!visible) return Life::kUnknown;
  const auto process = process_state(instance.pid);
  const bool runs = process && process->start_ticks == instance.start_ticks &&
                    process->state != 'Z' && process->state != 'X';
  return runs ? Life::kRunning : Life::kEnded;
}

std::string describe(const Instance& instance) {
  return "pid " + std::to_string(instance.pid) + " on " + instance.host + " (" + instance.client +
         ", " + instance.address + ")";
}

}  // namespace lungate::ceph
