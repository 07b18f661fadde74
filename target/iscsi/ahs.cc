// SPDX-License-Identifier: LGPL-2.1-or-later

// Additional header segments, taken apart. The framer calls it once per PDU that has any, on the
// connection's lane, after their digest. The bytes are the peer's: a segment that claims more than
// is there, or a second one of its type, is an AhsError (the stream is lost then); a type that
// nobody defined is noted and left to the session, which rejects that one PDU. The result views
// into the framer's storage and lives as long as the header.
#include "iscsi/ahs.h"

namespace lungate::iscsi {
namespace {

/// Before the body of a segment: AHSLength (2), AHSType (1). AHSLength counts what follows, which
/// begins with one byte that both known types reserve.
constexpr std::size_t kPrefixBytes = 3;
constexpr std::uint8_t kTypeMask = 0x3f;
constexpr std::size_t kBhsCdbBytes = 16;

struct Segment {
  std::uint8_t type;
  Bytes body;  // without the reserved byte; empty if AHSLength is 0
  std::size_t total_bytes;
};

/// At least four bytes long, so that a run of segments ends.
/// REQUIRES nothing of `ahs`. The length field is 16 bits, so that the sum cannot overflow; it is
/// held against what is there before a view is made of it.
Result<Segment, AhsError> first_segment(Bytes ahs) {
  if (ahs.size() < kPrefixBytes + 1) return err(AhsError::kTruncated);
  const std::size_t length = load<be16>(ahs);
  const std::size_t total = padded_to_4(kPrefixBytes + length);
  if (total > ahs.size()) return err(AhsError::kTruncated);
  const auto type = static_cast<std::uint8_t>(static_cast<std::uint8_t>(ahs[2]) & kTypeMask);
  const Bytes body = length == 0 ? Bytes{} : ahs.subspan(kPrefixBytes + 1, length - 1);
  return Segment{type, body, total};
}

/// Adds what a segment says. A type that is not known is noted, not refused: its owner decides.
// REQUIRES a segment whose length has been held against what is there. "Repeated" is refused and
// not the last one taken: two parties that choose differently would see two commands.
Result<void, AhsError> take(const Segment& segment, AdditionalHeaders& headers) {
  switch (segment.type) {
    case kAhsExtendedCdb:
      if (!headers.extended_cdb.empty()) return err(AhsError::kRepeated);
      if (segment.body.empty()) return err(AhsError::kTruncated);
      headers.extended_cdb = segment.body;
      headers.cdb_too_long = kBhsCdbBytes + segment.body.size() > limits::kCdbBytesMax;
      return {};
    case kAhsBidirectionalReadLength:
      if (headers.bidirectional_read_bytes) return err(AhsError::kRepeated);
      if (segment.body.size() != sizeof(be32)) return err(AhsError::kTruncated);
      headers.bidirectional_read_bytes = load<be32>(segment.body);
      return {};
  }
  headers.unknown_type = true;
  return {};
}

}  // namespace

std::string_view name(AhsError error) {
  switch (error) {
    case AhsError::kTruncated:
      return "truncated";
    case AhsError::kRepeated:
      return "repeated";
  }
  return "unknown";
}

Result<AdditionalHeaders, AhsError> parse_ahs(Bytes ahs) {
  AdditionalHeaders headers;
  while (!ahs.empty()) {
    const auto segment = first_segment(ahs);
    if (!segment) return err(segment.error());
    if (const auto taken = take(*segment, headers); !taken) return err(taken.error());
    ahs = ahs.subspan(segment->total_bytes);
  }
  return headers;
}

}  // namespace lungate::iscsi
