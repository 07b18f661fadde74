// SPDX-License-Identifier: LGPL-2.1-or-later
// An initiator at login, for tests: what it says, and what the response looks like.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "iscsi/login.h"

namespace lungate::iscsi {

inline constexpr std::string_view kTarget = "iqn.2026-11.io.lungate:store";
inline constexpr std::string_view kNames =
    "InitiatorName=iqn.1994-05.com.redhat:client;TargetName=iqn.2026-11.io.lungate:store;";

/// Knows one target, one that has moved away, and one initiator that may not use either.
class Gatekeeper : public LoginPolicy {
 public:
  Admission consider(const LoginIdentity& identity) const override {
    ++asked;
    Admission admission;
    admission.portal_group_tag = 7;
    admission.offer = offer;
    admission.authentication = authentication;
    if (identity.initiator_name == "iqn.2001-04.com.example:stranger") {
      admission.status = login_status::kAuthorizationFailure;
    } else if (identity.target_name == "iqn.2026-11.io.lungate:moved") {
      admission.status = moved;
      admission.target_address = "[2001:db8::1]:3260";
    } else if (identity.type == SessionType::kNormal && identity.target_name != kTarget) {
      admission.status = login_status::kNotFound;
    }
    return admission;
  }

  TargetParameters offer;
  Authentication authentication;
  LoginStatus moved = login_status::kMovedTemporarily;
  mutable int asked = 0;
};

struct Request {
  int csg = 1;
  int nsg = 3;
  bool transit = true;
  bool more = false;
  std::string text = {};
  int version_min = 0;
  std::uint16_t tsih = 0;
  std::uint16_t cid = 1;
  std::uint8_t isid_last = 1;
};

inline constexpr int kSecurity = 0;
inline constexpr int kOperational = 1;
inline constexpr int kFullFeature = 3;

/// An initiator at login. say() shows the response: its outcome, stages and keys.
///   "> T0-1 AuthMethod=None;"   continues; transit from security to operational
///   "> C1 ..."                  continues; the text goes on
///   "admission"                 nothing is sent yet
///   "done T1-3 ..."             complete
///   "refused 0203 reason"
class LoginTest : public ::testing::Test {
 protected:
  std::string say(const Request& request) {
    LoginRequest header;
    header.flags = static_cast<std::uint8_t>((request.transit ? kTransitBit : 0) |
                                             (request.more ? kContinueBit : 0) |
                                             (request.csg << 2) | request.nsg);
    header.version_min = static_cast<std::uint8_t>(request.version_min);
    header.isid = {0, 2, 0x3d, 0, 0, request.isid_last};
    header.tsih = request.tsih;
    header.cid = request.cid;
    header.initiator_task_tag = 0x1234;
    header.cmd_sn = 100;
    std::string text = request.text;
    for (char& c : text) {
      if (c == ';') c = '\0';
    }
    header.data_segment_bytes = static_cast<std::uint32_t>(text.size());
    return show(machine.step(header, bytes_of(std::string_view(text))));
  }

  std::string show(const LoginReply& reply) {
    last = reply;
    EXPECT_EQ(machine.invariants(), "");
    if (reply.outcome == LoginReply::Outcome::kAdmission) return "admission";
    EXPECT_EQ(reply.header.data_segment_bytes, reply.text.size());
    EXPECT_LE(reply.text.size(), limits::kLoginDataSegmentBytes);
    if (reply.outcome == LoginReply::Outcome::kRefused) return show_refusal(reply);
    std::string shown = reply.outcome == LoginReply::Outcome::kComplete ? "done " : "> ";
    if (reply.header.transit()) shown += "T";
    if (reply.header.continues()) shown += "C";
    shown += std::to_string(reply.header.current_stage());
    if (reply.header.transit()) shown += "-" + std::to_string(reply.header.next_stage());
    if (!reply.text.empty()) shown += " " + reply.text;
    for (char& c : shown) {
      if (c == '\0') c = ';';
    }
    return shown;
  }

  static std::string show_refusal(const LoginReply& reply) {
    EXPECT_FALSE(reply.header.transit());
    EXPECT_TRUE(reply.text.empty() || reply.status.redirection());
    EXPECT_FALSE(reply.reason.empty());
    char code[8];
    std::snprintf(code, sizeof code, "%02x%02x", reply.header.status_class,
                  reply.header.status_detail);
    return std::string("refused ") + code + " " + std::string(reply.reason);
  }

  std::string names(std::string_view more = {}) { return std::string(kNames) + std::string(more); }

  Gatekeeper gatekeeper;
  LoginMachine machine{gatekeeper, 32, 1};
  LoginReply last;
};

}  // namespace lungate::iscsi
