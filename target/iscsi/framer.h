// SPDX-License-Identifier: LGPL-2.1-or-later

// From a stream of bytes to PDUs (RFC 7143, 11.1, 11.2). The framer holds one header, never data:
// where a data segment goes is the owner's decision, taken when the header is whole, its digest has
// been verified and every length has been held against the limits. Nothing is allocated here.
//
//   for (;;) {
//     const auto fed = framer.feed(input);
//     if (!fed) -> close the connection (fed.error() says why)
//     input = input.subspan(fed->consumed);
//     switch (fed->event) {
//       case Framer::Event::kNeedMore:     receive more (into framer.data_gap() when that is large)
//       case Framer::Event::kHeaderReady:  look at header(), ahs(); place_data(room)
//       case Framer::Event::kPduReady:     act on the PDU; data_digest_ok()
//     }
//   }
//
// Every PDU passes kHeaderReady and kPduReady, in this order, with or without a data segment.
// header() stays valid until the feed() that follows kPduReady.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"
#include "iscsi/ahs.h"
#include "iscsi/bhs.h"
#include "iscsi/crc32c.h"
#include "iscsi/named.h"

namespace lungate::iscsi {

/// What the next PDU may be. Before login: limits::kLoginDataSegmentBytes and no digests.
struct FramerLimits {
  std::uint32_t data_segment_bytes_max = limits::kLoginDataSegmentBytes;
  bool header_digest = false;
  bool data_digest = false;
};

// X(enumerator, name, meaning for the reader)
#define LUNGATE_ISCSI_FRAMING_ERRORS(X)                                                   \
  X(kDataSegmentTooLong, "data_segment_too_long", "beyond what we have declared (13.12)") \
  X(kAhsTooLong, "ahs_too_long", "TotalAHSLength beyond all that is defined")             \
  X(kAhsMalformed, "ahs_malformed", "see AhsError")                                       \
  X(kHeaderDigest, "header_digest", "wrong CRC32C: no byte can be believed")

/// After one of these the stream cannot be trusted any more: the connection must be closed
/// (error recovery level 0; RFC 7143, 7.7 and 7.8).
enum class FramingError : std::uint8_t {
#define X(enumerator, text, meaning) enumerator,
  LUNGATE_ISCSI_FRAMING_ERRORS(X)
#undef X
};

inline constexpr std::array kFramingErrors = {
#define X(enumerator, text, meaning) Named<FramingError>{FramingError::enumerator, text},
    LUNGATE_ISCSI_FRAMING_ERRORS(X)
#undef X
};
#undef LUNGATE_ISCSI_FRAMING_ERRORS

constexpr std::string_view name(FramingError error) {
  return name_in(kFramingErrors, error);
}

class Framer {
 public:
  enum class Event : std::uint8_t { kNeedMore, kHeaderReady, kPduReady };

  struct FeedResult {
    Event event;
    std::size_t consumed;  // bytes of the input that are used up
  };

  // The states, in the order of a PDU. What is legal after what stands in framer.cc as a table.
  enum class State : std::uint8_t {
    kHeader,            // collecting the 48 bytes of the basic header
    kAdditionalHeader,  // collecting TotalAHSLength words
    kHeaderDigest,      // collecting the header's CRC32C
    kHeaderReady,       // the owner looks at the header and says where the data goes
    kData,              // the data segment flows into the owner's room, or nowhere
    kPadding,           // up to three bytes that fill the segment to a multiple of four
    kDataDigest,        // collecting the data's CRC32C
    kPduReady,          // the owner acts; the next byte begins a new PDU
    kFailed,            // a FramingError was reported: nothing more is taken
  };

  explicit Framer(FramerLimits limits = {}) : limits_(limits) {}
  Framer(const Framer&) = delete;  // ahs() views into the object
  Framer& operator=(const Framer&) = delete;

