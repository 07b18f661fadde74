// SPDX-License-Identifier: LGPL-2.1-or-later

// From two readings of the segment to a row per LUN: rates, quantiles, what is in flight. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "telemetry/snapshot.h"

namespace lungate::ctl {

/// Of one LUN and one operation, between the readings.
struct OpRates {
  double per_second = 0;
  double bytes_per_second = 0;
  double p50_s = 0;  // 0: no such I/O ended between the readings
  double p99_s = 0;
};

/// One line of the table, before it is text. Texts come from a segment and are clean (reader.h).
struct TopRow {
  std::string target;
  std::uint16_t lun = 0;
  std::string store;  // "rbd:pool/image", "null"
  std::string state;  // "ready", or why not
  OpRates read;
  OpRates write;
  double other_per_second = 0;   // flush, unmap and the rest
  double errors_per_second = 0;  // of any operation and class
  std::uint64_t in_flight = 0;
  double oldest_s = 0;  // age of the oldest I/O in flight; 0: none
};

/// A table with its headline: the whole gateway between two readings.
struct Top {
  std::string gateway;
  std::string version;
  double interval_s = 0;       // between the readings; 0: rates are not known yet
  double heartbeat_age_s = 0;  // of the most silent loop
  std::size_t loops = 0;
  std::uint64_t sessions = 0;
  std::vector<TopRow> rows;  // by target and LUN
};

/// `before` and `after` in the order of time. A LUN that `before` does not have, or that was
/// counted anew in between (slot reused, target restarted), is measured from zero.
Top make_top(const telemetry::Snapshot& before, const telemetry::Snapshot& after);

/// All rows in one. Quantiles of a sum cannot be made from quantiles: they stay 0.
TopRow total(const Top& top);

/// Most I/O first; those without any keep their order.
void sort_busiest_first(Top& top);

}  // namespace lungate::ctl
