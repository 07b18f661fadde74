// SPDX-License-Identifier: LGPL-2.1-or-later

// A gateway's own file, and beside it the text that a group of gateways shares.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "config/dump.h"
#include "config/names.h"
#include "config/parse.h"

namespace lungate::config {
namespace {

using testing::HasSubstr;

constexpr std::string_view kOwn = R"([gateway]
name = "gw-a"
group = "/g.toml"

[ceph]
user = "gw"
)";
constexpr std::string_view kGroup = R"([[portal_group]]
tag = 1
gateway = "gw-a"
portals = ["192.0.2.1:3260"]

[[portal_group]]
tag = 2
gateway = "gw-b"
portals = ["192.0.2.2:3260"]

[[target]]
iqn = "iqn.2026-11.io.lungate:store"

  [[target.lun]]
  id = 0
  image = "rbd/vm-1"
)";

std::string errors_of(const Result<Config, Errors>& config) {
  std::string all;
  if (config) return all;
  for (const Error& error : config.error()) all += to_string(error) + "\n";
  return all;
}

Result<Config, Errors> both(std::string_view own, std::string_view group) {
  return parse_texts({own, "own.toml"}, {group, "group.toml"});
}

std::string with(std::string_view text, const std::string& more) {
  return std::string(text) + more;
}

TEST(Group, TwoTextsAreOneConfiguration) {
  const auto config = both(kOwn, kGroup);
  ASSERT_TRUE(config) << errors_of(config);
  EXPECT_EQ(config->gateway.name, "gw-a");
  EXPECT_EQ(config->ceph.user, "gw");
  ASSERT_EQ(config->portal_groups.size(), 2u);
  EXPECT_EQ(config->portal_groups[1].gateway, "gw-b");
  EXPECT_EQ(config->targets.at(0).luns.size(), 1u);
}

TEST(Group, AllOfItsGatewaysHaveTheSameHash) {
  const auto a = both(kOwn, kGroup);
  const auto b =
      both("[gateway]\nname = 'gw-b'\ngroup = '/g.toml'\n[log]\nlevel = 'warn'\n", kGroup);
  ASSERT_TRUE(a && b);
  EXPECT_EQ(group_hash(*a), group_hash(*b));
}

TEST(Group, EachTableIsWhereItBelongs) {
  EXPECT_EQ(errors_of(both(with(kOwn, "[iscsi]\ncommand_window = 16\n"), kGroup)),
            "own.toml:7:2: error: 'iscsi' is the group's (it belongs in group.toml)\n");
  EXPECT_EQ(errors_of(both(kOwn, with(kGroup, "[telemetry]\ninitiators = false\n"))),
            "group.toml:17:2: error: 'telemetry' is a gateway's own (it belongs in own.toml)\n");
}

TEST(Group, ATableThatBothHaveIsWrongInOneOfThem) {
  EXPECT_EQ(errors_of(both(with(kOwn, "[[target]]\niqn = 'iqn.2026-11.a:b'\n"), kGroup)),
            "own.toml:7:3: error: 'target' is the group's (it belongs in group.toml)\n");
}

TEST(Group, ErrorsNameTheTextThatTheyAreIn) {
  EXPECT_THAT(errors_of(both(with(kOwn, "usre = 'x'\n"), with(kGroup, "  blok_size = 512\n"))),
              testing::AllOf(HasSubstr("own.toml:7:1: error: unknown key 'usre'"),
                             HasSubstr("group.toml:17:3: error: unknown key 'blok_size'")));
  EXPECT_THAT(errors_of(both(kOwn, with(kGroup, "  size = '1GiB'\n"))),
              HasSubstr("group.toml:17:3: error: 'size' does not go with 'image'"));
  const std::string syntax = errors_of(both("[gateway\n", "a = [\n"));
  EXPECT_THAT(syntax, HasSubstr("own.toml:1:"));
  EXPECT_THAT(syntax, HasSubstr("group.toml:2:"));
}

/// Guards check_says_whose(): the default is another gateway for each that reads the text.
TEST(Group, APortalGroupSaysWhoseItIs) {
  const std::string group =
      with(kGroup, "[[portal_group]]\ntag = 3\nportals = ['192.0.2.3:3260']\n");
  EXPECT_THAT(errors_of(both(kOwn, group)),
              HasSubstr("group.toml:17:1: error: [[portal_group]] needs 'gateway' where gateways "
                        "share the text"));
}

/// Guards check_is_shared().
TEST(Group, AFileIsNoDiskOfSeveralHosts) {
  const std::string group = with(kGroup, "  [[target.lun]]\n  id = 1\n  file = '/srv/a.img'\n");
  EXPECT_THAT(errors_of(both(kOwn, group)),
              HasSubstr("group.toml:19:10: error: 'file' is of one host"));
  const std::string alone =
      "[[portal_group]]\ntag = 1\ngateway = 'gw-a'\nportals = "
      "['192.0.2.1:3260']\n[[target]]\niqn = 'iqn.2026-11.a:b'\n"
      "[[target.lun]]\nid = 0\nfile = '/srv/a.img'\n";
  EXPECT_EQ(errors_of(both(kOwn, alone)), "");
}

