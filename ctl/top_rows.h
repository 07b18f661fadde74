// SPDX-License-Identifier: LGPL-2.1-or-later

// From two readings of the segment to a row per LUN and per initiator: rates, quantiles, what is in
// flight, and what to think of it. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.h"
#include "telemetry/snapshot.h"

namespace lungate::ctl {

/// Of one LUN and one operation, between the readings.
struct OpRates {
  double per_second = 0;
  double bytes_per_second = 0;
  double p50_s = 0;  // 0: no such I/O ended between the readings, or only means are known
  double p99_s = 0;
  double mean_s = 0;
};

/// The one thing that an operator should know of a row, the worst first.
enum class Verdict : std::uint8_t {
  kOffline,  // it does not serve
  kStuck,    // an I/O is in flight for limits::kStuckAfter or longer
  kSlow,     // p99 is above the LUN's SLO; of an initiator: more slow I/O than the SLO allows
  kErrors,   // commands ended in an error between the readings
  kFine,
};

/// One line of the table, before it is text. Texts come from a segment and are clean (reader.h).
struct TopRow {
  std::string initiator;  // empty: the row of a LUN; kOthers: those that are not counted apart
  std::string target;     // empty: the row of an initiator on all its LUNs
  std::uint16_t lun = 0;
  std::size_t luns = 1;  // that the row is about
  std::string store;     // "rbd:pool/image", "null"
  std::string state;     // "ready", or why not
  OpRates read;
  OpRates write;
  double other_per_second = 0;   // flush, unmap and the rest
  double errors_per_second = 0;  // of any operation and class
  double slow_per_second = 0;    // reads and writes above the SLO
  std::uint64_t in_flight = 0;   // of LUNs
  double oldest_s = 0;           // age of the oldest I/O in flight; 0: none
  double slo_read_s = 0;         // 0: nothing is promised
  double slo_write_s = 0;
  double slo_objective = 0;          // share of the I/O that is to be good
  std::optional<double> place_used;  // 0 to 1, of the LUN's pool or file system
  Verdict verdict = Verdict::kFine;

  double per_second() const { return read.per_second + write.per_second + other_per_second; }
  /// The worse of reads and writes: p99 where bins are kept (LUNs), else the mean.
  double latency_s() const;
  /// Something is in flight for as long as the target itself calls stuck.
  bool stuck() const {
    return oldest_s >= std::chrono::duration<double>(limits::kStuckAfter).count();
  }
};

inline constexpr std::string_view kOthers = "(others)";

/// What the gateway is doing, beside its rows.
struct TopHead {
  std::string gateway;
  std::string version;
  double interval_s = 0;       // between the readings; 0: rates are not known yet
  double heartbeat_age_s = 0;  // of the most silent loop
  std::vector<double> busy;    // share of the interval, by loop
  std::uint64_t sessions = 0;
  std::uint64_t connections = 0;
  bool ceph_used = false;
  bool ceph_up = false;
  std::uint64_t ceph_timeouts = 0;      // between the readings
  double window_full_s_per_second = 0;  // all sessions together
  std::uint64_t sources_refused = 0;    // addresses whose logins are turned away now
};

/// A table with its headline: the whole gateway between two readings.
struct Top {
  TopHead head;
  std::vector<TopRow> luns;     // by target and LUN
  std::vector<TopRow> nexuses;  // by initiator, target and LUN
};

/// `before` and `after` in the order of time. A LUN that `before` does not have, or that was
/// counted anew in between (slot reused, target restarted), is measured from zero.
Top make_top(const telemetry::Snapshot& before, const telemetry::Snapshot& after);

/// A row per initiator: all its LUNs in one.
std::vector<TopRow> by_initiator(const std::vector<TopRow>& nexuses);

/// All rows in one. Quantiles of a sum cannot be made from quantiles: they stay 0.
TopRow total(const std::vector<TopRow>& rows);

}  // namespace lungate::ctl
