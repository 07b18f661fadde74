// SPDX-License-Identifier: LGPL-2.1-or-later
// Logins to a target that demands CHAP: every way in, and the ways around it that there must not
// be.
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <set>
#include <vector>

#include "iscsi/login.h"
#include "tests/unit/iscsi/login_fixture.h"

namespace lungate::iscsi {
namespace {

using namespace std::string_view_literals;
using State = LoginMachine::State;

constexpr std::string_view kSecret = "correct horse battery";
constexpr std::string_view kOurSecret = "staple of the gateway";

/// Challenges that a test knows: 32 bytes of 1, identifier 2, and so on.
class CountingRandom : public RandomSource {
 public:
  bool fill(MutableBytes bytes) const override {
    ++count_;
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(count_);
    return works;
  }
  bool works = true;

 private:
  mutable unsigned count_ = 0;
};

std::string hex(std::string_view bytes) {
  return binary_text(bytes_of(bytes));
}

std::string base64(std::string_view bytes) {
  std::string text(bytes.size() * 2 + 8, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  return "0b" + text.substr(0, static_cast<std::size_t>(length));
}

/// What RFC 1994 says, by OpenSSL's one-shot interface: not the way of chap.cc.
std::string digest(int algorithm, int identifier, std::string_view secret,
                   std::string_view challenge) {
  const EVP_MD* const kinds[] = {EVP_md5(), EVP_sha1(), EVP_sha256(), EVP_sha3_256()};
  const std::string whole =
      std::string(1, static_cast<char>(identifier)) + std::string(secret) + std::string(challenge);
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  EVP_Digest(whole.data(), whole.size(), reinterpret_cast<unsigned char*>(out.data()), &size,
             kinds[algorithm - 5], nullptr);
  return out.substr(0, size);
}

/// Requests of one login; the last must be refused.
struct Bypass {
  const char* name;
  std::vector<Request> requests;
  const char* refusal;
};

class LoginChapTest : public LoginTest {
 protected:
  LoginChapTest() {
    Authentication& demanded = gatekeeper.authentication;
    demanded.chap = true;
    demanded.initiator = {"client", Secret(bytes_of(kSecret))};
    demanded.target = {"gateway", Secret(bytes_of(kOurSecret))};
    again();
  }

  /// A new login.
  void again() { machine = LoginMachine(gatekeeper, 32, 1, random); }

  /// In the security stage; without T unless `transit`.
  std::string secure(const std::string& text, bool transit = false) {
    return say({.csg = kSecurity, .nsg = kOperational, .transit = transit, .text = text});
  }
  std::string agree() { return secure(names("AuthMethod=CHAP;")); }
  std::string ask(int algorithm = 5) { return secure("CHAP_A=" + std::to_string(algorithm) + ";"); }

  /// The value of a key in the last response.
  std::string value(std::string_view key) const {
    const auto keys = parse_text(last.text);
    return std::string(keys->find(key).value_or("(none)"));
  }
  /// The right response to the last challenge.
  std::string response(std::string_view secret = kSecret) const {
    const auto challenge = parse_binary(value("CHAP_C"), 1024);
    return digest(std::stoi(value("CHAP_A")), std::stoi(value("CHAP_I")), secret,
                  text_of(*challenge));
  }
  std::string proof(std::string_view secret = kSecret, std::string_view user = "client") const {
    return "CHAP_N=" + std::string(user) + ";CHAP_R=" + hex(response(secret)) + ";";
  }
  /// Up to our challenge.
  void challenged(int algorithm = 5) {
    again();
    agree();
    ask(algorithm);
  }

  void try_bypass(const Bypass& bypass);

  CountingRandom random;
};

// --- Ways in ---

TEST_F(LoginChapTest, EachRoundHasItsRequest) {
  EXPECT_EQ(agree(), "> 0 TargetPortalGroupTag=7;AuthMethod=CHAP;");
  EXPECT_EQ(ask(), "> 0 CHAP_A=5;CHAP_I=2;CHAP_C=" + hex(std::string(32, '\1')) + ";");
  EXPECT_FALSE(machine.authenticated());
  EXPECT_EQ(secure(proof(), true), "> T0-1");
  EXPECT_TRUE(machine.authenticated());
  EXPECT_EQ(say({.text = "HeaderDigest=None;"}), "admission");
  EXPECT_EQ(show(machine.admit(1)), "done T1-3 HeaderDigest=None;MaxRecvDataSegmentLength=262144;");
}

TEST_F(LoginChapTest, StraightToFullFeature) {
  challenged();
  EXPECT_EQ(say({.csg = kSecurity, .nsg = kFullFeature, .text = proof()}), "admission");
}

// libiscsi asks for the transition with its first request, and again with its proof.
TEST_F(LoginChapTest, ATransitionAskedTooEarlyIsPutOff) {
  EXPECT_EQ(secure(names("AuthMethod=CHAP,None;"), true),
            "> 0 TargetPortalGroupTag=7;AuthMethod=CHAP;");
  EXPECT_EQ(secure("CHAP_A=5;", true).substr(0, 4), "> 0 ");
  EXPECT_EQ(machine.state(), State::kSecurity);
  EXPECT_EQ(secure(proof(), true), "> T0-1");
}

TEST_F(LoginChapTest, TheTransitionMayComeLater) {
  challenged();
  EXPECT_EQ(secure(proof()), "> 0");
  EXPECT_EQ(secure("", true), "> T0-1");
}

TEST_F(LoginChapTest, EveryAlgorithmInEitherForm) {
  for (int algorithm = 5; algorithm <= 8; ++algorithm) {
    challenged(algorithm);
    EXPECT_EQ(value("CHAP_A"), std::to_string(algorithm));
    EXPECT_EQ(secure(proof(), true), "> T0-1") << algorithm;
    challenged(algorithm);
    EXPECT_EQ(secure("CHAP_R=" + base64(response()) + ";CHAP_N=client;", true), "> T0-1");
    challenged(algorithm);
    std::string upper = proof();
    for (char& c : upper) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    upper.replace(0, 14, "CHAP_N=client;");
    EXPECT_EQ(secure(upper, true), "> T0-1");
  }
}

TEST_F(LoginChapTest, TheStrongestAlgorithmIsTaken) {
  agree();
  secure("CHAP_A=5,6,7,8;");
  EXPECT_EQ(value("CHAP_A"), "8");
  EXPECT_EQ(secure(proof(), true), "> T0-1");
}

TEST_F(LoginChapTest, Mutual) {
  for (int algorithm = 5; algorithm <= 8; ++algorithm) {
    challenged(algorithm);
    const std::string theirs(24, '\x5a');
    EXPECT_EQ(
        secure(proof() + "CHAP_I=200;CHAP_C=" + base64(theirs) + ";", true),
        "> T0-1 CHAP_N=gateway;CHAP_R=" + hex(digest(algorithm, 200, kOurSecret, theirs)) + ";");
  }
}

TEST_F(LoginChapTest, WeAreProvenOnlyToWhomAsks) {
  challenged();
  EXPECT_EQ(secure(proof(), true), "> T0-1");
  EXPECT_EQ(last.text, "");
}

TEST_F(LoginChapTest, DiscoveryToo) {
  EXPECT_EQ(secure("InitiatorName=iqn.1994-05.com.redhat:client;SessionType=Discovery;"
                   "AuthMethod=CHAP;"),
            "> 0 AuthMethod=CHAP;");
  ask(7);
  EXPECT_EQ(secure(proof(), true), "> T0-1");
  again();
  EXPECT_EQ(say({.text = "InitiatorName=iqn.1994-05.com.redhat:client;SessionType=Discovery;"}),
            "refused 0201 not_authenticated");
}

TEST_F(LoginChapTest, TheProofMayBeCutAnywhere) {
  challenged();
  const std::string text = proof();
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    challenged();
    const std::string whole = proof();
    ASSERT_EQ(say({.csg = kSecurity, .transit = false, .more = true, .text = whole.substr(0, cut)}),
              "> 0");
    ASSERT_FALSE(machine.authenticated());
    ASSERT_EQ(secure(whole.substr(cut), true), "> T0-1") << "cut at " << cut;
  }
}

TEST_F(LoginChapTest, EachLoginHasAChallengeOfItsOwn) {
  std::set<std::string> seen;
  for (int i = 0; i < 50; ++i) {
    machine = LoginMachine(gatekeeper, 32);  // the kernel's generator
    agree();
    ask();
    seen.insert(value("CHAP_C"));
    EXPECT_EQ(value("CHAP_C").size(), 2u + 2u * 32u) << "as long as the longest digest";
  }
  EXPECT_EQ(seen.size(), 50u);
}

// A response cannot be used again: it answers another question.
TEST_F(LoginChapTest, AnOldProofIsWorthNothing) {
  challenged();
  const std::string old = proof();
  challenged();
  EXPECT_EQ(secure(old, true), "refused 0201 wrong_secret");
}

// --- AuthMethod ---

TEST_F(LoginChapTest, OnlyChapWillDo) {
  EXPECT_EQ(secure(names("AuthMethod=None,CHAP;")), "> 0 TargetPortalGroupTag=7;AuthMethod=CHAP;");
  for (const char* method : {"None", "", "chap", "CHAPX", "KRB5", "KRB5,SRP,None", "CHA"}) {
    again();
    EXPECT_EQ(secure(names("AuthMethod=" + std::string(method) + ";"), true),
              "refused 0201 no_common_auth_method")
        << method;
  }
}

TEST_F(LoginChapTest, WhereItIsNotDemandedChapIsNotTaken) {
  gatekeeper.authentication = {};
  EXPECT_EQ(secure(names("AuthMethod=CHAP,None;"), true),
            "> T0-1 TargetPortalGroupTag=7;AuthMethod=None;");
  again();
  EXPECT_EQ(secure(names("AuthMethod=CHAP;"), true), "refused 0201 no_common_auth_method");
  again();
  EXPECT_EQ(secure(names("CHAP_A=5;"), true), "refused 0200 chap_out_of_turn");
}

// --- Ways around it ---

Request in_security(std::string text, int nsg, bool transit = true) {
  return {.csg = kSecurity, .nsg = nsg, .transit = transit, .text = std::move(text)};
}

/// Past the security stage, or out of it.
std::vector<Bypass> past_security() {
  const std::string who(kNames);
  const Request agreed = in_security(who + "AuthMethod=CHAP;", 1, false);
  const Request asked = in_security("CHAP_A=5;", 1, false);
  return {
      {"operational at once", {{.text = who}}, "refused 0201 not_authenticated"},
      {"operational at once, staying there",
       {{.transit = false, .text = who}},
       "refused 0201 not_authenticated"},
      {"operational with AuthMethod",
       {{.text = who + "AuthMethod=None;"}},
       "refused 0201 not_authenticated"},
      {"operational by C-bit pieces",
       {{.transit = false, .more = true, .text = who}, {.text = "HeaderDigest=None;"}},
       "refused 0201 not_authenticated"},
      {"security without a method", {in_security(who, 1)}, "refused 0201 not_authenticated"},
      {"security straight to full feature",
       {in_security(who, 3)},
       "refused 0201 not_authenticated"},
      {"silence, then a transition",
       {in_security(who, 1, false), in_security("", 3)},
       "refused 0201 not_authenticated"},
      {"operational after the agreement", {agreed, {.text = ""}}, "refused 0200 stage_jump"},
      {"operational after the challenge", {agreed, asked, {.text = ""}}, "refused 0200 stage_jump"},
  };
}

/// Agreed upon as one, and gone on as another.
std::vector<Bypass> as_somebody_else() {
  const std::string who(kNames);
  const Request agreed = in_security(who + "AuthMethod=CHAP;", 1, false);
  const Request asked = in_security("CHAP_A=5;", 1, false);
  return {
      {"None after the agreement",
       {agreed, in_security("AuthMethod=None;", 1)},
       "refused 0200 repeated_auth_method"},
      {"CHAP again after the challenge",
       {agreed, asked, in_security("AuthMethod=CHAP;", 1)},
       "refused 0200 repeated_auth_method"},
      {"another name after the agreement",
       {agreed, in_security("InitiatorName=iqn.1994-05.com.redhat:other;", 1)},
       "refused 0200 name_changed"},
      {"another target after the agreement",
       {agreed, in_security("TargetName=iqn.2026-11.io.lungate:other;", 1)},
       "refused 0200 name_changed"},
      {"discovery after the agreement",
       {agreed, in_security("SessionType=Discovery;", 1)},
       "refused 0200 name_changed"},
      {"another ISID after the challenge",
       {agreed, asked, {.csg = kSecurity, .nsg = 1, .transit = false, .isid_last = 9}},
       "refused 0200 identity_changed"},
  };
}

/// The rounds in another order, or with less in them.
std::vector<Bypass> out_of_turn() {
  const std::string who(kNames);
  const Request agreed = in_security(who + "AuthMethod=CHAP;", 1, false);
  const Request asked = in_security("CHAP_A=5;", 1, false);
  return {
      {"the algorithm beside the method",
       {in_security(who + "AuthMethod=CHAP;CHAP_A=5;", 1, false)},
       "refused 0200 chap_out_of_turn"},
      {"the algorithm before the method",
       {in_security(who + "CHAP_A=5;", 1, false)},
       "refused 0200 chap_out_of_turn"},
      {"a proof before the challenge",
       {agreed, in_security("CHAP_N=client;CHAP_R=0x00;", 1)},
       "refused 0200 chap_out_of_turn"},
      {"a proof beside the algorithm",
       {agreed, in_security("CHAP_A=5;CHAP_N=client;CHAP_R=0x00;", 1)},
       "refused 0200 chap_out_of_turn"},
      {"a challenge before a proof",
       {agreed, in_security("CHAP_A=5;CHAP_I=1;CHAP_C=0x00;", 1)},
       "refused 0200 chap_out_of_turn"},
      {"the algorithm again",
       {agreed, asked, in_security("CHAP_A=5;", 1, false)},
       "refused 0200 chap_out_of_turn"},
      {"a challenge without a proof",
       {agreed, asked, in_security("CHAP_I=1;CHAP_C=0x00;", 1)},
       "refused 0200 chap_incomplete"},
      {"a name without a response",
       {agreed, asked, in_security("CHAP_N=client;", 1)},
       "refused 0200 chap_incomplete"},
      {"a response without a name",
       {agreed, asked, in_security("CHAP_R=0x00000000000000000000000000000000;", 1)},
       "refused 0200 chap_incomplete"},
      {"a list of one that looks like 5",
       {agreed, in_security("CHAP_A=56;", 1)},
       "refused 0201 no_common_chap_algorithm"},
      {"an empty list",
       {agreed, in_security("CHAP_A=;", 1)},
       "refused 0201 no_common_chap_algorithm"},
      {"algorithms of nobody",
       {agreed, in_security("CHAP_A=1,2,3,4,9,255;", 1)},
       "refused 0201 no_common_chap_algorithm"},
  };
}

void LoginChapTest::try_bypass(const Bypass& bypass) {
  SCOPED_TRACE(bypass.name);
  again();
  std::string shown;
  for (const Request& request : bypass.requests) {
    EXPECT_TRUE(shown.empty() || shown.starts_with("> ")) << shown;
    shown = say(request);
    EXPECT_FALSE(machine.authenticated());
  }
  EXPECT_EQ(shown, bypass.refusal);
  EXPECT_EQ(machine.state(), State::kRefused);
}

TEST_F(LoginChapTest, ThereIsNoWayAround) {
  for (const auto& rows : {past_security(), as_somebody_else(), out_of_turn()}) {
    for (const Bypass& bypass : rows) try_bypass(bypass);
  }
}

// Whatever is asked for at each point of the exchange, T is not granted before its end.
TEST_F(LoginChapTest, NoTransitionBeforeTheEnd) {
  for (const int nsg : {kOperational, kFullFeature}) {
    for (int before = 0; before <= 2; ++before) {
      again();
      if (before >= 1) agree();
      if (before >= 2) ask();
      const std::string text = before == 0 ? names() : "";
      const std::string shown = say({.csg = kSecurity, .nsg = nsg, .text = text});
      EXPECT_FALSE(last.header.transit()) << before << " " << shown;
      EXPECT_NE(shown, "admission");
      EXPECT_FALSE(machine.authenticated());
    }
  }
}

// Our own long answer is another place where a transition is granted.
TEST_F(LoginChapTest, NoTransitionBehindALongAnswer) {
  std::string text = names("AuthMethod=CHAP;MaxRecvDataSegmentLength=512;");
  for (int i = 0; i < 30; ++i) text += "X-com.example.key" + std::to_string(i) + "=b;";
  std::string shown = secure(text, true);
  while (last.header.continues()) shown = secure("", true);
  EXPECT_FALSE(last.header.transit()) << shown;
  EXPECT_EQ(machine.state(), State::kSecurity);
}

TEST_F(LoginChapTest, RoundsAreBounded) {
  challenged();
  std::string shown;
  for (int i = 0; i < 20 && !shown.starts_with("refused"); ++i) shown = secure("");
  EXPECT_EQ(shown, "refused 0200 too_many_rounds");
}

TEST_F(LoginChapTest, ChapKeysAreNoOperationalParameters) {
  challenged();
  secure(proof(), true);
  EXPECT_EQ(say({.transit = false, .text = "CHAP_A=5;AuthMethod=None;"}),
            "> 1 CHAP_A=Reject;AuthMethod=Reject;MaxRecvDataSegmentLength=262144;");
  EXPECT_TRUE(machine.authenticated());
}

TEST_F(LoginChapTest, NoKeyOfTheExchangeAfterItsEnd) {
  for (const char* text : {"CHAP_A=5;", "CHAP_N=client;CHAP_R=0x00;", "CHAP_I=1;CHAP_C=0x00;"}) {
    challenged();
    EXPECT_EQ(secure(proof()), "> 0");
    EXPECT_EQ(secure(text, true), "refused 0200 chap_out_of_turn") << text;
  }
  challenged();
  EXPECT_EQ(secure(proof()), "> 0");
  EXPECT_EQ(secure("AuthMethod=CHAP;"), "refused 0200 repeated_auth_method");
}

// --- Proofs that are none ---

/// A whole response as bytes, but for the text behind its header.
std::string wire(const LoginReply& reply) {
  return std::string(text_of(bytes_of(reply.header))) + reply.text;
}

TEST_F(LoginChapTest, UnknownUserAndWrongSecretAreOneToThePeer) {
  challenged();
  EXPECT_EQ(secure(proof("another secret of length", "client"), true), "refused 0201 wrong_secret");
  const std::string wrong_secret = wire(last);
  challenged();
  EXPECT_EQ(secure(proof(kSecret, "clienu"), true), "refused 0201 unknown_user");
  EXPECT_EQ(wire(last), wrong_secret);
  challenged();
  EXPECT_EQ(secure(proof("another secret of length", "nobody"), true), "refused 0201 unknown_user");
  EXPECT_EQ(wire(last), wrong_secret);
}

TEST_F(LoginChapTest, UsersAreComparedWhole) {
  for (const char* user :
       {"", "clien", "clientx", "Client", "client ", "0x636c69656e74", "0bY2xpZW50"}) {
    challenged();
    EXPECT_EQ(secure(proof(kSecret, user), true), "refused 0201 unknown_user") << user;
  }
}

TEST_F(LoginChapTest, ResponsesHaveTheDigestsLength) {
  for (int algorithm = 5; algorithm <= 8; ++algorithm) {
    challenged(algorithm);
    const std::string right = response();
    const std::string bad[] = {hex(right.substr(1)),
                               hex(right + "x"),
                               hex(right).substr(0, hex(right).size() - 1),
                               hex(""),
                               "",
                               "0b",
                               base64(right + "xxx"),
                               base64(right.substr(3)),
                               "0x" + std::string(8000, '0'),
                               right.substr(0, 0),
                               "0b" + std::string(8000, 'A'),
                               hex(right).substr(2)};
    for (const std::string& text : bad) {
      challenged(algorithm);
      EXPECT_EQ(secure("CHAP_N=client;CHAP_R=" + text + ";", true), "refused 0201 chap_malformed")
          << text.substr(0, 80);
    }
  }
}

TEST_F(LoginChapTest, OneWrongBitIsEnough) {
  challenged(7);
  for (std::size_t bit = 0; bit < 256; ++bit) {
    challenged(7);
    std::string wrong = response();
    wrong[bit / 8] = static_cast<char>(wrong[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(secure("CHAP_N=client;CHAP_R=" + hex(wrong) + ";", true),
              "refused 0201 wrong_secret");
  }
}

TEST_F(LoginChapTest, AnotherAlgorithmsDigestIsWrong) {
  challenged(7);
  const auto challenge = parse_binary(value("CHAP_C"), 1024);
  const std::string other = digest(8, std::stoi(value("CHAP_I")), kSecret, text_of(*challenge));
  EXPECT_EQ(secure("CHAP_N=client;CHAP_R=" + hex(other) + ";", true), "refused 0201 wrong_secret");
}

// A digest over no secret is one that everybody can compute.
TEST_F(LoginChapTest, AnAccountThatIsNotThereIsNobodys) {
  Authentication& demanded = gatekeeper.authentication;
  demanded.initiator.secret = Secret();
  challenged();
  EXPECT_EQ(secure(proof("", "client"), true), "refused 0201 unknown_user");
  demanded.initiator = {};
  challenged();
  EXPECT_EQ(secure(proof("", ""), true), "refused 0201 unknown_user");
}

// --- Our own proof ---

TEST_F(LoginChapTest, ReflectedChallenge) {
  challenged();
  const std::string ours = value("CHAP_C");
  EXPECT_EQ(secure(proof() + "CHAP_I=77;CHAP_C=" + ours + ";", true),
            "refused 0201 reflected_challenge");
  EXPECT_EQ(last.text, "");
  challenged();
  const auto bytes = parse_binary(value("CHAP_C"), 1024);
  EXPECT_EQ(secure(proof() + "CHAP_I=77;CHAP_C=" + base64(text_of(*bytes)) + ";", true),
            "refused 0201 reflected_challenge")
      << "in another form";
}

// Who asks us first, and proves nothing, gets no digest of our secret to work on.
TEST_F(LoginChapTest, NobodyGetsOurProofForNothing) {
  challenged();
  EXPECT_EQ(secure(proof("not the right secret") + "CHAP_I=1;CHAP_C=0x0102;", true),
            "refused 0201 wrong_secret");
  EXPECT_EQ(last.text, "");
}

TEST_F(LoginChapTest, EqualSecretsAreRefused) {
  gatekeeper.authentication.target.secret = Secret(bytes_of(kSecret));
  challenged();
  EXPECT_EQ(secure(proof(), true), "refused 0201 equal_secrets") << "RFC 7143, 9.2.1";
  gatekeeper.authentication.target.secret = Secret(bytes_of(kOurSecret));
  challenged();
  EXPECT_EQ(secure(proof(kOurSecret), true), "refused 0201 equal_secrets") << "ours is not theirs";
}

TEST_F(LoginChapTest, WithoutASecretOfOursNobodyIsAnswered) {
  gatekeeper.authentication.target = {};
  challenged();
  EXPECT_EQ(secure(proof() + "CHAP_I=1;CHAP_C=0x0102;", true), "refused 0201 no_target_secret");
  challenged();
  EXPECT_EQ(secure(proof(), true), "> T0-1") << "who does not ask needs none";
}

TEST_F(LoginChapTest, QuestionsThatAreNone) {
  for (const char* text :
       {"CHAP_I=256;CHAP_C=0x01;", "CHAP_I=-1;CHAP_C=0x01;", "CHAP_I=;CHAP_C=0x01;",
        "CHAP_I=1x;CHAP_C=0x01;", "CHAP_I=1;CHAP_C=;", "CHAP_I=1;CHAP_C=0x;", "CHAP_I=1;CHAP_C=01;",
        "CHAP_I=1;CHAP_C=0x0;", "CHAP_I=1;CHAP_C=0b!;"}) {
    challenged();
    EXPECT_EQ(secure(proof() + text, true), "refused 0201 chap_malformed") << text;
  }
  for (const char* text : {"CHAP_I=1;", "CHAP_C=0x01;"}) {
    challenged();
    EXPECT_EQ(secure(proof() + text, true), "refused 0200 chap_incomplete") << text;
  }
}

TEST_F(LoginChapTest, ChallengesOf1024BytesAndNoMore) {
  challenged();
  const std::string longest(1024, 'c');
  EXPECT_EQ(secure(proof() + "CHAP_I=0x10;CHAP_C=" + hex(longest) + ";", true),
            "> T0-1 CHAP_N=gateway;CHAP_R=" + hex(digest(5, 16, kOurSecret, longest)) + ";");
  challenged();
  EXPECT_EQ(secure(proof() + "CHAP_I=1;CHAP_C=" + hex(longest + "c") + ";", true),
            "refused 0201 chap_malformed");
}

// --- The operator's and our own side ---

TEST_F(LoginChapTest, ForbiddenDigests) {
  ChapAlgorithms strong;
  strong.add(ChapAlgorithm::kSha256);
  gatekeeper.authentication.algorithms = strong;
  agree();
  EXPECT_EQ(secure("CHAP_A=5,6,8;"), "refused 0201 no_common_chap_algorithm");
  again();
  agree();
  secure("CHAP_A=5,6,7,8;");
  EXPECT_EQ(value("CHAP_A"), "7");
}

TEST_F(LoginChapTest, WithoutRandomnessNobodyIsAsked) {
  random.works = false;
  agree();
  EXPECT_EQ(ask(), "refused 0300 crypto_failed");
  EXPECT_EQ(last.text, "");
}

// --- The states of the exchange ---

// As a picture, and not from the table: rows are "from", columns "to", in the order of State.
constexpr std::string_view kPicture[ChapExchange::kStates] = {
    //  idl agr cha pro fai
    "    .   x   .   .   x",  // idle
    "    .   .   x   .   x",  // agreed
    "    .   .   .   x   x",  // challenged
    "    .   .   .   .   x",  // proven
    "    .   .   .   .   .",  // failed
};

TEST(ChapEdges, AreThoseOfThePicture) {
  for (std::size_t from = 0; from < ChapExchange::kStates; ++from) {
    for (std::size_t to = 0; to < ChapExchange::kStates; ++to) {
      const bool expected = kPicture[from][4 + 4 * to] == 'x';
      EXPECT_EQ(ChapExchange::kTable.allow(static_cast<ChapExchange::State>(from),
                                           static_cast<ChapExchange::State>(to)),
                expected)
          << from << " -> " << to;
    }
  }
}

TEST(ChapExchange, BeginsWhereItIsDemandedAndOnce) {
  ChapExchange idle;
  EXPECT_DEATH(idle.begin(), "where it is demanded");
  Authentication demanded;
  demanded.chap = true;
  ChapExchange exchange(demanded, kernel_random());
  exchange.begin();
  EXPECT_DEATH(exchange.begin(), "along its edges");
}

TEST(ChapErrors, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(ChapError::kNoTargetSecret); ++i) {
    names.insert(name(static_cast<ChapError>(i)));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(ChapError::kNoTargetSecret) + 1);
  EXPECT_FALSE(names.contains("unknown"));
}

}  // namespace
}  // namespace lungate::iscsi
