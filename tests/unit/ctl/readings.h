// SPDX-License-Identifier: LGPL-2.1-or-later
// Readings of a segment, written by hand:
//
//   Reading().at_s(10).lun("a", 0).ios(Op::kRead, 1000, 4096, 0.002)
#pragma once

#include <cstdint>
#include <string>

#include "ctl/top_rows.h"
#include "telemetry/histogram.h"

namespace lungate::ctl {

class Reading {
 public:
  Reading() {
    snapshot_.gateway = "gw-a";
    snapshot_.version = "0.1.0";
    snapshot_.generation = 1;
    snapshot_.loops.resize(2);
    at_s(10);
  }

  Reading& at_s(std::uint64_t seconds) {
    snapshot_.taken_at = {seconds * 1'000'000'000};
    for (auto& loop : snapshot_.loops) {
      loop.heartbeat = {snapshot_.taken_at.ns - 500'000'000};
    }
    return *this;
  }
  Reading& generation(std::uint64_t generation) {
    snapshot_.generation = generation;
    return *this;
  }
  /// Adds a LUN; what follows is about it.
  Reading& lun(const std::string& name, std::uint16_t number) {
    telemetry::LunSnapshot& lun = snapshot_.luns.emplace_back();
    lun.slot = static_cast<std::uint32_t>(snapshot_.luns.size());
    lun.slot_generation = 1;
    lun.target = "iqn.2026-11.io.lungate:" + name;
    lun.lun = number;
    lun.backend = "rbd";
    lun.pool = "rbd";
    lun.image = name;
    return *this;
  }
  Reading& ios(telemetry::Op op, std::uint64_t count, std::uint64_t bytes_each, double seconds) {
    const auto ns = static_cast<std::uint64_t>(seconds * 1e9);
    telemetry::Histogram& latency = last().latency[telemetry::index_of(op)];
    latency.bins[telemetry::bin_of(ns)] += count;
    latency.sum_ns += count * ns;
    last().bytes[telemetry::index_of(op)] += count * bytes_each;
    return *this;
  }
  Reading& errors(telemetry::Op op, telemetry::ErrorClass error, std::uint64_t count) {
    last().errors[telemetry::index_of(op)][telemetry::index_of(error)] += count;
    return *this;
  }
  Reading& in_flight(std::uint64_t count, std::uint64_t oldest_s) {
    last().in_flight = count;
    last().oldest_in_store = {oldest_s * 1'000'000'000};
    return *this;
  }
  Reading& slot_generation(std::uint64_t generation) {
    last().slot_generation = generation;
    return *this;
  }

  Reading& slo(double read_s, double write_s, double objective) {
    last().slo_read_ns = static_cast<std::uint64_t>(read_s * 1e9);
    last().slo_write_ns = static_cast<std::uint64_t>(write_s * 1e9);
    last().slo_objective = objective;
    return *this;
  }
  /// Adds an initiator on the last LUN; what follows is about it. "": all others there.
  Reading& nexus(const std::string& name) {
    telemetry::NexusSnapshot& nexus = snapshot_.nexuses.emplace_back();
    nexus.slot = static_cast<std::uint32_t>(snapshot_.nexuses.size());
    nexus.slot_generation = 1;
    nexus.lun = snapshot_.luns.size() - 1;
    if (!name.empty()) nexus.initiator = "iqn.1993-08.org.debian:" + name;
    return *this;
  }
  Reading& did(telemetry::OpClass op, std::uint64_t count, std::uint64_t bytes_each,
               double seconds) {
    telemetry::NexusSnapshot& nexus = snapshot_.nexuses.back();
    nexus.ops[telemetry::index_of(op)] += count;
    nexus.bytes[telemetry::index_of(op)] += count * bytes_each;
    nexus.latency_ns[telemetry::index_of(op)] += count * static_cast<std::uint64_t>(seconds * 1e9);
    return *this;
  }
  /// Adds a record of an I/O on the last LUN that began and was recorded then.
  Reading& slow(std::uint32_t loop, std::uint64_t number, double start_s, double recorded_s) {
    telemetry::SlowSnapshot& record = snapshot_.slow.emplace_back();
    record.loop = loop;
    record.number = number;
    record.lun = snapshot_.luns.size() - 1;
    record.start = {static_cast<std::uint64_t>(start_s * 1e9)};
    record.recorded = {static_cast<std::uint64_t>(recorded_s * 1e9)};
    record.initiator = "iqn.1993-08.org.debian:a";
    record.peer = "10.0.0.9:49152";
    return *this;
  }

  telemetry::LunSnapshot& last() { return snapshot_.luns.back(); }
  telemetry::Snapshot& snapshot() { return snapshot_; }

 private:
  telemetry::Snapshot snapshot_;
};

}  // namespace lungate::ctl
