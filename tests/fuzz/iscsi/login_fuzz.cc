// SPDX-License-Identifier: LGPL-2.1-or-later
// A login by a peer that nobody has authenticated: a sequence of Login Requests.
//
// How it works: each request is read as flags (T, C, CSG, NSG), a byte of other header fields, two
// bytes of text length, the text. Whatever is sent: responses are bounded, nobody gets in without a
// name that the gatekeeper has accepted, no response makes a transition that was not asked for.
// One of the two targets, and discovery by initiators called ...:chap, demand CHAP: nobody gets
// past their security stage who has not said the one right response. It is known here because
// challenges are not random.
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/limits.h"
#include "iscsi/login.h"
#include "tests/fuzz/iscsi/input.h"

namespace {

using namespace lungate;
using namespace lungate::iscsi;
using fuzz::Input;
using fuzz::require;

class Gatekeeper : public LoginPolicy {
 public:
  Admission consider(const LoginIdentity& identity) const override {
    Admission admission;
    const bool discovery = identity.type == SessionType::kDiscovery;
    demands_chap = discovery ? identity.initiator_name.ends_with(":chap")
                             : identity.target_name == "iqn.2026-11.io.lungate:chap";
    accepted = discovery || demands_chap || identity.target_name == "iqn.2026-11.io.lungate:store";
    if (!accepted) admission.status = login_status::kNotFound;
    if (identity.target_name == "iqn.2026-11.io.lungate:moved") {
      admission.status = login_status::kMovedTemporarily;
      admission.target_address = "192.0.2.1:3260";
    }
    admission.authentication = demands_chap ? account : Authentication();
    require(!identity.initiator_name.empty());
    require(identity.initiator_name.size() <= limits::kNameBytesMax);
    return admission;
  }

  Authentication account{true,
                         ChapAlgorithms::all(),
                         {"client", Secret(bytes_of(std::string_view("correct horse")))},
                         {"gateway", Secret(bytes_of(std::string_view("battery staple")))}};
  mutable bool accepted = false;
  mutable bool demands_chap = false;
};

/// Every challenge and identifier is of these.
constexpr std::byte kNotRandom{0x11};
class NoRandom : public RandomSource {
 public:
  bool fill(MutableBytes bytes) const override {
    std::fill(bytes.begin(), bytes.end(), kNotRandom);
    return true;
  }
};

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string base64(Bytes bytes) {
  std::array<unsigned char, 64> text{};
  const int size =
      EVP_EncodeBlock(text.data(), reinterpret_cast<const unsigned char*>(bytes.data()),
                      static_cast<int>(bytes.size()));
  return {text.begin(), text.begin() + size};
}

/// Whether the right response is among what the peer has said, in either form.
bool has_proof(const Gatekeeper& gatekeeper, const std::string& said) {
  std::array<std::byte, limits::kChapChallengeBytes> challenge{};
  challenge.fill(kNotRandom);
  for (const auto& row : kChapAlgorithms) {
    const auto right = chap_response(row.value, std::to_integer<std::uint8_t>(kNotRandom),
                                     gatekeeper.account.initiator.secret, challenge);
    if (!right) continue;
    const std::string digits = binary_text(right->bytes()).substr(2);
    if (lower(said).find(digits) != std::string::npos) return true;
    if (said.find(base64(right->bytes())) != std::string::npos) return true;
  }
  return false;
}

LoginRequest read_request(Input& input) {
  LoginRequest request;
  request.flags = input.u8();
  const std::uint8_t other = input.u8();
  request.version_min = other & 1;
  request.tsih = (other >> 1) & 1;
  request.cid = (other >> 2) & 1;
  request.isid[5] = (other >> 3) & 1;
  request.total_ahs_words = (other >> 4) & 1;
  request.cmd_sn = 0xfffffff0;
  return request;
}

void check_reply(const LoginRequest& request, const LoginReply& reply) {
  require(reply.text.size() <= limits::kLoginDataSegmentBytes);
  require(reply.header.data_segment_bytes == reply.text.size());
  require(!(reply.header.transit() && reply.header.continues()));
  if (reply.header.transit()) {
    require(request.transit());
    require(reply.header.next_stage() == request.next_stage());
  }
  const bool refused = reply.outcome == LoginReply::Outcome::kRefused;
  require(refused == (reply.header.status_class != 0));
  require(refused == !reply.reason.empty());
  require(!refused || reply.text.empty() || reply.status.redirection());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const Gatekeeper gatekeeper;
  const NoRandom random;
  LoginMachine machine(gatekeeper, 128, 1, random);
  std::uint32_t rounds = 0;
  std::string said;
  while (!input.empty()) {
    const LoginRequest request = read_request(input);
    const Bytes text = input.bytes(input.u16() % (limits::kLoginDataSegmentBytes + 1));
    require(++rounds <= limits::kLoginRoundsMax + 1);
    said += text_of(text);
    const LoginReply reply = machine.step(request, text);
    require(machine.invariants().empty());
    const bool past_security = machine.state() == LoginMachine::State::kAdmission ||
                               (reply.header.transit() && reply.status.success());
    if (past_security && gatekeeper.demands_chap) require(has_proof(gatekeeper, said));
    if (reply.outcome != LoginReply::Outcome::kAdmission) check_reply(request, reply);
    if (reply.outcome == LoginReply::Outcome::kRefused) return 0;
    if (reply.outcome == LoginReply::Outcome::kContinue) continue;

    require(gatekeeper.accepted);
    const LoginReply final = machine.admit(1);
    require(final.outcome == LoginReply::Outcome::kComplete);
    require(machine.invariants().empty());
    check_reply(request, final);
    return 0;
  }
  return 0;
}
