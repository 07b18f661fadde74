// SPDX-License-Identifier: LGPL-2.1-or-later
// The segment as hostile input: a valid one, cut short and changed at every place. Whatever is in
// it, reading gives a snapshot or a fault that says what is wrong; each row of the table names the
// fault. (tests/fuzz/telemetry goes on where the table ends.)
#include <cstddef>
#include <cstring>
#include <random>
#include <utility>

#include "telemetry/decode.h"
#include "telemetry/validate.h"
#include "tests/unit/telemetry/segment_fixture.h"

namespace lungate::telemetry {
namespace {

using layout::Header;
using layout::LunSlot;

constexpr std::uint64_t kHuge = std::uint64_t{1} << 62;

class HostileSegment : public SegmentTest {
 protected:
  HostileSegment() {
    auto segment = start();
    for (std::uint16_t number = 0; number < 2; ++number) {
      const SlotId slot = *segment->add_lun(lun_number(number));
      LoopRecorder loop = segment->loop(1);
      loop.lun(slot).record(read_of(4096, 1'000));
      loop.nexus(slot, "iqn.2026-11.io.lungate:host").record(read_of(4096, 1'000), false);
      SlowIo slow;
      slow.recorded = {number + 1u};
      slow.initiator = "iqn.2026-11.io.lungate:host";
      loop.keep_slow(slot, slow);
    }
    image_ = bytes_in(path_);
    std::memcpy(&header_, image_.data(), sizeof header_);
  }

  /// Overwrites bytes of the image.
  template <class T>
  HostileSegment& put(std::uint64_t offset, T value) {
    std::memcpy(image_.data() + offset, &value, sizeof value);
    return *this;
  }

  std::uint64_t slot_at(std::uint64_t index) const {
    return header_.lun_slots.offset + index * header_.lun_slots.stride;
  }

  std::uint64_t nexus_at(std::uint64_t index) const {
    return header_.nexus_slots.offset + index * header_.nexus_slots.stride;
  }
  /// Record `number` of loop 1, the only one that has any.
  std::uint64_t slow_at(std::uint64_t number) const {
    return header_.slow_records.offset +
           (layout::kSlowRecords + number) * header_.slow_records.stride;
  }

  /// What reading the image gives: "up", or the fault's name.
  std::string outcome() const { return outcome(image_); }
  static std::string outcome(Bytes bytes) {
    auto snapshot = snapshot_of(bytes);
    return snapshot ? "up" : std::string(snapshot.error().name());
  }
  static Result<Snapshot, ReadError> snapshot_of(Bytes bytes) {
    const MemorySource source(bytes);
    auto header = read_header(source);
    if (!header) return err(header.error());
    return decode(source, *header, {1});
  }

  std::vector<std::byte> image_;
  Header header_{};
};

TEST_F(HostileSegment, TheImageItselfIsFine) {
  ASSERT_EQ(outcome(), "up");
  const auto snapshot = snapshot_of(image_);
  EXPECT_EQ(snapshot->luns.size(), 2u);
  EXPECT_EQ(snapshot->nexuses.size(), 2u);
  EXPECT_EQ(snapshot->portals.size(), 1u);
  EXPECT_EQ(snapshot->slow.size(), 2u);
}

TEST_F(HostileSegment, CutAnywhereItIsTruncated) {
  std::vector<std::size_t> lengths;
  for (std::size_t i = 0; i < sizeof(Header); ++i) lengths.push_back(i);
  for (std::size_t i = sizeof(Header); i < image_.size(); i += 509) lengths.push_back(i);
  lengths.push_back(image_.size() - 1);
  for (const std::size_t length : lengths) {
    ASSERT_EQ(outcome(Bytes(image_).first(length)), "truncated") << length << " bytes";
  }
}

TEST_F(HostileSegment, ASourceThatShrinksAfterTheHeaderIsTruncated) {
  const auto header = read_header(MemorySource(image_));
  ASSERT_TRUE(header.has_value());
  for (std::size_t length = sizeof(Header); length < image_.size(); length += 1021) {
    const auto snapshot = decode(MemorySource(Bytes(image_).first(length)), *header, {1});
    ASSERT_FALSE(snapshot.has_value()) << length;
    ASSERT_EQ(snapshot.error().fault, Fault::kTruncated) << length;
  }
}

TEST_F(HostileSegment, ZeroedItIsForeign) {
  std::fill(image_.begin(), image_.end(), std::byte{0});
  EXPECT_EQ(outcome(), "foreign");
}

struct FieldCase {
  const char* what;
  std::size_t offset;
  std::size_t width;
  std::uint64_t value;
  const char* outcome;
};

#define FIELD(name) #name, offsetof(Header, name), sizeof(Header::name)
#define TABLE(name, member) \
#name "." #member, offsetof(Header, name) + offsetof(layout::Table, member), 8
#define COUNT(member) \
  "counts." #member, offsetof(Header, counts) + offsetof(layout::Counts, member), 4

constexpr FieldCase kFieldCases[] = {
    {FIELD(magic), 0x4554414745554c00, "foreign"},
    {FIELD(major), 0, "version"},
    {FIELD(major), 1, "version"},
    {FIELD(major), 3, "version"},
    {FIELD(minor), 1, "up"},  // a newer writer appends; what we know still holds
    {FIELD(header_bytes), 0, "corrupt"},
    {FIELD(header_bytes), sizeof(Header) - 1, "corrupt"},
    {FIELD(header_bytes), 0xffffffff, "corrupt"},
    {FIELD(endian_probe), 0x0807060504030201, "foreign"},
    {FIELD(segment_bytes), kHuge, "corrupt"},
    {FIELD(segment_bytes), 1 << 30, "truncated"},
    {FIELD(segment_bytes), 0, "corrupt"},
    {FIELD(segment_bytes), sizeof(Header), "corrupt"},
    {FIELD(schema_hash), 1, "schema"},
    {FIELD(features), ~0ull, "up"},
    {FIELD(generation), 0, "corrupt"},
    {FIELD(pid), 0, "up"},
    {FIELD(clock_id), 1, "corrupt"},
    {FIELD(state), 0, "starting"},
    {FIELD(state), 256, "corrupt"},
    {FIELD(lun_slots_used), 5, "corrupt"},
    {FIELD(lun_slots_used), ~0ull, "corrupt"},
    {COUNT(ops), 7, "corrupt"},
    {COUNT(stages), 9, "corrupt"},
    {COUNT(error_classes), 33, "corrupt"},
    {COUNT(lun_counters), 65, "corrupt"},
    {COUNT(gateway_counters), 129, "corrupt"},
    {COUNT(gateway_gauges), 33, "corrupt"},
    {COUNT(latency_bins), 185, "corrupt"},
    {COUNT(size_bins), 17, "corrupt"},
    {TABLE(loops, offset), 0, "corrupt"},
    {TABLE(loops, offset), 4097, "corrupt"},
    {TABLE(loops, offset), kHuge, "corrupt"},
    {TABLE(loops, stride), 0, "corrupt"},
    {TABLE(loops, stride), 8, "corrupt"},
    {TABLE(loops, stride), kHuge, "corrupt"},
    {TABLE(loops, count), 0, "corrupt"},
    {TABLE(loops, count), 3, "corrupt"},
    {TABLE(loops, count), ~0ull, "corrupt"},
    {TABLE(lun_slots, offset), sizeof(Header), "corrupt"},  // over the loops
    {TABLE(lun_slots, offset), ~0ull, "corrupt"},
    {TABLE(lun_slots, stride), 1016, "corrupt"},
    {TABLE(lun_slots, stride), 1028, "corrupt"},
    {TABLE(lun_slots, stride), ~0ull, "corrupt"},
    {TABLE(lun_slots, count), kHuge, "corrupt"},
    {TABLE(lun_slots, count), 3, "corrupt"},
    {TABLE(lun_shards, offset), sizeof(Header), "corrupt"},
    {TABLE(lun_shards, offset), kHuge, "corrupt"},
    {TABLE(lun_shards, stride), 12280, "corrupt"},
    {TABLE(lun_shards, stride), 0xfffffffff000, "corrupt"},
    {TABLE(lun_shards, count), 9, "corrupt"},
    {TABLE(lun_shards, count), ~0ull, "corrupt"},
    {TABLE(slow_records, offset), 0, "corrupt"},
    {TABLE(slow_records, offset), sizeof(Header), "corrupt"},
    {TABLE(slow_records, offset), kHuge, "corrupt"},
    {TABLE(slow_records, stride), 0, "corrupt"},
    {TABLE(slow_records, stride), 504, "corrupt"},
    {TABLE(slow_records, stride), kHuge, "corrupt"},
    {TABLE(slow_records, count), 511, "corrupt"},  // not the same for each loop
    {TABLE(slow_records, count), 1 << 19, "corrupt"},
    {TABLE(slow_records, count), ~0ull, "corrupt"},
    {FIELD(nexus_slots_used), 8, "corrupt"},
    {FIELD(nexus_slots_used), ~0ull, "corrupt"},
    {TABLE(nexus_slots, offset), 4096, "corrupt"},
    {TABLE(nexus_slots, stride), 312, "corrupt"},
    {TABLE(nexus_slots, stride), 324, "corrupt"},
    {TABLE(nexus_slots, count), 6, "corrupt"},
    {TABLE(nexus_slots, count), kHuge, "corrupt"},
    {TABLE(nexus_slots, count), ~0ull, "corrupt"},
    {TABLE(nexus_shards, offset), kHuge, "corrupt"},
    {TABLE(nexus_shards, stride), 120, "corrupt"},
    {TABLE(nexus_shards, stride), ~0ull, "corrupt"},
    {TABLE(nexus_shards, count), 0, "corrupt"},
    {TABLE(nexus_shards, count), ~0ull, "corrupt"},
    {TABLE(portal_slots, offset), ~0ull, "corrupt"},
    {TABLE(portal_slots, stride), 8, "corrupt"},
    {TABLE(portal_slots, count), 2, "corrupt"},
    {TABLE(portal_slots, count), ~0ull, "corrupt"},
    {TABLE(portal_shards, offset), 1, "corrupt"},
    {TABLE(portal_shards, stride), 56, "corrupt"},
    {TABLE(portal_shards, count), 1, "corrupt"},
    {TABLE(portal_shards, count), ~0ull, "corrupt"},
};

TEST_F(HostileSegment, EveryFieldOfTheHeaderIsChecked) {
  for (const FieldCase& field : kFieldCases) {
    std::vector<std::byte> changed = image_;
    std::memcpy(changed.data() + field.offset, &field.value, field.width);
    EXPECT_EQ(outcome(changed), field.outcome) << field.what << " = " << field.value;
  }
}

TEST_F(HostileSegment, TextsOfTheHeaderEnd) {
  std::vector<std::byte> changed = image_;
  std::memset(changed.data() + offsetof(Header, gateway), 'x', layout::kGatewayNameBytes);
  EXPECT_EQ(outcome(changed), "corrupt");
  changed = image_;
  std::memset(changed.data() + offsetof(Header, version), 'x', layout::kVersionBytes);
  EXPECT_EQ(outcome(changed), "corrupt");
  changed = image_;
  changed[offsetof(Header, gateway)] = std::byte{0};
  EXPECT_EQ(outcome(changed), "corrupt");
}

TEST_F(HostileSegment, TextsComeOutClean) {
  put(offsetof(Header, gateway), std::array<char, 4>{'\xff', '\n', 'a', '\0'});
  put(slot_at(0) + offsetof(LunSlot, image), std::array<char, 3>{'\x1b', '[', '\0'});
  auto snapshot = snapshot_of(image_);
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_EQ(snapshot->gateway,
            "\xef\xbf\xbd\xef\xbf\xbd"
            "a");
  EXPECT_EQ(snapshot->luns.at(0).image, "\xef\xbf\xbd[");
}

TEST_F(HostileSegment, ATextWithoutEndIsTakenWhole) {
  std::memset(image_.data() + slot_at(0) + offsetof(LunSlot, target), 'x', layout::kTargetBytes);
  EXPECT_EQ(snapshot_of(image_)->luns.at(0).target, std::string(layout::kTargetBytes, 'x'));
}

TEST_F(HostileSegment, ASlotLeftInChangeIsSkipped) {
  put<std::uint64_t>(slot_at(0), 7);  // its writer died between odd and even
  auto snapshot = snapshot_of(image_);
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_EQ(snapshot->luns.size(), 1u);
  EXPECT_EQ(snapshot->slots_skipped, 1u);
  EXPECT_EQ(snapshot->slot_retries, limits::kSlotReadTries - 1);
}

TEST_F(HostileSegment, ASlotOfNonsenseIsSkipped) {
  put<std::uint64_t>(slot_at(0) + offsetof(LunSlot, lun), 0x10000);
  put(slot_at(1) + offsetof(LunSlot, target), '\0');
  auto snapshot = snapshot_of(image_);
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_TRUE(snapshot->luns.empty());
  EXPECT_EQ(snapshot->slots_skipped, 2u);
}

TEST_F(HostileSegment, NoLunComesTwice) {
  put<std::uint64_t>(slot_at(1) + offsetof(LunSlot, lun), 0);
  auto snapshot = snapshot_of(image_);
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_EQ(snapshot->luns.size(), 1u);
  EXPECT_EQ(snapshot->slots_repeated, 1u);
}

TEST_F(HostileSegment, UnknownKindsAreNamedOther) {
  put<std::uint64_t>(slot_at(0) + offsetof(LunSlot, offline), 99);
  put<std::uint64_t>(slot_at(1) + offsetof(LunSlot, state), 99);
  auto snapshot = snapshot_of(image_);
  ASSERT_TRUE(snapshot.has_value());
  ASSERT_EQ(snapshot->luns.size(), 1u);
  EXPECT_EQ(snapshot->luns[0].offline, OfflineReason::kOther);
}

TEST_F(HostileSegment, APairOfNoLunIsLeftOut) {
  put<std::uint64_t>(nexus_at(0) + offsetof(layout::NexusSlot, lun_slot), ~0ull);
  put<std::uint64_t>(nexus_at(1) + offsetof(layout::NexusSlot, lun_slot_generation), 9);
  const auto snapshot = snapshot_of(image_);
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_TRUE(snapshot->nexuses.empty());
}

TEST_F(HostileSegment, NoPairComesTwice) {
  put<std::uint64_t>(nexus_at(1) + offsetof(layout::NexusSlot, lun_slot), 0);
  const auto snapshot = snapshot_of(image_);
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_EQ(snapshot->nexuses.size(), 1u);
  EXPECT_EQ(snapshot->slots_repeated, 1u);
}

TEST_F(HostileSegment, APairLeftInChangeIsSkipped) {
  put<std::uint64_t>(nexus_at(0), 7);
  const auto snapshot = snapshot_of(image_);
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_EQ(snapshot->nexuses.size(), 1u);
  EXPECT_EQ(snapshot->slots_skipped, 1u);
}

TEST_F(HostileSegment, AnInitiatorsNameComesOutClean) {
  put(nexus_at(0) + offsetof(layout::NexusSlot, initiator), std::array<char, 3>{'\n', 'a', '\0'});
  put(header_.portal_slots.offset, std::array<char, 2>{'\x1b', '\0'});
  put(slow_at(1) + offsetof(layout::SlowRecord, peer), std::array<char, 2>{'\xff', '\0'});
  const auto snapshot = snapshot_of(image_);
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_EQ(snapshot->nexuses.at(0).initiator,
            "\xef\xbf\xbd"
            "a");
  EXPECT_EQ(snapshot->portals.at(0).address, "\xef\xbf\xbd");
  EXPECT_EQ(snapshot->slow.at(0).peer, "\xef\xbf\xbd");
}

TEST_F(HostileSegment, APortalWithoutAnAddressIsSkipped) {
  put(header_.portal_slots.offset, '\0');
  const auto snapshot = snapshot_of(image_);
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_TRUE(snapshot->portals.empty());
  EXPECT_EQ(snapshot->slots_skipped, 1u);
}

TEST_F(HostileSegment, ASlowRecordOfNonsenseIsSkipped) {
  const std::pair<std::size_t, std::uint64_t> nonsense[] = {
      {offsetof(layout::SlowRecord, sequence), 3},
      {offsetof(layout::SlowRecord, number), 0},
      {offsetof(layout::SlowRecord, number), 77},  // it belongs elsewhere
      {offsetof(layout::SlowRecord, kind), kSlowKinds},
      {offsetof(layout::SlowRecord, opcode), 256},
      {offsetof(layout::SlowRecord, task_tag), std::uint64_t{1} << 32},
  };
  const auto before = image_;
  for (const auto& [offset, value] : nonsense) {
    image_ = before;
    put<std::uint64_t>(slow_at(1) + offset, value);
    const auto snapshot = snapshot_of(image_);
    ASSERT_TRUE(snapshot.has_value());
    EXPECT_EQ(snapshot->slow.size(), 1u) << offset;
    EXPECT_EQ(snapshot->slots_skipped, 1u) << offset;
  }
}

TEST_F(HostileSegment, ASlowRecordOfNoLunIsLeftOut) {
  put<std::uint64_t>(slow_at(1) + offsetof(layout::SlowRecord, lun_slot), kHuge);
  put<std::uint64_t>(slow_at(2) + offsetof(layout::SlowRecord, lun_slot_generation), 2);
  const auto snapshot = snapshot_of(image_);
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_TRUE(snapshot->slow.empty());
}

TEST_F(HostileSegment, KindsOfASlowRecordThatNobodyKnowsAreOther) {
  put<std::uint64_t>(slow_at(1) + offsetof(layout::SlowRecord, op), kHuge);
  put<std::uint64_t>(slow_at(1) + offsetof(layout::SlowRecord, error_class), kHuge);
  put<std::uint64_t>(slow_at(1) + offsetof(layout::SlowRecord, start_ns), ~0ull);
  const auto snapshot = snapshot_of(image_);
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_EQ(snapshot->slow.at(0).op, Op::kOther);
  EXPECT_EQ(snapshot->slow.at(0).error, ErrorClass::kOther);
  EXPECT_EQ(snapshot->slow.at(0).duration_ns(), 0u) << "it cannot end before it began";
}

TEST_F(HostileSegment, RandomBytesAreNothingToFear) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 2'000; ++round) {
    std::vector<std::byte> changed = image_;
    const std::size_t where = round % 2 == 0 ? sizeof(Header) : changed.size();
    for (std::uint64_t n = random() % 8 + 1; n > 0; --n) {
      changed[random() % where] = static_cast<std::byte>(random());
    }
    const std::string seen = outcome(changed);
    ASSERT_THAT(kFaultNames,
                ::testing::AnyOf(::testing::Contains(seen),
                                 ::testing::Truly([&](auto) { return seen == "up"; })));
  }
  for (std::byte& byte : image_) byte = static_cast<std::byte>(random());
  EXPECT_EQ(outcome(), "foreign");
}

// As a signed number it would be negative, for which Prometheus drops the page of all gateways.
TEST_F(HostileSegment, ACountBeyondAllBoundsCostsItsSlot) {
  const std::uint64_t shard = header_.lun_shards.offset + header_.lun_shards.stride;
  put(shard + offsetof(layout::LunShard, latency), ~std::uint64_t{0});
  const auto snapshot = decode(MemorySource(image_), header_, boot_now());
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_EQ(snapshot->luns.size(), 1u);
  EXPECT_EQ(snapshot->slots_skipped, 1u);
}

TEST_F(HostileSegment, MoreSlotsThanAnyTargetHasAreNotRead) {
  header_.nexus_slots.count = 32 * 1024;
  header_.nexus_shards.count = header_.nexus_slots.count * header_.loops.count;
  put(0, header_);
  const auto read = read_header(MemorySource(image_));
  ASSERT_FALSE(read.has_value());
  EXPECT_THAT(read.error().detail, ::testing::HasSubstr("nexus_slots is 32768"));
}

}  // namespace
}  // namespace lungate::telemetry
