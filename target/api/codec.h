// SPDX-License-Identifier: LGPL-2.1-or-later

// Messages to lines and back. One JSON object per line, UTF-8:
//
//   {"version":1,"request":"disconnect","session":42}
//   {"version":1,"reply":"done"}
//   {"version":1,"reply":"error","code":"not_found","message":"no session 43","details":[]}
//
// Whoever may open the socket may send anything: every parse error is a value. An unknown field of
// a request is an error (it would have been meant), one of a reply is skipped (the target is
// newer). Pure and thread-safe; nlohmann-json stays behind codec.cc.
#pragma once

#include <string>
#include <string_view>

#include "api/messages.h"
#include "base/result.h"

namespace lungate::api {

/// Ends with the newline. Bytes of text that are not UTF-8 become U+FFFD.
std::string to_line(const Request& request);
std::string to_line(const Reply& reply);

/// `line` with or without its newline, at most limits::kControlRequestBytesMax bytes. The Error is
/// fit to be sent back as it is.
Result<Request, Error> parse_request(std::string_view line);

/// At most limits::kControlReplyBytesMax bytes. The Error (code kBadRequest or kVersion) means that
/// the line is no reply; a reply that says "error" is a value.
Result<Reply, Error> parse_reply(std::string_view line);

/// "bad_request", ...; the words of the wire.
std::string_view name(ErrorCode code);

/// The same fields as on the wire, in the same order, so that one description serves both.
/// The reply as indented JSON for people and scripts (`--json`), without protocol fields.
std::string to_json(const Reply& reply);

}  // namespace lungate::api
