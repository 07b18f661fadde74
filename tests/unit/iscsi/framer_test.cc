// SPDX-License-Identifier: LGPL-2.1-or-later
#include "iscsi/framer.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/iscsi/hex.h"

namespace lungate::iscsi {
namespace {

using testing::hex;
using Event = Framer::Event;

/// A stream of PDUs as a peer writes it.
class Stream {
 public:
  explicit Stream(FramerLimits limits = {}) : limits_(limits) {}

  Stream& pdu(Opcode opcode, std::string_view data = {}, std::string_view ahs_hex = {}) {
    const auto ahs = hex(ahs_hex);
    BasicHeader header;
    header.opcode_byte = static_cast<std::uint8_t>(opcode);
    header.total_ahs_words = static_cast<std::uint8_t>(ahs.size() / 4);
    header.data_segment_bytes = static_cast<std::uint32_t>(data.size());
    const std::size_t start = bytes_.size();
    add(bytes_of(header));
    add(ahs);
    if (limits_.header_digest) add(crc32c_digest(Bytes(bytes_).subspan(start)));
    const std::size_t data_start = bytes_.size();
    add(bytes_of(data));
    while ((bytes_.size() - data_start) % 4 != 0) bytes_.push_back(std::byte{0xee});
    if (limits_.data_digest && !data.empty()) {
      add(crc32c_digest(Bytes(bytes_).subspan(data_start)));
    }
    return *this;
  }

  std::vector<std::byte>& bytes() { return bytes_; }
  const FramerLimits& limits() const { return limits_; }

 private:
  void add(Bytes bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }

  FramerLimits limits_;
  std::vector<std::byte> bytes_;
};

/// An owner of a framer that writes down what it is told: "scsi_command[data]", "!" for a bad data
/// digest, "header_digest" for an error, after which nothing comes.
class Owner {
 public:
  explicit Owner(FramerLimits limits, std::size_t room = SIZE_MAX)
      : framer_(limits), room_max_(room) {}

  void take(Bytes in) {
    while (!failed_) {
      const auto fed = framer_.feed(in);
      framer_.check_invariants();
      if (!fed) return fail(fed.error());
      in = in.subspan(fed->consumed);
      if (fed->event == Event::kNeedMore) {
        EXPECT_TRUE(in.empty()) << "kNeedMore takes all";
        return;
      }
      if (fed->event == Event::kHeaderReady) place();
      if (fed->event == Event::kPduReady) finish();
    }
  }

  /// Like take(), but data goes into the gap as a recv() would put it there.
  void receive(Bytes in) {
    while (!in.empty() && !failed_) {
      const MutableBytes gap = framer_.data_gap();
      if (gap.empty()) {
        take(in.first(1));
        in = in.subspan(1);
        continue;
      }
      const std::size_t count = std::min(gap.size(), in.size());
      std::copy_n(in.begin(), count, gap.begin());
      framer_.data_received(count);
      framer_.check_invariants();
      in = in.subspan(count);
      take({});
    }
  }

  const std::string& log() const { return log_; }
  Framer& framer() { return framer_; }

 private:
  void place() {
    room_.assign(std::min(framer_.data_segment_bytes(), room_max_), std::byte{0});
    framer_.place_data(room_);
  }

  void finish() {
    log_ += name(framer_.header().opcode());
    if (!framer_.ahs().extended_cdb.empty()) log_ += "+cdb";
    if (framer_.data_segment_bytes() > 0) log_ += "[" + std::string(text_of(room_)) + "]";
    if (!framer_.data_digest_ok()) log_ += "!";
    log_ += " ";
  }

  void fail(FramingError error) {
    failed_ = true;
    log_ += name(error);
  }

