// SPDX-License-Identifier: LGPL-2.1-or-later

// Registrations, reservation and work that has not ended as text, for the store to keep beside the
// image (APTPL: SPC-4, 5.13.5.1; a failed SANITIZE: SBC-3, 4.11.4):
//
//   {"version":1,"persists":true,
//    "registrations":[
//      {"initiator_port":"iqn...,i,0x...","target_port":1,"key":"00000000000000ab"}],
//    "type":5,"holder":0,
//    "medium":{"work":"overwrite","unrestricted_exit":true}}
//
// "holder" is a position in the registrations, so that no state can be written whose holder is not
// registered. "medium" is there only when there is something to say: a release that does not know
// it refuses such a state, and reads every other. What is read may be anybody's bytes: size and
// depth are bounded before they are looked at, nothing throws, and whatever differs from the form
// above is refused with the name of the field. Half a state would be worse than none: it would let
// in whom the rest keeps out.
#include "scsi/kept_state.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/limits.h"
#include "scsi/transport_id.h"

namespace lungate::scsi {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kVersion = 1;
/// The object, the array, an object in it.
constexpr int kDepthMax = 3;
constexpr std::size_t kKeyDigits = 16;

std::string hex_of(std::uint64_t key) {
  std::string text(kKeyDigits, '0');
  for (std::size_t i = kKeyDigits; i-- > 0; key >>= 4) text[i] = "0123456789abcdef"[key & 0xf];
  return text;
}

Json to_json(const Registration& registration) {
  return {{"initiator_port", registration.nexus.initiator_port},
          {"target_port", registration.nexus.relative_target_port},
          {"key", hex_of(registration.key)}};
}

struct WorkName {
  MediumWork work;
  std::string_view name;
};
constexpr std::array kWorkNames = {WorkName{MediumWork::kFormat, "format"},
                                   WorkName{MediumWork::kBlockErase, "block_erase"},
                                   WorkName{MediumWork::kOverwrite, "overwrite"}};

Json to_json(const MediumFailure& failure) {
  const auto row = std::ranges::find(kWorkNames, failure.work, &WorkName::work);
  check(row != kWorkNames.end(), "what has failed is work");
  return {{"work", row->name}, {"unrestricted_exit", failure.unrestricted_exit}};
}

// Each of these gives nothing for what is not there or of another kind.

const Json* field(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

std::optional<std::uint64_t> number(const Json& object, const char* name) {
  const Json* value = field(object, name);
  if (value == nullptr || !value->is_number_unsigned()) return std::nullopt;
  return value->get<std::uint64_t>();
}

std::string_view text(const Json& object, const char* name) {
  const Json* value = field(object, name);
  if (value == nullptr || !value->is_string()) return {};
  return value->get_ref<const std::string&>();
}

/// 0, which is no key, if it is none.
std::uint64_t key_of(std::string_view digits) {
  std::uint64_t key = 0;
  if (digits.size() != kKeyDigits) return 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), key, 16);
  return error == std::errc{} && end == digits.data() + digits.size() ? key : 0;
}

std::optional<Registration> to_registration(const Json& json) {
  if (!json.is_object() || json.size() != 3) return std::nullopt;
  const std::string_view initiator_port = text(json, "initiator_port");
  const std::uint64_t target_port = number(json, "target_port").value_or(0);
  const std::uint64_t key = key_of(text(json, "key"));
  if (port_name(initiator_port) != initiator_port) return std::nullopt;
  if (target_port == 0 || target_port > 0xffff || key == 0) return std::nullopt;
  return Registration{{std::string(initiator_port), static_cast<std::uint16_t>(target_port)}, key};
}

using Decoded = Result<KeptState, std::string>;

Decoded damaged(std::string_view where) {
  return err("the stored state is damaged: " + std::string(where));
}

/// JSON that goes no deeper than ours. Nothing: it is none, or goes deeper. The parser does not
/// recurse; what is too deep is dropped as it comes, not kept until the end.
std::optional<Json> parse(std::string_view stored) {
  bool too_deep = false;
  const auto watch = [&](int depth, Json::parse_event_t event, const Json&) {
    using Event = Json::parse_event_t;
    const bool opens = event == Event::object_start || event == Event::array_start;
    too_deep = too_deep || (opens && depth >= kDepthMax);
    return !too_deep;
  };
  Json json = Json::parse(stored, watch, /*allow_exceptions=*/false);
  if (too_deep || !json.is_object()) return std::nullopt;
  return json;
}