// --- Files ---------------------------------------------------------------------------------------

class GroupFile : public testing::Test {
 protected:
  GroupFile() {
    std::string name = testing::TempDir() + "lungate-group-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~GroupFile() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  void write(const std::string& name, std::string_view text) const {
    std::ofstream(path(name)) << text;
  }
  Result<Config, Errors> parse_naming(const std::string& group) const {
    write("own.toml", "[gateway]\nname = 'gw-a'\ngroup = '" + group + "'\n");
    return parse_file(path("own.toml"));
  }

  std::string folder_;
};

TEST_F(GroupFile, IsReadWithTheGatewaysOwn) {
  write("group.toml", kGroup);
  const auto config = parse_naming(path("group.toml"));
  ASSERT_TRUE(config) << errors_of(config);
  EXPECT_EQ(config->gateway.group, path("group.toml"));
  EXPECT_EQ(config->targets.size(), 1u);
}

TEST_F(GroupFile, IsNotReadForWhatIsTheGatewaysOwn) {
  write("own.toml", "[gateway]\nname = 'gw-a'\ngroup = '/none'\n[telemetry]\nsegment = '/s'\n");
  const auto config = parse_own_file(path("own.toml"));
  ASSERT_TRUE(config) << errors_of(config);
  EXPECT_EQ(config->telemetry.segment, "/s");
  EXPECT_TRUE(config->targets.empty());
  write("own.toml", "[gateway]\nname = 'gw-a'\ngroup = '/none'\n[[target]]\niqn = 'x'\n");
  EXPECT_EQ(errors_of(parse_own_file(path("own.toml"))),
            path("own.toml") + ":4:3: error: 'target' is the group's (it belongs in /none)\n");
  write("own.toml", "[gateway]\nname = 'gw-a'\n");
  EXPECT_THAT(errors_of(parse_own_file(path("own.toml"))), HasSubstr("needs 'portal_group'"));
}

TEST_F(GroupFile, SaysWhyItCannotBeRead) {
  EXPECT_EQ(errors_of(parse_naming(path("none"))),
            path("none") + ": error: cannot be opened: No such file or directory ('group' of " +
                path("own.toml") + ")\n");
  EXPECT_THAT(errors_of(parse_naming(folder_)), HasSubstr("is not a regular file"));
}

TEST_F(GroupFile, IsAnAbsolutePath) {
  EXPECT_THAT(errors_of(parse_naming("group.toml")),
              HasSubstr(path("own.toml") + ":3:9: error: 'group' is 'group.toml': "));
  EXPECT_THAT(errors_of(parse_naming("rados:rbd")),
              HasSubstr("a pool and an object are needed (like 'rados:pool/object'"));
}

TEST_F(GroupFile, MayBeAnObjectThatSomebodyElseReads) {
  EXPECT_EQ(errors_of(parse_naming("rados:rbd/lungate")),
            "rados:rbd/lungate: error: cannot be read by this program ('group' of " +
                path("own.toml") + ")\n");
  std::string asked;
  const ReadGroup read = [&](const Config& own) -> Result<std::string, std::string> {
    asked = own.gateway.group;
    return std::string(kGroup);
  };
  const auto config = parse_file(path("own.toml"), read);
  ASSERT_TRUE(config) << errors_of(config);
  EXPECT_EQ(config->targets.size(), 1u);
  EXPECT_EQ(asked, "rados:rbd/lungate");
  const ReadGroup fails = [](const Config&) -> Result<std::string, std::string> {
    return err(std::string("there is no pool 'rbd'"));
  };
  EXPECT_THAT(errors_of(parse_file(path("own.toml"), fails)),
              HasSubstr("rados:rbd/lungate: error: there is no pool 'rbd' ('group' of "));
}

TEST(Group, AnObjectHasAPoolAndMayHaveANamespace) {
  EXPECT_EQ(parse_group_object("rados:p/o"), (GroupObject{"p", "", "o"}));
  EXPECT_EQ(parse_group_object("rados:p/n/o"), (GroupObject{"p", "n", "o"}));
  EXPECT_EQ(parse_group_object("/etc/lungate/group"), std::nullopt);
}

TEST_F(GroupFile, WithSecretsIsForNobodyElse) {
  const std::string secret = with(kGroup,
                                  "  [[target.initiator]]\n  iqn = 'iqn.2026-11.a:b'\n"
                                  "  chap = { user = 'u', secret = 'twelve or more' }\n");
  write("group.toml", secret);
  ::chmod(path("group.toml").c_str(), 0644);
  EXPECT_THAT(errors_of(parse_naming(path("group.toml"))),
              HasSubstr(path("group.toml") + ": error: has secrets in it"));
  ::chmod(path("group.toml").c_str(), 0640);
  EXPECT_EQ(errors_of(parse_naming(path("group.toml"))), "");
}

}  // namespace
}  // namespace lungate::config
