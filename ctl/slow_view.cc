// SPDX-License-Identifier: LGPL-2.1-or-later

// `slowlog` as a table. Called by slowlog.cc; pure, but for the time zone, which is the user's.
// What is asked first stands first: when, how long, where the time went; then what and for whom.
#include "ctl/slow_view.h"

#include <array>
#include <cstdio>
#include <ctime>

#include "ctl/text.h"

namespace lungate::ctl {
namespace {

using telemetry::index_of;
using telemetry::Stage;

/// The number also behind a name: it is what traces and the kernel's log have.
std::string command_text(const SlowRow& row) {
  std::array<char, 8> number{};
  std::snprintf(number.data(), number.size(), "%02Xh", row.opcode);
  return row.command.empty() ? number.data() : row.command + " " + number.data();
}

std::string error_text(const SlowRow& row) {
  if (row.error == telemetry::ErrorClass::kNone) return "-";
  return std::string(telemetry::kErrorClassNames[index_of(row.error)]);
}

/// "ended", "stuck in backend".
std::string kind_text(const SlowRow& row) {
  const std::string kind(telemetry::kSlowKindNames[index_of(row.kind)]);
  return row.stage ? kind + " in " + std::string(telemetry::kStageNames[index_of(*row.stage)])
                   : kind;
}

std::vector<std::string> cells(const SlowRow& row) {
  const auto stage = [&](Stage one) { return latency_text(row.stages_s[index_of(one)]); };
  return {iso_time(row.wall_ns),
          kind_text(row),
          latency_text(row.duration_s),
          stage(Stage::kReceive),
          stage(Stage::kQueue),
          stage(Stage::kBackend),
          stage(Stage::kSend),
          row.target + "/" + std::to_string(row.lun),
          command_text(row),
          std::to_string(row.lba),
          std::to_string(row.blocks),
          std::to_string(row.bytes),
          error_text(row),
          shown(row.initiator),
          shown(row.peer)};
}

}  // namespace

// No colours and no cutting: lines are for tickets, and terminals wrap them.
std::string SlowTable::text(const std::vector<SlowRow>& rows) {
  if (rows.empty()) return "";
  constexpr Align kRight = Align::kRight;
  Table table({{"WHEN"},
               {"KIND"},
               {"TOOK", kRight},
               {"RECEIVE", kRight},
               {"QUEUE", kRight},
               {"BACKEND", kRight},
               {"SEND", kRight},
               {"LUN"},
               {"COMMAND"},
               {"LBA", kRight},
               {"BLOCKS", kRight},
               {"BYTES", kRight},
               {"ERROR"},
               {"INITIATOR"},
               {"PEER"}});
  for (const SlowRow& row : rows) table.add(cells(row));
  const bool first = widths_.empty();
  const std::vector<std::string> lines = table.lines(widths_);
  std::string out;
  for (std::size_t i = first ? 0 : 1; i < lines.size(); ++i) out += lines[i] + "\n";
  return out;
}

// strftime() has no milliseconds, and its offset no colon.
std::string iso_time(std::uint64_t wall_ns) {
  const auto seconds = static_cast<std::time_t>(wall_ns / 1'000'000'000);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  std::array<char, 32> date{};
  std::array<char, 8> zone{};
  std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &local);
  std::strftime(zone.data(), zone.size(), "%z", &local);
  std::array<char, 8> ms{};
  std::snprintf(ms.data(), ms.size(), ".%03u", static_cast<unsigned>(wall_ns / 1'000'000 % 1000));
  const std::string offset = zone.data();
  return std::string(date.data()) + ms.data() + offset.substr(0, 3) + ":" + offset.substr(3);
}

}  // namespace lungate::ctl
