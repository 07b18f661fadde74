// SPDX-License-Identifier: LGPL-2.1-or-later

// What rules over several keys are written with (rules.cc, access_rules.cc): elements beside the
// nodes that they were read from, and things that must each be there once.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/names.h"
#include "config/report.h"

namespace lungate::config {

inline const Member* member(const Node& table, std::string_view key) {
  const auto found = std::ranges::find(table.members, key, &Member::key);
  return found == table.members.end() ? nullptr : &*found;
}

/// Calls visit(element, its node) for each element that could be read without an error.
template <class T>
void each_sound(const std::vector<T>& elements, const Node& parent, std::string_view key,
                const Report& report, const std::function<void(const T&, const Node&)>& visit) {
  const Node* list = find(parent, key);
  if (list == nullptr || list->kind != Kind::kArray) return;
  for (std::size_t i = 0; i < std::min(elements.size(), list->items.size()); ++i) {
    if (report.sound(list->items[i])) visit(elements[i], list->items[i]);
  }
}

/// Things of one kind that must each be there once.
class Once {
 public:
  Once(std::string what, Report& report) : what_(std::move(what)), report_(report) {}

  void see(const std::string& name, const Node& node) {
    const auto [first, is_new] = seen_.emplace(name, &node);
    if (is_new || report_.full()) return;
    const Position before = report_.document().position(*first->second);
    report_.at_value(node, what_ + " " + quote(name) + " is there twice",
                     "the first is in line " + std::to_string(before.line));
  }

 private:
  std::string what_;
  Report& report_;
  std::map<std::string, const Node*> seen_;
};

/// Where a complaint about `key` points: its value, or the table when the key is absent and its
/// default is what does not fit.
inline const Node& or_self(const Node& table, std::string_view key) {
  const Node* node = find(table, key);
  return node == nullptr ? table : *node;
}

}  // namespace lungate::config
