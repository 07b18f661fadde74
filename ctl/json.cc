// SPDX-License-Identifier: LGPL-2.1-or-later

// JSON of what this program computes itself (check, top, slowlog); the target's own answers are
// printed by api::to_json(). Names of fields are an interface: scripts read them, so they change
// only by addition. Texts that are not UTF-8 (a path) are replaced, not refused.
#include "ctl/json.h"

#include <array>
#include <nlohmann/json.hpp>

#include "config/dump.h"
#include "config/warnings.h"
#include "ctl/slow_view.h"
#include "ctl/text.h"

namespace lungate::ctl {
namespace {

using Json = nlohmann::ordered_json;

std::string print(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// For streams: a line is an object, and an object a line (JSON Lines).
std::string print_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json to_json(const config::Error& error) {
  return {{"file", error.file},
          {"line", error.line},
          {"column", error.column},
          {"message", error.message},
          {"hint", error.hint}};
}

// No I/O, no quantile: null is not a latency of zero.
Json quantile(double seconds) {
  return seconds > 0 ? Json(seconds) : Json(nullptr);
}

// Base units and their names in the fields, as in the metrics: nobody has to guess what 3 is.
Json to_json(const OpRates& rates) {
  return {{"per_second", rates.per_second},
          {"bytes_per_second", rates.bytes_per_second},
          {"p50_s", quantile(rates.p50_s)},
          {"p99_s", quantile(rates.p99_s)},
          {"mean_s", quantile(rates.mean_s)}};
}

/// An interface, like the fields: what STATE shows of a row that serves, and "offline" for the
/// rest.
std::string verdict_name(Verdict verdict) {
  constexpr std::array<const char*, 5> kNames = {"offline", "stuck", "slow", "errors", "fine"};
  return kNames.at(static_cast<std::size_t>(verdict));
}

// What is promised is beside what is measured: a script needs no configuration to judge.
Json lun_json(const TopRow& row) {
  return {{"target", row.target},
          {"lun", row.lun},
          {"store", row.store},
          {"state", row.state},
          {"verdict", verdict_name(row.verdict)},
          {"read", to_json(row.read)},
          {"write", to_json(row.write)},
          {"other_per_second", row.other_per_second},
          {"errors_per_second", row.errors_per_second},
          {"slow_per_second", row.slow_per_second},
          {"in_flight", row.in_flight},
          {"oldest_s", row.oldest_s},
          {"slo",
           {{"read_s", quantile(row.slo_read_s)},
            {"write_s", quantile(row.slo_write_s)},
            {"objective", quantile(row.slo_objective)}}},
          {"place_used_ratio", row.place_used ? Json(*row.place_used) : Json(nullptr)}};
}

// No quantiles and nothing in flight: those are kept per LUN.
Json nexus_json(const TopRow& row) {
  const auto op = [](const OpRates& rates) {
    return Json{{"per_second", rates.per_second},
                {"bytes_per_second", rates.bytes_per_second},
                {"mean_s", quantile(rates.mean_s)}};
  };
  return {{"initiator", row.initiator},
          {"target", row.target},
          {"lun", row.lun},
          {"verdict", verdict_name(row.verdict)},
          {"read", op(row.read)},
          {"write", op(row.write)},
          {"other_per_second", row.other_per_second},
          {"errors_per_second", row.errors_per_second},
          {"slow_per_second", row.slow_per_second}};
}

// Without Ceph the field is null and not absent: readers see that the question was asked.
Json to_json(const TopHead& head) {
  Json ceph(nullptr);
  if (head.ceph_used) ceph = {{"up", head.ceph_up}, {"timeouts", head.ceph_timeouts}};
  return {{"gateway", head.gateway},
          {"version", head.version},
          {"interval_s", head.interval_s},
          {"heartbeat_age_s", head.heartbeat_age_s},
          {"loops", head.busy.size()},
          {"loop_busy_ratio", head.busy},
          {"sessions", head.sessions},
          {"connections", head.connections},
          {"ceph", ceph},
          {"window_full_s_per_second", head.window_full_s_per_second},
          {"login_sources_refused", head.sources_refused}};
}

// Numbers where the table has texts: durations are to be compared, and 28h is 40. (loop, number) is
// the record's name within its segment.
Json to_json(const SlowRow& row) {
  Json stages = Json::object();
  for (std::size_t i = 0; i < row.stages_s.size(); ++i) {
    stages[std::string(telemetry::kStageNames[i])] = row.stages_s[i];
  }
  const bool ended = row.kind == telemetry::SlowKind::kEnded;
  Json stage = ended ? Json("done") : Json(nullptr);
  if (row.stage) stage = telemetry::kStageNames[telemetry::index_of(*row.stage)];
  return {{"time", iso_time(row.wall_ns)},
          {"kind", telemetry::kSlowKindNames[telemetry::index_of(row.kind)]},
          {"stage", stage},
          {"target", row.target},
          {"lun", row.lun},
          {"initiator", row.initiator},
          {"peer", row.peer},
          {"op", telemetry::kOpNames[telemetry::index_of(row.op)]},
          {"command", row.command.empty() ? Json(nullptr) : Json(row.command)},
          {"opcode", row.opcode},
          {"lba", row.lba},
          {"blocks", row.blocks},
          {"bytes", row.bytes},
          {"duration_s", row.duration_s},
          {"stages_s", stages},
          {"error", telemetry::kErrorClassNames[telemetry::index_of(row.error)]},
          {"task_tag", row.task_tag},
          {"loop", row.loop},
          {"number", row.number}};
}

}  // namespace

// The same fields whether the text is right or wrong, so that a script need not look first; what
// exists only for a right one comes at the end.
std::string check_json(const std::string& file,
                       const Result<config::Config, config::Errors>& parsed, bool with_config) {
  Json json{{"file", file}, {"ok", parsed.has_value()}, {"errors", Json::array()}};
  if (!parsed) {
    for (const config::Error& error : parsed.error()) json["errors"].push_back(to_json(error));
  } else {
    json["warnings"] = config::warnings(*parsed);
    json["group_hash"] = hash_text(config::group_hash(*parsed));
    if (with_config) json["config"] = config::to_toml(*parsed);
  }
  return print(json);
}

// --interval says how far the two readings are apart, interval_s how far they really were.
std::string top_json(const Top& top, const TopChoice& choice, bool one_line) {
  const auto rows = [&](By by) {
    TopChoice of = choice;
    of.by = by;
    return chosen(top, of);
  };
  Json json = to_json(top.head);
  json["luns"] = Json::array();
  for (const TopRow& row : rows(By::kLun)) json["luns"].push_back(lun_json(row));
  json["initiators"] = Json::array();
  for (const TopRow& row : rows(By::kNexus)) json["initiators"].push_back(nexus_json(row));
  return one_line ? print_line(json) : print(json);
}

// `alive` is what the table says on stderr: false is a look at what a dead target has left.
std::string slowlog_json(const telemetry::Snapshot& snapshot, const std::vector<SlowRow>& rows) {
  Json json{{"gateway", snapshot.gateway},
            {"version", snapshot.version},
            {"alive", snapshot.alive},
            {"records", Json::array()}};
  for (const SlowRow& row : rows) json["records"].push_back(to_json(row));
  return print(json);
}

std::string slow_line(const SlowRow& row) {
  return print_line(to_json(row));
}

}  // namespace lungate::ctl
