// SPDX-License-Identifier: LGPL-2.1-or-later

// Called by `lungate check`, at a start and at a reload, with a configuration that parse() gave
// out. What stands here must be rare: a warning that is always there is read by nobody.
#include "config/warnings.h"

namespace lungate::config {
namespace {

/// Without a list of initiators everybody is one, and without chap a name is no proof. A target
/// that sends its logins elsewhere lets nobody in.
bool is_open(const Target& target) {
  return target.initiators.empty() && !target.chap.demanded() && target.moved_to.empty();
}

}  // namespace

std::vector<std::string> warnings(const Config& config) {
  std::vector<std::string> sentences;
  for (const Target& target : config.targets) {
    if (!is_open(target)) continue;
    sentences.push_back("target " + target.iqn +
                        ": no [[target.initiator]] and no chap: everybody who reaches its portals "
                        "may log in");
  }
  return sentences;
}

}  // namespace lungate::config
