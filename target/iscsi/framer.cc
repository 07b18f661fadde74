// SPDX-License-Identifier: LGPL-2.1-or-later

// The framer as a machine of nine states, one handler each; feed() runs handlers until one wants
// the owner or more bytes. A connection calls it on its lane with whatever recv() gave. Every byte
// is a stranger's: lengths are compared with the limits before they are used, a wrong one is a
// FramingError and the state kFailed, which nothing leaves. Checks are about the owner's order of
// calls. framer_test.cc cuts every stream at every place, for a split read must change nothing.
#include "iscsi/framer.h"

#include <algorithm>

#include "base/check.h"
#include "base/transitions.h"

namespace lungate::iscsi {
namespace {

using State = Framer::State;

/// Every transition that there is; enter() lets no other pass.
constexpr Transitions<State, 9> kTable{"the framer moves along its edges",
                                       {{State::kHeader, State::kAdditionalHeader},
                                        {State::kHeader, State::kHeaderDigest},
                                        {State::kHeader, State::kHeaderReady},
                                        {State::kHeader, State::kFailed},
                                        {State::kAdditionalHeader, State::kHeaderDigest},
                                        {State::kAdditionalHeader, State::kHeaderReady},
                                        {State::kAdditionalHeader, State::kFailed},
                                        {State::kHeaderDigest, State::kHeaderReady},
                                        {State::kHeaderDigest, State::kFailed},
                                        {State::kHeaderReady, State::kData},
                                        {State::kHeaderReady, State::kPduReady},
                                        {State::kData, State::kPadding},
                                        {State::kData, State::kDataDigest},
                                        {State::kData, State::kPduReady},
                                        {State::kPadding, State::kDataDigest},
                                        {State::kPadding, State::kPduReady},
                                        {State::kDataDigest, State::kPduReady},
                                        {State::kPduReady, State::kHeader}}};

}  // namespace

// In the order of State.
const std::array<Framer::Handler, 9> Framer::kHandlers = {
    &Framer::on_header,        &Framer::on_additional_header,
    &Framer::on_header_digest, &Framer::on_header_ready,
    &Framer::on_data,          &Framer::on_padding,
    &Framer::on_data_digest,   &Framer::on_pdu_ready,
    &Framer::on_failed,
};

Result<Framer::FeedResult, FramingError> Framer::feed(Bytes in) {
  Bytes rest = in;
  while ((this->*kHandlers[static_cast<std::size_t>(state_)])(rest)) {
    const std::size_t consumed = in.size() - rest.size();
    if (state_ == State::kHeaderReady) return FeedResult{Event::kHeaderReady, consumed};
    if (state_ == State::kPduReady) return FeedResult{Event::kPduReady, consumed};
    if (state_ == State::kFailed) return err(error_);
  }
  return FeedResult{Event::kNeedMore, in.size() - rest.size()};
}

// Between PDUs only: a limit that changed within one would be compared with a length that was
// accepted under another. Login's end changes digests and sizes at once, with the last byte of its
// final response.
void Framer::set_limits(FramerLimits limits) {
  check(at_boundary(), "limits change between PDUs");
  limits_ = limits;
}

bool Framer::at_boundary() const {
  return state_ == State::kPduReady || (state_ == State::kHeader && filled_ == 0);
}

void Framer::place_data(MutableBytes room) {
  check(state_ == State::kHeaderReady, "data is placed when the header is ready");
  room_ = room.first(std::min(room.size(), data_segment_bytes()));
}

MutableBytes Framer::data_gap() const {
  if (state_ != State::kData || data_filled_ >= room_.size()) return {};
  return room_.subspan(data_filled_);
}

// The owner has received into data_gap() by itself, so that a large write goes from the socket into
// its task's buffer without a second copy. The digest must see those bytes all the same, in their
// order.
void Framer::data_received(std::size_t count) {
  const MutableBytes gap = data_gap();
  check(count <= gap.size(), "no more is received than there is room for");
  if (limits_.data_digest) data_crc_.update(gap.first(count));
  data_filled_ += count;
}

void Framer::enter(State to) {
  check(kTable.allow(state_, to), kTable.what());
  state_ = to;
  filled_ = 0;
}

// The error is kept: feed() gives it again, whatever is fed, until the connection goes.
bool Framer::fail(FramingError error) {
  error_ = error;
  enter(State::kFailed);
  return true;
}

bool Framer::collect(Bytes& in, MutableBytes part) {
  const std::size_t count = std::min(in.size(), part.size() - filled_);
  std::copy_n(in.begin(), count, part.begin() + static_cast<std::ptrdiff_t>(filled_));
  in = in.subspan(count);
  filled_ += count;
  return filled_ == part.size();
}

bool Framer::on_header(Bytes& in) {
  if (!collect(in, std::as_writable_bytes(std::span(&header_, 1)))) return false;
  // This length is acted upon before a digest has vouched for it: the digest stands behind it.
  if (header_.ahs_bytes() > ahs_storage_.size()) return fail(FramingError::kAhsTooLong);
  // Without a digest to wait for, an impossible length is refused at once: what speaks HTTP to us
  // would otherwise be waited for until its "additional header" is whole.
  if (!limits_.header_digest && data_segment_bytes() > limits_.data_segment_bytes_max)
    return fail(FramingError::kDataSegmentTooLong);
  if (header_.ahs_bytes() == 0) return header_complete();
  enter(State::kAdditionalHeader);
  return true;
}

bool Framer::on_additional_header(Bytes& in) {
  if (!collect(in, MutableBytes(ahs_storage_).first(header_.ahs_bytes()))) return false;
  return header_complete();
}

bool Framer::header_complete() {
  if (!limits_.header_digest) return header_verified();
  enter(State::kHeaderDigest);
  return true;
}

bool Framer::on_header_digest(Bytes& in) {
  if (!collect(in, received_digest_)) return false;
  Crc32c crc;
  crc.update(header_bytes());
  crc.update(ahs_bytes());
  if (crc.digest() != received_digest_) return fail(FramingError::kHeaderDigest);
  return header_verified();
}

bool Framer::header_verified() {
  // With a digest the length is the peer's word only now; and still nothing was set aside for it.
  if (data_segment_bytes() > limits_.data_segment_bytes_max) {
    return fail(FramingError::kDataSegmentTooLong);
  }
  const auto headers = parse_ahs(ahs_bytes());
  if (!headers) return fail(FramingError::kAhsMalformed);
  ahs_ = *headers;
  room_ = {};
  data_filled_ = 0;
  data_crc_ = Crc32c();
  data_digest_ok_ = true;
  enter(State::kHeaderReady);
  return true;
}

bool Framer::on_header_ready(Bytes&) {
  // No data, no padding and no digest either (RFC 7143, 11.2.3).
  enter(data_segment_bytes() == 0 ? State::kPduReady : State::kData);
  return true;
}

// Bytes beyond the owner's room are counted and digested, and kept nowhere: what a command does not
// want of its data must still leave the stream (11.4.5).
bool Framer::on_data(Bytes& in) {
  const Bytes data = in.first(std::min(in.size(), data_segment_bytes() - data_filled_));
  if (data_filled_ < room_.size()) {
    const std::size_t kept = std::min(data.size(), room_.size() - data_filled_);
    std::copy_n(data.begin(), kept, room_.begin() + static_cast<std::ptrdiff_t>(data_filled_));
  }
  if (limits_.data_digest) data_crc_.update(data);
  data_filled_ += data.size();
  in = in.subspan(data.size());
  if (data_filled_ < data_segment_bytes()) return false;
  if (padding_bytes() == 0) return data_complete();
  enter(State::kPadding);
  return true;
}

std::size_t Framer::padding_bytes() const {
  return padded_to_4(data_segment_bytes()) - data_segment_bytes();
}

bool Framer::on_padding(Bytes& in) {
  const Bytes padding = in.first(std::min(in.size(), padding_bytes() - filled_));
  if (limits_.data_digest) data_crc_.update(padding);  // as sent: it need not be zero
  filled_ += padding.size();
  in = in.subspan(padding.size());
  if (filled_ < padding_bytes()) return false;
  return data_complete();
}

// A wrong data digest does not end the stream, as a wrong header's does: the lengths were vouched
// for, the next PDU is found. The owner is told by data_digest_ok() and rejects this one PDU (7.8).
bool Framer::data_complete() {
  enter(limits_.data_digest ? State::kDataDigest : State::kPduReady);
  return true;
}

bool Framer::on_data_digest(Bytes& in) {
  if (!collect(in, received_digest_)) return false;
  data_digest_ok_ = data_crc_.digest() == received_digest_;
  enter(State::kPduReady);
  return true;
}

bool Framer::on_pdu_ready(Bytes&) {
  room_ = {};
  enter(State::kHeader);
  return true;
}

bool Framer::allows(State from, State to) {
  return kTable.allow(from, to);
}

/// What the state collects byte by byte; 0: nothing, or straight into the room.
std::size_t Framer::part_bytes() const {
  switch (state_) {
    case State::kHeader:
      return kBhsBytes;
    case State::kAdditionalHeader:
      return header_.ahs_bytes();
    case State::kHeaderDigest:
      return limits_.header_digest ? sizeof(Digest) : 0;
    case State::kPadding:
      return padding_bytes();
    case State::kDataDigest:
      return limits_.data_digest ? sizeof(Digest) : 0;
    case State::kHeaderReady:
    case State::kData:
    case State::kPduReady:
    case State::kFailed:
      return 0;
  }
  return 0;
}

void Framer::check_invariants() const {
  const bool collects = state_ == State::kHeader || state_ == State::kAdditionalHeader ||
                        state_ == State::kHeaderDigest || state_ == State::kPadding ||
                        state_ == State::kDataDigest;
  check(collects ? filled_ < part_bytes() : filled_ == 0, "a part that is full has been left");
  if (state_ == State::kFailed) return;
  if (state_ < State::kHeaderReady)
    return check(room_.empty(), "there is no room before the owner has given one");
  check(ahs_bytes().size() == header_.ahs_bytes(), "the additional headers fit their place");
  check(room_.size() <= data_segment_bytes(), "the room is no larger than the data");
  if (state_ == State::kHeaderReady) check(data_filled_ == 0, "data comes after its header");
  check(data_filled_ <= data_segment_bytes(), "no more data is taken than was announced");
  if (state_ > State::kData)
    check(data_filled_ == data_segment_bytes(), "what follows the data comes after all of it");
  if (state_ != State::kPduReady)  // the owner may have set the next one's limits by then
    check(data_segment_bytes() <= limits_.data_segment_bytes_max, "no PDU is beyond the limits");
}

/// feed() finds the state unchanged and gives the error again.
bool Framer::on_failed(Bytes&) {
  return true;
}

}  // namespace lungate::iscsi
