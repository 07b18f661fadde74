// SPDX-License-Identifier: LGPL-2.1-or-later

// One login's CHAP, as the side that asks (RFC 7143, 12.1.3): what a request's keys say in, the
// keys of the answer out.
//
//   initiator: AuthMethod=CHAP,...   (read by the login machine, which calls begin())
//   initiator: CHAP_A=7,5            we:  CHAP_A=7  CHAP_I=193  CHAP_C=0x...
//   initiator: CHAP_N=user  CHAP_R=0x...                  (one way)
//   initiator: ... CHAP_I=8  CHAP_C=0x...                 (mutual: it asks for our proof, too)
//                                    we:  CHAP_N=our user  CHAP_R=0x...
//
// Each round has its own request: what comes before or after its turn ends the login.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/transitions.h"
#include "iscsi/chap.h"
#include "iscsi/text.h"

namespace lungate::iscsi {

/// Who somebody is, and what only he knows.
struct ChapAccount {
  std::string user;  // compared as bytes
  Secret secret;

  bool present() const { return !user.empty() && !secret.empty(); }
};

/// What the gateway's policy demands of one login.
struct Authentication {
  /// True: nobody gets to the operational stage without having proved to be `initiator`.
  bool chap = false;
  ChapAlgorithms algorithms = ChapAlgorithms::all();
  /// Whom we expect. Without user or secret nobody can be him.
  ChapAccount initiator;
  /// As whom we answer an initiator that asks for our proof. Absent: such a login fails.
  ChapAccount target;
};

/// Why an exchange failed; the names are for logs and counters, a peer sees none of them.
enum class ChapError : std::uint8_t {
  kOutOfTurn,           // a key that this round has not
  kNoAlgorithms,        // CHAP_A without one that both sides have
  kCryptoFailed,        // our generator, or our digest
  kIncomplete,          // CHAP_R without CHAP_N, CHAP_I without CHAP_C, or the other way round
  kMalformed,           // CHAP_R, CHAP_I or CHAP_C is no value of its kind, or too long
  kReflectedChallenge,  // we are asked what we have asked (RFC 7143, 9.2.1)
  kEqualSecrets,        // the response is the one that we would have given (9.2.1)
  kUnknownUser,         // CHAP_N is somebody else's
  kWrongSecret,         // CHAP_R is not that of the secret
  kNoTargetSecret,      // our proof is asked for, and we have none
};
std::string_view name(ChapError error);

class ChapExchange {
 public:
  // In the order of an exchange. Every change goes along kTable.
  enum class State : std::uint8_t {
    kIdle,        // CHAP has not been agreed upon
    kAgreed,      // CHAP_A is awaited
    kChallenged,  // CHAP_N and CHAP_R are awaited
    kProven,      // the initiator is who he says
    kFailed,      // the login ends
  };
  static constexpr std::size_t kStates = 5;

  static constexpr Transitions<State, kStates> kTable{"a CHAP exchange moves along its edges",
                                                      {{State::kIdle, State::kAgreed},
                                                       {State::kIdle, State::kFailed},
                                                       {State::kAgreed, State::kChallenged},
                                                       {State::kAgreed, State::kFailed},
                                                       {State::kChallenged, State::kProven},
                                                       {State::kChallenged, State::kFailed},
                                                       {State::kProven, State::kFailed}}};

  ChapExchange() = default;
  ChapExchange(Authentication demanded, const RandomSource& random)
      : demanded_(std::move(demanded)), random_(&random) {}

  State state() const { return state_; }
  bool proven() const { return state_ == State::kProven; }
  bool under_way() const { return state_ == State::kAgreed || state_ == State::kChallenged; }

  /// CHAP has been agreed upon. REQUIRES: kIdle, and made with a demand.
  void begin();

  /// The CHAP keys of one whole text. A text without any leaves everything as it is. After an error
  /// nothing of this exchange may be sent, and every further step fails.
  Result<void, ChapError> step(const TextKeys& keys, TextBuilder& reply);

 private:
  void enter(State to);
  Result<void, ChapError> take_turn(const TextKeys& keys, TextBuilder& reply);
  Result<void, ChapError> challenge(std::string_view offered, TextBuilder& reply);
  Result<void, ChapError> verify(const TextKeys& keys, TextBuilder& reply);
  Result<void, ChapError> judge(std::string_view user, Bytes response) const;
  Result<void, ChapError> prove_ourselves(const TextKeys& keys, TextBuilder& reply) const;

  Authentication demanded_;
  const RandomSource* random_ = nullptr;
  State state_ = State::kIdle;
  ChapAlgorithm algorithm_ = ChapAlgorithm::kMd5;
  std::uint8_t identifier_ = 0;
  std::array<std::byte, limits::kChapChallengeBytes> challenge_{};
};

}  // namespace lungate::iscsi
