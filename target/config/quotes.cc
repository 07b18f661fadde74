// SPDX-License-Identifier: LGPL-2.1-or-later

// Document::syntax_error() asks this about the line that the library has refused. The text is
// anybody's: one walk over one line, no recursion, and words instead of a guess only where a person
// would see it too. What begins like a value and is neither true, false, a number nor a time was
// meant as text.
#include "config/quotes.h"

#include <algorithm>
#include <charconv>

#include "config/names.h"

namespace lungate::config {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kEndsOfValue = ",[]{}#=\"'";

/// Digits as TOML groups them (1_000), with a sign or without, or of another base.
bool is_number(std::string word) {
  std::erase(word, '_');
  if (word.starts_with('+')) word.erase(0, 1);
  if (word.starts_with("0x") || word.starts_with("0o") || word.starts_with("0b")) return true;
  double value = 0;
  const char* const end = word.data() + word.size();
  return std::from_chars(word.data(), end, value).ptr == end;
}

/// 2026-11-01..., 12:00:00...: no key takes a time, which is the reader's to say.
bool is_time(std::string_view word) {
  if (word.size() < 8) return false;
  return (word[4] == '-' && word[7] == '-') || (word[2] == ':' && word[5] == ':');
}

bool is_value(std::string_view word) {
  return word == "true" || word == "false" || is_number(std::string(word)) || is_time(word);
}

std::string_view trimmed_end(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

class Walk {
 public:
  Walk(std::string_view line, bool in_list) : line_(line), values_(in_list) {}

  std::optional<QuoteFault> run() {
    while (at_ < line_.size() && line_[at_] != '#' && !fault_) step(line_[at_]);
    return fault_;
  }

 private:
  void step(char c) {
    if (c == '"' || c == '\'') return quoted(c);
    if (kBlanks.find(c) == kBlanks.npos && kEndsOfValue.find(c) == kEndsOfValue.npos) return bare();
    if (c == '=') values_ = true;
    ++at_;
  }

  void quoted(char quote) {
    for (std::size_t i = at_ + 1; i < line_.size(); ++i) {
      if (line_[i] == '\\' && quote == '"') {
        ++i;
      } else if (line_[i] == quote) {
        at_ = i + 1;
        return;
      }
    }
    complain(std::string("the quotation mark ") + quote + " is not closed in its line", "");
  }

  /// Keys stand before '='; in front of the first '=' nothing else does, but in a list.
  void bare() {
    const std::string_view rest = line_.substr(at_);
    const std::string_view word = trimmed_end(rest.substr(0, rest.find_first_of(kEndsOfValue)));
    const std::size_t next = rest.find_first_not_of(kBlanks, word.size());
    const bool is_key = next != rest.npos && rest[next] == '=';
    if (values_ && !is_key && !is_value(word)) {
      if (at_ > 0 && (line_[at_ - 1] == '"' || line_[at_ - 1] == '\'')) {
        return complain("text right behind a quotation mark: one is missing, or one too many", "");
      }
      return complain("text needs quotation marks", "write " + quote(word));
    }
    at_ += word.size();
  }

  void complain(std::string message, std::string hint) {
    fault_ = {static_cast<std::uint32_t>(at_ + 1), std::move(message), std::move(hint)};
  }

  std::string_view line_;
  std::size_t at_ = 0;
  bool values_;  // a value may stand here
  std::optional<QuoteFault> fault_;
};

}  // namespace

std::optional<QuoteFault> quote_fault(std::string_view line, bool in_list) {
  if (line.find("\"\"\"") != line.npos || line.find("'''") != line.npos) return {};
  return Walk(line, in_list).run();
}

}  // namespace lungate::config
