// SPDX-License-Identifier: LGPL-2.1-or-later
// The cost of counting one I/O, all stages, in the real segment. Clock readings are no part of
// record(): what one costs stands beside it. Goal: record at most 25 ns (median).
//
//   record-bench --benchmark_repetitions=11 --benchmark_report_aggregates_only=true
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/clock.h"
#include "telemetry/recorder.h"
#include "telemetry/segment.h"

namespace lungate::telemetry {
namespace {

constexpr std::size_t kRecords = 4096;

/// Latencies as a real gateway has them: spread over decades, mostly reads and writes of 4 KiB.
std::vector<IoRecord> make_records() {
  std::mt19937_64 random(42);
  std::lognormal_distribution<double> backend_ns(13.5, 1.0);  // median 0.7 ms
  std::lognormal_distribution<double> own_ns(9.0, 1.0);       // median 8 us
  std::vector<IoRecord> records(kRecords);
  for (IoRecord& io : records) {
    const auto kind = random() % 16;
    io.op = kind < 8 ? Op::kRead : kind < 15 ? Op::kWrite : Op::kFlush;
    io.bytes = io.op == Op::kFlush ? 0 : 4096;
    io.stage_ns = {
        static_cast<std::uint64_t>(own_ns(random)), static_cast<std::uint64_t>(own_ns(random)),
        static_cast<std::uint64_t>(backend_ns(random)), static_cast<std::uint64_t>(own_ns(random))};
  }
  return records;
}

struct Fixture {
  explicit Fixture(unsigned luns) {
    const std::string path = "/dev/shm/lungate-record-bench." + std::to_string(::getpid());
    segment = Segment::create({path, "bench", "0", 1}).value();
    for (unsigned i = 0; i < luns; ++i) {
      LunDescription lun;
      lun.target = "iqn.2026-11.io.lungate:bench";
      lun.lun = static_cast<std::uint16_t>(i);
      recorders.push_back(segment->loop(0).lun(segment->add_lun(lun).value()));
    }
    ::unlink(path.c_str());
  }

  std::unique_ptr<Segment> segment;
  std::vector<LunRecorder> recorders;
};

void record(benchmark::State& state) {
  Fixture fixture(static_cast<unsigned>(state.range(0)));
  const std::vector<IoRecord> records = make_records();
  std::size_t i = 0;
  for (auto _ : state) {
    fixture.recorders[i % fixture.recorders.size()].record(records[i % kRecords]);
    ++i;
  }
}
BENCHMARK(record)->ArgName("luns")->Arg(1)->Arg(16)->Arg(256);

/// Everything that an I/O counts: its LUN with a promise, its initiator.
void record_with_initiator(benchmark::State& state) {
  const auto luns = static_cast<std::uint32_t>(state.range(0));
  Fixture fixture(luns);
  const std::vector<IoRecord> records = make_records();
  std::vector<NexusRecorder> nexuses;
  for (std::uint32_t lun = 0; lun < luns; ++lun) {
    fixture.segment->promise_lun(SlotId{lun}, {10'000'000, 20'000'000, 0.99, 32});
    nexuses.push_back(fixture.segment->loop(0).nexus(SlotId{lun}, "iqn.2026-11.io.lungate:host"));
  }
  std::size_t i = 0;
  for (auto _ : state) {
    const std::size_t lun = i % luns;
    const IoRecord& io = records[i % kRecords];
    benchmark::DoNotOptimize(nexuses[lun].record(io, fixture.recorders[lun].record(io)));
    ++i;
  }
}
BENCHMARK(record_with_initiator)->ArgName("luns")->Arg(1)->Arg(16)->Arg(256);

/// A ring's record; one second's worth is limits::kSlowPerSecondMax of them.
void keep_slow(benchmark::State& state) {
  Fixture fixture(1);
  LoopRecorder loop = fixture.segment->loop(0);
  SlowIo slow;
  slow.initiator = "iqn.2026-11.io.lungate:host";
  slow.peer = "10.0.0.7:49152";
  for (auto _ : state) {
    slow.recorded.ns += 1'000'000'000;
    loop.keep_slow(SlotId{0}, slow);
  }
}
BENCHMARK(keep_slow);

void set_in_flight(benchmark::State& state) {
  Fixture fixture(1);
  std::uint32_t count = 0;
  for (auto _ : state) fixture.recorders[0].set_in_flight(++count & 31, {12345});
}
BENCHMARK(set_in_flight);

void bin_of_latency(benchmark::State& state) {
  const std::vector<IoRecord> records = make_records();
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(bin_of(records[i % kRecords].stage_ns[2]));
    ++i;
  }
}
BENCHMARK(bin_of_latency);

void one_clock_reading(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(boot_now());
}
BENCHMARK(one_clock_reading);

}  // namespace
}  // namespace lungate::telemetry

BENCHMARK_MAIN();
