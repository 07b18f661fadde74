// SPDX-License-Identifier: LGPL-2.1-or-later

// States that change along a table and in no other way. The table is what a reader looks at; the
// check is what makes it true: a step that it does not have is a mistake of ours, and stops the
// process where it happens instead of where it is felt. (What a peer can cause never is a step that
// is missing: it is refused before.)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "base/check.h"

namespace lungate {

/// Which state may follow which. `State` is an enumeration from 0 to kStates - 1.
template <class State, std::size_t kStates>
class Transitions {
 public:
  struct Edge {
    State from;
    State to;
  };

  /// `what` is said when a step is not in the table.
  constexpr Transitions(const char* what, std::initializer_list<Edge> edges) : what_(what) {
    static_assert(kStates <= 16, "a row is one word of 16 bits");
    for (const Edge& edge : edges) next_of_[index(edge.from)] |= bit(edge.to);
  }

  constexpr bool allow(State from, State to) const {
    return (next_of_[index(from)] & bit(to)) != 0;
  }
  constexpr const char* what() const { return what_; }

 private:
  static constexpr std::size_t index(State state) { return static_cast<std::size_t>(state); }
  static constexpr std::uint16_t bit(State state) {
    return static_cast<std::uint16_t>(1u << index(state));
  }

  const char* what_;
  std::array<std::uint16_t, kStates> next_of_{};
};

/// A state that goes by `kTable`. Costs one load and one test per step. Not copied, for that would
/// be a step that nobody checks; a machine that is replaced as a whole asks allow() by itself.
template <class State, const auto& kTable>
class StateOf {
 public:
  constexpr explicit StateOf(State first) : now_(first) {}
  StateOf(const StateOf&) = delete;
  StateOf& operator=(const StateOf&) = delete;

  constexpr operator State() const { return now_; }

  void enter(State next) {
    check(kTable.allow(now_, next), kTable.what());
    now_ = next;
  }

 private:
  State now_;
};

}  // namespace lungate
