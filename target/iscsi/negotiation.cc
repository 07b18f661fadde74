// SPDX-License-Identifier: LGPL-2.1-or-later

// Answers to offers, by the kind of their key. Login and, in full feature phase, session's text
// exchange call it on the lane. A value that is wrong is answered Reject and changes nothing; only
// a key that comes twice in one login fails it, since the RFC leaves no other way to know which of
// the two the peer means. Nothing here allocates more than the reply, which is bounded.
#include "iscsi/negotiation.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/check.h"

namespace lungate::iscsi {
namespace {

/// What came of one offer: the value to store, and the text that says so (empty: no answer, as for
/// a declaration).
struct Outcome {
  std::uint64_t value = 0;
  std::string text;
};

/// nullopt: not admissible, to be answered Reject.
using Answer = std::optional<Outcome>;

Outcome said_yes(bool yes) {
  return {yes ? 1u : 0u, yes ? "Yes" : "No"};
}

Answer combine_booleans(const KeyRow& row, std::string_view value, bool ours) {
  const auto theirs = parse_boolean(value);
  if (!theirs) return std::nullopt;
  return said_yes(row.kind == KeyKind::kBooleanAnd ? *theirs && ours : *theirs || ours);
}

/// A number within the row's range. Out of range is not clipped: 6.2 wants it rejected.
std::optional<std::uint64_t> admissible_number(const KeyRow& row, std::string_view value) {
  const auto number = parse_number(value);
  if (!number || *number < row.low || *number > row.high) return std::nullopt;
  return number;
}

// Both results are admissible to both: a minimum or maximum of two values of the range lies in it.
Answer combine_numbers(const KeyRow& row, std::string_view value, std::uint64_t ours) {
  const auto theirs = admissible_number(row, value);
  if (!theirs) return std::nullopt;
  const std::uint64_t result =
      row.kind == KeyKind::kNumberMin ? std::min(*theirs, ours) : std::max(*theirs, ours);
  return Outcome{result, std::to_string(result)};
}

/// 6.2.1: the order of preference is the initiator's.
Answer choose(const KeyRow& row, std::string_view value, const TargetParameters& offer) {
  for (const std::string_view item : split_list(value)) {
    if (row.takes(offer, item)) return Outcome{item != "None" ? 1u : 0u, std::string(item)};
  }
  return std::nullopt;
}

/// 6.2: a declaration is not answered, unless it is inadmissible.
Answer declared_number(const KeyRow& row, std::string_view value) {
  const auto number = admissible_number(row, value);
  if (!number) return std::nullopt;
  return Outcome{*number, {}};
}

/// The one place that knows what the kinds mean.
Answer decide(const KeyRow& row, std::string_view value, const TargetParameters& offer,
              const Parameters& current) {
  switch (row.kind) {
    case KeyKind::kBooleanAnd:
    case KeyKind::kBooleanOr:
      return combine_booleans(row, value, row.ours(offer, current) != 0);
    case KeyKind::kNumberMin:
    case KeyKind::kNumberMax:
      return combine_numbers(row, value, row.ours(offer, current));
    case KeyKind::kList:
      return choose(row, value, offer);
    case KeyKind::kDeclareNumber:
      return declared_number(row, value);
    case KeyKind::kDeclareText:
    case KeyKind::kElsewhere:
      return Outcome{};
    case KeyKind::kAlwaysNo:
      return said_yes(false);
    case KeyKind::kAlwaysReject:
    case KeyKind::kTargetOnly:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::string_view name(NegotiationError error) {
  switch (error) {
    case NegotiationError::kRepeatedKey:
      return "repeated_key";
    case NegotiationError::kReplyTooLong:
      return "reply_too_long";
  }
  return "unknown";
}

Result<void, NegotiationError> Negotiation::answer(const TextKeys& offers, KeyPhases phase,
                                                   SessionType type, TextBuilder& reply) {
  // Twice over the offers: keys that depend on others are answered when those are settled.
  for (const bool late : {false, true}) {
    for (const KeyValue& offer : offers) {
      const KeyRow* row = find_key(offer.key);
      if ((row != nullptr && row->late) != late) continue;
      if (const auto done = answer_key(offer, phase, type, reply); !done) return done;
    }
  }
  // Also when only one of the two was spoken of, or each in a text of its own.
  parameters_.first_burst_bytes =
      std::min(parameters_.first_burst_bytes, parameters_.max_burst_bytes);
  if (reply.overflowed()) return err(NegotiationError::kReplyTooLong);
  return {};
}

// The order of the questions is the contract: unknown (NotUnderstood), wrong phase (Reject, and the
// key stays free), repeated (the login fails), irrelevant to discovery, then the value. A rejected
// value does not settle its key: the initiator may offer another (6.2.2).
Result<void, NegotiationError> Negotiation::answer_key(const KeyValue& offer, KeyPhases phase,
                                                       SessionType type, TextBuilder& reply) {
  const KeyRow* row = find_key(offer.key);
  if (row == nullptr) {
    reply.add(offer.key, kNotUnderstood);
    return {};
  }
  if ((row->phases & phase) == 0) {
    reply.add(offer.key, kRejectValue);
    return {};
  }
  const auto index = static_cast<std::size_t>(row - key_table().data());
  check(index < kRowsMax, "every row has its bit");
  if (!row->repeatable && settled_[index]) return err(NegotiationError::kRepeatedKey);
  if (type == SessionType::kDiscovery && !row->discovery) {
    settled_.set(index);
    reply.add(offer.key, kIrrelevant);
    return {};
  }
  const Answer answer = decide(*row, offer.value, offer_, parameters_);
  if (!answer) {
    reply.add(offer.key, kRejectValue);
    return {};
  }
  settled_.set(index);
  if (row->apply != nullptr) row->apply(parameters_, answer->value);
  if (!answer->text.empty()) reply.add(offer.key, answer->text);
  return {};
}

// Only here does our own limit begin to hold: until it is declared, the default of 8192 is what the
// peer knows and keeps to.
void Negotiation::declare(TextBuilder& reply) {
  if (declared_) return;
  declared_ = true;
  parameters_.max_recv_data_segment_bytes = offer_.max_recv_data_segment_bytes;
  reply.add("MaxRecvDataSegmentLength", std::uint64_t{offer_.max_recv_data_segment_bytes});
}

bool Negotiation::digests_acceptable() const {
  const auto acceptable = [](const DigestPolicy& policy, bool in_use) {
    return in_use ? policy.crc32c : policy.none;
  };
  return acceptable(offer_.header_digest, parameters_.header_digest) &&
         acceptable(offer_.data_digest, parameters_.data_digest);
}

}  // namespace lungate::iscsi
