// SPDX-License-Identifier: LGPL-2.1-or-later

// A parsed TOML text as a plain tree. toml11 stays behind document.cc; so does what it gets wrong:
// it names the place of a value where the key is meant, and saturates integers (both reproduced).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/parse.h"

namespace lungate::config {

enum class Kind : std::uint8_t { kFlag, kInteger, kReal, kText, kTime, kArray, kTable };
/// "a string", "an integer", ...: for messages.
std::string_view name(Kind kind);

struct Member;

/// A value of the text. One member has a meaning, as `kind` says; a tree of these owns everything
/// and refers to the parser only for places (`origin`).
struct Node {
  Kind kind = Kind::kTable;
  bool flag = false;
  std::int64_t integer = 0;  // saturated when the text's number is larger
  double real = 0;
  std::string text;
  std::vector<Node> items;       // kArray
  std::vector<Member> members;   // kTable, ascending by key
  const void* origin = nullptr;  // the parser's own value, from which Document finds the place
};

/// A key and its value. The key's own place is asked of Document::key_position().
struct Member {
  std::string key;
  Node value;
};

/// Null when the table has no such key.
const Node* find(const Node& table, std::string_view key);

/// A place in the text, both from 1; 0: not known.
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

/// A text and its tree. Movable while nobody holds a Node of it. Not thread-safe, and needs not be:
/// a text is read by one thread and forgotten.
class Document {
 public:
  /// REQUIRES: scan() found nothing wrong with `text`. toml11 reports one error, the first.
  static Result<Document, Errors> parse(std::string_view text, std::string_view file);
  Document(Document&&) noexcept;
  ~Document();

  const Node& root() const { return root_; }
  const std::string& file() const { return file_; }

  // Places cost a walk over the text: ask for them when there is an error to report.
  Position position(const Node& node) const;
  /// Where the key itself stands: in `key = value`, in a dotted key or in a table's header.
  Position key_position(const Member& member) const;
  /// A number as it is written: "0x10", "99999999999999999999".
  std::string token(const Node& node) const;

 private:
  struct Tree;
  Document(std::string_view text, std::string_view file);
  std::string_view line(std::uint32_t number) const;
  /// From toml11's text for people, see document.cc.
  Error syntax_error(std::string_view what) const;

  std::string text_;
  std::string file_;
  std::vector<std::size_t> line_starts_;
  std::unique_ptr<Tree> tree_;
  Node root_;
};

/// The column (from 1) of the key whose value begins at `value_column` of `line`; `value_column`
/// itself when no such key is found. Exposed for its tests.
std::uint32_t key_column(std::string_view line, std::uint32_t value_column, std::string_view key);

}  // namespace lungate::config
