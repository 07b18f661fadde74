// SPDX-License-Identifier: LGPL-2.1-or-later

// The one file that names toml11. parse.cc hands it texts that scan() has passed; it gives back a
// plain tree, or the first error of syntax in each. All of the library's exceptions end here. Three
// of its habits are made good for:
//
// places      it gives the place of a value where an error is about the key: key_column.cc looks
//            the key up in the line
// messages    its text for people is several lines with pictures: syntax_error() takes the figures
//            and the one useful remark out of it, and falls back to what is left when a release
//            of the library draws differently
// integers    beyond 64 bits it saturates in silence: token() gives back what was written, and the
//            reader's range check refuses the saturated value
//
// The order of a table's keys is the library's (std::map), which nobody may rely on: errors are
// sorted by place at the end.
#include "config/document.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <exception>
#include <map>
#include <optional>
#include <sstream>
#include <toml.hpp>

#include "config/names.h"
#include "config/quotes.h"

namespace lungate::config {
namespace {

using Value = toml::basic_value<toml::discard_comments, std::map, std::vector>;

Node to_node(const Value& value);

Node node_of(Kind kind) {
  Node node;
  node.kind = kind;
  return node;
}

// Copies out of the library's tree. Twice the memory of a text that is at most 4 MiB, for a moment,
// and no type of the library's in any other file.
Node array_node(const Value& value) {
  Node node = node_of(Kind::kArray);
  for (const Value& item : value.as_array()) node.items.push_back(to_node(item));
  return node;
}

// Ascending by key, as std::map gives them: find() relies on nothing but walks.
Node table_node(const Value& value) {
  Node node = node_of(Kind::kTable);
  for (const auto& [key, member] : value.as_table()) node.members.push_back({key, to_node(member)});
  return node;
}

template <class T>
Node scalar_node(Kind kind, T Node::*field, const T& value) {
  Node node = node_of(kind);
  node.*field = value;
  return node;
}

Node plain_node(const Value& value) {
  switch (value.type()) {
    case toml::value_t::boolean:
      return scalar_node(Kind::kFlag, &Node::flag, value.as_boolean());
    case toml::value_t::integer:
      return scalar_node(Kind::kInteger, &Node::integer, value.as_integer());
    case toml::value_t::floating:
      return scalar_node(Kind::kReal, &Node::real, value.as_floating());
    case toml::value_t::string:
      return scalar_node(Kind::kText, &Node::text, value.as_string().str);
    case toml::value_t::array:
      return array_node(value);
    case toml::value_t::table:
      return table_node(value);
    case toml::value_t::offset_datetime:
    case toml::value_t::local_datetime:
    case toml::value_t::local_date:
    case toml::value_t::local_time:
    case toml::value_t::empty:
      return node_of(Kind::kTime);
  }
  return node_of(Kind::kTime);
}

/// Recursion is bounded by what scan() let through.
Node to_node(const Value& value) {
  Node node = plain_node(value);
  node.origin = &value;
  return node;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// toml11 tells the place of a syntax error twice: roughly in location(), and exactly in the text
/// for people, where it draws one or two pictures: " 4 | line" above "   | ^--- remark".
struct Picture {
  Position at;
  std::string remark;
};
struct Pictures {
  Picture first;
  Picture last;
};
// Reads the drawings. Whatever the text holds, this only looks for digits, bars and carets; a
// picture that it does not recognise is skipped, and a place of line 0 means "unknown" to everybody
// behind it.
Pictures pictures(std::string_view what) {
  Pictures out;
  std::uint32_t line = 0;
  while (!what.empty()) {
    const std::size_t end = std::min(what.find('\n'), what.size());
    const std::string_view row = what.substr(0, end);
    what.remove_prefix(std::min(end + 1, what.size()));
    const std::size_t bar = row.find(" | ");
    if (bar == row.npos) continue;
    const std::string_view number = trimmed(row.substr(0, bar));
    const std::string_view drawn = row.substr(bar + 3);
    const std::size_t mark = drawn.find_first_not_of(' ');
    if (!number.empty()) {
      std::from_chars(number.data(), number.data() + number.size(), line);
    } else if (mark != drawn.npos && (drawn[mark] == '^' || drawn[mark] == '~')) {
      const std::size_t remark = drawn.find_first_not_of("^~- ", mark);
      out.last = {{line, static_cast<std::uint32_t>(mark + 1)},
                  std::string(remark == drawn.npos ? "" : drawn.substr(remark))};
      if (out.first.at.line == 0) out.first = out.last;
    }
  }
  return out;
}

/// "[error] toml::parse_array: missing separator" to "missing separator"; empty when that is all.
std::string_view headline(std::string_view what) {
  std::string_view head = what.substr(0, what.find('\n'));
  if (head.starts_with("[error] ")) head.remove_prefix(8);
  const std::size_t function_end = head.find(": ");
  const bool named = head.starts_with("toml::") || head.starts_with("parse_");
  if (named) return function_end == head.npos ? "" : trimmed(head.substr(function_end + 2));
  return trimmed(head);
}

/// The key in `value ("key") already exists.`; nothing when the headline says something else.
// By the library's English. When a release words it differently, the error is still right, only
// plainer; the tests of parse.h notice.
std::optional<std::string_view> defined_twice(std::string_view head) {
  const std::size_t open = head.find("(\"");
  const std::size_t close = head.rfind("\") already exists");
  if (open == head.npos || close == head.npos || close < open + 2) return {};
  return head.substr(open + 2, close - open - 2);
}

}  // namespace

/// One text, its library's tree, and where its lines begin: every place that is reported needs
/// that.
struct Document::Text {
  explicit Text(const Source& source);
  Result<void, Error> parse(std::size_t number);
  /// Empty for a line that is not there: places come from the library's text and are not trusted to
  /// exist.
  std::string_view line(std::uint32_t number) const;
  Error syntax_error(std::string_view what) const;

