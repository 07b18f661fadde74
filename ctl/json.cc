// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/json.h"

#include <nlohmann/json.hpp>

#include "config/dump.h"
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

Json quantile(double seconds) {
  return seconds > 0 ? Json(seconds) : Json(nullptr);
}

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

std::string check_json(const std::string& file,
                       const Result<config::Config, config::Errors>& parsed, bool with_config) {
  Json json{{"file", file}, {"ok", parsed.has_value()}, {"errors", Json::array()}};
  if (!parsed) {
    for (const config::Error& error : parsed.error()) json["errors"].push_back(to_json(error));
  } else {
    json["group_hash"] = hash_text(config::group_hash(*parsed));
    if (with_config) json["config"] = config::to_toml(*parsed);
  }
  return print(json);
}

std::string top_json(const Top& top) {
  Json json{{"gateway", top.gateway},       {"version", top.version},
            {"interval_s", top.interval_s}, {"heartbeat_age_s", top.heartbeat_age_s},
            {"loops", top.loops},           {"sessions", top.sessions},
            {"luns", Json::array()}};
  for (const TopRow& row : top.rows) json["luns"].push_back(to_json(row));
  return print(json);
}

}  // namespace lungate::ctl
