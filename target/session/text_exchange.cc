// SPDX-License-Identifier: LGPL-2.1-or-later

// Text of a session. Called by Session when a Text Request's turn by CmdSN has come, on the lane's
// thread. All of it is a peer's: its length and its keys are bounded by iscsi/text.h, and whatever
// is no text, no negotiation or no step of this exchange is a Reject that ends the exchange and
// leaves the session as it was.
#include "session/text_exchange.h"

#include <utility>

#include "base/log.h"
#include "session/lane.h"
#include "session/session.h"

namespace lungate::session {

void TextExchange::request(const iscsi::TextRequest& request, Bytes data) {
  using iscsi::RejectReason;
  if (request.target_transfer_tag == iscsi::kNoTag)
    begin();
  else if (state_ == TextState::kIdle || request.target_transfer_tag != transfer_tag_)
    return refuse(request, RejectReason::kInvalidPduField);
  // More text to come, and nothing more to come: it cannot be both (11.10.2).
  if (request.continues() && request.final()) return refuse(request, RejectReason::kProtocolError);
  if (state_ == TextState::kAnswering) return send_piece(request);
  state_.enter(TextState::kGathering);
  if (!incoming_.append(data)) return refuse(request, RejectReason::kProtocolError);
  if (!request.continues()) return answer(request);
  // More is coming: an empty answer that asks for it (6.2).
  sender_.send(iscsi::text_response(request, transfer_tag_, false, false, 0, sender_.next()));
}

void TextExchange::begin() {
  forget();
  if (++transfer_tag_ == iscsi::kNoTag) transfer_tag_ = 0;
}

void TextExchange::forget() {
  if (state_ != TextState::kIdle) state_.enter(TextState::kIdle);
  incoming_.clear();
  outgoing_ = {};
}

void TextExchange::answer(const iscsi::TextRequest& request) {
  const auto keys = iscsi::parse_text(incoming_.text());
  iscsi::TextBuilder reply;
  std::string targets;
  if (!keys || !compose(*keys, reply, targets))
    return refuse(request, iscsi::RejectReason::kProtocolError);
  outgoing_ = iscsi::TextSender(reply.take() + targets);
  incoming_.clear();
  state_.enter(TextState::kAnswering);
  send_piece(request);
}

/// SendTargets is no negotiation: its answer is a list with repeated keys, so it is built apart and
/// put behind the negotiated ones.
bool TextExchange::compose(const iscsi::TextKeys& keys, iscsi::TextBuilder& reply,
                           std::string& targets) {
  const auto type = session_.identity().type;
  if (!negotiation_.answer(keys, iscsi::kInFullFeature, type, reply) || reply.overflowed())
    return false;
  const auto wanted = keys.find("SendTargets");
  if (!wanted) return true;
  const auto found =
      iscsi::send_targets(*wanted, session_.identity().target_name, visible_targets());
  if (found)
    targets = *found;
  else
    reply.add("SendTargets", iscsi::kRejectValue);
  return true;
}

/// An exchange ends when both sides have said so: F=1 in answer to F=0 is an error of ours
/// (11.11.1).
void TextExchange::send_piece(const iscsi::TextRequest& request) {
  const auto piece = outgoing_.next(negotiation_.parameters().max_send_data_segment_bytes);
  const bool last = !piece.more && request.final();
  const auto header =
      iscsi::text_response(request, last ? iscsi::kNoTag : transfer_tag_, last, piece.more,
                           static_cast<std::uint32_t>(piece.text.size()), sender_.next());
  sender_.send_copy(header, bytes_of(std::string_view(piece.text)));
  if (last) return forget();
  if (!piece.more) state_.enter(TextState::kOpen);
}

void TextExchange::refuse(const iscsi::TextRequest& request, iscsi::RejectReason reason) {
  forget();
  log::warn("session", "text_refused", {{"session", session_.id()}});
  sender_.reject(reason, bytes_of(request));
}

/// Only what this initiator may log in to, on every portal group of the configuration: the other
/// gateways' too, for that is where multipath learns its other paths from.
std::vector<iscsi::DiscoveredTarget> TextExchange::visible_targets() const {
  std::vector<iscsi::DiscoveredTarget> targets;
  const Directory& directory = *session_.lane().directory();
  for (const auto& [iqn, target] : directory.targets) {
    if (config::find_access(target.config, session_.caller()) == nullptr) continue;
    iscsi::DiscoveredTarget& row = targets.emplace_back();
    row.name = iqn;
    for (const PortalGroup& group : directory.portal_groups) {
      if (!config::offered_at(target.config, group.tag)) continue;
      for (const Endpoint& portal : group.portals)
        row.portals.push_back({session_.reachable(portal), portal.port, group.tag});
    }
  }
  return targets;
}

}  // namespace lungate::session
