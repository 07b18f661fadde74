// SPDX-License-Identifier: LGPL-2.1-or-later
#include "iscsi/text.h"

#include <gtest/gtest.h>

namespace lungate::iscsi {
namespace {

using namespace std::string_literals;

/// "a=1;b=2" stands for the text a=1<NUL>b=2<NUL>.
std::string wire(std::string text) {
  for (char& c : text) {
    if (c == ';') c = '\0';
  }
  return text;
}

std::string parsed(const std::string& text) {
  const auto keys = parse_text(text);
  if (!keys) return std::string(name(keys.error()));
  std::string shown;
  for (const KeyValue& pair : *keys) {
    shown += std::string(pair.key) + "=" + std::string(pair.value) + ";";
  }
  return shown;
}

TEST(Text, Pairs) {
  EXPECT_EQ(parsed(""), "");
  EXPECT_EQ(parsed(wire("SendTargets=All;")), "SendTargets=All;");
  EXPECT_EQ(parsed(wire("A=1;B=2;C=;")), "A=1;B=2;C=;");
  EXPECT_EQ(parsed(wire("A=b=c=d;")), "A=b=c=d;") << "only the first = separates";
  EXPECT_EQ(parsed(wire("X-com.example.key=v;X#NodeArchitecture=x86;")),
            "X-com.example.key=v;X#NodeArchitecture=x86;");
}

TEST(Text, FindTellsAbsentFromEmpty) {
  const std::string text = wire("A=;B=x;");
  const auto keys = parse_text(text);
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->find("A"), "");
  EXPECT_EQ(keys->find("B"), "x");
  EXPECT_EQ(keys->find("C"), std::nullopt);
  EXPECT_EQ(keys->find("b"), std::nullopt);
}

TEST(Text, TrailingNulsAreTolerated) {
  EXPECT_EQ(parsed(wire("A=1;;;;")), "A=1;");
  EXPECT_EQ(parsed(wire(";;")), "");
}

TEST(Text, Malformed) {
  EXPECT_EQ(parsed("A=1"), "not_terminated");
  EXPECT_EQ(parsed(wire("A=1;B=2")), "not_terminated");
  EXPECT_EQ(parsed(wire("A;")), "no_equals");
  EXPECT_EQ(parsed(wire("A=1;;B=2;")), "no_equals") << "an empty pair";
  EXPECT_EQ(parsed(wire("=1;")), "key_malformed");
  EXPECT_EQ(parsed(wire("A B=1;")), "key_malformed");
  EXPECT_EQ(parsed(wire("A\xff=1;")), "key_malformed");
  EXPECT_EQ(parsed(wire("A=\x1b[31m;")), "value_malformed");
  EXPECT_EQ(parsed(wire("A=\x7f;")), "value_malformed");
  EXPECT_EQ(parsed(wire("A=1;A=2;")), "duplicate_key");
}

TEST(Text, ValuesMayBeUtf8) {
  EXPECT_EQ(parsed(wire("InitiatorAlias=K\xc3\xb6ln;")), "InitiatorAlias=K\xc3\xb6ln;");
}

TEST(Text, BoundsAreExact) {
  const std::string key63(63, 'K');
  EXPECT_EQ(parsed(wire(key63 + "=v;")), key63 + "=v;");
  EXPECT_EQ(parsed(wire(key63 + "K=v;")), "key_too_long");
  const std::string value8192(8192, 'v');
  EXPECT_EQ(parsed(wire("K=" + value8192 + ";")), "K=" + value8192 + ";");
  EXPECT_EQ(parsed(wire("K=" + value8192 + "v;")), "value_too_long");
}

TEST(Text, AKeyOf8KiB) {
  EXPECT_EQ(parsed(wire(std::string(8190, 'K') + "=;")), "key_too_long");
}

std::string many_keys(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "K" + std::to_string(i) + "=b;";
  return wire(text);
}

TEST(Text, KeysAreCounted) {
  EXPECT_TRUE(parse_text(many_keys(64)));
  EXPECT_EQ(parsed(many_keys(65)), "too_many_keys");
  EXPECT_EQ(parsed(many_keys(2048)), "too_many_keys");
}

TEST(Text, TheSameKey2048Times) {
  std::string text;
  for (int i = 0; i < 2048; ++i) text += "a=b;";
  EXPECT_EQ(parsed(wire(text)), "duplicate_key");
}

TEST(Text, LengthIsBounded) {
  EXPECT_EQ(parsed(std::string(limits::kTextBytesMax + 1, '\0')), "text_too_long");
}

// --- Gathering ---

TEST(TextGatherer, PairsMayBeCutAnywhere) {
  const std::string text = wire("InitiatorName=iqn.2001-04.com.example;SessionType=Discovery;");
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    TextGatherer gatherer;
    ASSERT_TRUE(gatherer.append(bytes_of(std::string_view(text).substr(0, cut))));
    ASSERT_TRUE(gatherer.append(bytes_of(std::string_view(text).substr(cut))));
    ASSERT_EQ(gatherer.text(), text);
  }
}