  Framer framer_;
  std::size_t room_max_;
  std::vector<std::byte> room_;
  std::string log_;
  bool failed_ = false;
};

std::string frame(Stream& stream) {
  Owner owner(stream.limits());
  owner.take(stream.bytes());
  return owner.log();
}

constexpr FramerLimits kPlain{.data_segment_bytes_max = 64};
constexpr FramerLimits kHeaderDigest{.data_segment_bytes_max = 64, .header_digest = true};
constexpr FramerLimits kBothDigests{
    .data_segment_bytes_max = 64, .header_digest = true, .data_digest = true};

Stream conversation(FramerLimits limits) {
  Stream stream(limits);
  stream.pdu(Opcode::kNopOut, "ping!")
      .pdu(Opcode::kScsiCommand, "four", "0003 01 00 aabb 0000")
      .pdu(Opcode::kTaskManagementRequest)
      .pdu(Opcode::kDataOut, "x")
      .pdu(Opcode::kLogoutRequest);
  return stream;
}
constexpr std::string_view kConversation =
    "nop_out[ping!] scsi_command+cdb[four] task_management_request data_out[x] logout_request ";

/// The machine in words: a header, what belongs to it, its data, what belongs to that; and who has
/// failed stays so.
TEST(FramerStates, OnlyTheStepsOfAPduAreAllowed) {
  using enum Framer::State;
  const std::set<std::pair<Framer::State, Framer::State>> steps = {
      {kHeader, kAdditionalHeader},
      {kHeader, kHeaderDigest},
      {kHeader, kHeaderReady},
      {kHeader, kFailed},
      {kAdditionalHeader, kHeaderDigest},
      {kAdditionalHeader, kHeaderReady},
      {kAdditionalHeader, kFailed},
      {kHeaderDigest, kHeaderReady},
      {kHeaderDigest, kFailed},
      {kHeaderReady, kData},
      {kHeaderReady, kPduReady},
      {kData, kPadding},
      {kData, kDataDigest},
      {kData, kPduReady},
      {kPadding, kDataDigest},
      {kPadding, kPduReady},
      {kDataDigest, kPduReady},
      {kPduReady, kHeader}};
  const auto all = {kHeader,  kAdditionalHeader, kHeaderDigest, kHeaderReady, kData,
                    kPadding, kDataDigest,       kPduReady,     kFailed};
  for (const Framer::State from : all)
    for (const Framer::State to : all)
      EXPECT_EQ(Framer::allows(from, to), steps.contains({from, to}))
          << static_cast<int>(from) << " to " << static_cast<int>(to);
}

class FramerTest : public ::testing::TestWithParam<FramerLimits> {};

INSTANTIATE_TEST_SUITE_P(Digests, FramerTest,
                         ::testing::Values(kPlain, kHeaderDigest, kBothDigests));

TEST_P(FramerTest, WholeConversationAtOnce) {
  Stream stream = conversation(GetParam());
  EXPECT_EQ(frame(stream), kConversation);
}

TEST_P(FramerTest, SplitAtEveryByte) {
  Stream stream = conversation(GetParam());
  const Bytes all = stream.bytes();
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    Owner owner(GetParam());
    owner.take(all.first(cut));
    owner.take(all.subspan(cut));
    ASSERT_EQ(owner.log(), kConversation) << "cut at " << cut;
  }
}

TEST_P(FramerTest, OneByteAtATime) {
  Stream stream = conversation(GetParam());
  Owner owner(GetParam());
  for (const std::byte& byte : stream.bytes()) owner.take({&byte, 1});
  EXPECT_EQ(owner.log(), kConversation);
}

TEST_P(FramerTest, DataReceivedIntoTheGap) {
  Stream stream = conversation(GetParam());
  const Bytes all = stream.bytes();
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    Owner owner(GetParam());
    owner.take(all.first(cut));
    owner.receive(all.subspan(cut));
    ASSERT_EQ(owner.log(), kConversation) << "cut at " << cut;
  }
}

TEST_P(FramerTest, RandomPieces) {
  const unsigned seed = std::random_device{}();
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    Stream stream = conversation(GetParam());
    Owner owner(GetParam());
    for (Bytes rest = stream.bytes(); !rest.empty();) {
      const std::size_t count = std::min<std::size_t>(rest.size(), 1 + random() % 70);
      random() % 2 == 0 ? owner.take(rest.first(count)) : owner.receive(rest.first(count));
      rest = rest.subspan(count);
    }
    ASSERT_EQ(owner.log(), kConversation) << "seed " << seed << ", round " << round;
  }
}

