// SPDX-License-Identifier: LGPL-2.1-or-later

// The table of text keys and the small functions that its rows are made of. Negotiation looks a
// peer's key up here, on any thread: the table is constant. A key that is not here is answered
// NotUnderstood; a value outside its row's range is answered Reject. To add a key, add a row: the
// tests walk the table, and negotiation.cc knows kinds, not keys.
#include "iscsi/keys.h"

#include <algorithm>
#include <array>

namespace lungate::iscsi {
namespace {

// Functions of the rows: our side of an offer, and what its outcome changes.

using Offer = TargetParameters;
using Ours = std::uint64_t (*)(const TargetParameters&, const Parameters&);
using Takes = bool (*)(const TargetParameters&, std::string_view);
using Apply = void (*)(Parameters&, std::uint64_t);

constexpr std::uint64_t kSegmentLow = 512;
constexpr std::uint64_t kSegmentHigh = 0xff'ffff;
constexpr std::uint64_t kSecondsHigh = 3600;

/// Our side when nothing but one value is built.
template <std::uint64_t kValue>
std::uint64_t always(const Offer&, const Parameters&) {
  return kValue;
}

/// Our side when the operator has a say.
template <auto kMember>
std::uint64_t offered(const Offer& offer, const Parameters&) {
  return offer.*kMember;
}

/// Stores the outcome in its field.
template <auto kMember>
void set(Parameters& parameters, std::uint64_t outcome) {
  using Field = std::remove_reference_t<decltype(parameters.*kMember)>;
  parameters.*kMember = static_cast<Field>(outcome);  // in range: the row's range is the field's
}

/// FirstBurstLength must not exceed the MaxBurstLength that was agreed upon (13.14).
std::uint64_t first_burst(const Offer& offer, const Parameters& current) {
  return std::min(offer.first_burst_bytes, current.max_burst_bytes);
}

/// The two algorithms of 13.1. Private ones (X-...) are not taken.
template <auto kPolicy>
bool takes_digest(const Offer& offer, std::string_view value) {
  const DigestPolicy& policy = offer.*kPolicy;
  return (value == "None" && policy.none) || (value == "CRC32C" && policy.crc32c);
}

/// Tasks are ended as RFC 3720 says: neither FastAbort nor ResponseFence is built.
bool takes_task_reporting(const Offer&, std::string_view value) {
  return value == "RFC3720";
}

// Makers of rows, so that a row shows what is particular to its key.

// `discovery` says whether the key means something without a target (13: "Irrelevant when:
// SessionType=Discovery"). Low and high are the RFC's, not ours: our own limit is the offer, and a
// result is min() or max() of both, which never leaves the range.
constexpr KeyRow number(std::string_view name, KeyKind kind, bool discovery, std::uint64_t low,
                        std::uint64_t high, Ours ours, Apply apply, std::string_view section) {
  return {name, kind,  kInOperational, discovery, false, low,
          high, false, ours,           nullptr,   apply, section};
}

constexpr KeyRow boolean(std::string_view name, KeyKind kind, Ours ours, Apply apply,
                         std::string_view section) {
  return {name, kind, kInOperational, false, false, 0, 1, false, ours, nullptr, apply, section};
}

// A list has no "ours": which of the offered values we take is asked one by one, in the initiator's
// order.
constexpr KeyRow list(std::string_view name, bool discovery, Takes takes, Apply apply,
                      std::string_view section) {
  return {name, KeyKind::kList, kInOperational, discovery, false, 0,
          1,    false,          nullptr,        takes,     apply, section};
}

// Keys without an outcome of ours: obsolete ones, declarations that others read, those of a target.
constexpr KeyRow other(std::string_view name, KeyKind kind, KeyPhases phases, bool repeatable,
                       std::string_view section) {
  return {name, kind, phases, true, repeatable, 0, 0, false, nullptr, nullptr, nullptr, section};
}

using P = Parameters;

constexpr std::array kTable = {
    // --- Operational, negotiated ---
    // Both digests default to None.
    list("HeaderDigest", true, takes_digest<&Offer::header_digest>, set<&P::header_digest>, "13.1"),
    list("DataDigest", true, takes_digest<&Offer::data_digest>, set<&P::data_digest>, "13.1"),
    // One connection per session: several would need commands ordered across loops.
    number("MaxConnections", KeyKind::kNumberMin, false, 1, 65535, always<1>,
           set<&P::max_connections>, "13.2"),
    // Yes from either side forbids unsolicited Data-Out; No from either side immediate data.
    boolean("InitialR2T", KeyKind::kBooleanOr, offered<&Offer::initial_r2t>, set<&P::initial_r2t>,
            "13.10"),
    boolean("ImmediateData", KeyKind::kBooleanAnd, offered<&Offer::immediate_data>,
            set<&P::immediate_data>, "13.11"),
    // The one key that may be declared again at any time.
    KeyRow{"MaxRecvDataSegmentLength", KeyKind::kDeclareNumber, kInAll, true, true, kSegmentLow,
           kSegmentHigh, false, nullptr, nullptr, set<&P::max_send_data_segment_bytes>, "13.12"},
    number("MaxBurstLength", KeyKind::kNumberMin, false, kSegmentLow, kSegmentHigh,
           offered<&Offer::max_burst_bytes>, set<&P::max_burst_bytes>, "13.13"),
    // Late: the answer may not exceed MaxBurstLength, which the same text may still change.
    KeyRow{"FirstBurstLength", KeyKind::kNumberMin, kInOperational, false, false, kSegmentLow,
           kSegmentHigh, true, first_burst, nullptr, set<&P::first_burst_bytes>, "13.14"},
    number("DefaultTime2Wait", KeyKind::kNumberMax, true, 0, kSecondsHigh,
           offered<&Offer::default_time2wait_s>, set<&P::default_time2wait_s>, "13.15"),
    number("DefaultTime2Retain", KeyKind::kNumberMin, true, 0, kSecondsHigh,
           offered<&Offer::default_time2retain_s>, set<&P::default_time2retain_s>, "13.16"),
    // At most what a transfer has places for: limits::kMaxOutstandingR2t bounds the offer.
    number("MaxOutstandingR2T", KeyKind::kNumberMin, false, 1, 65535,
           offered<&Offer::max_outstanding_r2t>, set<&P::max_outstanding_r2t>, "13.17"),
    // Data goes straight to its place in order: No is never agreed to.
    boolean("DataPDUInOrder", KeyKind::kBooleanOr, always<1>, set<&P::data_pdu_in_order>, "13.18"),
    boolean("DataSequenceInOrder", KeyKind::kBooleanOr, always<1>, set<&P::data_sequence_in_order>,
            "13.19"),
    // Level 0: a connection that errs is closed, the initiator logs in again.
    number("ErrorRecoveryLevel", KeyKind::kNumberMin, true, 0, 2, always<0>,
           set<&P::error_recovery_level>, "13.20"),
    list("TaskReporting", false, takes_task_reporting, nullptr, "13.23"),
    number("iSCSIProtocolLevel", KeyKind::kNumberMin, false, 0, 31, always<kProtocolLevel>,
           set<&P::protocol_level>, "13.24"),

    // --- Obsolete: markers in the stream. Old initiators still offer them ---
    other("IFMarker", KeyKind::kAlwaysNo, kInOperational, false, "13.25"),
    other("OFMarker", KeyKind::kAlwaysNo, kInOperational, false, "13.25"),
    other("IFMarkInt", KeyKind::kAlwaysReject, kInOperational, false, "13.25"),
    other("OFMarkInt", KeyKind::kAlwaysReject, kInOperational, false, "13.25"),

    // --- Declared by the initiator, read by the login ---
    // These three again only as they were: the login machine sees to that.
    other("InitiatorName", KeyKind::kDeclareText, kInLogin, true, "13.5"),
    other("TargetName", KeyKind::kDeclareText, kInLogin, true, "13.4"),
    other("SessionType", KeyKind::kDeclareText, kInLogin, true, "13.21"),
    other("InitiatorAlias", KeyKind::kDeclareText, kInAll, true, "13.7"),

    // --- A target's to declare ---
    other("TargetAlias", KeyKind::kTargetOnly, kInAll, true, "13.6"),
    other("TargetAddress", KeyKind::kTargetOnly, kInAll, true, "13.8"),
    other("TargetPortalGroupTag", KeyKind::kTargetOnly, kInAll, true, "13.9"),

    // --- Answered elsewhere ---
    other("AuthMethod", KeyKind::kElsewhere, kInSecurity, false, "12.1"),
    other("CHAP_A", KeyKind::kElsewhere, kInSecurity, false, "12.1.3"),
    other("CHAP_I", KeyKind::kElsewhere, kInSecurity, false, "12.1.3"),
    other("CHAP_C", KeyKind::kElsewhere, kInSecurity, false, "12.1.3"),
    other("CHAP_N", KeyKind::kElsewhere, kInSecurity, false, "12.1.3"),
    other("CHAP_R", KeyKind::kElsewhere, kInSecurity, false, "12.1.3"),
    other("SendTargets", KeyKind::kElsewhere, kInFullFeature, true, "13.3"),
};

}  // namespace

std::span<const KeyRow> key_table() {
  return kTable;
}

// A walk over some 40 rows: a login asks at most kTextKeysMax times, before anything expensive has
// been begun.
const KeyRow* find_key(std::string_view name) {
  for (const KeyRow& row : kTable) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace lungate::iscsi
