// SPDX-License-Identifier: LGPL-2.1-or-later

// CHAP's rounds. The login machine calls step() with each whole text of the security stage, on the
// connection's lane. The peer is a stranger until kProven: what it sends is bounded by text.h and
// chap.h, and every mistake of it is a value. Two rules keep it from learning more than it must: a
// wrong name costs the same work as a wrong response and is told apart from it in our log only, and
// we prove ourselves to nobody who has not done so first.
#include "iscsi/chap_exchange.h"

#include <algorithm>

#include "base/check.h"

namespace lungate::iscsi {
namespace {

constexpr std::array<std::string_view, 5> kKeys = {"CHAP_A", "CHAP_I", "CHAP_C", "CHAP_N",
                                                   "CHAP_R"};

/// Whether the text has a CHAP key that is not among `expected`.
bool has_other_than(const TextKeys& keys, std::initializer_list<std::string_view> expected) {
  return std::any_of(kKeys.begin(), kKeys.end(), [&](std::string_view key) {
    return keys.find(key) && std::find(expected.begin(), expected.end(), key) == expected.end();
  });
}

bool has_any(const TextKeys& keys) {
  return has_other_than(keys, {});
}

}  // namespace

std::string_view name(ChapError error) {
  switch (error) {
    case ChapError::kOutOfTurn:
      return "chap_out_of_turn";
    case ChapError::kNoAlgorithms:
      return "no_common_chap_algorithm";
    case ChapError::kCryptoFailed:
      return "crypto_failed";
    case ChapError::kIncomplete:
      return "chap_incomplete";
    case ChapError::kMalformed:
      return "chap_malformed";
    case ChapError::kReflectedChallenge:
      return "reflected_challenge";
    case ChapError::kEqualSecrets:
      return "equal_secrets";
    case ChapError::kUnknownUser:
      return "unknown_user";
    case ChapError::kWrongSecret:
      return "wrong_secret";
    case ChapError::kNoTargetSecret:
      return "no_target_secret";
  }
  return "unknown";
}

void ChapExchange::enter(State to) {
  check(kTable.allow(state_, to), kTable.what());
  state_ = to;
}

void ChapExchange::begin() {
  check(random_ != nullptr && demanded_.chap, "CHAP begins where it is demanded");
  enter(State::kAgreed);
}

Result<void, ChapError> ChapExchange::step(const TextKeys& keys, TextBuilder& reply) {
  if (!has_any(keys)) return {};
  const auto done = take_turn(keys, reply);
  if (!done && state_ != State::kFailed) enter(State::kFailed);
  return done;
}

Result<void, ChapError> ChapExchange::take_turn(const TextKeys& keys, TextBuilder& reply) {
  if (state_ == State::kAgreed && !has_other_than(keys, {"CHAP_A"})) {
    return challenge(*keys.find("CHAP_A"), reply);
  }
  if (state_ == State::kChallenged && !keys.find("CHAP_A")) return verify(keys, reply);
  return err(ChapError::kOutOfTurn);
}

Result<void, ChapError> ChapExchange::challenge(std::string_view offered, TextBuilder& reply) {
  const auto algorithm = strongest_of(offered, demanded_.algorithms);
  if (!algorithm) return err(ChapError::kNoAlgorithms);
  algorithm_ = *algorithm;
  std::array<std::byte, 1> identifier{};
  if (!random_->fill(challenge_) || !random_->fill(identifier))
    return err(ChapError::kCryptoFailed);
  identifier_ = std::to_integer<std::uint8_t>(identifier[0]);
  reply.add("CHAP_A", std::uint64_t{static_cast<std::uint8_t>(algorithm_)});
  reply.add("CHAP_I", std::uint64_t{identifier_});
  reply.add("CHAP_C", binary_text(challenge_));
  enter(State::kChallenged);
  return {};
}

// The initiator's proof first, whatever else it asks for.
Result<void, ChapError> ChapExchange::verify(const TextKeys& keys, TextBuilder& reply) {
  const auto user = keys.find("CHAP_N");
  const auto response_text = keys.find("CHAP_R");
  const bool asks = keys.find("CHAP_I").has_value();
  if (!user || !response_text || asks != keys.find("CHAP_C").has_value()) {
    return err(ChapError::kIncomplete);
  }
  const auto response = parse_binary(*response_text, digest_bytes(algorithm_));
  if (!response || response->size() != digest_bytes(algorithm_)) {
    return err(ChapError::kMalformed);
  }
  if (const auto judged = judge(*user, *response); !judged) return judged;
  if (asks) {
    if (const auto proved = prove_ourselves(keys, reply); !proved) return proved;
  }
  enter(State::kProven);
  return {};
}

// All digests and comparisons are made before anything is decided, so that an unknown user takes as
// long as a wrong secret. An account without a secret is nobody's, though the digest over an empty
// one could be computed by everybody.
Result<void, ChapError> ChapExchange::judge(std::string_view user, Bytes response) const {
  const ChapAccount& expected = demanded_.initiator;
  const auto right = chap_response(algorithm_, identifier_, expected.secret, challenge_);
  const auto ours = chap_response(algorithm_, identifier_, demanded_.target.secret, challenge_);
  if (!right || !ours) return err(ChapError::kCryptoFailed);
  const bool is_right = equal_in_constant_time(right->bytes(), response);
  const bool is_ours = equal_in_constant_time(ours->bytes(), response);
  const bool is_user =
      equal_in_constant_time(bytes_of(std::string_view(expected.user)), bytes_of(user));
  if (is_ours && demanded_.target.present()) return err(ChapError::kEqualSecrets);
  if (!is_user || !expected.present()) return err(ChapError::kUnknownUser);
  if (!is_right) return err(ChapError::kWrongSecret);
  return {};
}

// To be asked one's own question back is what somebody does who does not know the answer.
Result<void, ChapError> ChapExchange::prove_ourselves(const TextKeys& keys,
                                                      TextBuilder& reply) const {
  const auto identifier = parse_number(*keys.find("CHAP_I"));
  const auto challenge = parse_binary(*keys.find("CHAP_C"), limits::kChapChallengeBytesMax);
  if (!identifier || *identifier > 0xff || !challenge) return err(ChapError::kMalformed);
  if (std::ranges::equal(*challenge, challenge_)) return err(ChapError::kReflectedChallenge);
  if (!demanded_.target.present()) return err(ChapError::kNoTargetSecret);
  const auto response = chap_response(algorithm_, static_cast<std::uint8_t>(*identifier),
                                      demanded_.target.secret, *challenge);
  if (!response) return err(ChapError::kCryptoFailed);
  reply.add("CHAP_N", demanded_.target.user);
  reply.add("CHAP_R", binary_text(response->bytes()));
  return {};
}

}  // namespace lungate::iscsi