TEST_P(FramerTest, EverySegmentLength) {
  for (std::size_t length = 0; length <= 64; ++length) {
    const std::string data(length, 'd');
    Stream stream(GetParam());
    stream.pdu(Opcode::kTextRequest, data).pdu(Opcode::kNopOut);
    const std::string shown = length == 0 ? "" : "[" + data + "]";
    ASSERT_EQ(frame(stream), "text_request" + shown + " nop_out ");
  }
}

// --- Placement ---

TEST(Framer, DataBeyondTheRoomIsThrownAway) {
  Stream stream(kBothDigests);
  stream.pdu(Opcode::kDataOut, "keep me, not this").pdu(Opcode::kNopOut);
  Owner owner(kBothDigests, 7);
  owner.take(stream.bytes());
  EXPECT_EQ(owner.log(), "data_out[keep me] nop_out ");
}

TEST(Framer, DataWithoutRoomIsThrownAwayButItsDigestIsChecked) {
  Stream stream(kBothDigests);
  stream.pdu(Opcode::kDataOut, "gone").pdu(Opcode::kDataOut, "gone");
  stream.bytes().back() ^= std::byte{1};
  Owner owner(kBothDigests, 0);
  owner.take(stream.bytes());
  EXPECT_EQ(owner.log(), "data_out[] data_out[]! ");
}

TEST(Framer, UnplacedDataIsThrownAway) {
  Stream stream;
  stream.pdu(Opcode::kDataOut, "data");
  Framer framer;
  Bytes in = stream.bytes();
  EXPECT_EQ(framer.feed(in)->event, Event::kHeaderReady);
  EXPECT_EQ(framer.feed(in.subspan(48))->event, Event::kPduReady);
}

TEST(Framer, DiscardedInTheMiddle) {
  Stream stream;
  stream.pdu(Opcode::kDataOut, "12345678");
  Bytes in = stream.bytes();
  Framer framer;
  ASSERT_EQ(framer.feed(in)->consumed, 48u);
  std::vector<std::byte> room(8);
  framer.place_data(room);
  ASSERT_EQ(framer.feed(in.subspan(48, 4))->event, Event::kNeedMore);
  EXPECT_EQ(framer.data_gap().size(), 4u);
  framer.discard_data();
  EXPECT_TRUE(framer.data_gap().empty());
  room = {};  // its memory is gone: the sanitizer watches
  EXPECT_EQ(framer.feed(in.subspan(52))->event, Event::kPduReady);
}

TEST(Framer, GapIsWhatTheRoomLacks) {
  Stream stream;
  stream.pdu(Opcode::kDataOut, "12345678");
  Framer framer;
  EXPECT_TRUE(framer.data_gap().empty());
  ASSERT_TRUE(framer.feed(stream.bytes()));
  std::vector<std::byte> room(100);
  framer.place_data(room);
  ASSERT_TRUE(framer.feed({}));
  EXPECT_EQ(framer.data_gap().size(), 8u);
  framer.data_received(8);
  EXPECT_TRUE(framer.data_gap().empty());
  EXPECT_EQ(framer.feed({})->event, Event::kPduReady);
}

// --- Refusals ---

BasicHeader header_with(std::uint8_t ahs_words, std::uint32_t data_bytes) {
  BasicHeader header;
  header.opcode_byte = static_cast<std::uint8_t>(Opcode::kScsiCommand);
  header.total_ahs_words = ahs_words;
  header.data_segment_bytes = data_bytes;
  return header;
}

TEST(Framer, DataSegmentBombOfEveryOpcode) {
  for (unsigned opcode = 0; opcode < 256; ++opcode) {
    BasicHeader header = header_with(0, 0xffffff);
    header.opcode_byte = static_cast<std::uint8_t>(opcode);
    Framer framer;
    const auto fed = framer.feed(bytes_of(header));
    ASSERT_FALSE(fed) << "opcode " << opcode;
    EXPECT_EQ(fed.error(), FramingError::kDataSegmentTooLong);
  }
}

TEST(Framer, DataSegmentLimitIsExact) {
  Framer framer(FramerLimits{.data_segment_bytes_max = 512});
  EXPECT_TRUE(framer.feed(bytes_of(header_with(0, 512))));
  Framer other(FramerLimits{.data_segment_bytes_max = 512});
  EXPECT_FALSE(other.feed(bytes_of(header_with(0, 513))));
}

