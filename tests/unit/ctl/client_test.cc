// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/codec.h"
#include "base/limits.h"
#include "tests/unit/ctl/fake_target.h"
#include "tests/unit/ctl/folder.h"

namespace lungate::ctl {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

class Ask : public testing::Test {
 protected:
  Result<api::Reply, std::string> ask_it(std::chrono::milliseconds timeout = 10s) {
    return ask(socket_, api::Disconnect{42}, timeout);
  }
  std::string complaint(std::chrono::milliseconds timeout = 10s) {
    const auto reply = ask_it(timeout);
    return reply ? "" : reply.error();
  }

  Folder folder_;
  std::string socket_ = folder_ / "s";
};

TEST_F(Ask, SendsALineAndReadsOne) {
  FakeTarget target(socket_, api::to_line(api::Reply(api::Done{})));
  EXPECT_EQ(ask_it(), api::Reply(api::Done{}));
  EXPECT_EQ(target.heard(), api::to_line(api::Request(api::Disconnect{42})));
}

TEST_F(Ask, PutsALongAnswerTogether) {
  const api::Reply reply = api::Reloaded{{std::string(300'000, 'x')}};
  FakeTarget target(socket_, api::to_line(reply));
  EXPECT_EQ(ask_it(), reply);
}

TEST_F(Ask, SaysThatTheTargetIsNotRunning) {
  EXPECT_EQ(complaint(), "lungate-target is not running: there is no socket " + socket_);
  {
    FakeTarget target(socket_, "\n");
    (void)ask_it();
  }
  EXPECT_EQ(complaint(), "lungate-target is not running: nobody listens on " + socket_);
}

TEST_F(Ask, AnswersThatMakeNoSense) {
  FakeTarget target(socket_, "HTTP/1.0 400 Bad Request\r\n\r\n");
  EXPECT_THAT(complaint(), HasSubstr("makes no sense"));
}

TEST_F(Ask, HalfAnAnswer) {
  FakeTarget target(socket_, "{\"version\":1,");
  EXPECT_THAT(complaint(), HasSubstr("closed the connection without an answer"));
}

TEST_F(Ask, AnswersWithoutEnd) {
  FakeTarget target(socket_, std::string(limits::kControlReplyBytesMax + 100'000, ' '));
  EXPECT_THAT(complaint(), HasSubstr("has no end"));
}

TEST_F(Ask, ATargetThatIsSilent) {
  FakeTarget target(socket_, "", FakeTarget::Then::kWaitForPeer);
  EXPECT_EQ(complaint(50ms), "lungate-target does not answer in time");
}

TEST_F(Ask, APathThatIsTooLong) {
  socket_ = "/" + std::string(200, 'x');
  EXPECT_THAT(complaint(), HasSubstr("longer than 107 bytes"));
}

}  // namespace
}  // namespace lungate::ctl
