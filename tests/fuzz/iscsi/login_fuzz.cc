// SPDX-License-Identifier: LGPL-2.1-or-later
// A login by a peer that nobody has authenticated: a sequence of Login Requests.
//
// How it works: each request is read as flags (T, C, CSG, NSG), a byte of other header fields, two
// bytes of text length, the text. Whatever is sent: responses are bounded, nobody gets in without a
// name that the gatekeeper has accepted, no response makes a transition that was not asked for.
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
    accepted = identity.type == SessionType::kDiscovery ||
               identity.target_name == "iqn.2026-11.io.lungate:store";
    if (!accepted) admission.status = login_status::kNotFound;
    require(!identity.initiator_name.empty());
    require(identity.initiator_name.size() <= limits::kNameBytesMax);
    return admission;
  }

  mutable bool accepted = false;
};

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
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const Gatekeeper gatekeeper;
  LoginMachine machine(gatekeeper, 128);
  std::uint32_t rounds = 0;
  while (!input.empty()) {
    const LoginRequest request = read_request(input);
    const Bytes text = input.bytes(input.u16() % (limits::kLoginDataSegmentBytes + 1));
    require(++rounds <= limits::kLoginRoundsMax + 1);
    const LoginReply reply = machine.step(request, text);
    require(machine.invariants().empty());
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
