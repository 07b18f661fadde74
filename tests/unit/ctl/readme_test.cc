// SPDX-License-Identifier: LGPL-2.1-or-later
// Every `lungate ...` that the README shows is a command line that the program takes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "ctl/options.h"

namespace lungate::ctl {
namespace {

std::string readme() {
  const std::string here = __FILE__;
  const std::ifstream file(here.substr(0, here.rfind("tests/unit/")) + "README.md");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word && word != "#" && word != "&" && word != "|";)
    words.push_back(word);
  return words;
}

/// Command lines between backticks, and in the blocks between ```: from "lungate" on.
std::vector<std::vector<std::string>> commands_in(const std::string& text) {
  std::vector<std::vector<std::string>> commands;
  const auto take = [&](const std::string& code) {
    std::vector<std::string> words = words_of(code);
    if (words.size() > 2 && words[0] == "runuser") words.erase(words.begin(), words.begin() + 4);
    if (words.size() > 1 && words[0] == "lungate") commands.push_back(words);
  };
  bool in_block = false;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) {
      in_block = !in_block;
    } else if (in_block) {
      take(line);
    } else {
      for (std::size_t at = line.find('`'); at != line.npos; at = line.find('`', at + 1)) {
        const std::size_t end = std::min(line.find('`', at + 1), line.size());
        take(line.substr(at + 1, end - at - 1));
        at = end;
      }
    }
  }
  return commands;
}

/// What the program says of the words; empty when it takes them. ID stands for a session's number.
std::string complaint(const std::vector<std::string>& words) {
  std::vector<const char*> arguments;
  for (const std::string& word : words) arguments.push_back(word == "ID" ? "7" : word.c_str());
  const auto options = parse_options(static_cast<int>(arguments.size()), arguments.data());
  return options ? "" : options.error().text;
}

TEST(Readme, ItsCommandsAreTaken) {
  const auto commands = commands_in(readme());
  EXPECT_GE(commands.size(), 8u);
  for (const auto& words : commands) {
    EXPECT_EQ(complaint(words), "") << testing::PrintToString(words);
  }
}

// Without this the test above could pass for finding nothing.
TEST(Readme, AnUnknownCommandIsFound) {
  const auto commands = commands_in("a `lungate statos` b\n```\nlungate check --on\n```\n");
  ASSERT_EQ(commands.size(), 2u);
  for (const auto& words : commands) EXPECT_NE(complaint(words), "");
}

}  // namespace
}  // namespace lungate::ctl