TEST(Framer, AdditionalHeaderBombs) {
  for (unsigned words = 0; words < 256; ++words) {
    Framer framer;
    const auto fed = framer.feed(bytes_of(header_with(static_cast<std::uint8_t>(words), 0)));
    EXPECT_EQ(fed.has_value(), words * 4 <= limits::kAhsBytesMax) << words;
    if (!fed) {
      EXPECT_EQ(fed.error(), FramingError::kAhsTooLong);
    }
  }
}

TEST(Framer, AdditionalHeaderThatLies) {
  Stream stream;
  stream.pdu(Opcode::kScsiCommand, "", "ffff 01 00");
  EXPECT_EQ(frame(stream), "ahs_malformed");
}

TEST(Framer, FailureIsForEver) {
  Framer framer;
  EXPECT_FALSE(framer.feed(bytes_of(header_with(0, 0xffffff))));
  EXPECT_FALSE(framer.feed({}));
  EXPECT_FALSE(framer.feed(bytes_of(header_with(0, 0))));
  EXPECT_FALSE(framer.at_boundary());
}

TEST(Framer, EveryFlippedHeaderBitIsNoticed) {
  Stream golden(kBothDigests);
  golden.pdu(Opcode::kScsiCommand, "data", "0003 01 00 aabb 0000");
  for (std::size_t bit = 0; bit < (48 + 8 + 4) * 8; ++bit) {
    Stream stream = golden;
    stream.bytes()[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    stream.pdu(Opcode::kNopOut).pdu(Opcode::kNopOut).pdu(Opcode::kNopOut);
    const std::string log = frame(stream);
    // A flip in TotalAHSLength may ask for more than any AHS has; nothing else gets that far.
    const bool too_long = bit / 8 == 4 && log == "ahs_too_long";
    const bool waits = bit / 8 == 4 && log.empty();
    ASSERT_TRUE(log == "header_digest" || too_long || waits) << "bit " << bit << ": " << log;
  }
}

TEST(Framer, EveryFlippedDataBitIsReportedAndTheStreamGoesOn) {
  Stream golden(kBothDigests);
  golden.pdu(Opcode::kDataOut, "abcde");  // 5 bytes, 3 of padding, 4 of digest
  for (std::size_t bit = 52 * 8; bit < 64 * 8; ++bit) {
    Stream stream = golden;
    stream.bytes()[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    stream.pdu(Opcode::kNopOut);
    const std::string log = frame(stream);
    ASSERT_TRUE(log.ends_with("! nop_out ")) << "bit " << bit << ": " << log;
  }
}

// --- Limits ---

TEST(Framer, LimitsChangeBetweenPdus) {
  Framer framer;
  Stream login;
  login.pdu(Opcode::kLoginRequest, "key");
  EXPECT_TRUE(framer.at_boundary());
  ASSERT_EQ(framer.feed(login.bytes())->event, Event::kHeaderReady);
  EXPECT_FALSE(framer.at_boundary());
  ASSERT_EQ(framer.feed(Bytes(login.bytes()).subspan(48))->event, Event::kPduReady);
  EXPECT_TRUE(framer.at_boundary());
  framer.set_limits(kBothDigests);

  Stream full_feature(kBothDigests);
  full_feature.pdu(Opcode::kScsiCommand, "immediate data");
  ASSERT_EQ(framer.feed(full_feature.bytes())->consumed, 52u);
  EXPECT_EQ(framer.feed(Bytes(full_feature.bytes()).subspan(52))->event, Event::kPduReady);
  EXPECT_TRUE(framer.data_digest_ok());
}

TEST(FramerDeathTest, MistakesOfTheOwner) {
  Framer framer;
  Stream stream;
  stream.pdu(Opcode::kDataOut, "data");
  EXPECT_DEATH(framer.place_data({}), "header is ready");
  ASSERT_TRUE(framer.feed(Bytes(stream.bytes()).first(10)));
  EXPECT_DEATH(framer.set_limits({}), "between PDUs");
  EXPECT_DEATH(framer.data_received(1), "room");
}

}  // namespace
}  // namespace lungate::iscsi
