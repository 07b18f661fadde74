// SPDX-License-Identifier: LGPL-2.1-or-later
// The README's examples are configurations, and its table of keys is the reader's: a key that is
// renamed, added or misspelt in either place fails here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "config/keys.h"
#include "tests/unit/config/text.h"

namespace lungate::config {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::string readme() {
  const std::string here = __FILE__;
  const std::ifstream file(here.substr(0, here.rfind("tests/unit/")) + "README.md");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// What stands between ```toml and ```.
std::vector<std::string> toml_blocks(const std::string& text) {
  constexpr std::string_view kOpen = "\n```toml\n";
  std::vector<std::string> blocks;
  for (std::size_t at = text.find(kOpen); at != text.npos; at = text.find(kOpen, at)) {
    at += kOpen.size();
    blocks.push_back(text.substr(at, text.find("\n```", at) + 1 - at));
  }
  return blocks;
}

/// Errors of all blocks of the text; empty when every one is a configuration.
std::string errors_of_blocks(const std::string& text) {
  std::string errors;
  for (const std::string& block : toml_blocks(text)) {
    errors += errors_of(parse_text(block, "README.md"));
  }
  return errors;
}

/// The words between backticks.
std::vector<std::string> code_in(std::string_view cell) {
  std::vector<std::string> words;
  for (std::size_t at = cell.find('`'); at != cell.npos; at = cell.find('`', at + 1)) {
    const std::size_t end = std::min(cell.find('`', at + 1), cell.size());
    words.emplace_back(cell.substr(at + 1, end - at - 1));
    at = end;
  }
  return words;
}

/// "[gateway] name" of each row of the table of keys; an empty first cell repeats the table above.
std::set<std::string> keys_of_table(const std::string& text) {
  std::set<std::string> keys;
  std::istringstream lines(text.substr(std::min(text.find("\n| table | key |"), text.size())));
  std::string table;
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line) && line.starts_with("|")) {
    const std::size_t second = line.find('|', 1);
    const std::size_t third = line.find('|', second + 1);
    const auto tables = code_in(line.substr(1, second - 1));
    if (!tables.empty()) table = tables[0];
    for (const auto& key : code_in(line.substr(second, third - second))) {
      keys.insert(table + " " + key);
    }
  }
  return keys;
}

TEST(Readme, ItsExamplesAreConfigurations) {
  EXPECT_THAT(toml_blocks(readme()), testing::Not(IsEmpty()));
  EXPECT_EQ(errors_of_blocks(readme()), "");
}

// Without this the test above could pass for not finding the blocks.
TEST(Readme, AnUnknownKeyInAnExampleIsFound) {
  std::string text = readme();
  const std::size_t at = text.find("  image = \"");
  ASSERT_NE(at, text.npos);
  text.replace(at, 7, "  imago");
  EXPECT_THAT(errors_of_blocks(text), HasSubstr("unknown key 'imago'"));
}

TEST(Readme, ItsTableHasEveryKeyAndNoOther) {
  std::set<std::string> known;
  for (const KeyDoc& key : reference()) {
    // `slo` has its keys in its own row; those for tests stand below the table.
    const bool elsewhere = key.table == "target.lun.slo" || key.name.starts_with("test_");
    // The three chap tables have the same keys, which stand there once.
    const std::string table = key.table.ends_with(".chap") ? "chap" : key.table;
    if (key.built && !elsewhere) known.insert(table + " " + key.name);
  }
  known.insert("[[target.lun]] slo");
  EXPECT_EQ(keys_of_table(readme()), known);
}

}  // namespace
}  // namespace lungate::config
