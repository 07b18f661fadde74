// SPDX-License-Identifier: LGPL-2.1-or-later
// An initiator's side of the login phase: with or without a security stage, with CHAP one way or
// both, with a wrong secret, with its text in one piece or in two.
#pragma once

#include <cstdint>
#include <string>

#include "iscsi/chap.h"
#include "tests/sim/line.h"

namespace lungate::sim {

/// What an initiator asks for.
struct LoginPlan {
  std::string initiator;
  std::uint64_t isid = 0;
  std::uint16_t tsih = 0;  // not 0: it takes the place of that session's connection
  std::string target;
  bool header_digest = false;
  bool data_digest = false;
  std::uint32_t max_recv_bytes = 8192;
  std::uint32_t max_burst_bytes = 16384;
  std::uint32_t first_burst_bytes = 8192;
  std::uint32_t max_outstanding_r2t = 1;
  bool initial_r2t = true;
  bool immediate_data = true;
  bool security_stage = false;  // always with CHAP
  bool chap = false;
  bool mutual = false;
  bool wrong_secret = false;
  bool in_pieces = false;
};

/// What holds afterwards.
struct Agreed {
  bool header_digest = false;
  bool data_digest = false;
  bool initial_r2t = true;
  bool immediate_data = true;
  std::uint32_t max_recv_bytes = 8192;  // of the initiator
  std::uint32_t max_send_bytes = 8192;  // what the target takes
  std::uint32_t max_burst_bytes = 262144;
  std::uint32_t first_burst_bytes = 65536;
  std::uint32_t max_outstanding_r2t = 1;
};

/// Who may log in to a target with CHAP, and as whom it answers.
inline constexpr const char* kChapUser = "simulated";
inline constexpr const char* kChapSecret = "a secret of initiators";
inline constexpr const char* kTargetUser = "gateway";
inline constexpr const char* kTargetSecret = "a secret of the target's";
Secret secret_of(const char* text);

class Login {
 public:
  enum class Progress : std::uint8_t { kGoesOn, kDone, kRefused };

  explicit Login(LoginPlan plan) : plan_(std::move(plan)) {}

  void begin(Line& line);
  Progress hear(Line& line, const Pdu& pdu);

  const LoginPlan& plan() const { return plan_; }
  const Agreed& agreed() const { return agreed_; }
  std::uint16_t tsih() const { return tsih_; }
  /// Class and detail, of a refusal.
  std::uint16_t status() const { return status_; }

 private:
  enum class Stage : std::uint8_t { kSecurity = 0, kOperational = 1, kFullFeature = 3 };
  void ask(Line& line, const std::string& text, bool transit, bool more = false);
  void say_who(std::string& text) const;
  void security(Line& line, std::string_view text);
  void prove(Line& line, std::string_view text);
  void operational(Line& line);
  std::string operational_text() const;
  void agree(std::string_view text);
  void check_proof(std::string_view text) const;
  void check_outcome() const;

  const LoginPlan plan_;
  Agreed agreed_;
  Stage stage_ = Stage::kSecurity;
  bool introduced_ = false;
  std::string rest_;  // of a text that goes in pieces
  iscsi::ChapAlgorithm algorithm_ = iscsi::ChapAlgorithm::kMd5;
  std::uint16_t status_ = 0;
  std::uint16_t tsih_ = 0;
};

}  // namespace lungate::sim
