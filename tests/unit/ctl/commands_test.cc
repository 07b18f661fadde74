// SPDX-License-Identifier: LGPL-2.1-or-later
// Whole commands: from options to exit code and text.
#include "ctl/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "api/codec.h"
#include "ctl/check.h"
#include "ctl/json.h"
#include "tests/unit/ctl/fake_target.h"
#include "tests/unit/ctl/folder.h"

namespace lungate::ctl {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr const char* kConfig =
    "[gateway]\nname = 'gw-a'\n"
    "[[portal_group]]\ntag = 1\nportals = ['127.0.0.1:0']\n"
    "[[target]]\niqn = 'iqn.2026-11.io.lungate:store'\n"
    "[[target.lun]]\nid = 0\nfile = '/srv/a'\n";

class Commands : public testing::Test {
 protected:
  int run_it() {
    std::ostringstream out;
    std::ostringstream err;
    const int code = run(options_, out, err);
    out_ = out.str();
    err_ = err.str();
    return code;
  }
  int run_with_answer(Command command, const api::Reply& reply) {
    options_.command = command;
    options_.socket = folder_ / "s";
    FakeTarget target(options_.socket, api::to_line(reply));
    const int code = run_it();
    heard_ = target.heard();
    std::filesystem::remove(options_.socket);
    return code;
  }

  Folder folder_;
  Options options_;
  std::string out_;
  std::string err_;
  std::string heard_;
};

TEST_F(Commands, CheckSaysOk) {
  options_.command = Command::kCheck;
  options_.config = folder_.write("a.toml", kConfig);
  EXPECT_EQ(run_it(), 0);
  EXPECT_EQ(out_,
            options_.config + ": ok: gateway gw-a, 1 portal group(s), 1 target(s), 1 LUN(s)\n");
  options_.print = true;
  EXPECT_EQ(run_it(), 0);
  EXPECT_THAT(out_, HasSubstr("max_burst_bytes = 1048576\n"));
}

TEST_F(Commands, CheckWarnsOfATargetThatIsOpenToEverybody) {
  options_.command = Command::kCheck;
  options_.config = folder_.write("a.toml", kConfig);
  const std::string warning =
      "target iqn.2026-11.io.lungate:store: no [[target.initiator]] and no chap: everybody who "
      "reaches its portals may log in";
  EXPECT_EQ(run_it(), 0) << "it is allowed";
  EXPECT_EQ(err_, options_.config + ": warning: " + warning + "\n");
  options_.json = true;
  EXPECT_EQ(run_it(), 0);
  EXPECT_EQ(json::parse(out_)["warnings"], json::array({warning}));
  options_.json = false;
  for (const char* closed : {"[[target.initiator]]\niqn = 'iqn.2026-11.a:b'\n",
                             "[target.chap]\nuser = 'u'\nsecret_file = '/none'\n"}) {
    options_.config = folder_.write("a.toml", std::string(kConfig) + closed);
    EXPECT_EQ(run_it(), 0);
    EXPECT_EQ(err_, "") << closed;
  }
}

TEST_F(Commands, CheckSaysWhatIsWrong) {
  options_.command = Command::kCheck;
  options_.config = folder_.write("a.toml", std::string(kConfig) + "sise = 4\n");
  EXPECT_EQ(run_it(), 2);
  EXPECT_EQ(out_, "");
  EXPECT_EQ(err_,
            options_.config +
                ":11:1: error: unknown key 'sise' in [[target.lun]] (did you mean 'size'?)\n");
  options_.json = true;
  EXPECT_EQ(run_it(), 2);
  const json result = json::parse(out_);
  EXPECT_EQ(result["ok"], false);
  EXPECT_EQ(result["errors"][0]["line"], 11);
  EXPECT_EQ(result["errors"][0]["hint"], "did you mean 'size'?");
}

TEST_F(Commands, CheckAsJson) {
  options_.command = Command::kCheck;
  options_.config = folder_.write("a.toml", kConfig);
  options_.json = true;
  options_.print = true;
  EXPECT_EQ(run_it(), 0);
  const json result = json::parse(out_);
  EXPECT_EQ(result["ok"], true);
  EXPECT_EQ(result["group_hash"].get<std::string>().size(), 16u);
  EXPECT_THAT(result["config"].get<std::string>(), HasSubstr("name = \"gw-a\""));
}

TEST_F(Commands, CheckListsTheKeys) {
  options_.command = Command::kCheck;
  options_.keys = true;
  EXPECT_EQ(run_it(), 0);
  EXPECT_THAT(out_, HasSubstr("[[target.lun]]\n"));
}

TEST_F(Commands, StatusAsTextAndJson) {
  api::Status status;
  status.gateway = "gw-a";
  EXPECT_EQ(run_with_answer(Command::kStatus, status), 0);
  EXPECT_THAT(out_, HasSubstr("gateway    gw-a"));
  EXPECT_EQ(heard_, api::to_line(api::Request(api::GetStatus{})));
  options_.json = true;
  EXPECT_EQ(run_with_answer(Command::kStatus, status), 0);
  EXPECT_EQ(json::parse(out_)["gateway"], "gw-a");
}

TEST_F(Commands, EachAsksItsQuestion) {
  EXPECT_EQ(run_with_answer(Command::kSessions, api::Sessions{}), 0);
  EXPECT_EQ(heard_, api::to_line(api::Request(api::ListSessions{})));
  EXPECT_EQ(out_, "no sessions\n");
  options_.session = 7;
  EXPECT_EQ(run_with_answer(Command::kDisconnect, api::Done{}), 0);
  EXPECT_EQ(heard_, api::to_line(api::Request(api::Disconnect{7})));
  EXPECT_EQ(out_, "done\n");
  options_.level = log::Level::kDebug;
  EXPECT_EQ(run_with_answer(Command::kLogLevel, api::Done{}), 0);
  EXPECT_EQ(heard_, api::to_line(api::Request(api::SetLogLevel{log::Level::kDebug})));
  EXPECT_EQ(run_with_answer(Command::kReload, api::Reloaded{{"lun 1 added"}}), 0);
  EXPECT_EQ(heard_, api::to_line(api::Request(api::Reload{})));
  EXPECT_EQ(out_, "reloaded:\n  lun 1 added\n");
}

TEST_F(Commands, ErrorsGoToTheirChannelWithTheirCode) {
  EXPECT_EQ(run_with_answer(Command::kDisconnect,
                            api::Error{api::ErrorCode::kNotFound, "no session 7", {}}),
            1);
  EXPECT_EQ(out_, "");
  EXPECT_EQ(err_, "no session 7\n");
  EXPECT_EQ(run_with_answer(Command::kReload,
                            api::Error{api::ErrorCode::kBadConfig, "refused", {"a:1:1: b"}}),
            2);
  EXPECT_EQ(err_, "refused\na:1:1: b\n");
  options_.socket = folder_ / "none";
  EXPECT_EQ(run_it(), 1);
  EXPECT_THAT(err_, HasSubstr("lungate-target is not running"));
}

}  // namespace
}  // namespace lungate::ctl
