// SPDX-License-Identifier: LGPL-2.1-or-later
// The page of 1,000 LUNs as text: prometheus-cpp's serializer and ours, in turns, and what the
// other formats cost. Goal: ours takes at most a tenth of the library's time (the ratio of the
// medians of one run; the times themselves are this machine's).
//
//   serializer-bench [LUNS [ROUNDS]]        (default: 1000, 11)
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "base/clock.h"
#include "exporter/exposition.h"
#include "exporter/families.h"
#include "exporter/gzip.h"
#include "exporter/native.h"
#include "exporter/openmetrics.h"

namespace {

using namespace lungate;

constexpr double kGoal = 10;
constexpr double kFloor = 3;  // below it something is wrong, however busy the machine is

telemetry::Snapshot crowd(unsigned luns) {
  telemetry::Snapshot snapshot;
  snapshot.gateway = "gw-a";
  snapshot.version = "1.2.3";
  snapshot.loops.resize(2);
  std::mt19937_64 random(42);
  for (unsigned i = 0; i < luns; ++i) {
    auto& lun = snapshot.luns.emplace_back();
    lun.target = "iqn.2026-11.io.lungate:store-" + std::to_string(i / 200);
    lun.lun = static_cast<std::uint16_t>(i % 200);
    lun.image = "vm-" + std::to_string(i);
    for (auto& histogram : lun.latency) {
      for (auto& bin : histogram.bins) bin = random() % 100'000;
      histogram.sum_ns = random() % 1'000'000'000'000;
    }
    for (auto& stages : lun.stage_ns) {
      for (auto& ns : stages) ns = random() % 1'000'000'000'000;
    }
  }
  return snapshot;
}

struct Contender {
  const char* name;
  std::function<std::string()> run;
  std::vector<double> ms = {};
  std::size_t bytes = 0;

  double median() {
    std::sort(ms.begin(), ms.end());
    return ms[ms.size() / 2];
  }
};

}  // namespace

int main(int argc, char** argv) {
  const unsigned luns = argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 1000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 11;
  const auto snapshot = crowd(luns);
  exporter::Page page({exporter::kAllGroups, true});
  exporter::add_gateway(page, snapshot);
  const std::size_t series = page.series();
  const exporter::Families made = page.take_all();
  const std::string text = exporter::to_text(made.families);
  Contender contenders[] = {
      {"prometheus-cpp", [&] { return prometheus::TextSerializer().Serialize(made.families); }},
      {"ours, text", [&] { return exporter::to_text(made.families); }},
      {"ours, OpenMetrics", [&] { return exporter::to_openmetrics(made.families, {}); }},
      {"ours, native", [&] { return exporter::to_native(made, {}); }},
      {"gzip of the text", [&] { return exporter::gzip(text); }},
      {"the page itself",
       [&] {
         exporter::Page again;
         exporter::add_gateway(again, snapshot);
         return std::string(again.take().size(), ' ');
       }},
  };
  for (int round = 0; round < rounds; ++round) {
    for (Contender& contender : contenders) {
      const BootTime begun = boot_now();
      contender.bytes = contender.run().size();
      contender.ms.push_back(static_cast<double>(boot_now() - begun) / 1e6);
    }
  }
  std::printf("%u LUNs, %zu series\n", luns, series);
  for (Contender& contender : contenders) {
    std::printf("%-18s median %7.1f ms, %9zu bytes\n", contender.name, contender.median(),
                contender.bytes);
  }
  const double ratio = contenders[0].median() / contenders[1].median();
  std::printf("ours is %.1f times as fast as prometheus-cpp (goal: %.0f)\n", ratio, kGoal);
  return ratio >= kFloor ? 0 : 1;
}
