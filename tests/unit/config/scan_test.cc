// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config/scan.h"

#include <gtest/gtest.h>

namespace lungate::config {
namespace {

std::string first_error(std::string_view text) {
  const Errors errors = scan(text, "t");
  return errors.empty() ? "" : to_string(errors[0]);
}

std::string repeat(std::string_view piece, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += piece;
  return out;
}

TEST(Scan, BracketsThatAreTextDoNotCount) {
  const std::string many = repeat("[", 100);
  for (const std::string& text :
       {"a = \"" + many + "\"", "a = '" + many + "'", "# " + many, "a = \"\"\"\n" + many + "\"\"\"",
        "a = '''" + many + "\n'' " + many + "'''", "a = \"\\\"" + many + "\"",
        "a = \"\"\"x\\\"\"\"" + many + "\"\"\"", "a = '\\' # " + many}) {
    EXPECT_EQ(first_error(text), "") << text;
  }
}

TEST(Scan, BracketsAfterAStringCount) {
  const std::string many = repeat("[", 17);
  constexpr std::string_view kDeep = "nested deeper than 16 levels";
  for (const std::string& text :
       {"a = \"\" " + many, "a = '\\'" + many, "a = \"\"\"x\"\"\"\"" + many,
        "a = \"\"\"\"\"\"" + many, "a = \"open\n" + many, "# c\n" + many}) {
    EXPECT_NE(first_error(text).find(kDeep), std::string::npos) << text;
  }
}

TEST(Scan, ClosedBracketsAreForgotten) {
  EXPECT_EQ(first_error(repeat("a = [{b = [1]}]\n", 1000)), "");
  EXPECT_EQ(first_error(repeat("]", 100) + repeat("[", 16)), "");
}

TEST(Scan, DotsCountWithinOneKeyOnly) {
  EXPECT_EQ(first_error(repeat("a.b.c = 1.5\n", 1000)), "");
  EXPECT_EQ(first_error("a = [" + repeat("1.5, ", 1000) + "]"), "");
  EXPECT_EQ(first_error(repeat("a.", 17) + "a = 1"), "t:1:34: error: nested deeper than 16 levels");
}

TEST(Scan, Utf8AndControls) {
  EXPECT_EQ(first_error("# \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\ta = \"\xc3\xa9\"\r\n"), "");
  constexpr std::string_view kNotUtf8 = "t:1:2: error: the text is not UTF-8";
  for (const std::string_view bytes :
       {"\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xe2\x82"}) {
    EXPECT_EQ(first_error("#" + std::string(bytes)), kNotUtf8);
    EXPECT_EQ(first_error("'" + std::string(bytes)), kNotUtf8);
    EXPECT_EQ(first_error("\"" + std::string(bytes)), kNotUtf8);
    EXPECT_EQ(first_error("a" + std::string(bytes)), kNotUtf8);
  }
  EXPECT_EQ(first_error("\n\n #\x1b"), "t:3:3: error: control characters are not allowed in TOML");
  EXPECT_EQ(first_error("\"\\\x01\""), "t:1:3: error: control characters are not allowed in TOML");
  EXPECT_EQ(first_error("\"\\"), "");
}

}  // namespace
}  // namespace lungate::config
