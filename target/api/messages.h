// SPDX-License-Identifier: LGPL-2.1-or-later

// What the control socket speaks, as plain values. codec.h turns them into lines and back.
//
//   lungate                             lungate-target
//     |--- one line: a Request ------------>|
//     |<-- one line: a Reply (or Error) ----|      any number of times, in order, then close
//
// A new request is a struct here, a word and a list of fields in fields.h, and a branch in
// control's dispatcher (control/requests.cc). Requests are answered from the home loop, between
// other things: none may take longer than it takes to look something up, but Reload, which answers
// when it is done.
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

/// Answered with a Status, at any time of the target's life.
struct GetStatus {
  bool operator==(const GetStatus&) const = default;
};
/// Answered with Sessions: those that are logged in, discovery included.
struct ListSessions {
  bool operator==(const ListSessions&) const = default;
};
/// Closes the session's connections as if the network had; its initiator may log in again.
struct Disconnect {
  std::uint64_t session = 0;  // SessionInfo::id
  bool operator==(const Disconnect&) const = default;
};
/// Until the next start, or a reload that changes [log]; the file is not written.
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

/// One address that the target listens on.
struct PortalStatus {
  std::uint16_t tag = 0;
  std::string address;  // "127.0.0.1:3260": what the kernel has bound, never port 0
  bool operator==(const PortalStatus&) const = default;
};

/// One disk as it is now. Texts of `state` and `reason` are for people; scripts compare `state`.
struct LunStatus {
  std::uint16_t id = 0;
  std::string backend;  // "rbd", "file", "null"
  std::string store;    // what it is made of: "rbd:pool/image"
  std::string state;    // "ready", "opening", "offline", "closing"
  std::string reason;   // why it is not ready; empty when it is
  std::uint64_t size_bytes = 0;
  std::uint32_t block_size = 0;
  bool read_only = false;
  std::string wwn = {};  // the NAA designator in hex; empty until its store has been open
  bool operator==(const LunStatus&) const = default;
};

/// One target with its disks, ascending by number.
struct TargetStatus {
  std::string iqn;
  std::string alias;
  std::vector<LunStatus> luns;
  bool operator==(const TargetStatus&) const = default;
};

/// The whole of a gateway at one moment, small enough for one line: what `lungate status` shows.
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

/// One session. Names and aliases are the initiator's own words: to be escaped where they are
/// shown.
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
  std::uint32_t in_flight = 0;              // commands
  std::uint32_t round_trip_us = 0;          // TCP's, smoothed; 0: not known
  std::uint64_t sent_bytes = 0;             // by TCP, to the initiator
  std::uint64_t retransmitted_bytes = 0;    // of them, again
  std::uint64_t out_of_order_segments = 0;  // of TCP, from the initiator
  std::vector<std::uint16_t> luns;          // what its access shows, ascending
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

/// Reload: what was changed, one sentence each ("lun 3 of iqn... added: ..., online"); empty:
/// nothing to change. And what is right and perhaps not meant (config/warnings.h).
struct Reloaded {
  std::vector<std::string> changes;
  std::vector<std::string> warnings = {};
  bool operator==(const Reloaded&) const = default;
};

/// Why a request was not done. A code decides what a script does next, so codes are few and stay;
/// the sentence beside it is for people and may change.
enum class ErrorCode : std::uint8_t {
  kBadRequest,      // not a line of this protocol
  kUnknownRequest,  // well formed, but this target does not know it
  kVersion,         // the other side speaks another version
  kNotFound,        // no such session
  kBadConfig,       // the file is wrong: `details` holds one line for each error
  kNeedsRestart,    // the file is right, but something in it can only change at a start
  kRefused,         // the file is right, but applying it would harm what is served
  kBusy,            // a reload or a drain is in progress, or too many connections
  kInternal,
};
inline constexpr std::size_t kErrorCodes = 9;

/// A "no". Nothing of the request has been done.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;               // one sentence for people
  std::vector<std::string> details;  // may be empty
  bool operator==(const Error&) const = default;
};

/// Every request has one of these for an answer, and any may be answered with an Error.
using Reply = std::variant<Status, Sessions, Done, Reloaded, Error>;

}  // namespace lungate::api
