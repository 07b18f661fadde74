// SPDX-License-Identifier: LGPL-2.1-or-later

// From the ring of a segment to the rows of `slowlog`. Pure; called by slowlog.cc for each reading.
// A record has the machine's time since boot; the wall clock is put on here, by both clocks as they
// are now, so that records of before a jump of the clock are shown in the time that is right today.
#include "ctl/slow_rows.h"

#include <algorithm>

#include "ctl/opcodes.h"
#include "ctl/text.h"

namespace lungate::ctl {
namespace {

using telemetry::LunSnapshot;
using telemetry::SlowSnapshot;
using telemetry::Snapshot;

constexpr double kNs = 1e9;

SlowRow make_row(const SlowSnapshot& record, const LunSnapshot& lun, const Clocks& now) {
  SlowRow row;
  row.wall_ns = now.wall_ns - std::min(now.wall_ns, now.boot - record.recorded);
  row.kind = record.kind;
  row.target = lun.target;
  row.lun = lun.lun;
  row.initiator = record.initiator;
  row.peer = record.peer;
  row.command = opcode_name(record.opcode);
  row.opcode = record.opcode;
  row.op = record.op;
  row.lba = record.lba;
  row.blocks = lun.block_bytes == 0 ? 0 : record.bytes / lun.block_bytes;
  row.bytes = record.bytes;
  row.duration_s = static_cast<double>(record.duration_ns()) / kNs;
  for (std::size_t i = 0; i < row.stages_s.size(); ++i) {
    row.stages_s[i] = static_cast<double>(record.stage_ns[i]) / kNs;
  }
  row.stage = record.stage;
  row.error = record.error;
  row.task_tag = record.task_tag;
  row.loop = record.loop;
  row.number = record.number;
  return row;
}

/// "7" is the number of a LUN of any target; "store/7" that of this one; else a part of a name.
bool of_lun(const SlowRow& row, const std::string& wanted) {
  const std::string number = std::to_string(row.lun);
  if (wanted.empty() || wanted == number) return true;
  if (wanted.find_first_not_of("0123456789") == wanted.npos) return false;
  const std::size_t slash = wanted.rfind('/');
  if (slash == wanted.npos) return contains(row.target, wanted);
  return wanted.substr(slash + 1) == number && row.target.ends_with(wanted.substr(0, slash));
}

}  // namespace

// A record whose LUN is out of bounds is a damaged reading; the reader leaves them out, and so do
// we.
std::vector<SlowRow> slow_rows(const Snapshot& snapshot, const Clocks& now) {
  std::vector<SlowRow> rows;
  for (const SlowSnapshot& record : snapshot.slow) {
    if (record.lun < snapshot.luns.size()) {
      rows.push_back(make_row(record, snapshot.luns[record.lun], now));
    }
  }
  return rows;
}

// Counted after filtering: "the last ten of this host" is what is meant.
std::vector<SlowRow> chosen(std::vector<SlowRow> rows, const SlowChoice& choice) {
  std::erase_if(rows, [&](const SlowRow& row) {
    return !of_lun(row, choice.lun) || !contains(row.initiator, choice.initiator);
  });
  if (choice.sort == SlowSort::kDuration) {
    std::ranges::stable_sort(rows, {}, &SlowRow::duration_s);
  }
  if (choice.count > 0 && rows.size() > choice.count) {
    rows.erase(rows.begin(), rows.end() - static_cast<std::ptrdiff_t>(choice.count));
  }
  return rows;
}

// By number and not by time: two loops' records arrive out of order.
Snapshot Unseen::of(Snapshot snapshot) {
  if (generation_ != snapshot.generation || instance_uuid_ != snapshot.instance_uuid) {
    numbers_.clear();
    generation_ = snapshot.generation;
    instance_uuid_ = snapshot.instance_uuid;
  }
  const std::vector<std::uint64_t> seen = numbers_;
  std::erase_if(snapshot.slow, [&](const SlowSnapshot& record) {
    return record.loop < seen.size() && record.number <= seen[record.loop];
  });
  for (const SlowSnapshot& record : snapshot.slow) {
    if (record.loop >= numbers_.size()) numbers_.resize(record.loop + std::size_t{1});
    numbers_[record.loop] = std::max(numbers_[record.loop], record.number);
  }
  return snapshot;
}

}  // namespace lungate::ctl
