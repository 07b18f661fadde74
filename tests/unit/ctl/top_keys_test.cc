// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/top_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lungate::ctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Kind = Key::Kind;

std::vector<Kind> kinds(std::string_view bytes) {
  std::vector<Kind> out;
  for (const Key& key : keys_of(bytes)) out.push_back(key.kind);
  return out;
}

/// What the keys make of a page; `quit` when one of them ends it.
struct Page {
  TopState state;
  bool quit = false;

  Page& keys(std::string_view bytes) {
    for (const Key& key : keys_of(bytes)) quit = quit || !press(state, key);
    return *this;
  }
};

TEST(KeysOf, WhatTerminalsSend) {
  EXPECT_THAT(kinds("q\r\n\x7f\b"),
              ElementsAre(Kind::kText, Kind::kEnter, Kind::kEnter, Kind::kErase, Kind::kErase));
  EXPECT_THAT(kinds("\x1b[A\x1bOB\x1b[5~\x1b[6~\x1b[H"),
              ElementsAre(Kind::kUp, Kind::kDown, Kind::kPageUp, Kind::kPageDown, Kind::kTop));
  EXPECT_THAT(kinds("\x1b"), ElementsAre(Kind::kEscape));
  EXPECT_THAT(kinds("\x1bq"), ElementsAre(Kind::kEscape, Kind::kText));
}

TEST(KeysOf, UnknownSequencesDoNotBecomeLetters) {
  EXPECT_THAT(kinds("\x1b[15;2~q"), ElementsAre(Kind::kOther, Kind::kText));
  EXPECT_THAT(kinds("\x1b[3"), ElementsAre(Kind::kOther)) << "cut in two";
  EXPECT_THAT(kinds(std::string_view("\0\x01\x1f", 3)), ElementsAre());
}

TEST(KeysOf, ACharacterIsWhole) {
  const auto keys = keys_of("\xc3\xa4x\xe2");
  ASSERT_EQ(keys.size(), 3u);
  EXPECT_EQ(keys[0].text, "\xc3\xa4");
  EXPECT_EQ(keys[2].text, "\xe2") << "cut in two";
}

TEST(Press, OrdersAndRows) {
  Page page;
  page.state.choice.sort = Sort::kIops;
  EXPECT_EQ(page.keys("s").state.choice.sort, Sort::kMbps);
  EXPECT_EQ(page.keys("SS").state.choice.sort, Sort::kName) << "around";
  EXPECT_EQ(page.keys("3").state.choice.sort, Sort::kP99);
  EXPECT_EQ(page.keys("89x0").state.choice.sort, Sort::kP99) << "no such order";
  EXPECT_TRUE(page.keys("r").state.choice.reversed);
  EXPECT_EQ(page.keys("i").state.choice.by, By::kInitiator);
  EXPECT_EQ(page.keys("ii").state.choice.by, By::kLun);
  EXPECT_TRUE(page.keys("p").state.paused);
  EXPECT_FALSE(page.keys(" ").state.paused);
  EXPECT_FALSE(page.quit);
  EXPECT_TRUE(page.keys("q").quit);
}

TEST(Press, Scrolling) {
  Page page;
  EXPECT_EQ(page.keys("\x1b[B\x1b[B\x1b[A").state.first, 1u);
  EXPECT_EQ(page.keys("\x1b[6~").state.first, 11u);
  EXPECT_EQ(page.keys("p").state.first, 11u);
  EXPECT_EQ(page.keys("\x1b[5~\x1b[5~\x1b[A").state.first, 0u);
  EXPECT_EQ(page.keys("\x1b[6~s").state.first, 0u) << "another order has another top";
}

TEST(Press, AFilterIsTypedAsItIs) {
  Page page;
  page.keys("/qs");
  EXPECT_TRUE(page.state.typing);
  EXPECT_FALSE(page.quit);
  EXPECT_THAT(keys_line(page.state), HasSubstr("filter: qs_"));
  page.keys("\xc3\xa4\x7f\x7f\r");
  EXPECT_EQ(page.state.choice.filter, "q") << "erased by characters";
  EXPECT_FALSE(page.state.typing);
  EXPECT_THAT(keys_line(page.state), HasSubstr("filter \"q\""));
  EXPECT_EQ(page.keys("/other\x1b").state.choice.filter, "q") << "Escape brings the old one back";
  EXPECT_EQ(page.keys("\x1b").state.choice.filter, "") << "and takes it away";
  page.keys("/\x7f" + std::string(1000, 'a'));
  EXPECT_EQ(page.state.choice.filter.size(), 223u);
}

TEST(Press, HelpAndBack) {
  Page page;
  page.state.choice.filter = "a";
  EXPECT_TRUE(page.keys("?").state.help);
  EXPECT_FALSE(page.keys("\x1b").state.help);
  EXPECT_EQ(page.state.choice.filter, "a");
}

TEST(KeysLine, SaysWhatIsInForce) {
  TopState state;
  state.choice = {By::kInitiator, Sort::kP99, true, ""};
  state.paused = true;
  EXPECT_EQ(keys_line(state),
            "PAUSED  q quit  ? help  i by initiator  s sort p99 reversed  / filter  p pause");
}

}  // namespace
}  // namespace lungate::ctl
