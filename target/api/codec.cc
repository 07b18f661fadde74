// SPDX-License-Identifier: LGPL-2.1-or-later

// The control socket's lines. The target (control/control_socket.cc, on the home loop) parses
// requests and writes replies, the `lungate` command the other way. Whoever may open the socket may
// send anything, and the command may meet anything at the socket's path: a line is bounded before
// it is looked at, its depth before it is parsed, and every difference from a message is an Error
// that names the field. No exception of nlohmann-json gets out: it parses without throwing, and
// what is read from its values has been asked for its type before.
//
// A message is its list of fields (fields.h); this file turns lists into JSON and back and knows no
// message by name. Strict towards requests, because who sends a field means something by it;
// lenient towards replies, because an older command must be able to talk to a newer target.
#include "api/codec.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "api/fields.h"
#include "base/limits.h"

namespace lungate::api {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, kErrorCodes> kErrorNames{
    "bad_request",   "unknown_request", "version", "not_found", "bad_config",
    "needs_restart", "refused",         "busy",    "internal"};

// --- Values to JSON ------------------------------------------------------------------------------

template <class T>
// An object has every field, also those that are at their default: who reads a reply need not know
// our defaults.
Json to_object(const T& message);

// 64-bit numbers go out as JSON numbers. JavaScript would round them above 2^53; our ids and sizes
// stay below, and scripts in other languages read them whole.
Json to_value(std::integral auto value) {
  return value;
}
Json to_value(const std::string& text) {
  return text;
}
Json to_value(log::Level level) {
  return log::level_name(level);
}
Json to_value(ErrorCode code) {
  return name(code);
}
// Keys are RFC 7143's, each once, in the table's order.
Json to_value(const Parameters& parameters) {
  Json object = Json::object();
  for (const auto& [key, value] : parameters) object[key] = value;
  return object;
}
template <class T>
Json to_value(const std::vector<T>& items) {
  Json array = Json::array();
  for (const T& item : items) {
    if constexpr (HasFields<T>) {
      array.push_back(to_object(item));
    } else {
      array.push_back(to_value(item));
    }
  }
  return array;
}

template <class T>
Json to_object(const T& message) {
  Json object = Json::object();
  // The lists of fields serve both directions and so take a mutable message; this one only reads.
  each_field(const_cast<T&>(message), [&](std::string_view field, const auto& value) {
    object[std::string(field)] = to_value(value);
  });
  return object;
}

// --- JSON to values: false when the type or the range is not the field's
// ---------------------------

// UTF-8 has been checked by the parser, which refuses the line otherwise.
bool from_value(const Json& json, std::string& out) {
  if (!json.is_string()) return false;
  out = json.get<std::string>();
  return true;
}
// A type is asked for, never converted: 1 is not true, "5" is not 5.
bool from_value(const Json& json, bool& out) {
  if (!json.is_boolean()) return false;
  out = json.get<bool>();
  return true;
}
template <std::unsigned_integral T>
bool from_value(const Json& json, T& out) {
  if (!json.is_number_unsigned()) return false;
  const auto value = json.get<std::uint64_t>();
  if (value > std::numeric_limits<T>::max()) return false;
  out = static_cast<T>(value);
  return true;
}
bool from_value(const Json& json, log::Level& out) {
  return json.is_string() && log::parse_level(json.get<std::string>(), out);
}
// The name of an error code that this program does not know is read as kInternal.
bool from_value(const Json& json, ErrorCode& out) {
  if (!json.is_string()) return false;
  const auto row = std::ranges::find(kErrorNames, json.get<std::string>());
  out = row == kErrorNames.end() ? ErrorCode::kInternal
                                 : static_cast<ErrorCode>(row - kErrorNames.begin());
  return true;
}
// An object whose order means something: ordered_json keeps the order of the text.
bool from_value(const Json& json, Parameters& out) {
  if (!json.is_object()) return false;
  for (const auto& [key, value] : json.items()) {
    if (!value.is_string()) return false;
    out.emplace_back(key, value.get<std::string>());
  }
  return true;
}
// A list of messages: the codec of its elements is defined below and calls back here.
template <class T>
std::string from_object(const Json& json, T& message);
template <class T>
bool from_value(const Json& json, std::vector<T>& out) {
  if (!json.is_array()) return false;
  for (const Json& item : json) {
    T& element = out.emplace_back();
    if constexpr (HasFields<T>) {
      if (!item.is_object() || !from_object(item, element).empty()) return false;
    } else {
      if (!from_value(item, element)) return false;
    }
  }
  return true;
}

/// Fields that are absent keep their default; the name of the first bad one, empty when all is
/// well.
template <class T>
std::string from_object(const Json& json, T& message) {
  std::string bad;
  each_field(message, [&](std::string_view field, auto& value) {
    const auto found = json.find(std::string(field));
    if (found != json.end() && bad.empty() && !from_value(*found, value)) bad = field;
  });
  return bad;
}

template <class T>
// How many fields a request must have: all of them, since none has a default that its sender could
// mean.
std::size_t field_count() {
  std::size_t count = 0;
  T message;
  each_field(message, [&](std::string_view, const auto&) { ++count; });
  return count;
}

// --- Lines
// -----------------------------------------------------------------------------------------

// The sentence goes back to whoever sent the line, so it quotes names of ours only.
tl::unexpected<Error> bad_request(std::string message) {
  return err(Error{ErrorCode::kBadRequest, std::move(message), {}});
}

/// Brackets nested deeper than our messages ever are; strings are skipped as JSON has them.
/// nlohmann-json parses without recursion, but whatever walks or prints the result recurses.
bool too_deep(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > limits::kControlDepthMax) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

/// The line as a JSON object of our version.
Result<Json, Error> parse_object(std::string_view line, std::size_t bytes_max) {
  if (line.size() > bytes_max) {
    return bad_request("the line is longer than " + std::to_string(bytes_max) + " bytes");
  }
  if (too_deep(line)) return bad_request("the line is nested too deep");
  Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return bad_request("the line is not a JSON object");
  std::uint64_t version = 0;
  if (!json.contains("version") || !from_value(json["version"], version)) {
    return bad_request("'version' is missing or not a number");
  }
  if (version != kProtocolVersion) {
    return err(Error{ErrorCode::kVersion,
                     "version " + std::to_string(version) + " is spoken there, version " +
                         std::to_string(kProtocolVersion) + " here",
                     {}});
  }
  return json;
}

/// {"version":1,"<kind>":"<word>", fields...}
template <class Message>
std::string make_line(std::string_view kind, const Message& message) {
  Json json = Json::object();
  json["version"] = kProtocolVersion;
  std::visit(
      [&]<class T>(const T& body) {
        json[std::string(kind)] = word<T>();
        json.update(to_object(body));
      },
      message);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// Tries the alternatives of a variant by their word. Nothing: none has it.
template <class Message, std::size_t kIndex = 0>
std::optional<Message> make_named(std::string_view wanted) {
  if constexpr (kIndex == std::variant_size_v<Message>) {
    return {};
  } else {
    using T = std::variant_alternative_t<kIndex, Message>;
    if (word<T>() == wanted) return Message(T{});
    return make_named<Message, kIndex + 1>(wanted);
  }
}

/// The message that json[kind] names, its fields still to be filled in.
template <class Message>
// "Unknown" is an error of its own, so that an old target's answer to a new command can be told
// from a mistake. The word is escaped: it may be anything.
Result<Message, Error> begin_message(const Json& json, const std::string& kind) {
  std::string wanted;
  if (!json.contains(kind) || !from_value(json[kind], wanted)) {
    return bad_request("'" + kind + "' is missing or not a string");
  }
  auto message = make_named<Message>(wanted);
  if (!message) {
    return err(
        Error{ErrorCode::kUnknownRequest, "unknown " + kind + " " + log::escape(wanted), {}});
  }
  return *std::move(message);
}

}  // namespace

std::string_view name(ErrorCode code) {
  return kErrorNames[static_cast<std::size_t>(code)];
}

std::string to_line(const Request& request) {
  return make_line("request", request);
}

std::string to_line(const Reply& reply) {
  return make_line("reply", reply);
}

// Strict: who sends a field means something by it, and a request half understood is refused.
Result<Request, Error> parse_request(std::string_view line) {
  const auto json = parse_object(line, limits::kControlRequestBytesMax);
  if (!json) return err(json.error());
  auto request = begin_message<Request>(*json, "request");
  if (!request) return request;
  const std::string problem = std::visit(
      [&]<class T>(T& body) -> std::string {
        const std::string bad = from_object(*json, body);
        if (!bad.empty()) return "'" + bad + "' has the wrong type or is out of range";
        // Every field of a request is needed, and nothing but its fields is taken.
        std::size_t present = 0;
        each_field(body, [&](std::string_view field, const auto&) {
          present += json->contains(std::string(field)) ? 1u : 0u;
        });
        if (present < field_count<T>()) return "a field is missing";
        return json->size() > present + 2 ? "there is an unknown field" : "";
      },
      *request);
  if (!problem.empty()) return bad_request(problem);
  return request;
}

// Lenient: an older `lungate` reads a newer target's answer and leaves out what it does not know.
Result<Reply, Error> parse_reply(std::string_view line) {
  const auto json = parse_object(line, limits::kControlReplyBytesMax);
  if (!json) return err(json.error());
  auto reply = begin_message<Reply>(*json, "reply");
  if (!reply) return reply;
  const std::string bad = std::visit([&](auto& body) { return from_object(*json, body); }, *reply);
  if (!bad.empty()) return bad_request("'" + bad + "' has the wrong type or is out of range");
  return reply;
}

// No version and no "reply": a script knows what it has asked for.
std::string to_json(const Reply& reply) {
  const Json json = std::visit([](const auto& body) { return to_object(body); }, reply);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace lungate::api