  std::string text;
  std::string file;
  std::vector<std::size_t> line_starts{0};
  Value root;
};

std::string_view name(Kind kind) {
  constexpr std::array<std::string_view, 7> kNames{
      "true or false", "an integer", "a number", "a string", "a time", "a list", "a table"};
  return kNames[static_cast<std::size_t>(kind)];
}

const Node* find(const Node& table, std::string_view key) {
  const auto member = std::ranges::find(table.members, key, &Member::key);
  return member == table.members.end() ? nullptr : &member->value;
}

Document::Text::Text(const Source& source) : text(source.text), file(source.file) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') line_starts.push_back(i + 1);
  }
}

// The library keeps the name of the source with each value: there it is the text's number.
// std::exception besides toml's own: it throws plain std ones (out_of_range, bad_alloc) in corners
// that a fuzzer finds. An error without a place is better than a gateway that ends at a reload.
Result<void, Error> Document::Text::parse(std::size_t number) {
  try {
    std::istringstream in{text};
    root = toml::parse<toml::discard_comments, std::map, std::vector>(in, std::to_string(number));
  } catch (const toml::exception& error) {
    return err(syntax_error(error.what()));
  } catch (const std::exception& error) {
    return err(Error{file, 0, 0, error.what(), ""});
  }
  return {};
}

Document::Document() = default;
Document::Document(Document&&) noexcept = default;
Document::~Document() = default;

Result<Document, Errors> Document::parse(std::span<const Source> sources) {
  Document document;
  document.root_ = node_of(Kind::kTable);
  Errors errors;
  for (const Source& source : sources) {
    Text& text = *document.texts_.emplace_back(std::make_unique<Text>(source));
    if (auto parsed = text.parse(document.texts_.size() - 1); !parsed) {
      errors.push_back(std::move(parsed.error()));
      continue;
    }
    Node tree = table_node(text.root);
    std::ranges::move(tree.members, std::back_inserter(document.root_.members));
  }
  if (!errors.empty()) return err(std::move(errors));
  return document;
}

Result<Document, Errors> Document::parse(std::string_view text, std::string_view file) {
  const Source source{text, file};
  return parse(std::span(&source, 1));
}

const std::string& Document::file(const Position& at) const {
  return texts_[at.text]->file;
}

// One error from the library's text for people: a key that is there twice gets words of its own
// (and the first one's line), since its picture shows the value; so do quotation marks; everything
// else is the headline, with the picture's remark where it says more than "here".
Error Document::Text::syntax_error(std::string_view what) const {
  const Pictures drawn = pictures(what);
  const std::string_view head = headline(what);
  Position at = drawn.last.at;
  // A text without a newline at its end is given one by toml11, which then points behind it.
  const auto lines = static_cast<std::uint32_t>(line_starts.size());
  if (at.line > lines) at = {lines, static_cast<std::uint32_t>(line(lines).size()) + 1};
  if (const auto key = defined_twice(head)) {
    at.column = key_column(line(at.line), at.column, *key);
    return {file, at.line, at.column, quote(*key) + " is there twice",
            "the first is in line " + std::to_string(drawn.first.at.line)};
  }
  const bool in_list = head.find("array") != head.npos;
  // What the line says may be a secret that lacks a quotation mark.
  const bool shown = line(at.line).find("secret") == std::string_view::npos;
  if (auto fault = quote_fault(line(at.line), in_list)) {
    return {file, at.line, fault->column, std::move(fault->message),
            shown ? std::move(fault->hint) : std::string()};
  }
  const bool useful = shown && !head.empty() && drawn.last.remark != "here";
  return {file, at.line, at.column, std::string(head.empty() ? drawn.last.remark : head),
          useful ? drawn.last.remark : ""};
}

std::string_view Document::Text::line(std::uint32_t number) const {
  if (number == 0 || number > line_starts.size()) return {};
  const std::string_view rest = std::string_view(text).substr(line_starts[number - 1]);
  return rest.substr(0, rest.find_first_of("\r\n"));
}

// toml11 keeps the place with each value, as an offset into its copy of the text; the walk to line
// and column is done only for what is reported.
Position Document::position(const Node& node) const {
  if (node.origin == nullptr) return {1, 1, 0};  // the root
  const auto location = static_cast<const Value*>(node.origin)->location();
  const std::string name = location.file_name();
  std::size_t text = 0;
  std::from_chars(name.data(), name.data() + name.size(), text);
  return {location.line(), location.column(), text};
}

Position Document::key_position(const Member& member) const {
  const Position value = position(member.value);
  const std::string_view row = texts_[value.text]->line(value.line);
  return {value.line, key_column(row, value.column, member.key), value.text};
}

// Up to the next blank, comma, bracket or comment: a number cannot contain one.
std::string Document::token(const Node& node) const {
  const Position at = position(node);
  const std::string_view row = texts_[at.text]->line(at.line);
  if (at.column == 0 || at.column > row.size()) return {};
  const std::string_view rest = row.substr(at.column - 1);
  return std::string(rest.substr(0, rest.find_first_of(" \t,]}#")));
}

}  // namespace lungate::config