TEST(TextGatherer, EndlessTextIsRefused) {
  TextGatherer gatherer;
  const std::string piece(8192, 'x');
  for (std::size_t i = 0; i < limits::kTextBytesMax / piece.size(); ++i) {
    ASSERT_TRUE(gatherer.append(bytes_of(std::string_view(piece))));
  }
  const auto appended = gatherer.append(bytes_of(std::string_view("x")));
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error(), TextError::kTooLong);
  gatherer.clear();
  EXPECT_TRUE(gatherer.empty());
  EXPECT_TRUE(gatherer.append(bytes_of(std::string_view("x"))));
}

// --- Building and sending ---

TEST(TextBuilder, EndsEachPairWithNul) {
  TextBuilder builder;
  builder.add("A", "x");
  builder.add("B", std::uint64_t{512});
  EXPECT_EQ(builder.text(), "A=x\0B=512\0"s);
  EXPECT_FALSE(builder.overflowed());
}

TEST(TextBuilder, NeverExceedsItsBound) {
  TextBuilder builder(8);
  builder.add("A", "x");  // 4 bytes
  builder.add("B", "y");  // 8
  EXPECT_FALSE(builder.overflowed());
  builder.add("C", "");
  EXPECT_TRUE(builder.overflowed());
  EXPECT_EQ(builder.text().size(), 8u);
}

TEST(TextSender, CutsAndMarks) {
  TextSender sender("abcdefgh");
  std::string shown;
  while (sender.pending()) {
    const auto piece = sender.next(3);
    shown += piece.text + (piece.more ? "+" : ".");
  }
  EXPECT_EQ(shown, "abc+def+gh.");
}

TEST(TextSender, NothingIsOneFinalPiece) {
  TextSender sender;
  EXPECT_FALSE(sender.pending());
  const auto piece = sender.next(100);
  EXPECT_EQ(piece.text, "");
  EXPECT_FALSE(piece.more);
}

TEST(TextSender, ExactFitHasNoEmptyTail) {
  TextSender sender("abcdef");
  EXPECT_TRUE(sender.next(3).more);
  EXPECT_FALSE(sender.next(3).more);
  EXPECT_FALSE(sender.pending());
}

// --- Values ---

TEST(TextValues, Numbers) {
  EXPECT_EQ(parse_number("0"), 0u);
  EXPECT_EQ(parse_number("262144"), 262144u);
  EXPECT_EQ(parse_number("0x40000"), 262144u);
  EXPECT_EQ(parse_number("0XfF"), 255u);
  EXPECT_EQ(parse_number("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(parse_number("0xffffffffffffffff"), UINT64_MAX);
}

TEST(TextValues, WhatIsNoNumber) {
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "01", "00", "0x", "x10", "1,2", "0x-1", "ff",
                           "1e3", "0xg", "18446744073709551616", "0x10000000000000000", "Yes"}) {
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
  }
}

TEST(TextValues, Booleans) {
  EXPECT_EQ(parse_boolean("Yes"), true);
  EXPECT_EQ(parse_boolean("No"), false);
  for (const char* text : {"", "yes", "NO", "Yes ", "1", "True"}) {
    EXPECT_EQ(parse_boolean(text), std::nullopt) << text;
  }
}

TEST(TextValues, Lists) {
  using Items = std::vector<std::string_view>;
  EXPECT_EQ(split_list("CRC32C,None"), (Items{"CRC32C", "None"}));
  EXPECT_EQ(split_list("None"), (Items{"None"}));
  EXPECT_EQ(split_list(""), (Items{""}));
  EXPECT_EQ(split_list(",a,"), (Items{"", "a", ""}));
}

}  // namespace
}  // namespace lungate::iscsi
