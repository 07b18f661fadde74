// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "iscsi/bhs.h"
#include "iscsi/discovery.h"
#include "iscsi/negotiation.h"
#include "iscsi/text.h"
#include "session/sender.h"

namespace lungate::session {

class Session;

/// Text requests of full feature phase (RFC 7143, 11.10, 11.11): SendTargets and what may still be
/// declared there. One exchange at a time; either side may need several PDUs.
class TextExchange {
 public:
  TextExchange(Session& session, Sender& sender, iscsi::Negotiation& negotiation)
      : session_(session), sender_(sender), negotiation_(negotiation) {}

  void request(const iscsi::TextRequest& request, Bytes data);

 private:
  void answer(const iscsi::TextRequest& request);
  bool compose(const iscsi::TextKeys& keys, iscsi::TextBuilder& reply, std::string& targets);
  void send_piece(const iscsi::TextRequest& request);
  void refuse(const iscsi::TextRequest& request);
  std::vector<iscsi::DiscoveredTarget> visible_targets() const;

  Session& session_;
  Sender& sender_;
  iscsi::Negotiation& negotiation_;
  iscsi::TextGatherer incoming_;
  iscsi::TextSender outgoing_;
  bool answering_ = false;          // a reply is being sent in pieces
  std::uint32_t transfer_tag_ = 0;  // of the reply that goes on
};

}  // namespace lungate::session
