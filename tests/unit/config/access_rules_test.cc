// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules of access, each by a text that breaks it.
#include "config/access_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/text.h"

namespace lungate::config {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// A target with LUNs 0 and 3 and two portal groups; its tables begin in line 11.
std::string errors(const std::string& text) {
  return errors_of(
      parse_text("[gateway]\nname = 'a'\n"
                 "[[portal_group]]\ntag = 1\nportals = ['127.0.0.1:3260']\n"
                 "[[portal_group]]\ntag = 2\ngateway = 'b'\n"
                 "portals = ['127.0.0.2:3260']\n"
                 "[[target]]\niqn = 'iqn.2026-11.a:b'\n" +
                     text,
                 "t"));
}

constexpr std::string_view kLuns =
    "[[target.lun]]\nid = 0\nfile = '/f'\n[[target.lun]]\nid = 3\nfile = '/g'\n";

std::string with_luns(std::string_view text) {
  return errors(std::string(kLuns) + "[[target.initiator]]\n" + std::string(text));
}

TEST(AccessRules, WhoIsOneOfTwo) {
  EXPECT_EQ(errors("[[target.initiator]]\nluns = []\n"),
            "t:13:8: error: 'luns' has 0 items: it must have 1 to 256\n");
  EXPECT_EQ(errors("[[target.initiator]]\n"),
            "t:12:1: error: [[target.initiator]] needs 'iqn' or 'group'\n");
  EXPECT_EQ(errors("[[target.initiator]]\niqn = 'iqn.2026-11.a:c'\ngroup = 'g'\n"
                   "[[initiator_group]]\nname = 'g'\niqns = ['iqn.2026-11.a:d']\n"),
            "t:14:1: error: 'iqn' and 'group' exclude each other\n");
}

TEST(AccessRules, GroupsAreThereOnceAndNamedRightly) {
  constexpr std::string_view kGroup =
      "[[initiator_group]]\nname = 'esx'\niqns = ['iqn.2026-11.a:c', 'iqn.2026-11.a:d']\n";
  const std::string good = "[[target.initiator]]\ngroup = 'esx'\n" + std::string(kGroup);
  EXPECT_EQ(errors(good), "");
  EXPECT_EQ(errors(good + std::string(kGroup)),
            "t:18:8: error: initiator group 'esx' is there twice (the first is in line 15)\n");
  EXPECT_EQ(errors("[[target.initiator]]\ngroup = 'esy'\n" + std::string(kGroup)),
            "t:13:9: error: there is no [[initiator_group]] 'esy' (did you mean 'esx'?)\n");
  EXPECT_EQ(errors("[[initiator_group]]\nname = 'e'\niqns = ['iqn.2026-11.*', 'iqn.2026-11.*']\n"),
            "t:14:26: error: initiator 'iqn.2026-11.*' is there twice (the first is in line 14)\n");
}

TEST(AccessRules, ANameFitsOneRowOnly) {
  EXPECT_EQ(errors("[[target.initiator]]\ngroup = 'esx'\n"
                   "[[target.initiator]]\niqn = 'iqn.2026-11.*'\n"
                   "[[initiator_group]]\nname = 'esx'\niqns = ['iqn.2026-11.*']\n"),
            "t:15:7: error: initiator 'iqn.2026-11.*' is there twice (the first is in line 13)\n");
}

TEST(AccessRules, TheMembersOfAGroupAreFilledIn) {
  const Text text = Text()
                        .without("[[target.initiator]]", "iqn")
                        .with("[[target.initiator]]", "group = 'esx'")
                        .with("[[initiator_group]]", "name = 'esx'")
                        .with("[[initiator_group]]", "iqns = ['iqn.1998-01.com.vmware:*']");
  const auto config = text.parse();
  ASSERT_TRUE(config) << errors_of(config);
  EXPECT_NE(find_access(config->targets[0], {"iqn.1998-01.com.vmware:host", "192.0.2.7"}), nullptr);
  EXPECT_EQ(find_access(config->targets[0], {"iqn.1994-05.com.redhat:client", "192.0.2.7"}),
            nullptr);
}

TEST(AccessRules, MapsHaveEachNumberOnce) {
  constexpr std::string_view kWho = "iqn = 'iqn.2026-11.a:c'\n";
  const auto map = [&](const std::string& rows) {
    return with_luns(std::string(kWho) + "map = [" + rows + "]\n");
  };
  EXPECT_EQ(map("{ lun = 3, as = 0 }, { lun = 0, as = 3, read_only = true }"), "");
  EXPECT_THAT(map("{ lun = 3, as = 0 }, { lun = 0, as = 0 }"),
              HasSubstr("error: number '0' is there twice"));
  EXPECT_THAT(map("{ lun = 3, as = 0 }, { lun = 3, as = 1 }"),
              HasSubstr("error: LUN '3' is there twice"));
  EXPECT_THAT(map("{ lun = 1, as = 0 }"),
              HasSubstr("error: target 'iqn.2026-11.a:b' has no LUN 1"));
  EXPECT_THAT(map("{ lun = 0 }"), HasSubstr("[[target.initiator.map]] needs 'as'"));
  EXPECT_THAT(map("{ lun = 0, as = 256 }"), HasSubstr("'as' is '256': it must be 0 to 255"));
  EXPECT_THAT(map("3"), HasSubstr("'map' must be a list of tables"));
  EXPECT_THAT(with_luns(std::string(kWho) + "luns = [0]\nmap = [{ lun = 3, as = 0 }]\n"),
              HasSubstr("error: 'luns' and 'map' exclude each other"));
}

TEST(AccessRules, PortalGroupsExist) {
  EXPECT_EQ(errors("portal_groups = [2, 1]\n"), "");
  EXPECT_EQ(errors("portal_groups = [2, 7]\n"),
            "t:12:21: error: there is no [[portal_group]] with tag 7\n");
  EXPECT_EQ(errors("portal_groups = [2, 2]\n"),
            "t:12:21: error: portal group '2' is there twice (the first is in line 12)\n");
}

TEST(AccessRules, MovedPermanentlyGoesWithAPlace) {
  EXPECT_EQ(errors("moved_to = '192.0.2.1:3260'\nmoved_permanently = true\n"), "");
  EXPECT_EQ(errors("moved_permanently = true\n"),
            "t:12:1: error: 'moved_permanently' needs 'moved_to'\n");
}

// --- CHAP ---

constexpr std::string_view kGood = "user = 'u', secret = 'correct horse'";

std::string chap(std::string_view keys) {
  return errors("chap = { " + std::string(keys) + " }\n");
}

TEST(ChapRules, OneSecretForEachSide) {
  EXPECT_EQ(chap(kGood), "");
  EXPECT_EQ(chap("user = 'u', secret_file = '/s'"), "");
  EXPECT_EQ(chap(std::string(kGood) + ", mutual_user = 'm', mutual_secret_file = '/s'"), "");
  EXPECT_EQ(chap("secret = 'correct horse'"),
            "t:12:8: error: target.chap needs 'user' (the initiator's CHAP name)\n");
  EXPECT_EQ(chap("user = 'u'"), "t:12:8: error: target.chap needs 'secret' or 'secret_file'\n");
  EXPECT_EQ(chap(std::string(kGood) + ", secret_file = '/s'"),
            "t:12:48: error: 'secret' and 'secret_file' exclude each other\n");
  EXPECT_EQ(chap(std::string(kGood) + ", mutual_user = 'm'"),
            "t:12:8: error: target.chap needs 'mutual_secret' or 'mutual_secret_file'\n");
  EXPECT_EQ(chap(std::string(kGood) + ", mutual_secret = 'battery staple'"),
            "t:12:48: error: 'mutual_secret' needs 'mutual_user'\n");
  EXPECT_EQ(chap(""), "t:12:8: error: target.chap needs 'user' (the initiator's CHAP name)\n");
}

TEST(ChapRules, NoSecretProvesBothSides) {
  EXPECT_EQ(chap(std::string(kGood) + ", mutual_user = 'm', mutual_secret = 'correct horse'"),
            "t:12:83: error: 'mutual_secret' is the secret of target 'iqn.2026-11.a:b' in "
            "line 12 as well: each side needs its own (RFC 7143, 9.2.1)\n");
  EXPECT_THAT(errors("chap = { user = 'u', secret = 'correct horse' }\n"
                     "[discovery]\nchap = { user = 'd', secret = 'battery staple', "
                     "mutual_user = 'm', mutual_secret = 'correct horse' }\n"),
              AllOf(HasSubstr("t:14:"), HasSubstr("' in line 12 as well")))
      << "also when it is another's";
}

TEST(ChapRules, NoMessageShowsASecret) {
  const std::string_view secrets[] = {"hunter2", "(a secret)", "hunter2\\thunter2"};
  for (const std::string_view secret : secrets) {
    const std::string said = chap("user = 'u', secret = \"" + std::string(secret) + "\"");
    EXPECT_THAT(said, HasSubstr("error: 'secret' is (a secret): "));
    EXPECT_THAT(said, Not(HasSubstr("hunter2")));
  }
  // What is no TOML for want of a quotation mark.
  for (const std::string_view wrong : {"secret = hunter2hunter2", "secret = 'hunter2hunter2",
                                       "secret = 'a' hunter2", "secret = hunter2 hunter2"}) {
    const std::string said = errors("[target.chap]\nuser = 'u'\n" + std::string(wrong) + "\n");
    EXPECT_NE(said, "");
    EXPECT_THAT(said, Not(HasSubstr("hunter2"))) << wrong;
  }
}

TEST(ChapRules, ATableOfItsOwnOrInline) {
  EXPECT_EQ(errors("[target.chap]\nuser = 'u'\nsecret = 'correct horse'\n"), "");
  EXPECT_EQ(with_luns("iqn = 'iqn.2026-11.a:c'\nchap.user = 'u'\nchap.secret_file = '/s'\n"), "");
  EXPECT_THAT(errors("chap = true\n"), HasSubstr("'chap' must be a table, this is true or false"));
}

TEST(ChapRules, DigestsOfChap) {
  EXPECT_EQ(Text().with("[iscsi]", "chap_digests = ['SHA3-256', 'SHA-256']").errors(), "");
  EXPECT_THAT(Text().with("[iscsi]", "chap_digests = ['MD5', 'SHA1', 'MD5']").errors(),
              HasSubstr("'chap_digests' names the same digest twice"));
  EXPECT_THAT(Text().with("[iscsi]", "chap_digests = []").errors(),
              HasSubstr("'chap_digests' has 0 items: it must have 1 to 4"));
  const auto config = Text().with("[iscsi]", "chap_digests = ['SHA-256']").parse();
  ASSERT_TRUE(config);
  EXPECT_EQ(config->iscsi.chap_digests, std::vector{ChapAlgorithm::kSha256});
}

}  // namespace
}  // namespace lungate::config
