// SPDX-License-Identifier: LGPL-2.1-or-later

// TOML texts, parsed, as one plain tree. toml11 stays behind document.cc; so does what it gets
// wrong: it names the place of a value where the key is meant, and saturates integers (both
// reproduced).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
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

/// A place in a text, line and column from 1; 0: not known.
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::size_t text = 0;  // which of the document's texts
};

/// Texts and their tree. Movable while nobody holds a Node of it. Not thread-safe, and needs not
/// be: a text is read by one thread and forgotten.
class Document {
 public:
  /// The root has the members of all texts, in their order; a key that two of them have is there
  /// twice. REQUIRES: there is a text, and scan() found nothing wrong with any. Of each text toml11
  /// reports one error, the first.
  static Result<Document, Errors> parse(std::span<const Source> sources);
  static Result<Document, Errors> parse(std::string_view text, std::string_view file);
  Document(Document&&) noexcept;
  ~Document();

  const Node& root() const { return root_; }
  const std::string& file(const Position& at) const;

  // Places cost a walk over the text: ask for them when there is an error to report.
  Position position(const Node& node) const;
  /// Where the key itself stands: in `key = value`, in a dotted key or in a table's header.
  Position key_position(const Member& member) const;
  /// A number as it is written: "0x10", "99999999999999999999".
  std::string token(const Node& node) const;

 private:
  struct Text;
  Document();

  std::vector<std::unique_ptr<Text>> texts_;  // never moved: nodes point into them
  Node root_;
};

/// The column (from 1) of the key whose value begins at `value_column` of `line`; `value_column`
/// itself when no such key is found. Exposed for its tests.
std::uint32_t key_column(std::string_view line, std::uint32_t value_column, std::string_view key);

}  // namespace lungate::config
