// SPDX-License-Identifier: LGPL-2.1-or-later
#include "exporter/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/telemetry/segment_fixture.h"

namespace lungate::exporter {
namespace {

using ::testing::ElementsAre;

class CommandLine : public ::testing::Test {
 protected:
  std::variant<Options, Exit> read(std::vector<const char*> words) {
    words.insert(words.begin(), "lungate-exporter");
    ::testing::internal::CaptureStderr();
    ::testing::internal::CaptureStdout();
    auto result = read_options(static_cast<int>(words.size()), words.data(), "1.2.3");
    said_ = ::testing::internal::GetCapturedStderr() + ::testing::internal::GetCapturedStdout();
    return result;
  }
  Options accepted(const std::vector<const char*>& words) {
    auto result = read(words);
    EXPECT_TRUE(std::holds_alternative<Options>(result)) << said_;
    return std::holds_alternative<Options>(result) ? std::get<Options>(result) : Options{};
  }
  int status(const std::vector<const char*>& words) {
    auto result = read(words);
    return std::holds_alternative<Exit>(result) ? std::get<Exit>(result).status : -1;
  }
  const char* file(std::string_view text) {
    telemetry::write_file(path_, bytes_of(text));
    return path_.c_str();
  }

  telemetry::TemporaryFolder folder_;
  std::string path_ = folder_ / "gw.toml";
  std::string said_;
};

constexpr std::string_view kFile = R"(
[gateway]
name = "gw-a"
[exporter]
listen = "[::1]:9288"
segments = ["/dev/shm/lungate/gw-a", "/dev/shm/lungate/gw-b"]
[[portal_group]]
tag = 1
portals = ["127.0.0.1:3260"]
)";

TEST_F(CommandLine, OptionsAlone) {
  const Options options = accepted({"--segment", "/a", "--segment", "/b", "--listen", "[::]:0"});
  EXPECT_THAT(options.exporter.segments, ElementsAre("/a", "/b"));
  EXPECT_EQ(options.exporter.listen, (config::Address{"::", 0, true}));
}

TEST_F(CommandLine, TheDefaultIsLoopback) {
  EXPECT_EQ(to_string(accepted({"--segment", "/a"}).exporter.listen), "127.0.0.1:9287");
}

TEST_F(CommandLine, TheGatewaysFile) {
  const Options options = accepted({"--config", file(kFile)});
  EXPECT_EQ(to_string(options.exporter.listen), "[::1]:9288");
  EXPECT_THAT(options.exporter.segments,
              ElementsAre("/dev/shm/lungate/gw-a", "/dev/shm/lungate/gw-b"));
}

TEST_F(CommandLine, OptionsWinOverTheFile) {
  const Options options = accepted({"--config", file(kFile), "--listen", "127.0.0.1:0"});
  EXPECT_EQ(to_string(options.exporter.listen), "127.0.0.1:0");
  EXPECT_EQ(options.exporter.segments.size(), 2u);
}

TEST_F(CommandLine, MistakesAreStatusTwo) {
  EXPECT_EQ(status({}), 64);
  EXPECT_EQ(status({"--segment", "/a", "--listen", "nowhere"}), 64);
  EXPECT_EQ(status({"--frobnicate"}), 64);
  EXPECT_EQ(status({"--config", "/no/such/file"}), 2);
  EXPECT_EQ(status({"--config", file("[gateway]\nname = 7\n")}), 2);
  EXPECT_THAT(said_, ::testing::HasSubstr("gw.toml:2:"));
}

TEST_F(CommandLine, HelpAndVersionAreStatusZero) {
  EXPECT_EQ(status({"--help"}), 0);
  EXPECT_EQ(status({"--version"}), 0);
  EXPECT_THAT(said_, ::testing::HasSubstr("1.2.3"));
}

}  // namespace
}  // namespace lungate::exporter
