// SPDX-License-Identifier: LGPL-2.1-or-later

// "Did you mean": the key that a misspelt one is nearest to. The reader asks for each unknown key,
// with words out of a file; a word longer than any key is answered at once, so that the matrix
// stays small. Edits are insertions, deletions, changes and swaps of neighbours (Damerau), since
// swapped letters are what fingers do most.
#include "config/nearest.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace lungate::config {

// Quadratic in the words' lengths, linear in memory. Called for a handful of keys of at most 64
// bytes.
std::size_t edit_distance(std::string_view from, std::string_view to) {
  // Three rows of the usual matrix: two back for swaps, one back, and the one in work.
  std::vector<std::size_t> before(to.size() + 1), above(to.size() + 1), row(to.size() + 1);
  for (std::size_t j = 0; j <= to.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[to.size()];
}

// A third of the word, and at least one letter: "lun" is near "lan", and "x" is near nothing. The
// beginning of a key counts as one mistake, for people shorten.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  constexpr std::size_t kWordBytesMax = 64;  // no key is longer; keeps the matrix small
  if (word.size() > kWordBytesMax) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, (word.size() + 1) / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const bool begun = word.size() >= 3 && candidate.starts_with(word);
    const std::size_t distance = begun ? 1 : edit_distance(word, candidate);
    // Not a guess any more when as much is changed as stays.
    if (distance < best_distance && distance < candidate.size()) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace lungate::config
