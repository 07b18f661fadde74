// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config/dump.h"

#include "config/write.h"

namespace lungate::config {
namespace {

/// FNV-1a, 64 bits: tells texts apart, resists nobody, and will be the same for ever.
std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3u;
  }
  return hash;
}

}  // namespace

std::string to_toml(const Config& config) {
  std::string out;
  write_table(out, root_table(), &config);
  return out.substr(out.find_first_not_of('\n'));
}

std::uint64_t group_hash(const Config& config) {
  // What is a gateway's own stays at its default and so adds the same to every gateway's hash.
  Config group;
  group.iscsi = config.iscsi;
  group.portal_groups = config.portal_groups;
  group.targets = config.targets;
  return fnv1a(to_toml(group));
}

}  // namespace lungate::config
