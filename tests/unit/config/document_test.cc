// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config/document.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace lungate::config {
namespace {

struct KeyPlace {
  std::string_view line;
  std::uint32_t value_column;
  std::string_view key;
  std::uint32_t key_column;
};

TEST(KeyColumn, FindsTheKeyFromItsValue) {
  constexpr KeyPlace kPlaces[] = {
      {"key = 1", 7, "key", 1},
      {"  key\t=\t1", 9, "key", 3},
      {"key=1", 5, "key", 1},
      {"\"a key\" = 1", 11, "a key", 1},
      {"'a.key' = 1", 11, "a.key", 1},
      {"a.b.key = 1", 11, "key", 5},
      {"t = { a = 1, key = 2 }", 20, "key", 14},
      {"[table]", 1, "table", 2},
      {"  [[ a . table ]]", 3, "table", 10},
      {"[\"table\"]", 1, "table", 2},
      {"table.b.c = 1", 1, "table", 1},
      {"a.table.c = 1", 1, "table", 3},
      // Not found: the place that was given.
      {"[other] # table", 1, "table", 1},
      {"", 1, "key", 1},
      {"key = 1", 0, "key", 0},
      {"key = 1", 99, "key", 99},
      {"= 1", 3, "", 3},
      {"\"=1", 3, "", 3},
  };
  for (const KeyPlace& place : kPlaces) {
    EXPECT_EQ(key_column(place.line, place.value_column, place.key), place.key_column)
        << place.line;
  }
}

TEST(Document, KeepsValuesAndPlaces) {
  const auto document = Document::parse("a = 1\n[b]\n  c = [\"x\",\n  0xff ]\n", "t");
  ASSERT_TRUE(document);
  const Node& c = *find(*find(document->root(), "b"), "c");
  ASSERT_EQ(c.items.size(), 2u);
  EXPECT_EQ(c.items[0].text, "x");
  EXPECT_EQ(c.items[1].integer, 255);
  EXPECT_EQ(document->token(c.items[1]), "0xff");
  EXPECT_EQ(document->position(c.items[1]).line, 4u);
  EXPECT_EQ(document->position(c.items[1]).column, 3u);
}

TEST(Document, SaturatedIntegersKeepTheirText) {
  const auto document = Document::parse("a = 99999999999999999999 # more", "t");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->token(*find(document->root(), "a")), "99999999999999999999");
}

TEST(Document, SeveralTextsAreOneTreeAndKeepTheirPlaces) {
  const Source sources[] = {{"[a]\nx = 0x10\n", "one"}, {"\n\n[b]\nlong_key = 2\n", "two"}};
  const auto document = Document::parse(sources);
  ASSERT_TRUE(document);
  ASSERT_EQ(document->root().members.size(), 2u);
  const Node& x = *find(*find(document->root(), "a"), "x");
  const Member& key = find(document->root(), "b")->members.at(0);
  EXPECT_EQ(document->file(document->position(x)), "one");
  EXPECT_EQ(document->token(x), "0x10");
  const Position at = document->key_position(key);
  EXPECT_EQ(document->file(at), "two");
  EXPECT_EQ(at.line, 4u);
  EXPECT_EQ(at.column, 1u);
}

// Found by the fuzzer: the parser's place was a line that the text has not.
TEST(Document, AnErrorIsInsideTheText) {
  for (const char* text : {"a = [[[[[[[[[[", "a = [\n[[", "a = {", "a", "[a"}) {
    const auto document = Document::parse(text, "t");
    ASSERT_FALSE(document) << text;
    const std::string_view all(text);
    const auto lines = static_cast<std::uint32_t>(std::count(all.begin(), all.end(), '\n')) + 1;
    EXPECT_GE(document.error().at(0).line, 1u) << text;
    EXPECT_LE(document.error().at(0).line, lines) << text;
  }
}

}  // namespace
}  // namespace lungate::config
