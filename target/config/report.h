// SPDX-License-Identifier: LGPL-2.1-or-later

// Collects the errors of one text. A table in which something was wrong is remembered as unsound,
// so that later rules do not complain about what follows from the first mistake.
#pragma once

#include <set>
#include <string>
#include <utility>

#include "config/document.h"

namespace lungate::config {

/// Nodes are told apart by their address, so the document must stay where it is while a report of
/// it is in use (Document is moved before, never during). Bounded: past the limit nothing is added,
/// and readers may ask full() to spare themselves the search.
class Report {
 public:
  explicit Report(const Document& document) : document_(document) {}

  const Document& document() const { return document_; }

  /// Both do nothing once limits::kConfigErrorsMax errors are there.
  void at_value(const Node& node, std::string message, std::string hint = {}) {
    if (!full()) add(document_.position(node), std::move(message), std::move(hint));
  }
  void at_key(const Member& member, std::string message, std::string hint = {}) {
    if (!full()) add(document_.key_position(member), std::move(message), std::move(hint));
  }

  /// A mistake in a table silences the rules about it, not those about its neighbours.
  void mark_unsound(const Node& table) { unsound_.insert(&table); }
  bool sound(const Node& table) const { return !unsound_.contains(&table); }

  std::size_t count() const { return errors_.size(); }
  bool full() const { return errors_.size() >= limits::kConfigErrorsMax; }
  /// In the order of the text.
  Errors take();

 private:
  void add(Position at, std::string message, std::string hint) {
    errors_.push_back(
        {document_.file(at), at.line, at.column, std::move(message), std::move(hint)});
  }

  const Document& document_;
  Errors errors_;
  std::set<const Node*> unsound_;
};

}  // namespace lungate::config
