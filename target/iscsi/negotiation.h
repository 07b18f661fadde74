// SPDX-License-Identifier: LGPL-2.1-or-later

// Text negotiation as its responder (RFC 7143, 6.2), driven by the table of keys.h.
#pragma once

#include <bitset>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "iscsi/keys.h"
#include "iscsi/parameters.h"
#include "iscsi/text.h"

namespace lungate::iscsi {

inline constexpr std::string_view kNotUnderstood = "NotUnderstood";
inline constexpr std::string_view kIrrelevant = "Irrelevant";
inline constexpr std::string_view kRejectValue = "Reject";

enum class NegotiationError : std::uint8_t {
  kRepeatedKey,   // negotiated again within one login (6.3): the login must fail
  kReplyTooLong,  // the answer would exceed limits::kTextBytesMax
};
std::string_view name(NegotiationError error);

/// One session's negotiation, from the first login text to the last text of full feature phase.
///
/// Answers go to `reply`, in the order of the offers (FirstBurstLength last, since it depends on
/// MaxBurstLength): a value; Irrelevant for what means nothing in a discovery session; Reject for a
/// value out of range or a key out of its phase, which leaves the parameter as it was;
/// NotUnderstood for a key that is not in the table. Keys of kind kElsewhere and kDeclareText are
/// passed over: the caller has looked at them.
class Negotiation {
 public:
  Negotiation() = default;
  explicit Negotiation(const TargetParameters& offer) : offer_(offer) {}

  /// `phase` is exactly one of kInSecurity, kInOperational, kInFullFeature.
  Result<void, NegotiationError> answer(const TextKeys& offers, KeyPhases phase, SessionType type,
                                        TextBuilder& reply);

  /// Declares our MaxRecvDataSegmentLength (13.12), once; later calls add nothing.
  void declare(TextBuilder& reply);

  /// What holds now. FirstBurstLength is kept within MaxBurstLength whatever was said.
  const Parameters& parameters() const { return parameters_; }
  /// False when the operator wants a digest that the initiator has not agreed to: refuse the login.
  bool digests_acceptable() const;

 private:
  static constexpr std::size_t kRowsMax = 64;  // bits of settled_; the table has about 40 rows

  Result<void, NegotiationError> answer_key(const KeyValue& offer, KeyPhases phase,
                                            SessionType type, TextBuilder& reply);

  TargetParameters offer_;
  Parameters parameters_;
  std::bitset<kRowsMax> settled_;  // by row of the key table
  bool declared_ = false;
};

}  // namespace lungate::iscsi
