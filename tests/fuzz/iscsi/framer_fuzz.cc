// SPDX-License-Identifier: LGPL-2.1-or-later
// Framing must not depend on how the stream is cut, nor on digests.
//
// How it works:
// 1. Byte 0 chooses the limits and the owner's room; eight bytes choose the lengths of the pieces.
// 2. The rest is a stream without digests. It is framed in one go: that is the reference.
// 3. It is framed again in pieces, half of them received straight into the gap: same PDUs.
// 4. Right digests are inserted where they belong, and it is framed with digests: same PDUs.
// 5. It is framed with digests as it is: whatever comes of that, no crash.
#include <array>
#include <string>
#include <vector>

#include "iscsi/framer.h"
#include "tests/fuzz/iscsi/input.h"

namespace {

using namespace lungate;
using namespace lungate::iscsi;
using fuzz::Input;
using fuzz::require;

/// Takes PDUs and writes down what it sees.
class Owner {
 public:
  Owner(FramerLimits limits, std::size_t room_max) : framer_(limits), room_max_(room_max) {}

  void take(Bytes in) {
    while (!failed_) {
      const auto fed = framer_.feed(in);
      framer_.check_invariants();
      if (!fed) {
        failed_ = true;
        log_ += name(fed.error());
        return;
      }
      require(fed->consumed <= in.size());
      in = in.subspan(fed->consumed);
      if (fed->event == Framer::Event::kNeedMore) return require(in.empty());
      if (fed->event == Framer::Event::kHeaderReady) header_ready();
      if (fed->event == Framer::Event::kPduReady) pdu_ready();
    }
  }

  void receive(Bytes in) {
    while (!in.empty() && !failed_) {
      const MutableBytes gap = framer_.data_gap();
      const std::size_t count = std::min(in.size(), std::max<std::size_t>(gap.size(), 1));
      if (gap.empty()) {
        take(in.first(count));
      } else {
        std::copy_n(in.begin(), count, gap.begin());
        framer_.data_received(count);
        framer_.check_invariants();
        take({});
      }
      in = in.subspan(count);
    }
  }

  const std::string& log() const { return log_; }

 private:
  void header_ready() {
    require(framer_.data_segment_bytes() <= framer_.limits().data_segment_bytes_max);
    require(framer_.ahs().extended_cdb.size() <= limits::kAhsBytesMax);
    room_.assign(std::min(framer_.data_segment_bytes(), room_max_), std::byte{0});
    framer_.place_data(room_);
  }

  void pdu_ready() {
    require(framer_.at_boundary());
    log_ += text_of(framer_.header_bytes());
    log_ += text_of(framer_.ahs_bytes());
    log_ += text_of(room_);
    log_ += framer_.data_digest_ok() ? '+' : '-';
  }

  Framer framer_;
  std::size_t room_max_;
  std::vector<std::byte> room_;
  std::string log_;
  bool failed_ = false;
};

std::string framed(Bytes stream, FramerLimits limits, std::size_t room_max) {
  Owner owner(limits, room_max);
  owner.take(stream);
  return owner.log();
}

void append(std::vector<std::byte>& to, Bytes bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

/// The stream with digests after each header and each data segment that is whole.
std::vector<std::byte> with_digests(Bytes stream) {
  std::vector<std::byte> out;
  while (stream.size() >= kBhsBytes) {
    const auto header = load<BasicHeader>(stream);
    const std::size_t header_bytes = kBhsBytes + header.ahs_bytes();
    const std::size_t data_bytes = padded_to_4(header.data_segment_bytes);
    if (stream.size() < header_bytes) break;
    append(out, stream.first(header_bytes));
    append(out, crc32c_digest(stream.first(header_bytes)));
    stream = stream.subspan(header_bytes);
    if (stream.size() < data_bytes) break;
    append(out, stream.first(data_bytes));
    if (data_bytes > 0) append(out, crc32c_digest(stream.first(data_bytes)));
    stream = stream.subspan(data_bytes);
  }
  append(out, stream);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint8_t choice = input.u8();
  FramerLimits plain;
  plain.data_segment_bytes_max = (choice & 1) != 0 ? 512 : limits::kLoginDataSegmentBytes;
  const std::size_t room_max = (choice & 2) != 0 ? 10 : SIZE_MAX;
  std::array<std::uint8_t, 8> lengths{};
  for (std::uint8_t& length : lengths) length = input.u8();
  const Bytes stream = input.rest();

  const std::string reference = framed(stream, plain, room_max);

  Owner cut(plain, room_max);
  Bytes rest = stream;
  for (std::size_t i = 0; !rest.empty(); ++i) {
    const std::size_t count = std::min<std::size_t>(rest.size(), 1 + lengths[i % lengths.size()]);
    i % 2 == 0 ? cut.take(rest.first(count)) : cut.receive(rest.first(count));
    rest = rest.subspan(count);
  }
  require(cut.log() == reference);

  FramerLimits digested = plain;
  digested.header_digest = true;
  digested.data_digest = true;
  // Without a digest an impossible length is refused with the header's last byte; with one, when
  // the digest behind the additional headers has vouched for it. A stream may end between the two.
  const std::string seen = framed(with_digests(stream), digested, room_max);
  require(seen == reference ||
          seen + std::string(name(FramingError::kDataSegmentTooLong)) == reference);
  framed(stream, digested, room_max);
  return 0;
}
