// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace lungate::log {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class LogTest : public testing::Test {
 protected:
  void TearDown() override {
    ::unsetenv("JOURNAL_STREAM");
    start();
    set_level(Level::kInfo);
  }

  /// What appears on stderr while `work` runs. Each test has its own event: causes are limited.
  template <class Work>
  static std::string stderr_of(Work work) {
    testing::internal::CaptureStderr();
    work();
    return testing::internal::GetCapturedStderr();
  }

  static void claim_journal(bool truly) {
    struct stat st {};
    ASSERT_EQ(::fstat(STDERR_FILENO, &st), 0);
    const std::string inode = std::to_string(st.st_ino + (truly ? 0 : 1));
    ::setenv("JOURNAL_STREAM", (std::to_string(st.st_dev) + ":" + inode).c_str(), 1);
  }
};

TEST_F(LogTest, WritesOneLineWithUtcTimeInMicroseconds) {
  const std::string text = stderr_of([] { warn("base", "one_line", {{"peer", "x y"}}); });
  EXPECT_THAT(text,
              MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z "
                           "warn base one_line peer=\"x y\"\n"));
}

TEST_F(LogTest, DropsWhatIsBelowTheLevel) {
  EXPECT_EQ(stderr_of([] { debug("base", "below"); }), "");
  set_level(Level::kDebug);
  EXPECT_EQ(level(), Level::kDebug);
  EXPECT_THAT(stderr_of([] { debug("base", "below"); }), HasSubstr("debug base below\n"));
}

TEST_F(LogTest, LimitsEachCause) {
  const std::string text = stderr_of([] {
    for (int i = 0; i < 1000; ++i) error("base", "flood");
  });
  const auto lines = std::count(text.begin(), text.end(), '\n');
  EXPECT_GE(lines, 10);
  EXPECT_LE(lines, 20);  // a second may end in between
}

TEST_F(LogTest, LeavesTheTimeToTheJournal) {
  const std::string text = stderr_of([] {
    claim_journal(true);
    start();
    error("base", "to_the_journal");
  });
  EXPECT_EQ(text, "<3>error base to_the_journal\n");
}

TEST_F(LogTest, TheJournalsVariableAloneIsNoProof) {
  const std::string text = stderr_of([] {
    claim_journal(false);
    start();
    error("base", "not_to_the_journal");
  });
  EXPECT_THAT(text, MatchesRegex("[0-9].*Z error base not_to_the_journal\n"));
}

}  // namespace
}  // namespace lungate::log
