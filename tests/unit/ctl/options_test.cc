// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace lungate::ctl {
namespace {

using testing::HasSubstr;

Result<Options, Stop> parse(const std::vector<const char*>& words) {
  std::vector<const char*> argv{"lungate"};
  argv.insert(argv.end(), words.begin(), words.end());
  return parse_options(static_cast<int>(argv.size()), argv.data());
}

Command command(const std::vector<const char*>& words) {
  const auto options = parse(words);
  EXPECT_TRUE(options) << options.error().text;
  return options->command;
}

TEST(ParseOptions, EveryCommand) {
  EXPECT_EQ(command({"check", "a.toml"}), Command::kCheck);
  EXPECT_EQ(command({"status"}), Command::kStatus);
  EXPECT_EQ(command({"sessions"}), Command::kSessions);
  EXPECT_EQ(command({"sessions", "list"}), Command::kSessions);
  EXPECT_EQ(command({"sessions", "disconnect", "7"}), Command::kDisconnect);
  EXPECT_EQ(command({"log-level", "debug"}), Command::kLogLevel);
  EXPECT_EQ(command({"reload"}), Command::kReload);
  EXPECT_EQ(command({"top"}), Command::kTop);
  EXPECT_EQ(command({"slowlog"}), Command::kSlowlog);
}

TEST(ParseOptions, ValuesArrive) {
  EXPECT_EQ(parse({"check", "a.toml", "--print"})->config, "a.toml");
  EXPECT_TRUE(parse({"check", "--keys"})->keys);
  EXPECT_TRUE(parse({"check", "a.toml", "--online"})->online);
  EXPECT_EQ(parse({"sessions", "disconnect", "18446744073709551615"})->session, ~0ull);
  EXPECT_TRUE(parse({"sessions", "list", "--parameters"})->parameters);
  EXPECT_EQ(parse({"log-level", "warn"})->level, log::Level::kWarn);
  EXPECT_EQ(parse({"top", "--interval", "0.5", "--once"})->interval_ms, 500u);
  EXPECT_EQ(parse({"top"})->interval_ms, 1000u);
}

TEST(ParseOptions, Top) {
  const auto top = parse({"top", "--batch", "--count", "3", "--by", "initiator", "--sort", "p99",
                          "--reverse", "--filter", "vm", "--ascii"})
                       ->top;
  EXPECT_TRUE(top.batch);
  EXPECT_EQ(top.count, 3u);
  EXPECT_EQ(top.choice.by, By::kInitiator);
  EXPECT_EQ(top.choice.sort, Sort::kP99);
  EXPECT_TRUE(top.sorted);
  EXPECT_TRUE(top.choice.reversed);
  EXPECT_EQ(top.choice.filter, "vm");
  EXPECT_TRUE(top.ascii);
  EXPECT_FALSE(parse({"top"})->top.sorted);
  for (std::size_t i = 0; i < kSortNames.size(); ++i) {
    const std::string name(kSortNames[i]);
    EXPECT_EQ(parse({"top", "--sort", name.c_str()})->top.choice.sort, static_cast<Sort>(i));
  }
}

TEST(ParseOptions, Slowlog) {
  const auto options = parse({"slowlog", "--follow", "--count", "20", "--interval", "2", "--lun",
                              "store/0", "--initiator", "host"});
  ASSERT_TRUE(options) << options.error().text;
  EXPECT_TRUE(options->slowlog.follow);
  EXPECT_EQ(options->slowlog.choice.count, 20u);
  EXPECT_EQ(options->slowlog.choice.lun, "store/0");
  EXPECT_EQ(options->slowlog.choice.initiator, "host");
  EXPECT_EQ(options->interval_ms, 2000u);
  EXPECT_EQ(parse({"slowlog", "--sort", "duration"})->slowlog.choice.sort, SlowSort::kDuration);
}

TEST(ParseOptions, PlacesAndJsonGoAnywhere) {
  for (const auto& options :
       {parse({"--config", "c", "--socket", "s", "--segment", "t", "--json", "status"}),
        parse({"status", "--config", "c", "--socket", "s", "--segment", "t", "--json"}),
        parse({"sessions", "disconnect", "1", "--config", "c", "--socket", "s", "--segment", "t",
               "--json"})}) {
    ASSERT_TRUE(options) << options.error().text;
    EXPECT_EQ(options->config, "c");
    EXPECT_EQ(options->socket, "s");
    EXPECT_EQ(options->segment, "t");
    EXPECT_TRUE(options->json);
  }
}

TEST(ParseOptions, WrongLinesAreRefused) {
  const std::vector<std::vector<const char*>> lines{
      {},
      {"frobnicate"},
      {"log-level"},
      {"log-level", "loud"},
      {"sessions", "disconnect"},
      {"sessions", "disconnect", "-1"},
      {"sessions", "disconnect", "x"},
      {"sessions", "disconnect", "18446744073709551616"},
      {"top", "--interval", "0"},
      {"top", "--sort", "size"},
      {"top", "--by", "host"},
      {"top", "--count", "3"},
      {"top", "--batch", "--count", "0"},
      {"top", "--once", "--batch"},
      {"slowlog", "--interval", "2"},
      {"slowlog", "--follow", "--sort", "duration"},
      {"check", "a", "--print", "--online"},
      {"status", "--nonsense"},
  };
  for (const auto& words : lines) {
    const auto stop = parse(words);
    ASSERT_FALSE(stop) << testing::PrintToString(words);
    EXPECT_EQ(stop.error().exit_code, kExitUsage);
    EXPECT_FALSE(stop.error().text.empty());
  }
}

TEST(ParseOptions, HelpIsNoError) {
  EXPECT_EQ(parse({"--help"}).error().exit_code, 0);
  EXPECT_THAT(parse({"--help"}).error().text, HasSubstr("live table"));
  EXPECT_THAT(parse({"top", "--help"}).error().text, HasSubstr("--interval"));
  EXPECT_EQ(parse({"--version"}).error().exit_code, 0);
}

}  // namespace
}  // namespace lungate::ctl
