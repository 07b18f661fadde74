// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/lab/load/result.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace lungate::lab {
namespace {

constexpr std::size_t kErrorsShown = 10;

nlohmann::json quantile_ms(const std::vector<std::uint64_t>& sorted_ns, double q) {
  if (sorted_ns.empty()) return nullptr;
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(sorted_ns.size())));
  return static_cast<double>(sorted_ns[std::max<std::size_t>(rank, 1) - 1]) / 1e6;
}

}  // namespace

nlohmann::json Tally::json(double seconds) const {
  std::vector<std::uint64_t> sorted = latencies_ns_;
  std::sort(sorted.begin(), sorted.end());
  const double span = seconds > 0 ? seconds : 1;
  return {{"count", count()},
          {"bytes", bytes_},
          {"iops", static_cast<double>(count()) / span},
          {"mb_per_s", static_cast<double>(bytes_) / 1e6 / span},
          {"p50_ms", quantile_ms(sorted, 0.5)},
          {"p95_ms", quantile_ms(sorted, 0.95)},
          {"p99_ms", quantile_ms(sorted, 0.99)},
          {"p999_ms", quantile_ms(sorted, 0.999)}};
}

void RunResult::add_error(const std::string& text) {
  ++error_count;
  if (errors.size() < kErrorsShown) errors.push_back(text);
}

nlohmann::json RunResult::json() const {
  return {{"seed", seed},
          {"mix_seconds", mix_seconds},
          {"fill_bytes", fill_bytes},
          {"reads", reads.json(mix_seconds)},
          {"writes", writes.json(mix_seconds)},
          {"verified_bytes", verified_bytes},
          {"mismatches", mismatches},
          {"unsettled_blocks", unsettled_blocks},
          {"connection_lost", connection_lost},
          {"error_count", error_count},
          {"errors", errors}};
}

}  // namespace lungate::lab
