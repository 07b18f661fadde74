// SPDX-License-Identifier: LGPL-2.1-or-later
#include "api/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <random>

#include "base/limits.h"

namespace lungate::api {
namespace {

using testing::HasSubstr;

Status full_status() {
  Status status;
  status.gateway = "gw-a";
  status.version = "0.1.0";
  status.state = "serving";
  status.pid = 4242;
  status.uptime_s = 86'400;
  status.loops = 2;
  status.sessions = 1;
  status.connections = 3;
  status.config_file = "/etc/lungate/gw-a.toml";
  status.config_hash = "00c0ffee00c0ffee";
  status.segment = "/dev/shm/lungate/gw-a";
  status.log_level = log::Level::kWarn;
  status.portals = {{1, "127.0.0.1:3260"}, {1, "[::1]:3260"}};
  status.targets = {{"iqn.2026-11.io.lungate:a",
                     "the \"a\"",
                     {{0, "rbd", "rbd:rbd/vm", "ready", "", 1ull << 40, 512, false},
                      {255, "file", "file:/x", "offline", "no such file", 0, 4096, true}}},
                    {"iqn.2026-11.io.lungate:empty", "", {}}};
  return status;
}

SessionInfo full_session() {
  return {~std::uint64_t{0},
          "iqn.1994-05.com.redhat:c",
          "host",
          "iqn.2026-11.io.lungate:a",
          "00023d000001",
          65535,
          1,
          "10.0.0.7:41234",
          "10.0.0.1:3260",
          1,
          1'790'000'000'000,
          32,
          250,
          14480,
          1448,
          2,
          {0, 255},
          {{"MaxBurstLength", "1048576"}, {"HeaderDigest", "CRC32C"}, {"A", "z"}}};
}

class EveryRequest : public testing::TestWithParam<Request> {};

TEST_P(EveryRequest, MakesTheRoundTrip) {
  const std::string line = to_line(GetParam());
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(parse_request(line), GetParam());
}

INSTANTIATE_TEST_SUITE_P(Codec, EveryRequest,
                         testing::Values(Request(GetStatus{}), Request(ListSessions{}),
                                         Request(Disconnect{~std::uint64_t{0}}),
                                         Request(SetLogLevel{log::Level::kDebug}),
                                         Request(Reload{})));

class EveryReply : public testing::TestWithParam<Reply> {};

TEST_P(EveryReply, MakesTheRoundTrip) {
  const std::string line = to_line(GetParam());
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(parse_reply(line), GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    Codec, EveryReply,
    testing::Values(Reply(Status{}), Reply(full_status()), Reply(Sessions{}),
                    Reply(Sessions{{full_session(), SessionInfo{}}}), Reply(Done{}),
                    Reply(Reloaded{{"lun 3 added"}, {"target iqn: open"}}),
                    Reply(Error{ErrorCode::kBadConfig, "the file is wrong", {"a", "b"}})));

TEST(Codec, EveryErrorCodeHasItsWord) {
  for (std::size_t i = 0; i < kErrorCodes; ++i) {
    const Reply reply = Error{static_cast<ErrorCode>(i), "m", {}};
    EXPECT_EQ(parse_reply(to_line(reply)), reply);
  }
}

TEST(Codec, TheWordsOfTheWireStay) {
  EXPECT_EQ(to_line(Request(Disconnect{42})),
            "{\"version\":1,\"request\":\"disconnect\",\"session\":42}\n");
  EXPECT_EQ(to_line(Request(SetLogLevel{log::Level::kDebug})),
            "{\"version\":1,\"request\":\"log_level\",\"level\":\"debug\"}\n");
  EXPECT_EQ(to_line(Reply(Done{})), "{\"version\":1,\"reply\":\"done\"}\n");
  EXPECT_EQ(to_line(Reply(Error{ErrorCode::kNotFound, "no session 43", {}})),
            "{\"version\":1,\"reply\":\"error\",\"code\":\"not_found\","
            "\"message\":\"no session 43\",\"details\":[]}\n");
}

TEST(Codec, TextThatIsNotUtf8IsReplacedNotThrown) {
  SessionInfo session;
  session.alias = "a\xff\xc3z";
  const auto reply = parse_reply(to_line(Reply(Sessions{{session}})));
  ASSERT_TRUE(reply);
  EXPECT_EQ(std::get<Sessions>(*reply).sessions[0].alias, "a\xef\xbf\xbd\xef\xbf\xbdz");
}

TEST(Codec, TheLargestReplyFits) {
  Status status = full_status();
  status.targets.clear();
  for (std::uint32_t i = 0; i < limits::kLunsMax; ++i) {
    LunStatus lun{255, "rbd", std::string(600, 's'), "offline", std::string(400, 'r'), ~0ull,
                  512, false};
    status.targets.push_back({std::string(223, 'i'), std::string(255, 'a'), {lun}});
  }
  EXPECT_LT(to_line(Reply(status)).size(), limits::kControlReplyBytesMax);
  SessionInfo session = full_session();
  session.initiator = session.target = std::string(223, 'i');
  session.alias = std::string(255, 'a');
  session.luns.assign(256, 255);
  const Sessions sessions{std::vector<SessionInfo>(limits::kConnectionsMax, session)};
  EXPECT_LT(to_line(Reply(sessions)).size(), limits::kControlReplyBytesMax);
}

TEST(Codec, JsonForPeopleLeavesTheProtocolOut) {
  EXPECT_EQ(to_json(Reply(Reloaded{{"lun 3 added"}})),
            "{\n  \"changes\": [\n    \"lun 3 added\"\n  ],\n  \"warnings\": []\n}\n");
}

// --- Hostile lines -----------------------------------------------------------------------------

struct BadLine {
  std::string_view line;
  ErrorCode code;
  std::string_view message;
};

TEST(Hostile, RequestsAreRefusedWithAReason) {
  constexpr BadLine kLines[] = {
      {"", ErrorCode::kBadRequest, "not a JSON object"},
      {"\n", ErrorCode::kBadRequest, "not a JSON object"},
      {"null", ErrorCode::kBadRequest, "not a JSON object"},
      {"[]", ErrorCode::kBadRequest, "not a JSON object"},
      {"{\"version\":1", ErrorCode::kBadRequest, "not a JSON object"},
      {"GET / HTTP/1.1", ErrorCode::kBadRequest, "not a JSON object"},
      {"{\"a\":\"\xff\"}", ErrorCode::kBadRequest, "not a JSON object"},
      {"{\"a\":1e999}", ErrorCode::kBadRequest, "not a JSON object"},
      {"{}", ErrorCode::kBadRequest, "'version' is missing"},
      {"{\"version\":\"1\"}", ErrorCode::kBadRequest, "'version' is missing"},
      {"{\"version\":-1}", ErrorCode::kBadRequest, "'version' is missing"},
      {"{\"version\":2,\"request\":\"x\"}", ErrorCode::kVersion, "version 2 is spoken there"},
      {"{\"version\":1}", ErrorCode::kBadRequest, "'request' is missing"},
      {"{\"version\":1,\"request\":7}", ErrorCode::kBadRequest, "'request' is missing"},
      {"{\"version\":1,\"request\":\"drop\\u001b\"}", ErrorCode::kUnknownRequest,
       "unknown request"},
      {"{\"version\":1,\"request\":\"disconnect\"}", ErrorCode::kBadRequest, "a field is missing"},
      {"{\"version\":1,\"request\":\"disconnect\",\"session\":-1}", ErrorCode::kBadRequest,
       "'session' has the wrong type"},
      {"{\"version\":1,\"request\":\"disconnect\",\"session\":1.5}", ErrorCode::kBadRequest,
       "'session' has the wrong type"},
      {"{\"version\":1,\"request\":\"disconnect\",\"session\":18446744073709551616}",
       ErrorCode::kBadRequest, "'session' has the wrong type"},
      {"{\"version\":1,\"request\":\"disconnect\",\"session\":1,\"force\":true}",
       ErrorCode::kBadRequest, "unknown field"},
      {"{\"version\":1,\"request\":\"log_level\",\"level\":\"loud\"}", ErrorCode::kBadRequest,
       "'level' has the wrong type"},
      {"{\"version\":1,\"request\":\"status\",\"extra\":1}", ErrorCode::kBadRequest,
       "unknown field"},
  };
  for (const BadLine& bad : kLines) {
    const auto request = parse_request(bad.line);
    ASSERT_FALSE(request) << bad.line;
    EXPECT_EQ(request.error().code, bad.code) << bad.line;
    EXPECT_THAT(request.error().message, HasSubstr(std::string(bad.message))) << bad.line;
  }
}

TEST(Hostile, NestingAndLengthAreBounded) {
  std::string bomb = "{\"version\":1,\"request\":\"status\",\"a\":";
  bomb += std::string(60'000, '[');
  EXPECT_EQ(parse_request(bomb).error().message, "the line is nested too deep");
  EXPECT_EQ(parse_reply(std::string(4'000'000, '[')).error().message,
            "the line is nested too deep");
  const std::string brackets = "{\"a\":\"" + std::string(1000, '[') + "\\\"[[\"}";
  EXPECT_THAT(parse_request(brackets).error().message, HasSubstr("'version'"));
  EXPECT_THAT(parse_request(std::string(limits::kControlRequestBytesMax + 1, ' ')).error().message,
              HasSubstr("longer than 65536"));
}

TEST(Hostile, RepliesOfANewerTargetAreRead) {
  const auto done = parse_reply("{\"version\":1,\"reply\":\"done\",\"since\":7}");
  ASSERT_TRUE(done);
  EXPECT_EQ(*done, Reply(Done{}));
  const auto error = parse_reply("{\"version\":1,\"reply\":\"error\",\"code\":\"overheated\"}");
  ASSERT_TRUE(error);
  EXPECT_EQ(std::get<Error>(*error).code, ErrorCode::kInternal);
  EXPECT_EQ(
      parse_reply("{\"version\":1,\"reply\":\"status\",\"loops\":4294967296}").error().message,
      "'loops' has the wrong type or is out of range");
  EXPECT_EQ(parse_reply("{\"version\":1,\"reply\":\"sessions\",\"sessions\":[7]}").error().message,
            "'sessions' has the wrong type or is out of range");
}

TEST(Hostile, RandomChangesOfGoodLines) {
  const auto seed =
      static_cast<std::uint32_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  const std::string lines[] = {to_line(Reply(full_status())),
                               to_line(Reply(Sessions{{full_session()}})),
                               to_line(Request(Disconnect{42}))};
  for (int round = 0; round < 5000; ++round) {
    std::string line = lines[random() % std::size(lines)];
    for (auto changes = random() % 4 + 1; changes > 0; --changes) {
      const std::size_t at = random() % line.size();
      if (random() % 2 == 0) {
        line[at] = static_cast<char>(random() & 0xff);
      } else {
        line.insert(at, line.substr(random() % line.size(), random() % 30));
      }
    }
    // Whatever it is: a value or an error, and what is a value can be sent again.
    if (const auto reply = parse_reply(line)) {
      EXPECT_TRUE(parse_reply(to_line(*reply))) << line;
    }
    if (const auto request = parse_request(line)) {
      EXPECT_EQ(parse_request(to_line(*request)), *request) << line;
    }
  }
}

}  // namespace
}  // namespace lungate::api
