// SPDX-License-Identifier: LGPL-2.1-or-later
#include "iscsi/login.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "tests/unit/iscsi/login_fixture.h"

namespace lungate::iscsi {
namespace {

using Outcome = LoginReply::Outcome;
using State = LoginMachine::State;

// --- Ways in ---

TEST_F(LoginTest, StraightToOperational) {
  EXPECT_EQ(say({.text = names("SessionType=Normal;HeaderDigest=None;")}), "admission");
  EXPECT_EQ(show(machine.admit(0x42)),
            "done T1-3 TargetPortalGroupTag=7;HeaderDigest=None;MaxRecvDataSegmentLength=262144;");
  EXPECT_EQ(last.header.tsih, 0x42);
  EXPECT_EQ(last.header.status_class, 0);
  EXPECT_EQ(machine.identity().initiator_name, "iqn.1994-05.com.redhat:client");
  EXPECT_EQ(machine.identity().target_name, kTarget);
  EXPECT_EQ(machine.negotiation().parameters().max_recv_data_segment_bytes, 262144u);
}

TEST_F(LoginTest, SecurityThenOperational) {
  EXPECT_EQ(say({.csg = kSecurity,
                 .nsg = kOperational,
                 .text = names("SessionType=Normal;AuthMethod=CHAP,None;")}),
            "> T0-1 TargetPortalGroupTag=7;AuthMethod=None;");
  EXPECT_EQ(last.header.tsih, 0) << "only the final response names the session";
  EXPECT_EQ(say({.text = "InitialR2T=Yes;"}), "admission");
  EXPECT_EQ(show(machine.admit(1)), "done T1-3 InitialR2T=Yes;MaxRecvDataSegmentLength=262144;");
}

TEST_F(LoginTest, SecurityStraightToFullFeature) {
  EXPECT_EQ(say({.csg = kSecurity, .nsg = kFullFeature, .text = names("AuthMethod=None;")}),
            "admission");
  EXPECT_EQ(show(machine.admit(1)), "done T0-3 TargetPortalGroupTag=7;AuthMethod=None;");
  EXPECT_EQ(machine.negotiation().parameters().max_recv_data_segment_bytes, 8192u)
      << "what was not declared does not hold";
}

TEST_F(LoginTest, SecurityWithoutAuthMethodMeansNone) {
  EXPECT_EQ(say({.csg = kSecurity, .nsg = kOperational, .text = names()}),
            "> T0-1 TargetPortalGroupTag=7;");
}

TEST_F(LoginTest, StageInSeveralRequests) {
  EXPECT_EQ(say({.transit = false, .text = names()}),
            "> 1 TargetPortalGroupTag=7;MaxRecvDataSegmentLength=262144;");
  EXPECT_EQ(say({.transit = false, .text = "MaxBurstLength=512;"}), "> 1 MaxBurstLength=512;");
  EXPECT_EQ(say({.transit = false}), "> 1");
  EXPECT_EQ(say({}), "admission");
  EXPECT_EQ(gatekeeper.asked, 1);
}

TEST_F(LoginTest, Discovery) {
  EXPECT_EQ(say({.text = "InitiatorName=iqn.1994-05.com.redhat:client;SessionType=Discovery;"}),
            "admission");
  EXPECT_EQ(show(machine.admit(1)), "done T1-3 MaxRecvDataSegmentLength=262144;");
  EXPECT_EQ(machine.identity().type, SessionType::kDiscovery);
  EXPECT_EQ(machine.identity().target_name, "");
}

TEST_F(LoginTest, NamesAreNormalised) {
  EXPECT_EQ(say({.text = "InitiatorName=IQN.1994-05.com.RedHat:client;"
                         "TargetName=iqn.2026-11.io.lungate:STORE;InitiatorAlias=Me;"}),
            "admission");
  EXPECT_EQ(machine.identity().initiator_name, "iqn.1994-05.com.redhat:client");
  EXPECT_EQ(machine.identity().initiator_alias, "Me");
}

// --- Numbers ---

TEST_F(LoginTest, SequenceNumbersAndEchoes) {
  say({.transit = false, .text = names()});
  EXPECT_EQ(last.header.stat_sn, 1u);
  EXPECT_EQ(last.header.exp_cmd_sn, 100u);
  EXPECT_EQ(last.header.max_cmd_sn, 131u);
  EXPECT_EQ(last.header.initiator_task_tag, 0x1234u);
  EXPECT_EQ(last.header.isid, (Isid{0, 2, 0x3d, 0, 0, 1}));
  say({});
  machine.admit(1);
  EXPECT_EQ(machine.next_stat_sn(), 3u);
  EXPECT_EQ(machine.first_cmd_sn(), 100u);
}

// --- Admission ---

TEST_F(LoginTest, RefusedAtAdmission) {
  EXPECT_EQ(say({.text = names(), .tsih = 9}), "admission");
  EXPECT_EQ(machine.identity().tsih, 9) << "the owner looks for the session";
  EXPECT_EQ(show(machine.refuse(login_status::kSessionDoesNotExist, "no_session")),
            "refused 020a no_session");
}

TEST_F(LoginTest, OtherPduDuringLogin) {
  say({.transit = false, .text = names()});
  EXPECT_EQ(show(machine.refuse(login_status::kInvalidRequest, "nop_out")), "refused 020b nop_out");
}

// --- Redirection ---

TEST_F(LoginTest, Redirection) {
  const std::string text =
      "InitiatorName=iqn.1994-05.com.redhat:c;TargetName=iqn.2026-11.io.lungate:moved;";
  EXPECT_EQ(say({.text = text}), "refused 0101 target_moved_temporarily");
  EXPECT_EQ(last.text, std::string("TargetAddress=[2001:db8::1]:3260") + '\0');
  EXPECT_EQ(last.header.data_segment_bytes, last.text.size());

  gatekeeper.moved = login_status::kMovedPermanently;
  gatekeeper.authentication.chap = true;
  machine = LoginMachine(gatekeeper, 32);
  EXPECT_EQ(say({.csg = kSecurity, .nsg = kOperational, .text = text}),
            "refused 0102 target_moved_permanently")
      << "before any authentication (RFC 7143, 11.13.5)";
  EXPECT_EQ(last.text, std::string("TargetAddress=[2001:db8::1]:3260") + '\0');
}

TEST_F(LoginTest, ARedirectionToNowhereIsOurMistake) {
  class Lost : public LoginPolicy {
    Admission consider(const LoginIdentity&) const override {
      Admission admission;
      admission.status = login_status::kMovedTemporarily;
      return admission;
    }
  };
  const Lost lost;
  machine = LoginMachine(lost, 32);
  EXPECT_DEATH(say({.text = names()}), "names an address");
}

// --- Who and what ---

struct Wrong {
  const char* text;
  const char* refusal;
};

TEST_F(LoginTest, IdentityThatDoesNotDo) {
  const Wrong cases[] = {
      {"", "refused 0207 no_initiator_name"},
      {"TargetName=iqn.2026-11.io.lungate:store;", "refused 0207 no_initiator_name"},
      {"InitiatorName=iqn.1994-05.com.redhat:c;", "refused 0207 no_target_name"},
      {"InitiatorName=iqn.1994-05.com.redhat:c;SessionType=Normal;", "refused 0207 no_target_name"},
      {"InitiatorName=iqn.1994-05.com.redhat:c;TargetName=iqn.2026-11.io.lungate:other;",
       "refused 0203 not_found"},
      {"InitiatorName=iqn.1994-05.com.redhat:c;TargetName=store;", "refused 0203 bad_target_name"},
      {"InitiatorName=iqn.1994-05.com.redhat:c;SessionType=Boot;", "refused 0209 session_type"},
      {"InitiatorName=client;TargetName=iqn.2026-11.io.lungate:store;",
       "refused 0200 bad_initiator_name"},
      {"InitiatorName=;TargetName=iqn.2026-11.io.lungate:store;",
       "refused 0200 bad_initiator_name"},
      {"InitiatorName=iqn.2001-04.com.example:stranger;TargetName=iqn.2026-11.io.lungate:store;",
       "refused 0202 authorization_failure"},
      {"InitiatorName=iqn.2001-04.com.example:%n%s;TargetName=iqn.2026-11.io.lungate:store;",
       "refused 0200 bad_initiator_name"},
  };
  for (const Wrong& wrong : cases) {
    machine = LoginMachine(gatekeeper, 32);
    EXPECT_EQ(say({.text = wrong.text}), wrong.refusal) << wrong.text;
    EXPECT_EQ(machine.state(), State::kRefused);
  }
}

TEST_F(LoginTest, NamesAreFrozen) {
  for (const char* text : {"InitiatorName=iqn.2001-04.com.example:other;", "SessionType=Discovery;",
                           "TargetName=iqn.2026-11.io.lungate:other;"}) {
    machine = LoginMachine(gatekeeper, 32);
    say({.csg = kSecurity, .nsg = kOperational, .text = names()});
    EXPECT_EQ(say({.text = text}), "refused 0200 name_changed") << text;
  }
}

/// As libiscsi does when it has credentials and nobody demands them.
TEST_F(LoginTest, NamesMayBeSaidAgain) {
  say({.csg = kSecurity, .nsg = kOperational, .transit = false, .text = names()});
  EXPECT_EQ(say({.csg = kSecurity, .nsg = kOperational, .text = names()}), "> T0-1");
}

TEST_F(LoginTest, IdentityInTheHeaderIsFrozen) {
  const Request changed[] = {{.tsih = 1}, {.cid = 2}, {.isid_last = 2}};
  for (const Request& request : changed) {
    machine = LoginMachine(gatekeeper, 32);
    say({.transit = false, .text = names()});
    EXPECT_EQ(say(request), "refused 0200 identity_changed");
  }
}

// --- Authentication ---

TEST_F(LoginTest, NoCommonAuthMethod) {
  EXPECT_EQ(say({.csg = kSecurity, .nsg = kOperational, .text = names("AuthMethod=CHAP;")}),
            "refused 0201 no_common_auth_method");
}

TEST_F(LoginTest, AuthMethodTokensAreExact) {
  for (const char* text : {"AuthMethod=none;", "AuthMethod=;", "AuthMethod=NoneX;"}) {
    machine = LoginMachine(gatekeeper, 32);
    EXPECT_EQ(say({.csg = kSecurity, .nsg = kOperational, .text = names(text)}),
              "refused 0201 no_common_auth_method");
  }
}

TEST_F(LoginTest, AuthMethodTwice) {
  say({.csg = kSecurity, .transit = false, .text = names("AuthMethod=None;")});
  EXPECT_EQ(say({.csg = kSecurity, .nsg = kOperational, .text = "AuthMethod=None;"}),
            "refused 0200 repeated_auth_method");
}

// --- The stage machine ---

/// What RFC 7143, 11.12.1 to 11.12.3 say of the first request's byte 1, all 256 of them.
std::string expected_first(int csg, int nsg, bool transit, bool more) {
  if (transit && more) return "refused 0200 transit_and_continue";
  if (csg > 1) return "refused 0200 current_stage";
  if (transit && (nsg == 2 || nsg <= csg)) return "refused 0200 next_stage";
  return "";
}

TEST_F(LoginTest, EveryStageTransitAndContinueBit) {
  for (int flags = 0; flags < 64; ++flags) {
    const int csg = flags & 3;
    const int nsg = (flags >> 2) & 3;
    const bool transit = (flags & 16) != 0;
    const bool more = (flags & 32) != 0;
    machine = LoginMachine(gatekeeper, 32);
    const std::string shown =
        say({.csg = csg, .nsg = nsg, .transit = transit, .more = more, .text = names()});
    const std::string refusal = expected_first(csg, nsg, transit, more);
    if (!refusal.empty()) {
      EXPECT_EQ(shown, refusal) << "csg " << csg << " nsg " << nsg;
    } else if (transit && nsg == kFullFeature) {
      EXPECT_EQ(shown, "admission");
    } else {
      EXPECT_EQ(shown.substr(0, 2), "> ") << "csg " << csg << " nsg " << nsg << " " << shown;
      EXPECT_EQ(last.header.transit(), transit);
      EXPECT_EQ(last.text.empty(), more);
    }
  }
}

TEST_F(LoginTest, NoWayBackAndNoJump) {
  say({.csg = kSecurity, .nsg = kOperational, .text = names()});
  EXPECT_EQ(say({.csg = kSecurity, .nsg = kOperational}), "refused 0200 stage_jump");
  machine = LoginMachine(gatekeeper, 32);
  say({.csg = kSecurity, .transit = false, .text = names()});
  EXPECT_EQ(say({.csg = kOperational}), "refused 0200 stage_jump");
}

TEST_F(LoginTest, Version) {
  EXPECT_EQ(say({.text = names(), .version_min = 1}), "refused 0205 version");
  EXPECT_EQ(last.header.version_active, 0);
}

TEST_F(LoginTest, RoundsAreBounded) {
  std::string shown = say({.transit = false, .text = names()});
  int rounds = 1;
  while (shown.starts_with(">")) {
    shown = say({.transit = false});
    ++rounds;
  }
  EXPECT_EQ(shown, "refused 0200 too_many_rounds");
  EXPECT_EQ(rounds, static_cast<int>(limits::kLoginRoundsMax) + 1);
}

// --- Text over several PDUs ---

TEST_F(LoginTest, NamesCutAnywhere) {
  const std::string text = names("SessionType=Normal;");
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    machine = LoginMachine(gatekeeper, 32);
    ASSERT_EQ(say({.transit = false, .more = true, .text = text.substr(0, cut)}), "> 1");
    ASSERT_EQ(say({.text = text.substr(cut)}), "admission") << "cut at " << cut;
  }
}

TEST_F(LoginTest, EndlessText) {
  std::string shown;
  int rounds = 0;
  do {
    shown = say({.transit = false, .more = true, .text = std::string(8192, 'x')});
    ++rounds;
  } while (shown == "> 1");
  EXPECT_EQ(shown, "refused 0200 text_too_long");
  EXPECT_EQ(rounds, 9);
}

std::string many_unknown_keys(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "X-com.example.key" + std::to_string(i) + "=b;";
  return text;
}

TEST_F(LoginTest, ManyUnknownKeys) {
  EXPECT_EQ(say({.text = names(many_unknown_keys(2048))}), "refused 0200 too_many_keys");
  machine = LoginMachine(gatekeeper, 32);
  std::string same;
  for (int i = 0; i < 2048; ++i) same += "a=b;";
  EXPECT_EQ(say({.csg = kSecurity, .nsg = kOperational, .text = names(same)}),
            "refused 0200 duplicate_key");
}

TEST_F(LoginTest, KeyOf8KiB) {
  EXPECT_EQ(say({.text = names(std::string(8000, 'K') + "=b;")}), "refused 0200 key_too_long");
}

TEST_F(LoginTest, AnswerLongerThanAPdu) {
  const std::string offer = names("MaxRecvDataSegmentLength=512;" + many_unknown_keys(30));
  std::string text;
  std::string shown = say({.text = offer});
  while (last.header.continues()) {
    EXPECT_EQ(shown.substr(0, 5), "> C1 ") << "no transit while text is pending";
    EXPECT_LE(last.text.size(), 512u);
    text += last.text;
    shown = say({});
  }
  ASSERT_EQ(shown, "admission");
  show(machine.admit(1));
  text += last.text;
  EXPECT_NE(text.find("X-com.example.key29=NotUnderstood"), std::string::npos);
  EXPECT_TRUE(parse_text(text));
}

TEST_F(LoginTest, TextOutOfTurn) {
  say({.text = names("MaxRecvDataSegmentLength=512;" + many_unknown_keys(30))});
  ASSERT_TRUE(last.header.continues());
  EXPECT_EQ(say({.text = "MaxBurstLength=512;"}), "refused 0200 text_out_of_turn");
}

TEST_F(LoginTest, LastPieceWithoutTransitWaitsForOne) {
  say({.text = names("MaxRecvDataSegmentLength=512;" + many_unknown_keys(30))});
  while (last.header.continues()) say({.transit = false});
  EXPECT_EQ(last.outcome, Outcome::kContinue);
  EXPECT_FALSE(last.header.transit());
  EXPECT_EQ(say({}), "admission");
}

// --- Negotiation within the login ---

TEST_F(LoginTest, RepeatedKey) {
  say({.transit = false, .text = names("MaxBurstLength=512;")});
  EXPECT_EQ(say({.text = "MaxBurstLength=512;"}), "refused 0200 repeated_key");
}

TEST_F(LoginTest, DigestIsRequired) {
  gatekeeper.offer.header_digest.none = false;
  EXPECT_EQ(say({.text = names("HeaderDigest=None;")}), "refused 0200 digest_required");
  machine = LoginMachine(gatekeeper, 32);
  EXPECT_EQ(say({.text = names("HeaderDigest=CRC32C,None;")}), "admission");
  EXPECT_TRUE(machine.negotiation().parameters().header_digest);
}

TEST_F(LoginTest, AdditionalHeaderHasNoPlaceHere) {
  LoginRequest request;
  request.total_ahs_words = 1;
  EXPECT_EQ(show(machine.step(request, {})), "refused 0200 additional_header");
}

TEST_F(LoginTest, MistakesOfTheOwnerStop) {
  EXPECT_DEATH(machine.admit(1), "done its part");
  EXPECT_DEATH(machine.refuse(login_status::kSuccess, ""), "no success");
  say({.text = names()});
  EXPECT_DEATH(machine.admit(0), "not 0");
  EXPECT_DEATH(say({}), "no step");
}

// --- The states ---

// Written down once more, as a picture and from the RFC, not from the table: rows are "from",
// columns "to", in the order of State.
constexpr std::string_view kPicture[LoginMachine::kStates] = {
    //  1st sec ope adm com ref
    "    .   x   x   .   .   x",  // first request
    "    .   .   x   x   .   x",  // security
    "    .   .   .   x   .   x",  // operational
    "    .   .   .   .   x   x",  // admission
    "    .   .   .   .   .   .",  // complete
    "    .   .   .   .   .   x",  // refused
};

TEST(LoginEdges, AreThoseOfThePicture) {
  for (std::size_t from = 0; from < LoginMachine::kStates; ++from) {
    for (std::size_t to = 0; to < LoginMachine::kStates; ++to) {
      const bool expected = kPicture[from][4 + 4 * to] == 'x';
      EXPECT_EQ(LoginMachine::kTable.allow(static_cast<State>(from), static_cast<State>(to)),
                expected)
          << from << " -> " << to;
    }
  }
}

TEST_F(LoginTest, EveryEdgeIsTaken) {
  std::vector<State> path = {machine.state()};
  const auto note = [&] { path.push_back(machine.state()); };
  say({.csg = kSecurity, .nsg = kOperational, .text = names()});
  note();
  say({});
  note();
  show(machine.admit(1));
  note();
  EXPECT_EQ(path, (std::vector{State::kFirstRequest, State::kOperational, State::kAdmission,
                               State::kComplete}))
      << "security is passed within the first step";
}

TEST_F(LoginTest, ARequestWithoutTransitStaysInItsStage) {
  say({.csg = kSecurity, .transit = false, .text = names()});
  EXPECT_EQ(machine.state(), State::kSecurity);
  say({.csg = kSecurity, .transit = false});
  EXPECT_EQ(machine.state(), State::kSecurity);
  say({.csg = kSecurity, .nsg = kFullFeature});
  EXPECT_EQ(machine.state(), State::kAdmission);
}

TEST_F(LoginTest, RefusedFromEveryStateButComplete) {
  const auto refuse = [&] { return show(machine.refuse(login_status::kTargetError, "because")); };
  EXPECT_EQ(refuse(), "refused 0300 because") << "before anything came";
  EXPECT_EQ(refuse(), "refused 0300 because") << "and again";
  machine = LoginMachine(gatekeeper, 32);
  say({.csg = kSecurity, .transit = false, .text = names()});
  EXPECT_EQ(refuse(), "refused 0300 because");
  machine = LoginMachine(gatekeeper, 32);
  say({.text = names()});
  EXPECT_EQ(refuse(), "refused 0300 because") << "while the owner decides";
}

TEST_F(LoginTest, IllegalEdgesStop) {
  machine.refuse(login_status::kTargetError, "because");
  EXPECT_DEATH(machine.admit(1), "done its part") << "refused, then admitted";
  EXPECT_DEATH(say({}), "no step") << "refused, then a request";
  machine = LoginMachine(gatekeeper, 32);
  say({.text = names()});
  machine.admit(1);
  EXPECT_DEATH(machine.admit(1), "done its part") << "admitted twice";
  EXPECT_DEATH(machine.refuse(login_status::kTargetError, "late"), "complete login");
  EXPECT_DEATH(say({}), "no step") << "complete, then a request";
}

// --- Statuses ---

TEST(LoginStatus, EachStandsOnceWithItsCode) {
  std::set<int> codes;
  std::set<std::string_view> names;
  for (const LoginStatus& status : login_status::kAll) {
    codes.insert(status.status_class << 8 | status.detail);
    names.insert(status.name);
    EXPECT_FALSE(status.meaning.empty());
    EXPECT_EQ(status.success(), status == login_status::kSuccess);
  }
  EXPECT_EQ(codes.size(), login_status::kAll.size());
  EXPECT_EQ(names.size(), login_status::kAll.size());
  EXPECT_EQ(codes, (std::set<int>{0x000, 0x101, 0x102, 0x200, 0x201, 0x202, 0x203, 0x204, 0x205,
                                  0x206, 0x207, 0x208, 0x209, 0x20a, 0x20b, 0x300, 0x301, 0x302}));
}

}  // namespace
}  // namespace lungate::iscsi
