// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "base/transitions.h"
#include "iscsi/bhs.h"
#include "iscsi/discovery.h"
#include "iscsi/negotiation.h"
#include "iscsi/text.h"
#include "session/sender.h"

namespace lungate::session {

class Session;

/// Text requests of full feature phase (RFC 7143, 11.10, 11.11): SendTargets and what may still be
/// declared there. One exchange at a time; either side may need several PDUs:
///
///            request, C=1                      answer longer than a PDU
///   idle ------------------> gathering --C=0--> answering ----last piece----> idle, or open when
///    ^                          |                  |                          the request had F=0
///    +--- a new exchange, or anything that is not this one's next step -------+
///
/// What belongs to an exchange bears the target transfer tag that we gave it (its task tag is not
/// looked at: it says nothing more). A request without a transfer tag begins a new exchange and
/// forgets the old one; one with a foreign tag is rejected, and the exchange that was open is over,
/// for the two sides disagree on what has been said (11.10.4).
enum class TextState : std::uint8_t {
  kIdle,       // no exchange
  kGathering,  // the request comes in pieces; we have asked for the next one
  kAnswering,  // our answer goes in pieces; the peer asks for the next one
  kOpen,       // answered, but the initiator has not said that it is done (F=0)
};
/// A request is gathered even when it comes in one piece, and no answer begins but behind a whole
/// one; what is neither begins anew from kIdle.
inline constexpr Transitions<TextState, 4> kTextTable{
    "a text exchange goes from state to state by its table",
    {{TextState::kIdle, TextState::kGathering},
     {TextState::kGathering, TextState::kGathering},  // one more piece
     {TextState::kGathering, TextState::kAnswering},
     {TextState::kGathering,
      TextState::kIdle},  // refused, or given up for a new exchange; so below
     {TextState::kAnswering, TextState::kOpen},
     {TextState::kAnswering, TextState::kIdle},  // also: all is said
     {TextState::kOpen, TextState::kGathering},  // the initiator goes on
     {TextState::kOpen, TextState::kIdle}}};

class TextExchange {
 public:
  TextExchange(Session& session, Sender& sender, iscsi::Negotiation& negotiation)
      : session_(session), sender_(sender), negotiation_(negotiation) {}

  void request(const iscsi::TextRequest& request, Bytes data);

 private:
  void begin();
  void forget();
  void answer(const iscsi::TextRequest& request);
  bool compose(const iscsi::TextKeys& keys, iscsi::TextBuilder& reply, std::string& targets);
  void send_piece(const iscsi::TextRequest& request);
  void refuse(const iscsi::TextRequest& request, iscsi::RejectReason reason);
  std::vector<iscsi::DiscoveredTarget> visible_targets() const;

  Session& session_;
  Sender& sender_;
  iscsi::Negotiation& negotiation_;
  iscsi::TextGatherer incoming_;
  iscsi::TextSender outgoing_;
  StateOf<TextState, kTextTable> state_{TextState::kIdle};
  std::uint32_t transfer_tag_ = 0;  // ours, of this exchange
};

}  // namespace lungate::session
