// SPDX-License-Identifier: LGPL-2.1-or-later

// The latency ladder: 23 steps per decade over eight decades, 1 us to 100 s, so 184 bins, and one
// each for what lies below and above. A bin is at most 12.5 % wide (its middle is off by at most
// 6.4 %), and every edge is a short decimal, so that the usual service levels (0.5 ms, 7.5 ms,
// 30 s) are edges: the count of I/Os within them is exact, not interpolated.
//
// Which side an edge belongs to is said here and nowhere else: UPPER EDGES ARE INCLUSIVE, as in
// Prometheus' `le`. With kEdgesNs[0] = 1 us and kEdgesNs[184] = 100 s:
//
//   bin 0                          v <= kEdgesNs[0]        "below"
//   bin i, 1 <= i <= 184   kEdgesNs[i-1] < v <= kEdgesNs[i]
//   bin 185        kEdgesNs[184] < v                       "above"
//
// So the number of values that are <= kEdgesNs[i] is the sum of the bins 0 to i.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace lungate::telemetry {

inline constexpr std::size_t kDecades = 8;
inline constexpr std::array<std::uint64_t, 23> kLadderSteps = {  // hundredths
    100, 110, 120, 135, 150, 165, 180, 200, 220, 250, 275, 300,
    330, 360, 400, 440, 500, 550, 600, 660, 750, 820, 910};

inline constexpr std::size_t kLadderBins = kDecades * kLadderSteps.size();  // 184
inline constexpr std::size_t kEdges = kLadderBins + 1;
inline constexpr std::size_t kBins = kLadderBins + 2;
inline constexpr std::size_t kBelowBin = 0;
inline constexpr std::size_t kAboveBin = kBins - 1;

namespace detail {

/// The steps of one decade, eight times, each decade ten times the last; integers throughout, so
/// that an edge is the number that an operator writes and not its neighbour.
constexpr std::array<std::uint64_t, kEdges + 1> make_edges() {
  std::array<std::uint64_t, kEdges + 1> edges{};
  std::uint64_t hundredth_ns = 10;  // of 1 us
  std::size_t i = 0;
  for (std::size_t decade = 0; decade < kDecades; ++decade, hundredth_ns *= 10) {
    for (const std::uint64_t step : kLadderSteps) edges[i++] = step * hundredth_ns;
  }
  edges[i++] = 100 * hundredth_ns;
  edges[i] = ~std::uint64_t{0};  // a sentinel that no value reaches
  return edges;
}

}  // namespace detail

/// Ascending, in nanoseconds; the last entry is a sentinel and no edge.
inline constexpr std::array<std::uint64_t, kEdges + 1> kEdgesNs = detail::make_edges();

namespace detail {

// Floating-point-like cells: the exponent and the four bits below it. A cell is at most 1/16
// (6.25 %) wide and two edges are at least 9 % apart, so a cell holds at most one edge: a table
// look-up and one comparison find the bin.
inline constexpr unsigned kCellBits = 4;
inline constexpr unsigned kExponentMin = 9;   // 2^9 ns < 1 us
inline constexpr unsigned kExponentMax = 36;  // 2^37 ns > 100 s
inline constexpr std::uint64_t kFoldMin = std::uint64_t{1} << kExponentMin;
inline constexpr std::uint64_t kFoldMax = (std::uint64_t{2} << kExponentMax) - 1;
inline constexpr std::size_t kCells = (kExponentMax - kExponentMin + 1) << kCellBits;
static_assert(kFoldMin < kEdgesNs[0] && kEdgesNs[kEdges - 1] < kFoldMax);

/// The cell of a value. REQUIRES: kFoldMin <= folded <= kFoldMax; what is outside is folded to the
/// ends by bin_of(), where one comparison then tells "below" and "above" like any other bin.
constexpr std::size_t cell_of(std::uint64_t folded) {
  const unsigned exponent = static_cast<unsigned>(std::bit_width(folded)) - 1;
  const std::uint64_t cell = folded >> (exponent - kCellBits);  // 16 to 31
  return static_cast<std::size_t>(((exponent - kExponentMin) << kCellBits) + cell) - 16;
}

constexpr std::uint64_t cell_start(std::size_t cell) {
  const unsigned exponent = static_cast<unsigned>(cell >> kCellBits) + kExponentMin;
  return (std::uint64_t{16} + (cell & 15)) << (exponent - kCellBits);
}

/// For every cell the bin in which its first value lies. Built at compile time: a mistake in it is
/// a failed static_assert below, not a wrong percentile.
constexpr std::array<std::uint8_t, kCells> make_first_bins() {
  std::array<std::uint8_t, kCells> bins{};
  std::size_t edges_at_or_below = 0;
  for (std::size_t cell = 0; cell < kCells; ++cell) {
    while (kEdgesNs[edges_at_or_below] <= cell_start(cell)) ++edges_at_or_below;
    bins[cell] = static_cast<std::uint8_t>(edges_at_or_below);
  }
  return bins;
}

/// For each cell, the bin of a value that is just above the cell's start.
inline constexpr std::array<std::uint8_t, kCells> kFirstBins = make_first_bins();

constexpr bool cells_hold_one_edge_at_most() {
  for (std::size_t cell = 0; cell + 1 < kCells; ++cell) {
    if (kFirstBins[cell + 1] > kFirstBins[cell] + 1) return false;
  }
  return true;
}
static_assert(cells_hold_one_edge_at_most());

}  // namespace detail

/// The bin of a latency. No branch; two small tables (2 KiB) that stay in the first-level cache.
constexpr std::size_t bin_of(std::uint64_t ns) noexcept {
  // "v > edge" is "v - 1 >= edge" for integers: that turns inclusive upper edges into lower ones.
  std::uint64_t below = ns - static_cast<std::uint64_t>(ns != 0);
  below = below < detail::kFoldMin ? detail::kFoldMin : below;
  below = below > detail::kFoldMax ? detail::kFoldMax : below;
  const std::size_t first = detail::kFirstBins[detail::cell_of(below)];
  return first + static_cast<std::size_t>(below >= kEdgesNs[first]);
}

static_assert(bin_of(0) == kBelowBin && bin_of(1'000) == kBelowBin && bin_of(1'001) == 1);
static_assert(bin_of(100'000'000'000) == kLadderBins && bin_of(100'000'000'001) == kAboveBin);
static_assert(bin_of(~std::uint64_t{0}) == kAboveBin);

/// The index of an edge that is exactly `ns`; kEdges when there is none.
constexpr std::size_t edge_at(std::uint64_t ns) {
  for (std::size_t i = 0; i < kEdges; ++i) {
    if (kEdgesNs[i] == ns) return i;
  }
  return kEdges;
}

// I/O sizes: powers of two from 512 bytes; upper edges inclusive, as above.
//
//   bin i, i <= 14   v <= 512 << i        bin 15   v > 8 MiB
inline constexpr std::size_t kSizeBins = 16;

constexpr std::uint64_t size_edge(std::size_t bin) {
  return std::uint64_t{512} << bin;
}

constexpr std::size_t size_bin_of(std::uint64_t bytes) noexcept {
  const std::uint64_t below = bytes - static_cast<std::uint64_t>(bytes != 0);
  const auto bin = static_cast<std::size_t>(std::bit_width(below >> 9));
  return bin < kSizeBins ? bin : kSizeBins - 1;
}

static_assert(size_bin_of(0) == 0 && size_bin_of(512) == 0 && size_bin_of(513) == 1);
static_assert(size_bin_of(4096) == 3 && size_edge(3) == 4096 && size_bin_of(4097) == 4);

}  // namespace lungate::telemetry
