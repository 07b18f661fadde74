// SPDX-License-Identifier: LGPL-2.1-or-later

// JSON of what this program computes itself (check, top); the target's own answers are printed by
// api::to_json(). Names of fields are an interface: scripts read them, so they change only by
// addition. Texts that are not UTF-8 (a path) are replaced, not refused.
#include "ctl/json.h"

#include <nlohmann/json.hpp>

#include "config/dump.h"
#include "config/warnings.h"
#include "ctl/text.h"

namespace lungate::ctl {
namespace {

using Json = nlohmann::ordered_json;

std::string print(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
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
          {"p99_s", quantile(rates.p99_s)}};
}

Json to_json(const TopRow& row) {
  return {{"target", row.target},
          {"lun", row.lun},
          {"store", row.store},
          {"state", row.state},
          {"read", to_json(row.read)},
          {"write", to_json(row.write)},
          {"other_per_second", row.other_per_second},
          {"errors_per_second", row.errors_per_second},
          {"in_flight", row.in_flight},
          {"oldest_s", row.oldest_s}};
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

// One object per call; --interval says how far the two readings are apart, interval_s how far they
// really were.
std::string top_json(const Top& top) {
  Json json{{"gateway", top.gateway},       {"version", top.version},
            {"interval_s", top.interval_s}, {"heartbeat_age_s", top.heartbeat_age_s},
            {"loops", top.loops},           {"sessions", top.sessions},
            {"luns", Json::array()}};
  for (const TopRow& row : top.rows) json["luns"].push_back(to_json(row));
  return print(json);
}

}  // namespace lungate::ctl
