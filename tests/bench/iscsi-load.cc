// SPDX-License-Identifier: LGPL-2.1-or-later
// iscsi-load: an initiator that does nothing but load, and says what it saw as one line of JSON.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>

#include "tests/bench/load.h"

namespace {

using lungate::bench::LoadOptions;
using lungate::bench::LoadResult;

void describe(CLI::App& app, LoadOptions& options, std::string& url, std::string& pattern) {
  app.add_option("url", url, "iscsi://host:port/iqn/lun")->required();
  app.add_option("--rw", pattern, "What to do")
      ->check(CLI::IsMember({"randread", "randwrite", "read", "write"}));
  app.add_option("--sessions", options.sessions)->check(CLI::Range(1, 64));
  app.add_option("--depth", options.depth, "Commands in progress per session")
      ->check(CLI::Range(1, 1024));
  app.add_option("--block", options.block_bytes, "Bytes per command")
      ->check(CLI::Range(512, 4 * 1024 * 1024));
  app.add_option("--warmup", options.warmup_seconds, "Seconds before measuring");
  app.add_option("--seconds", options.seconds, "Seconds measured");
  app.add_option("--seed", options.seed);
  app.add_option("--span", options.span_bytes, "Use only so many bytes of the disk");
  app.add_option("--server-pid", options.server_pid, "Whose CPU time to read");
  app.add_flag("--verify", options.verify, "Write a pattern by position; hold reads against it");
  app.add_flag("--once", options.once, "One sequential pass over the disk");
}

nlohmann::json to_json(const LoadOptions& options, const LoadResult& result) {
  const double iops = static_cast<double>(result.ios) / result.seconds;
  const auto us = [](std::uint64_t ns) { return static_cast<double>(ns) / 1e3; };
  return {{"ios", result.ios},
          {"seconds", result.seconds},
          {"iops", iops},
          {"mb_per_s", iops * options.block_bytes / 1e6},
          {"mean_us", result.latency.mean_ns() / 1e3},
          {"p50_us", us(result.latency.quantile_ns(0.5))},
          {"p95_us", us(result.latency.quantile_ns(0.95))},
          {"p99_us", us(result.latency.quantile_ns(0.99))},
          {"p999_us", us(result.latency.quantile_ns(0.999))},
          {"max_us", us(result.latency.max_ns())},
          {"errors", result.errors},
          {"mismatches", result.mismatches},
          {"client_cpu_us_per_io", result.client_cpu_us_per_io},
          {"server_cpu_us_per_io", result.server_cpu_us_per_io}};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Loads an iSCSI disk and prints what it saw as JSON");
  LoadOptions options;
  std::string url;
  std::string pattern = "randread";
  describe(app, options, url, pattern);
  CLI11_PARSE(app, argc, argv);
  try {
    options.url = lungate::bench::parse_url(url);
    options.write = pattern.ends_with("write");
    options.random = pattern.starts_with("rand");
    if (options.once && (options.random || options.sessions > 1)) {
      throw std::runtime_error("--once goes with --rw read or write and one session");
    }
    const LoadResult result = run_load(options);
    std::cout << to_json(options, result).dump() << '\n';
    return result.errors + result.mismatches == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "iscsi-load: " << error.what() << '\n';
    return 2;
  }
}
