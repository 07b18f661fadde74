// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/log_format.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace lungate::log {
namespace {

using namespace std::chrono_literals;

// --- Escaping --------------------------------------------------------------------------------

TEST(Escape, LeavesPlainTextAlone) {
  EXPECT_EQ(escape("10.0.0.7:41234"), "10.0.0.7:41234");
  EXPECT_EQ(escape("iqn.2026-11.io.lungate:store"), "iqn.2026-11.io.lungate:store");
}

TEST(Escape, QuotesWhatAReaderWouldTakeApart) {
  EXPECT_EQ(escape(""), R"("")");
  EXPECT_EQ(escape("two words"), R"("two words")");
  EXPECT_EQ(escape("a=b"), R"("a=b")");
  EXPECT_EQ(escape(R"(say "hi")"), R"("say \"hi\"")");
  EXPECT_EQ(escape(R"(C:\)"), R"("C:\\")");
}

TEST(Escape, APeerCannotForgeALineOrATerminalSequence) {
  EXPECT_EQ(escape("x\n2026 error fake"), R"("x\x0a2026 error fake")");
  EXPECT_EQ(escape("\x1b[2J"), R"("\x1b[2J")");
  EXPECT_EQ(escape(std::string_view("a\0b", 3)), R"("a\x00b")");
  EXPECT_EQ(escape("\xc3\xa4\x7f\r\t"), R"("\xc3\xa4\x7f\x0d\x09")");
}

TEST(Escape, CutsWhatIsTooLongAndSaysSo) {
  EXPECT_EQ(escape("abcdef", 6), "abcdef");
  EXPECT_EQ(escape("abcdefg", 6), R"("abcdef...")");
  EXPECT_EQ(escape("abc", 0), R"("...")");
}

// Whatever the bytes: one line, printable, and the quotes balance.
TEST(Escape, HoldsForEveryByte) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string escaped = escape(std::string(1, static_cast<char>(byte)));
    for (const char c : escaped) EXPECT_TRUE(c >= ' ' && c < 0x7f) << byte;
    EXPECT_TRUE(escaped.size() == 1 || (escaped.front() == '"' && escaped.back() == '"')) << byte;
  }
}

// --- Lines -----------------------------------------------------------------------------------

TEST(Format, PutsTheCauseFirstAndThenTheFields) {
  EXPECT_EQ(format(Level::kWarn, "session", "login_refused",
                   {{"peer", "10.0.0.7:41234"}, {"reason", std::string("no target")}}, 0),
            R"(warn session login_refused peer=10.0.0.7:41234 reason="no target")");
}

TEST(Format, WritesEveryTypeOfValue) {
  EXPECT_EQ(
      format(Level::kInfo, "t", "e",
             {{"i", -3}, {"u", 7u}, {"d", 0.25}, {"yes", true}, {"big", ~std::uint64_t{0}}}, 0),
      "info t e i=-3 u=7 d=0.25 yes=true big=18446744073709551615");
}

TEST(Format, SaysHowManyLinesWereLeftOut) {
  EXPECT_EQ(format(Level::kError, "t", "e", {}, 12), "error t e suppressed=12");
}

TEST(Format, BoundsEachValue) {
  const std::string line = format(Level::kInfo, "t", "e", {{"v", std::string(100'000, 'x')}}, 0);
  EXPECT_LT(line.size(), limits::kLogValueBytesMax + 32);
}

TEST(Levels, NamesGoBothWays) {
  for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarn, Level::kError}) {
    Level parsed{};
    EXPECT_TRUE(parse_level(level_name(level), parsed));
    EXPECT_EQ(parsed, level);
  }
  Level untouched = Level::kWarn;
  EXPECT_FALSE(parse_level("warning", untouched));
  EXPECT_EQ(untouched, Level::kWarn);
}

TEST(Levels, HaveThePriorityOfSyslog) {
  EXPECT_EQ(journal_prefix(Level::kWarn), "<4>");
  EXPECT_EQ(journal_prefix(Level::kError), "<3>");
}

// --- Rate limit ------------------------------------------------------------------------------

class RateLimitTest : public testing::Test {
 protected:
  /// The numbers of lines that pass and that are left out, of `lines` of one cause now.
  std::pair<int, int> offer(int lines, std::string_view event = "event") {
    std::pair<int, int> counts;
    for (int i = 0; i < lines; ++i)
      ++(limit_.admit("tag", event, now_) ? counts.first : counts.second);
    return counts;
  }

  static constexpr int kBurst = limits::kLogBurst;
  BootTime now_{1'000'000'000'000};
  RateLimit limit_;
};

TEST_F(RateLimitTest, LetsABurstPassAndNoMore) {
  EXPECT_EQ(offer(kBurst + 5), (std::pair{kBurst, 5}));
}

TEST_F(RateLimitTest, TheNextLineThatPassesTellsHowManyDidNot) {
  offer(kBurst + 5);
  now_ = now_ + limits::kLogWindow;
  EXPECT_EQ(limit_.admit("tag", "event", now_), 5u);
  EXPECT_EQ(limit_.admit("tag", "event", now_), 0u);
}

TEST_F(RateLimitTest, AWindowEndsNoSoonerThanItsLength) {
  offer(kBurst);
  now_ = now_ + (limits::kLogWindow - 1ns);
  EXPECT_EQ(offer(1), (std::pair{0, 1}));
  now_ = now_ + 1ns;
  EXPECT_EQ(offer(1), (std::pair{1, 0}));
}

TEST_F(RateLimitTest, CausesDoNotSilenceEachOther) {
  offer(kBurst + 1, "noisy");
  EXPECT_EQ(offer(1, "quiet"), (std::pair{1, 0}));
}

}  // namespace
}  // namespace lungate::log
