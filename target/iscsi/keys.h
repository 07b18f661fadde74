// SPDX-License-Identifier: LGPL-2.1-or-later

// Every key of RFC 7143, 12 and 13, as one row: how it is negotiated, in which range, and when it
// may be sent. The code that negotiates (negotiation.h) knows kinds, not keys.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "iscsi/parameters.h"

namespace lungate::iscsi {

/// How the answer to an offer comes about (RFC 7143, 6.2).
enum class KeyKind : std::uint8_t {
  kBooleanAnd,     // Yes if both say Yes
  kBooleanOr,      // Yes if either says Yes
  kNumberMin,      // the smaller value
  kNumberMax,      // the larger value
  kList,           // the first of the offered values that we take
  kDeclareNumber,  // the initiator tells, nothing is answered
  kDeclareText,    // as above; kept by whoever needs it (login: names), not by the negotiation
  kAlwaysNo,       // obsolete (13.25): may be answered No, never NotUnderstood
  kAlwaysReject,   // obsolete (13.25): must be answered Reject
  kTargetOnly,     // only a target may send it: an offer is a mistake, answered Reject
  kElsewhere,      // understood, but not by negotiation: AuthMethod and CHAP_* (login), SendTargets
};

/// Where a key may be sent. A bit set.
using KeyPhases = std::uint8_t;
inline constexpr KeyPhases kInSecurity = 1;
inline constexpr KeyPhases kInOperational = 2;
inline constexpr KeyPhases kInFullFeature = 4;
inline constexpr KeyPhases kInLogin = kInSecurity | kInOperational;
inline constexpr KeyPhases kInAll = kInLogin | kInFullFeature;

/// What we say of ourselves in iSCSIProtocolLevel (13.24): 1 is RFC 7143 itself, 2 what
/// RFC 7144 adds (QUERY TASK and its kin).
inline constexpr std::uint64_t kProtocolLevel = 2;

struct KeyRow {
  std::string_view name;
  KeyKind kind;
  KeyPhases phases;
  bool discovery;     // false: irrelevant in a discovery session
  bool repeatable;    // may be declared again (13: "ALL")
  std::uint64_t low;  // numbers: the admissible range
  std::uint64_t high;
  /// Answered after the other keys of the same text, on whose outcome it depends. An initiator may
  /// write FirstBurstLength before MaxBurstLength; answering in that order would agree to a first
  /// burst that the next line forbids. The order of answers is free (6.2), their consistency is
  /// not.
  bool late;
  /// Our own side of the offer: a number, 0 or 1 for booleans. Null for kinds that have none.
  std::uint64_t (*ours)(const TargetParameters& offer, const Parameters& current);
  /// Lists: whether we take this value. Null elsewhere.
  bool (*takes)(const TargetParameters& offer, std::string_view value);
  /// Stores the outcome (number, 0 or 1; for lists 1 if the value is not the default). May be null.
  void (*apply)(Parameters& parameters, std::uint64_t outcome);
  std::string_view section;  // of RFC 7143
};

std::span<const KeyRow> key_table();
/// Null for a key that we do not know. Key names are case-sensitive (6.1).
const KeyRow* find_key(std::string_view name);

}  // namespace lungate::iscsi
