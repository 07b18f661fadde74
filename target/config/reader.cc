// SPDX-License-Identifier: LGPL-2.1-or-later

// Tables of the text, read by the rows of keys.cc. parse.cc calls it once per text. A row becomes
// code like this: its `type` picks one of the read_*() functions below, which compares the node's
// kind, then the row's range, count or rule, and hands the value to the row's `field.set`, which
// fields.h has made from a pointer to member. So no key has code of its own, and none can be read
// without having been checked.
//
// A wrong value leaves its default in place and an error in the report; a table with an error is
// marked unsound, and rules that would judge it (rules.cc) leave it alone: one mistake, one
// message.
#include "config/reader.h"

#include <algorithm>
#include <charconv>

#include "config/nearest.h"

namespace lungate::config {
namespace {

std::string range_text(Range range) {
  return std::to_string(range.min) + " to " + std::to_string(range.max);
}

std::string real_text(double value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

/// The path of a table, other than `avoid`, that has `name`; empty when none has.
/// Searches in the order of the tables, so that a key that several have leads to the outermost.
std::string_view home_of(std::string_view name, const Table& in, const Table& avoid) {
  for (const Key& key : in.keys) {
    const bool is_value = key.nested.table == nullptr && key.type != Type::kNotBuilt;
    if (key.name == name && &in != &avoid && is_value) return in.path;
  }
  for (const Key& key : in.keys) {
    if (key.nested.table == nullptr) continue;
    const std::string_view found = home_of(name, *key.nested.table, avoid);
    if (!found.empty()) return found;
  }
  return {};
}

/// The key of this name that is known and refused, in any table: a key at the top of the file is
/// told the same as where it belongs.
const Key* not_built_anywhere(std::string_view name, const Table& in) {
  for (const Key& key : in.keys) {
    if (key.type == Type::kNotBuilt && key.name == name) return &key;
    if (key.nested.table == nullptr) continue;
    if (const Key* found = not_built_anywhere(name, *key.nested.table)) return found;
  }
  return nullptr;
}

/// The nearest key of this table, else the table that has just this key, else all keys there are.
std::string hint_for(std::string_view name, const Table& table) {
  std::vector<std::string_view> names;
  for (const Key& key : table.keys) {
    if (key.type != Type::kNotBuilt) names.push_back(key.name);
  }
  const std::string_view near = nearest(name, names);
  if (!near.empty()) return "did you mean " + quote(near) + "?";
  const std::string_view home = home_of(name, root_table(), table);
  if (!home.empty()) return "it belongs in " + std::string(home);
  std::string all = "known keys:";
  for (const std::string_view known : names) all += " " + std::string(known);
  return all;
}

/// One table in work: its rows, its node, its struct, and where errors go. Each read_*() either
/// sets the field or reports at the value's own place and leaves the default; nothing stops early,
/// so that one run shows every mistake.
class TableReader {
 public:
  TableReader(const Node& node, const Table& table, void* object, Report& report)
      : node_(node), table_(table), object_(object), report_(report) {}

  /// Foreign keys, then each row in the order of the table. Bounded by full(): fifty mistakes are
  /// as good as a thousand.
  void run() {
    const std::size_t before = report_.count();
    for (const Member& member : node_.members) refuse_foreign(member);
    for (const Key& key : table_.keys) {
      if (report_.full()) break;
      const auto member = std::ranges::find(node_.members, key.name, &Member::key);
      if (member != node_.members.end()) {
        read(key, *member);
      } else if (key.is_required) {
        report_.at_value(node_, std::string(table_.path) + " needs " + quote(key.name),
                         std::string(key.doc));
      }
    }
    if (report_.count() > before || report_.full()) report_.mark_unsound(node_);
  }

 private:
  /// First of all, before any key is read: an unknown key is most often the misspelt form of one
  /// that will then be reported missing.
  void refuse_foreign(const Member& member) {
    const auto row = std::ranges::find(table_.keys, member.key, &Key::name);
    if (row != table_.keys.end() && row->type != Type::kNotBuilt) return;
    const Key* absent = not_built_anywhere(member.key, root_table());
    const bool built_elsewhere = !home_of(member.key, root_table(), table_).empty();
    if (absent != nullptr && (row != table_.keys.end() || !built_elsewhere)) {
      return report_.at_key(member,
                            quote(member.key) + " is not built yet: " + std::string(absent->doc),
                            "take it out");
    }
    report_.at_key(member, "unknown key " + quote(member.key) + " in " + std::string(table_.path),
                   hint_for(member.key, table_));
  }

  /// The switch has no default: a new Type does not compile until it is read.
  void read(const Key& key, const Member& member) {
    const Node& node = member.value;
    switch (key.type) {
      case Type::kFlag:
        return read_flag(key, node);
      case Type::kInteger:
      case Type::kSize:
        return read_integer(key, node);
      case Type::kReal:
        return read_real(key, node);
      case Type::kText:
        return read_text(key, node);
      case Type::kTexts:
        return read_texts(key, node);
      case Type::kIntegers:
        return read_integers(key, node);
      case Type::kTable:
        return read_nested(key, member);
      case Type::kTables:
        return read_list_of_tables(key, member);
      case Type::kNotBuilt:
        return;
    }
  }

  /// No conversions between kinds, "3" is no 3: a text that means one thing to us and another to
  /// the next tool that reads the file helps nobody.
  bool is(const Key& key, const Node& node, Kind kind) {
    if (node.kind == kind) return true;
    report_.at_value(node, quote(key.name) + " must be " + std::string(name(kind)) + ", this is " +
                               std::string(name(node.kind)));
    return false;
  }

  /// The text's own digits are shown, for toml11 has made 2^63 - 1 of anything larger.
  bool in_range(const Key& key, const Node& node) {
    const bool good = node.integer >= 0 &&
                      static_cast<std::uint64_t>(node.integer) >= key.range.min &&
                      static_cast<std::uint64_t>(node.integer) <= key.range.max;
    if (!good) out_of_range(key, node, report_.document().token(node), range_text(key.range));
    return good;
  }

  void out_of_range(const Key& key, const Node& node, std::string_view value,
                    std::string_view range) {
    report_.at_value(
        node, quote(key.name) + " is " + quote(value) + ": it must be " + std::string(range));
  }

  /// The rule's words complete the sentence that begins here; they never repeat the value.
  bool obeys_rule(const Key& key, const Node& node) {
    const Objection objection = key.rule == nullptr ? Objection{} : key.rule(node.text);
    if (!objection) return true;
    const std::string value = key.is_secret ? std::string(kMaskedSecret) : quote(node.text);
    report_.at_value(node, quote(key.name) + " is " + value + ": " + objection->message,
                     objection->hint);
    return false;
  }

  bool counts(const Key& key, const Node& node, std::size_t items) {
    if (items >= key.count.min && items <= key.count.max) return true;
    report_.at_value(node, quote(key.name) + " has " + std::to_string(items) +
                               " items: it must have " + range_text(key.count));
    return false;
  }

  void read_flag(const Key& key, const Node& node) {
    if (is(key, node, Kind::kFlag)) key.field.set(object_, node.flag);
  }

  /// A size may be a number of bytes or a text with a unit; every other integer is a number.
  void read_integer(const Key& key, const Node& node) {
    if (key.type == Type::kSize && node.kind == Kind::kText) return read_size(key, node);
    if (!is(key, node, Kind::kInteger) || !in_range(key, node)) return;
    key.field.set(object_, static_cast<std::uint64_t>(node.integer));
  }

  void read_size(const Key& key, const Node& node) {
    const auto bytes = parse_size(node.text);
    if (!bytes) {
      report_.at_value(node, quote(key.name) + " is " + quote(node.text) + ": this is no size",
                       "like '10GiB' (B, KiB, MiB, GiB, TiB, PiB), or a number of bytes");
    } else if (*bytes < key.range.min || *bytes > key.range.max) {
      out_of_range(key, node, node.text,
                   size_text(key.range.min) + " to " + size_text(key.range.max));
    } else {
      key.field.set(object_, *bytes);
    }
  }

  /// An integer is a number too: read_ms = 10.
  void read_real(const Key& key, const Node& node) {
    if (node.kind != Kind::kInteger && !is(key, node, Kind::kReal)) return;
    const double value =
        node.kind == Kind::kInteger ? static_cast<double>(node.integer) : node.real;
    // Written so that a NaN is out of range.
    if (value >= key.reals.min && value <= key.reals.max) return key.field.set(object_, value);
    out_of_range(key, node, report_.document().token(node),
                 real_text(key.reals.min) + " to " + real_text(key.reals.max));
  }

  void read_text(const Key& key, const Node& node) {
    if (is(key, node, Kind::kText) && obeys_rule(key, node)) key.field.set(object_, node.text);
  }

  /// A list is taken whole or not at all; each of its items is reported on its own.
  void read_texts(const Key& key, const Node& node) {
    if (!is(key, node, Kind::kArray) || !counts(key, node, node.items.size())) return;
    std::vector<std::string> texts;
    for (const Node& item : node.items) {
      if (is(key, item, Kind::kText) && obeys_rule(key, item)) texts.push_back(item.text);
    }
    if (texts.size() == node.items.size()) key.field.set(object_, std::move(texts));
  }

  void read_integers(const Key& key, const Node& node) {
    if (!is(key, node, Kind::kArray) || !counts(key, node, node.items.size())) return;
    std::vector<std::uint64_t> numbers;
    for (const Node& item : node.items) {
      if (is(key, item, Kind::kInteger) && in_range(key, item)) {
        numbers.push_back(static_cast<std::uint64_t>(item.integer));
      }
    }
    if (numbers.size() == node.items.size()) key.field.set(object_, std::move(numbers));
  }

  /// The table's rows go on with the struct within the struct; no depth to guard, for the tables'
  /// nesting is ours.
  void read_nested(const Key& key, const Member& member) {
    if (member.value.kind != Kind::kTable) {
      return report_.at_key(
          member,
          quote(key.name) + " must be a table, this is " + std::string(name(member.value.kind)),
          "write " + std::string(key.nested.table->path));
    }
    read_table(member.value, *key.nested.table, key.nested.add(object_), report_);
  }

  /// The element is made before it is read and kept though it may turn out wrong: rules.cc walks
  /// elements and nodes side by side.
  void read_list_of_tables(const Key& key, const Member& member) {
    const Node& node = member.value;
    const bool tables =
        node.kind == Kind::kArray &&
        std::ranges::all_of(node.items, [](const Node& item) { return item.kind == Kind::kTable; });
    if (!tables) {
      return report_.at_key(member, quote(key.name) + " must be a list of tables",
                            "write " + std::string(key.nested.table->path));
    }
    if (!counts(key, node, node.items.size())) return;
    for (const Node& item : node.items) {
      read_table(item, *key.nested.table, key.nested.add(object_), report_);
    }
  }

  const Node& node_;
  const Table& table_;
  void* object_;
  Report& report_;
};

}  // namespace

void read_table(const Node& node, const Table& table, void* object, Report& report) {
  TableReader(node, table, object, report).run();
}

}  // namespace lungate::config
