// SPDX-License-Identifier: LGPL-2.1-or-later

// Which segment has a gateway's name, where several claim it. A segment is what its owner writes
// into it, and any user who may make one can write another gateway's name: what decides is what he
// cannot write.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "telemetry/reader.h"

namespace lungate::exporter {

/// Not thread-safe.
class Names {
 public:
  /// What each segment claims now, in the order of the paths; nothing: it cannot be read.
  using Claims = std::vector<std::optional<telemetry::Claim>>;

  /// `paths`: the segments, as configured, each once.
  explicit Names(const std::vector<std::string>& paths);

  /// Decides who has which name from now on.
  void look(const Claims& claims);
  /// One segment at most for each name, and one name at most for each segment.
  bool has(std::size_t segment, const std::string& gateway) const;

 private:
  struct Holder {
    std::size_t segment;
    uid_t owner;
  };
  bool is_reserved(std::size_t segment, const std::string& gateway) const;
  bool may_take(std::size_t segment, const telemetry::Claim& claim, const Claims& claims) const;
  void take(std::size_t segment, const telemetry::Claim& claim);

  const std::vector<std::string> files_;   // the last parts of the paths
  std::map<std::string, Holder> holders_;  // by name
};

}  // namespace lungate::exporter
