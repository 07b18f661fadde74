// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace lungate::config {

/// Insertions, deletions, replacements and swaps of neighbours that turn `from` into `to`.
std::size_t edit_distance(std::string_view from, std::string_view to);

/// The candidate that `word` was most likely meant to be; empty when none is near enough: a third
/// of the word may be wrong, or it is the beginning of the candidate. Of two that are equally near,
/// the first.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace lungate::config
