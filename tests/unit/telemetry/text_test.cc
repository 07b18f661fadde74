// SPDX-License-Identifier: LGPL-2.1-or-later
#include "telemetry/text.h"

#include <gtest/gtest.h>

namespace lungate::telemetry {
namespace {

constexpr const char* kBad = "\xef\xbf\xbd";

TEST(CleanText, LeavesTextAlone) {
  for (const char* text : {"", "iqn.2026-11.io.lungate:store", "Bänke", "価格", "💾", " ~"}) {
    EXPECT_EQ(clean_text(text), text);
  }
}

struct Case {
  const char* name;
  std::string_view text;
};

TEST(CleanText, ReplacesWhatIsNoPrintableUtf8) {
  using namespace std::string_view_literals;
  const Case cases[] = {
      {"line break", "\n"sv},
      {"zero", "\0"sv},
      {"escape", "\x1b"sv},
      {"delete", "\x7f"sv},
      {"lone continuation", "\x80"sv},
      {"lead without end", "\xc3"sv},
      {"never a lead", "\xff"sv},
  };
  for (const Case& one : cases) EXPECT_EQ(clean_text(one.text), kBad) << one.name;
}

TEST(CleanText, ReplacesEachByteOfWhatIsNoCharacter) {
  const Case cases[] = {
      {"control 9f", "\xc2\x9f"},
      {"overlong slash", "\xc0\xaf"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(clean_text(one.text), std::string(kBad) + kBad) << one.name;
  }
  const Case long_cases[] = {{"surrogate", "\xed\xa0\x80"}, {"overlong in three", "\xe0\x80\xaf"}};
  for (const Case& one : long_cases) {
    EXPECT_EQ(clean_text(one.text), std::string(kBad) + kBad + kBad) << one.name;
  }
  EXPECT_EQ(clean_text("\xf4\x90\x80\x80"), std::string(kBad) + kBad + kBad + kBad);
}

// They would rearrange a line of `lungate top`, or hide in a name.
TEST(CleanText, ReplacesWhatTurnsOrHides) {
  for (const char* text : {"\xe2\x80\xae", "\xe2\x80\x8b", "\xe2\x80\xa8", "\xef\xbb\xbf"}) {
    EXPECT_EQ(clean_text(text), std::string(kBad) + kBad + kBad);
  }
}

TEST(CleanText, GoesOnAfterABadByte) {
  EXPECT_EQ(clean_text("a\xff"
                       "b\nc"),
            std::string("a") + kBad + "b" + kBad + "c");
}

}  // namespace
}  // namespace lungate::telemetry
