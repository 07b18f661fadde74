// SPDX-License-Identifier: LGPL-2.1-or-later

// Which process a RADOS client belongs to: enough to tell, later and from a new process, that the
// old one has ended, without asking Ceph.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lungate::ceph {

struct Instance {
  std::string client;     // "client.4123"
  std::string address;    // what a fence names
  std::string host;       // for people
  std::string boot_id;    // which run of which kernel: equal means the same machine, not rebooted
  std::string pid_space;  // pids of another PID namespace (a container) say nothing here
  std::uint64_t pid = 0;
  std::uint64_t start_ticks = 0;  // with the pid it names a process for the time of a boot
  std::uint64_t enlisted_s = 0;   // wall clock, seconds since the epoch: order and for people
  bool fenced = false;            // blocklisted by a successor, for limits::kFenceTime

  bool operator==(const Instance&) const = default;
};

/// This process; client and address are for the caller to set.
Instance this_process();

/// One "key value" line per field. Unknown keys are skipped (a newer version may add some).
std::string encode(const Instance& instance);
/// Nothing when a field is missing or malformed, or the text is longer than
/// limits::kRosterEntryBytesMax.
std::optional<Instance> decode(std::string_view text);

enum class Life : std::uint8_t {
  kRunning,  // seen from here: it runs
  kEnded,    // seen from here: it has ended (or is a zombie, which does no I/O any more)
  kUnknown,  // another machine, another boot, another container: cannot be seen from here
};
/// `here` is this_process().
Life life_of(const Instance& instance, const Instance& here);

/// True for two clients of one process.
bool same_process(const Instance& a, const Instance& b);

/// "pid 812 on gw-a.example (client.4123, 10.0.0.7:0/3)": for messages.
std::string describe(const Instance& instance);

}  // namespace lungate::ceph
