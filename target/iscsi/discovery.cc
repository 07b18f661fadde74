// SPDX-License-Identifier: LGPL-2.1-or-later

// SendTargets as text. Session's text exchange calls it on its lane, with those targets only that
// this initiator may use: what is not in `targets` is never named, so a stranger cannot learn of a
// target by asking for it. A value that is no name is an error, answered SendTargets=Reject; a name
// that is not there is an empty answer, not an error. The caller cuts the text into PDUs.
#include "iscsi/discovery.h"

#include <limits>

#include "iscsi/names.h"
#include "iscsi/text.h"

namespace lungate::iscsi {
namespace {

/// The names to be told of: all of them, or one. None is an error.
struct Question {
  bool all = false;
  std::string name;
};

/// What the peer's value asks for. A session's own target answers for All, too: see send_targets().
Result<Question, SendTargetsError> parse_question(std::string_view value,
                                                  std::string_view own_target) {
  if (!own_target.empty() && (value.empty() || value == "All")) {
    return Question{false, std::string(own_target)};
  }
  if (value == "All") return Question{true, {}};
  auto name = normalise_name(value);
  if (!name) return err(SendTargetsError::kBadValue);
  return Question{false, *std::move(name)};
}

}  // namespace

// 13.8. The tag goes after the port, so that an initiator knows which addresses are one gateway's.
std::string portal_text(const PortalAddress& portal) {
  // A host with a colon can only be IPv6: neither IPv4 nor a DNS name has one.
  const bool ipv6 = portal.host.find(':') != std::string::npos;
  const std::string host = ipv6 ? "[" + portal.host + "]" : portal.host;
  return host + ":" + std::to_string(portal.port) + "," + std::to_string(portal.tag);
}

Result<std::string, SendTargetsError> send_targets(std::string_view value,
                                                   std::string_view own_target,
                                                   std::span<const DiscoveredTarget> targets) {
  const auto question = parse_question(value, own_target);
  if (!question) return err(question.error());
  // The configuration bounds this text, not the peer: it may be longer than what a peer may send.
  TextBuilder text(std::numeric_limits<std::size_t>::max());
  for (const DiscoveredTarget& target : targets) {
    const bool own = own_target.empty() || target.name == own_target;
    if (!own || (!question->all && target.name != question->name)) continue;
    text.add("TargetName", target.name);
    for (const PortalAddress& portal : target.portals) {
      text.add("TargetAddress", portal_text(portal));
    }
  }
  return text.take();
}

}  // namespace lungate::iscsi
