// SPDX-License-Identifier: LGPL-2.1-or-later

// A Config as text, and the number that two gateways compare. `lungate check --print` and the
// status call it with a Config that is in force. to_toml() is held by a test and a fuzzer to be
// parse_text()'s inverse; group_hash() rests on that: equal texts are equal configurations. Secrets
// are masked (fields.h).
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

// The first table begins with an empty line like the others; the text does not.
std::string to_toml(const Config& config) {
  std::string out;
  write_table(out, root_table(), &config);
  return out.substr(out.find_first_not_of('\n'));
}

// Over the printed text, so that what makes two configurations different is what makes two texts
// different, and nothing (padding, order of members) besides.
std::uint64_t group_hash(const Config& config) {
  // What is a gateway's own stays at its default and so adds the same to every gateway's hash.
  Config group;
  group.iscsi = config.iscsi;
  group.discovery = config.discovery;
  group.portal_groups = config.portal_groups;
  group.initiator_groups = config.initiator_groups;
  group.targets = config.targets;
  return fnv1a(to_toml(group));
}

}  // namespace lungate::config
