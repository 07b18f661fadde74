// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/places.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/ctl/folder.h"

namespace lungate::ctl {
namespace {

using testing::HasSubstr;

constexpr const char* kConfig =
    "[gateway]\nname = 'gw-a'\ncontrol_socket = '/run/a.sock'\n"
    "[telemetry]\nsegment = '/dev/shm/a'\n"
    "[[portal_group]]\ntag = 1\nportals = ['127.0.0.1:0']\n";

TEST(ConfigFile, TheOnlyOneIsTaken) {
  const Folder folder;
  EXPECT_EQ(config_file({}, folder.path()).error().message,
            "no *.toml in " + folder.path() + ": which --config?");
  EXPECT_FALSE(config_file({}, folder / "none"));
  const std::string first = folder.write("b.toml", kConfig);
  folder.write("client.secret", "");
  EXPECT_EQ(config_file({}, folder.path()).value(), first);
  const std::string second = folder.write("a.toml", kConfig);
  EXPECT_THAT(config_file({}, folder.path()).error().message, HasSubstr(second + ", " + first));
  Options options;
  options.config = "/elsewhere";
  EXPECT_EQ(config_file(options, folder.path()).value(), "/elsewhere");
}

TEST(Places, ComeFromTheConfigurationOrTheLine) {
  const Folder folder;
  Options options;
  options.config = folder.write("a.toml", kConfig);
  EXPECT_EQ(control_socket(options).value(), "/run/a.sock");
  EXPECT_EQ(segment(options).value(), "/dev/shm/a");
  options.socket = "/s";
  options.segment = "/t";
  options.config = "/there/is/none";
  EXPECT_EQ(control_socket(options).value(), "/s");
  EXPECT_EQ(segment(options).value(), "/t");
}

TEST(Places, AWrongConfigurationIsExitCodeTwo) {
  const Folder folder;
  Options options;
  options.config = folder.write("a.toml", "[gateway]\nnam = 'a'\n");
  const auto socket = control_socket(options);
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().exit_code, 2);
  EXPECT_THAT(socket.error().message, HasSubstr("a.toml:2:1: error: unknown key 'nam'"));
}

}  // namespace
}  // namespace lungate::ctl