/// "registrations", into `state`; what is wrong with it, or nothing.
std::string_view read_registrations(const Json& json, Reservations& state) {
  const Json* list = field(json, "registrations");
  if (list == nullptr || !list->is_array()) return "no registrations";
  if (list->size() > limits::kRegistrationsMax) return "too many registrations";
  for (const Json& item : *list) {
    const auto registration = to_registration(item);
    if (!registration) return "a registration is none";
    if (state.find(registration->nexus) != nullptr) return "a nexus is registered twice";
    state.registrations.push_back(*registration);
  }
  return {};
}

/// "type" and "holder", which come together or, with all registrants, as the type alone.
std::string_view read_reservation(const Json& json, Reservations& state) {
  const auto code = number(json, "type");
  const auto holder = number(json, "holder");
  if (!code || *code > 0xff) return "no type";
  state.type = reservation_type(static_cast<std::uint8_t>(*code));
  if (!state.type) return "an unknown type";
  if (state.registrations.empty()) return "a reservation without registrations";
  if (for_all_registrants(*state.type)) return field(json, "holder") == nullptr ? "" : "a holder";
  if (!holder || *holder >= state.registrations.size()) return "no holder";
  state.holder = state.registrations[*holder].nexus;
  return {};
}

/// "medium"; what is wrong with it, or nothing.
std::string_view read_medium(const Json& json, KeptState& state) {
  const Json* medium = field(json, "medium");
  if (medium == nullptr) return {};
  if (!medium->is_object() || medium->size() != 2) return "the medium's work";
  const auto row = std::ranges::find(kWorkNames, text(*medium, "work"), &WorkName::name);
  const Json* exit = field(*medium, "unrestricted_exit");
  if (row == kWorkNames.end()) return "an unknown work";
  if (exit == nullptr || !exit->is_boolean()) return "whether a failure may be left";
  state.medium = MediumFailure{row->work, exit->get<bool>()};
  return {};
}

}  // namespace

std::optional<MediumFailure> failure_of(const MediumActivityPtr& activity) {
  if (activity == nullptr) return std::nullopt;
  return MediumFailure{activity->work, activity->unrestricted_exit};
}

MediumActivityPtr activity_of(const std::optional<MediumFailure>& failure) {
  if (!failure) return nullptr;
  return std::make_shared<const MediumActivity>(
      MediumActivity{failure->work, true, failure->unrestricted_exit, nullptr});
}

std::string encode_state(const KeptState& state) {
  const Reservations& reservations = state.reservations;
  Json json = {{"version", kVersion}, {"persists", reservations.persists}};
  Json list = Json::array();
  if (reservations.persists)
    for (const Registration& registration : reservations.registrations)
      list.push_back(to_json(registration));
  json["registrations"] = std::move(list);
  if (reservations.persists && reservations.type) {
    json["type"] = static_cast<unsigned>(*reservations.type);
    if (reservations.holder) {
      const Registration* holder = reservations.find(*reservations.holder);
      check(holder != nullptr, "the holder is registered");
      json["holder"] = holder - reservations.registrations.data();
    }
  }
  if (state.medium) json["medium"] = to_json(*state.medium);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Decoded decode_state(Bytes stored) {
  if (stored.empty()) return KeptState{};
  if (stored.size() > limits::kUnitStateBytesMax) return damaged("too long");
  const auto json = parse(text_of(stored));
  if (!json) return damaged("not the JSON that we write");
  const auto version = number(*json, "version");
  if (!version) return damaged("no version");
  if (*version != kVersion)
    return err("the stored state is of version " + std::to_string(*version) +
               ", this release knows version " + std::to_string(kVersion));

  KeptState state;
  Reservations& reservations = state.reservations;
  const Json* persists = field(*json, "persists");
  if (persists == nullptr || !persists->is_boolean()) return damaged("whether they persist");
  reservations.persists = persists->get<bool>();
  std::string_view problem = read_registrations(*json, reservations);
  const bool reserved = field(*json, "type") != nullptr || field(*json, "holder") != nullptr;
  if (problem.empty() && reserved) problem = read_reservation(*json, reservations);
  if (problem.empty() && !reservations.persists && !reservations.empty())
    problem = "kept without being asked to";
  if (problem.empty()) problem = read_medium(*json, state);
  const std::size_t fields = 3 + (reservations.type ? 1u : 0u) + (reservations.holder ? 1u : 0u) +
                             (state.medium ? 1u : 0u);
  if (problem.empty() && json->size() != fields) problem = "an unknown field";
  if (!problem.empty()) return damaged(problem);
  return state;
}

}  // namespace lungate::scsi
