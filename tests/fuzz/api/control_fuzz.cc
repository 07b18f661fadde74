// SPDX-License-Identifier: LGPL-2.1-or-later
// A line of the control socket, read by the target (a request) and by the command (a reply). Who
// may open the socket may send anything, and a command may meet a target of another release, or
// what is no target at all.
//
// A line is a message, which written and read again is itself, or an Error, which can be sent back.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "api/codec.h"
#include "tests/fuzz/require.h"

namespace {

using namespace lungate;
using namespace lungate::api;
using fuzz::require;

/// What a line says is one line, however strange its texts are.
std::string line_of(const auto& message) {
  std::string line = to_line(message);
  require(line.find('\n') == line.size() - 1);
  return line;
}

void check_error(const Error& error) {
  require(error.code == ErrorCode::kBadRequest || error.code == ErrorCode::kVersion ||
          error.code == ErrorCode::kUnknownRequest);
  const auto read = parse_reply(line_of(Reply(error)));
  require(read.has_value() && std::get<Error>(*read) == error);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  if (const auto request = parse_request(line)) {
    const auto again = parse_request(line_of(*request));
    require(again.has_value() && *again == *request);
  } else {
    check_error(request.error());
  }
  if (const auto reply = parse_reply(line)) {
    const auto again = parse_reply(line_of(*reply));
    require(again.has_value() && *again == *reply);
    require(!to_json(*reply).empty());
  } else {
    check_error(reply.error());
  }
  return 0;
}
