// SPDX-License-Identifier: LGPL-2.1-or-later

// Which edges of the segment's fine ladders become `le` on the page. Each is an edge (checked while
// compiling), so every bucket is an exact count. What is above the last one is in +Inf.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "telemetry/histogram.h"

namespace lungate::exporter {

namespace detail {

inline constexpr std::uint64_t kMicrosecond = 1'000;
inline constexpr std::uint64_t kMillisecond = 1'000 * kMicrosecond;
inline constexpr std::uint64_t kSecond = 1'000 * kMillisecond;

/// 1-2-5 from 50 us to 10 s; 1.5, 3 and 7.5 ms where service levels lie; 30 s is when initiators
/// give up.
inline constexpr std::array<std::uint64_t, 21> kLatencyLe = {
    50 * kMicrosecond, 100 * kMicrosecond,  200 * kMicrosecond, 500 * kMicrosecond,
    1 * kMillisecond,  1500 * kMicrosecond, 2 * kMillisecond,   3 * kMillisecond,
    5 * kMillisecond,  7500 * kMicrosecond, 10 * kMillisecond,  20 * kMillisecond,
    50 * kMillisecond, 100 * kMillisecond,  200 * kMillisecond, 500 * kMillisecond,
    1 * kSecond,       2 * kSecond,         5 * kSecond,        10 * kSecond,
    30 * kSecond};

constexpr auto edges_of(const std::array<std::uint64_t, 21>& le) {
  std::array<std::size_t, 21> edges{};
  for (std::size_t i = 0; i < le.size(); ++i) edges[i] = telemetry::edge_at(le[i]);
  return edges;
}

}  // namespace detail

/// Indices into telemetry::kEdgesNs, ascending.
inline constexpr auto kLatencyEdges = detail::edges_of(detail::kLatencyLe);

constexpr bool all_are_edges() {
  for (const std::size_t edge : kLatencyEdges) {
    if (edge == telemetry::kEdges) return false;
  }
  return true;
}
static_assert(all_are_edges(), "every `le` is an edge of the ladder");

/// Sizes that initiators use: a file system's block, its read-ahead, the transfer limits of Linux,
/// Windows and ESXi. Bins of telemetry's size ladder: 4, 8, 16, 32, 64, 128, 256 KiB and 1 MiB.
inline constexpr std::array<std::size_t, 8> kSizeEdges = {3, 4, 5, 6, 7, 8, 9, 11};
static_assert(telemetry::size_edge(kSizeEdges.front()) == 4096);
static_assert(telemetry::size_edge(kSizeEdges.back()) == 1024 * 1024);

}  // namespace lungate::exporter
