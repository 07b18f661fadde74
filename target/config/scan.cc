// SPDX-License-Identifier: LGPL-2.1-or-later

// A look at the raw bytes before the TOML library gets them. parse.cc calls it first; the text is
// anybody's. One walk, no recursion, no allocation but the error's. It must know strings and
// comments, or a bracket in a comment would count; what it does not need to know (whether a string
// ends, a key is legal) is the library's. Where the two could disagree, this counts too much rather
// than too little: a depth is refused at 16, and toml11's stack lasts for far more.
#include "config/scan.h"

#include <algorithm>

namespace lungate::config {
namespace {

/// Bytes of the UTF-8 character at the front of `text` (RFC 3629); 0: none begins here.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const unsigned second = byte(1);
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool surrogate = first == 0xed && second >= 0xa0;
  const bool beyond = first == 0xf4 && second >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

/// Walks the text once, knowing strings and comments from the rest.
class Scanner {
 public:
  Scanner(std::string_view text, std::string_view file) : text_(text), file_(file) {}

  Errors run() {
    while (at_ < text_.size() && errors_.empty()) step();
    return std::move(errors_);
  }

 private:
  enum class In { kText, kComment, kString };

  void step() {
    const char c = text_[at_];
    if (!legal(c)) return;
    if (c == '\n') return newline();
    switch (in_) {
      case In::kText:
        return text(c);
      case In::kComment:
        return advance(utf8_length(rest()));
      case In::kString:
        return string(c);
    }
  }

  /// The library would take some of these in silence (a BEL in a string) or stop with a message
  /// about something else. A NUL ends texts for half of the tools that read the file next.
  bool legal(char c) {
    const auto byte = static_cast<unsigned char>(c);
    const bool control = (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f;
    if (control) {
      fail("control characters are not allowed in TOML");
    } else if (utf8_length(rest()) == 0) {
      fail("the text is not UTF-8");
    }
    return errors_.empty();
  }

  /// A basic string does not go over a line's end: to this scan it is closed there, so that one
  /// missing quote does not hide the rest of the text from it.
  void newline() {
    if (in_ == In::kComment || (in_ == In::kString && quotes_ == 1)) in_ = In::kText;
    dots_ = 0;
    ++at_;
    ++line_;
    line_start_ = at_;
  }

  /// Dots are counted per key: toml11 recurses for each part of a.b.c, and a new table or value
  /// begins with none.
  void text(char c) {
    if (c == '#') in_ = In::kComment;
    if (c == '"' || c == '\'') return open_string(c);
    if (c == '[' || c == '{') deeper(++brackets_);
    if ((c == ']' || c == '}') && brackets_ > 0) --brackets_;
    if (c == '.') deeper(++dots_);
    if (c == '=' || c == ',' || c == '{') dots_ = 0;
    advance(utf8_length(rest()));
  }

  void open_string(char quote) {
    quote_ = quote;
    quotes_ = run_of(quote) >= 3 ? 3 : 1;
    in_ = In::kString;
    advance(quotes_);
  }

  void string(char c) {
    if (c == '\\' && quote_ == '"') {
      // The escaped character is skipped, but a line's end must still be counted.
      advance(1);
      if (at_ < text_.size() && text_[at_] != '\n' && legal(text_[at_])) {
        advance(utf8_length(rest()));
      }
      return;
    }
    const std::size_t run = c == quote_ ? run_of(c) : 0;
    if (run >= quotes_) {
      // """a""""" ends with up to two quotes that belong to the text.
      in_ = In::kText;
      advance(quotes_ == 3 ? std::min<std::size_t>(run, 5) : 1);
    } else {
      advance(utf8_length(rest()));
    }
  }

  /// Reported where the depth is reached, which is where a person would look.
  void deeper(std::size_t depth) {
    if (depth > limits::kConfigDepthMax) {
      fail("nested deeper than " + std::to_string(limits::kConfigDepthMax) + " levels");
    }
  }

  std::size_t run_of(char c) const {
    const std::size_t end = std::min(text_.find_first_not_of(c, at_), text_.size());
    return end - at_;
  }

  std::string_view rest() const { return text_.substr(at_); }
  void advance(std::size_t bytes) { at_ += bytes; }

  void fail(std::string message) {
    errors_.push_back({std::string(file_), line_, static_cast<std::uint32_t>(at_ - line_start_ + 1),
                       std::move(message), ""});
  }

  std::string_view text_;
  std::string_view file_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  std::size_t line_start_ = 0;
  In in_ = In::kText;
  char quote_ = 0;
  std::size_t quotes_ = 0;    // that opened the string, so that close it: 1 or 3
  std::size_t brackets_ = 0;  // open '[' and '{'
  std::size_t dots_ = 0;      // of the key in work
  Errors errors_;
};

}  // namespace

Errors scan(std::string_view text, std::string_view file) {
  if (text.size() > limits::kConfigBytesMax) {
    return {{std::string(file), 0, 0,
             "the text has " + std::to_string(text.size()) + " bytes, more than the " +
                 std::to_string(limits::kConfigBytesMax) + " that are read",
             ""}};
  }
  return Scanner(text, file).run();
}

}  // namespace lungate::config
