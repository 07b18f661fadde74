// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session/text_exchange.h"

#include <utility>

#include "base/log.h"
#include "session/lane.h"
#include "session/session.h"

namespace lungate::session {

void TextExchange::request(const iscsi::TextRequest& request, Bytes data) {
  const bool goes_on = request.target_transfer_tag != iscsi::kNoTag;
  if (goes_on && answering_ && request.target_transfer_tag == transfer_tag_)
    return send_piece(request);  // the peer asks for the next piece of our reply
  if (!goes_on) {
    incoming_.clear();  // a new exchange; whatever was before is over (11.10.4)
    answering_ = false;
  }
  if (!incoming_.append(data)) return refuse(request);
  if (!request.continues()) return answer(request);
  // More is coming: an empty answer that asks for it (6.2).
  sender_.send(iscsi::text_response(request, transfer_tag_, false, false, 0, sender_.next()));
}

void TextExchange::answer(const iscsi::TextRequest& request) {
  const auto keys = iscsi::parse_text(incoming_.text());
  iscsi::TextBuilder reply;
  std::string targets;
  if (!keys || !compose(*keys, reply, targets)) return refuse(request);
  outgoing_ = iscsi::TextSender(reply.take() + targets);
  incoming_.clear();
  answering_ = true;
  ++transfer_tag_;
  if (transfer_tag_ == iscsi::kNoTag) transfer_tag_ = 0;
  send_piece(request);
}

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

void TextExchange::send_piece(const iscsi::TextRequest& request) {
  const auto piece = outgoing_.next(negotiation_.parameters().max_send_data_segment_bytes);
  answering_ = piece.more;
  const auto header = iscsi::text_response(
      request, piece.more ? transfer_tag_ : iscsi::kNoTag, !piece.more, piece.more,
      static_cast<std::uint32_t>(piece.text.size()), sender_.next());
  sender_.send_copy(header, bytes_of(std::string_view(piece.text)));
}

void TextExchange::refuse(const iscsi::TextRequest& request) {
  incoming_.clear();
  answering_ = false;
  log::warn("session", "text_refused", {{"session", session_.id()}});
  sender_.reject(iscsi::RejectReason::kProtocolError, bytes_of(request));
}

std::vector<iscsi::DiscoveredTarget> TextExchange::visible_targets() const {
  std::vector<iscsi::DiscoveredTarget> targets;
  const Directory& directory = *session_.lane().directory();
  for (const auto& [iqn, target] : directory.targets) {
    if (config::find_access(target.config, session_.identity().initiator_name) == nullptr) continue;
    iscsi::DiscoveredTarget& row = targets.emplace_back();
    row.name = iqn;
    for (const PortalGroup& group : directory.portal_groups)
      for (const Endpoint& portal : group.portals)
        row.portals.push_back({session_.reachable(portal), portal.port, group.tag});
  }
  return targets;
}

}  // namespace lungate::session
