// SPDX-License-Identifier: LGPL-2.1-or-later

// What the control socket speaks, as plain values. codec.h turns them into lines and back.
//
//   lungate                             lungate-target
//     |--- one line: a Request ------------>|
//     |<-- one line: a Reply (or Error) ----|      any number of times, in order, then close
//
// A new request is a struct here, a row in codec.cc and a branch in control's dispatcher.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/log.h"

namespace lungate::api {

/// Both sides send it; another number is refused. Raised when a field changes its meaning, not when
/// one is added.
inline constexpr std::uint64_t kProtocolVersion = 1;

// --- Requests ----------------------------------------------------------------------------------

struct GetStatus {
  bool operator==(const GetStatus&) const = default;
};
struct ListSessions {
  bool operator==(const ListSessions&) const = default;
};
/// Closes the session's connections as if the network had; its initiator may log in again.
struct Disconnect {
  std::uint64_t session = 0;  // SessionInfo::id
  bool operator==(const Disconnect&) const = default;
};
struct SetLogLevel {
  log::Level level = log::Level::kInfo;
  bool operator==(const SetLogLevel&) const = default;
};
/// Reads the configuration file again and applies what changed; a bad file is refused whole.
struct Reload {
  bool operator==(const Reload&) const = default;
};

using Request = std::variant<GetStatus, ListSessions, Disconnect, SetLogLevel, Reload>;

// --- Replies -----------------------------------------------------------------------------------

struct PortalStatus {
  std::uint16_t tag = 0;
  std::string address;  // "127.0.0.1:3260": what the kernel has bound, never port 0
  bool operator==(const PortalStatus&) const = default;
};

struct LunStatus {
  std::uint16_t id = 0;
  std::string backend;  // "rbd", "file", "null"
  std::string store;    // what it is made of: "rbd:pool/image"
  std::string state;    // "ready", "opening", "offline", "closing"
  std::string reason;   // why it is not ready; empty when it is
  std::uint64_t size_bytes = 0;
  std::uint32_t block_size = 0;
  bool read_only = false;
  bool operator==(const LunStatus&) const = default;
};

struct TargetStatus {
  std::string iqn;
  std::string alias;
  std::vector<LunStatus> luns;
  bool operator==(const TargetStatus&) const = default;
};

struct Status {
  std::string gateway;
  std::string version;  // of lungate-target
  std::string state;    // "starting", "serving", "reloading", "draining", "closing"
  std::uint64_t pid = 0;
  std::uint64_t uptime_s = 0;
  std::uint32_t loops = 0;
  std::uint64_t sessions = 0;
  std::uint64_t connections = 0;  // logged in or not
  std::string config_file;
  std::string config_hash;  // 16 hex digits: config::group_hash()
  std::string segment;      // path of the telemetry segment
  log::Level log_level = log::Level::kInfo;
  std::vector<PortalStatus> portals;
  std::vector<TargetStatus> targets;
  bool operator==(const Status&) const = default;
};

struct SessionInfo {
  std::uint64_t id = 0;   // of this process, never reused
  std::string initiator;  // InitiatorName
  std::string alias;      // InitiatorAlias, may be empty
  std::string target;     // empty: a discovery session
  std::string isid;       // 12 hex digits
  std::uint16_t tsih = 0;
  std::uint16_t tag = 0;  // portal group
  std::string peer;       // "10.0.0.7:41234"
  std::string portal;     // "10.0.0.1:3260"
  std::uint32_t loop = 0;
  std::uint64_t since_unix_ms = 0;
  std::uint32_t in_flight = 0;      // commands
  std::vector<std::uint16_t> luns;  // what its access shows, ascending
  /// Negotiated keys in RFC 7143's spelling and order: {"MaxBurstLength", "1048576"}.
  std::vector<std::pair<std::string, std::string>> parameters;
  bool operator==(const SessionInfo&) const = default;
};

struct Sessions {
  std::vector<SessionInfo> sessions;
  bool operator==(const Sessions&) const = default;
};

/// Disconnect and SetLogLevel: it is done.
struct Done {
  bool operator==(const Done&) const = default;
};

/// Reload: what was changed, one sentence each ("lun 3 of iqn... added"); empty: nothing to change.
struct Reloaded {
  std::vector<std::string> changes;
  bool operator==(const Reloaded&) const = default;
};

enum class ErrorCode : std::uint8_t {
  kBadRequest,      // not a line of this protocol
  kUnknownRequest,  // well formed, but this target does not know it
  kVersion,         // the other side speaks another version
  kNotFound,        // no such session
  kBadConfig,       // the file is wrong: `details` holds one line for each error
  kNeedsRestart,    // the file is right, but something in it can only change at a start
  kBusy,            // a reload or a drain is in progress, or too many connections
  kInternal,
};
inline constexpr std::size_t kErrorCodes = 8;

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;               // one sentence for people
  std::vector<std::string> details;  // may be empty
  bool operator==(const Error&) const = default;
};

using Reply = std::variant<Status, Sessions, Done, Reloaded, Error>;

}  // namespace lungate::api