  /// Takes bytes until something is to be said. kNeedMore means that all of `in` is consumed.
  /// `in` may be empty: useful after data_received(). After an error every call gives it again.
  Result<FeedResult, FramingError> feed(Bytes in);

  /// From the next PDU on. REQUIRES: between two PDUs (at_boundary()) or at kPduReady.
  void set_limits(FramerLimits limits);
  const FramerLimits& limits() const { return limits_; }

  /// True when no byte of a PDU is pending: a connection that ends here ends cleanly.
  bool at_boundary() const;
  State state() const { return state_; }

  // --- From kHeaderReady to the feed() after kPduReady ---

  const BasicHeader& header() const { return header_; }
  /// The 48 bytes: `load<ScsiCommand>(framer.header_bytes())`; also what a Reject quotes.
  Bytes header_bytes() const { return bytes_of(header_); }
  Bytes ahs_bytes() const { return Bytes(ahs_storage_).first(header_.ahs_bytes()); }
  /// Already checked. Views into the framer.
  const AdditionalHeaders& ahs() const { return ahs_; }
  std::size_t data_segment_bytes() const { return header_.data_segment_bytes; }

  /// Where the data segment goes: its first room.size() bytes are copied to `room`, the rest is
  /// thrown away (its digest is still checked). `room` must stay alive until kPduReady or until
  /// the framer is dropped or told discard_data(). REQUIRES: state() is kHeaderReady.
  /// Without a call, all data is thrown away.
  void place_data(MutableBytes room);

  /// From now on the data of this PDU goes nowhere: the room is about to be freed. Any state.
  void discard_data() { room_ = {}; }

  /// The part of the room that waits for bytes, so that the owner can receive straight into it
  /// instead of feeding; empty unless data for the room is due. Then: data_received(), feed({}).
  MutableBytes data_gap() const;
  /// The first `count` bytes of data_gap() have been filled. REQUIRES: count <= data_gap().size().
  void data_received(std::size_t count);

  /// At kPduReady: false when the data's CRC32C was wrong. The stream is still in step (the header
  /// has its own digest): the owner rejects the PDU and fails its task.
  bool data_digest_ok() const { return data_digest_ok_; }

  // --- For tests and fuzzers ---

  /// Whether the machine has this step.
  static bool allows(State from, State to);
  /// Stops the process when what is counted does not fit the state. Between any two calls.
  void check_invariants() const;

 private:
  /// What a state does with the input: takes what it needs and enters the next state (true), or
  /// takes everything there is and stays (false).
  using Handler = bool (Framer::*)(Bytes& in);
  static const std::array<Handler, 9> kHandlers;

  bool on_header(Bytes& in);
  bool on_additional_header(Bytes& in);
  bool on_header_digest(Bytes& in);
  bool on_header_ready(Bytes& in);
  bool on_data(Bytes& in);
  bool on_padding(Bytes& in);
  bool on_data_digest(Bytes& in);
  bool on_pdu_ready(Bytes& in);
  bool on_failed(Bytes& in);

  void enter(State to);
  bool fail(FramingError error);
  /// Moves bytes from `in` to the rest of `part`; true when it is full.
  bool collect(Bytes& in, MutableBytes part);
  bool header_complete();
  bool header_verified();
  bool data_complete();
  std::size_t padding_bytes() const;
  std::size_t part_bytes() const;

  FramerLimits limits_;
  State state_ = State::kHeader;
  FramingError error_{};
  std::size_t filled_ = 0;       // bytes of the part that is being collected
  std::size_t data_filled_ = 0;  // bytes of the data segment that have come
  BasicHeader header_;
  std::array<std::byte, lungate::limits::kAhsBytesMax> ahs_storage_{};
  AdditionalHeaders ahs_;
  Digest received_digest_{};
  MutableBytes room_;
  Crc32c data_crc_;
  bool data_digest_ok_ = true;
};

}  // namespace lungate::iscsi
