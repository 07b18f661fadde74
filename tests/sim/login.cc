// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/sim/login.h"

#include <algorithm>

#include "iscsi/text.h"
#include "tests/sim/violation.h"

namespace lungate::sim {
namespace {

constexpr std::uint8_t kOurIdentifier = 77;
constexpr const char* kOurChallenge = "a challenge to the target, of any length";

void add(std::string& text, std::string_view key, std::string_view value) {
  text.append(key).append("=").append(value).push_back('\0');
}

void add_number(std::string& text, std::string_view key, std::uint32_t value) {
  add(text, key, std::to_string(value));
}

void add_flag(std::string& text, std::string_view key, bool value) {
  add(text, key, value ? "Yes" : "No");
}

std::string response_text(iscsi::ChapAlgorithm algorithm, std::uint8_t identifier,
                          const char* secret, Bytes challenge) {
  const auto digest = iscsi::chap_response(algorithm, identifier, secret_of(secret), challenge);
  require(digest.has_value(), "a digest that OpenSSL does not have");
  return iscsi::binary_text(digest->bytes());
}

iscsi::TextKeys keys_in(std::string_view text) {
  auto keys = iscsi::parse_text(text);
  require(keys.has_value(), "a login response whose text is none");
  return std::move(*keys);
}

}  // namespace

Secret secret_of(const char* text) {
  return Secret(bytes_of(std::string_view(text)));
}

void Login::begin(Line& line) {
  stage_ = plan_.chap || plan_.security_stage ? Stage::kSecurity : Stage::kOperational;
  if (stage_ == Stage::kOperational) return operational(line);
  std::string text;
  say_who(text);
  add(text, "AuthMethod", plan_.chap ? "CHAP" : "None");
  ask(line, text, !plan_.chap);
}

void Login::say_who(std::string& text) const {
  add(text, "InitiatorName", plan_.initiator);
  add(text, "TargetName", plan_.target);
}

/// Every request of a login but those in the middle of a text asks for the next stage.
void Login::ask(Line& line, const std::string& text, bool transit, bool more) {
  iscsi::LoginRequest request;
  const unsigned next = stage_ == Stage::kSecurity ? 1 : 3;
  request.flags = static_cast<std::uint8_t>(static_cast<unsigned>(stage_) << 2 |
                                            (more ? iscsi::kContinueBit : 0u) |
                                            (transit ? iscsi::kTransitBit | next : 0u));
  for (unsigned i = 0; i < 6; ++i)
    request.isid[i] = static_cast<std::uint8_t>(plan_.isid >> (40 - 8 * i));
  request.tsih = plan_.tsih;
  request.initiator_task_tag = 0x1090;
  request.cmd_sn = line.cmd_sn();
  request.exp_stat_sn = line.exp_stat_sn();
  line.send(request, bytes_of(std::string_view(text)));
}

void Login::operational(Line& line) {
  std::string text;
  if (!introduced_ && !plan_.chap && !plan_.security_stage) say_who(text);
  introduced_ = true;
  text += operational_text();
  if (!plan_.in_pieces) return ask(line, text, true);
  rest_ = text.substr(text.size() / 2);
  ask(line, text.substr(0, text.size() / 2), false, true);
}

std::string Login::operational_text() const {
  std::string text;
  add(text, "HeaderDigest", plan_.header_digest ? "CRC32C,None" : "None,CRC32C");
  add(text, "DataDigest", plan_.data_digest ? "CRC32C,None" : "None,CRC32C");
  add_number(text, "MaxRecvDataSegmentLength", plan_.max_recv_bytes);
  add_number(text, "MaxBurstLength", plan_.max_burst_bytes);
  add_number(text, "FirstBurstLength", plan_.first_burst_bytes);
  add_number(text, "MaxOutstandingR2T", plan_.max_outstanding_r2t);
  add_flag(text, "InitialR2T", plan_.initial_r2t);
  add_flag(text, "ImmediateData", plan_.immediate_data);
  add_number(text, "ErrorRecoveryLevel", 0u);
  add_number(text, "iSCSIProtocolLevel", 2u);
  return text;
}

Login::Progress Login::hear(Line& line, const Pdu& pdu) {
  const auto response = pdu.as<iscsi::LoginResponse>();
  status_ = static_cast<std::uint16_t>(response.status_class << 8 | response.status_detail);
  if (response.status_class != 0) return Progress::kRefused;
  require(!response.continues(), "a login answer in pieces, and it is short");
  const std::string_view text = text_of(pdu.data);
  if (stage_ == Stage::kOperational) agree(text);
  if (stage_ == Stage::kSecurity && plan_.mutual && response.transit()) check_proof(text);
  if (response.transit()) {
    stage_ = static_cast<Stage>(response.next_stage());
    if (stage_ == Stage::kFullFeature) {
      check_outcome();
      tsih_ = response.tsih;
      require(tsih_ != 0, "a session without a handle");
      require(plan_.tsih == 0 || tsih_ == plan_.tsih, "a session continues under another handle");
      return Progress::kDone;
    }
    operational(line);
  } else if (!rest_.empty()) {
    ask(line, std::exchange(rest_, {}), true);
  } else if (stage_ == Stage::kSecurity) {
    security(line, text);
  } else {
    ask(line, {}, true);
  }
  return Progress::kGoesOn;
}

void Login::security(Line& line, std::string_view text) {
  if (keys_in(text).find("CHAP_C")) return prove(line, text);
  std::string answer;
  add(answer, "CHAP_A", "8,7,6,5");
  ask(line, answer, false);
}

void Login::prove(Line& line, std::string_view text) {
  const auto keys = keys_in(text);
  const auto challenge = iscsi::parse_binary(*keys.find("CHAP_C"), 1024);
  require(challenge && keys.find("CHAP_A") && keys.find("CHAP_I"), "a challenge in parts");
  algorithm_ = static_cast<iscsi::ChapAlgorithm>(*iscsi::parse_number(*keys.find("CHAP_A")));
  const auto identifier = static_cast<std::uint8_t>(*iscsi::parse_number(*keys.find("CHAP_I")));
  std::string answer;
  add(answer, "CHAP_N", kChapUser);
  add(answer, "CHAP_R",
      response_text(algorithm_, identifier,
                    plan_.wrong_secret ? "a secret of somebody else" : kChapSecret, *challenge));
  if (plan_.mutual) {
    add_number(answer, "CHAP_I", std::uint32_t{kOurIdentifier});
    add(answer, "CHAP_C", iscsi::binary_text(bytes_of(std::string_view(kOurChallenge))));
  }
  ask(line, answer, true);
}

/// The target's, of the same algorithm as ours.
void Login::check_proof(std::string_view text) const {
  const auto keys = keys_in(text);
  require(keys.find("CHAP_N") == kTargetUser, "a target under another name");
  require(keys.find("CHAP_R") == response_text(algorithm_, kOurIdentifier, kTargetSecret,
                                               bytes_of(std::string_view(kOurChallenge))),
          "a target that does not know its secret");
}

/// The results of what was offered.
void Login::agree(std::string_view text) {
  const auto number = [](std::string_view value) {
    const auto parsed = iscsi::parse_number(value);
    require(parsed.has_value(), "a number that is none");
    return static_cast<std::uint32_t>(*parsed);
  };
  agreed_.max_recv_bytes = plan_.max_recv_bytes;
  for (const auto& [key, value] : keys_in(text)) {
    if (key == "HeaderDigest") agreed_.header_digest = value == "CRC32C";
    if (key == "DataDigest") agreed_.data_digest = value == "CRC32C";
    if (key == "InitialR2T") agreed_.initial_r2t = value == "Yes";
    if (key == "ImmediateData") agreed_.immediate_data = value == "Yes";
    if (key == "MaxRecvDataSegmentLength") agreed_.max_send_bytes = number(value);
    if (key == "MaxBurstLength") agreed_.max_burst_bytes = number(value);
    if (key == "FirstBurstLength") agreed_.first_burst_bytes = number(value);
    if (key == "MaxOutstandingR2T") agreed_.max_outstanding_r2t = number(value);
  }
}

void Login::check_outcome() const {
  require(!plan_.wrong_secret, "logged in with a wrong secret");
  require(agreed_.max_burst_bytes <= plan_.max_burst_bytes &&
              agreed_.first_burst_bytes <= plan_.first_burst_bytes &&
              agreed_.max_outstanding_r2t <= plan_.max_outstanding_r2t,
          "the outcome of a negotiation is above the offer");
}

}  // namespace lungate::sim
