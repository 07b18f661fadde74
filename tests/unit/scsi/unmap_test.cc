// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using backend::Verb;
using testing::Call;
using testing::Data;
using testing::Disk;
using ::testing::ElementsAre;
using testing::Fails;
using testing::FailsAtCdbByte;
using testing::FailsAtListByte;
using testing::filled;
using testing::Good;
using testing::unhex;

/// UNMAP with this parameter list.
testing::Answer unmap(Disk& disk, const Data& list) {
  char cdb[32];
  std::snprintf(cdb, sizeof(cdb), "42 00 00000000 00 %04zx 00", list.size());
  return disk.send(cdb, list);
}

struct Range {
  std::uint64_t lba;
  std::uint32_t blocks;
};

Data list_of(const std::vector<Range>& ranges) {
  std::string text;
  char field[64];
  std::snprintf(field, sizeof(field), "%04zx%04zx00000000", 6 + 16 * ranges.size(),
                16 * ranges.size());
  text += field;
  for (const Range& range : ranges) {
    std::snprintf(field, sizeof(field), "%016llx%08x00000000",
                  static_cast<unsigned long long>(range.lba), range.blocks);
    text += field;
  }
  return unhex(text);
}

TEST(Unmap, EachDescriptorIsOneDiscardInOrder) {
  Disk disk;
  disk.store.bytes = filled(disk.store.bytes.size(), 0xff);
  const auto answer = unmap(disk, list_of({{0, 1}, {8, 8}, {4, 2}}));
  EXPECT_THAT(answer, Good());
  EXPECT_THAT(answer.calls,
              ElementsAre(Call{Verb::kDiscard, 0, 512}, Call{Verb::kDiscard, 4096, 4096},
                          Call{Verb::kDiscard, 2048, 1024}));
  EXPECT_EQ(disk.send("28 00 00000008 00 0008 00").data, filled(4096, 0));
  EXPECT_EQ(disk.send("28 00 00000001 00 0001 00").data, filled(512, 0xff));
}

TEST(Unmap, NeighboursAreOneDiscard) {
  Disk disk;
  const auto answer = unmap(disk, list_of({{0, 0}, {8, 1}, {9, 1}, {10, 2}, {14, 1}, {13, 1}}));
  EXPECT_THAT(answer, Good());
  EXPECT_THAT(answer.calls,
              ElementsAre(Call{Verb::kDiscard, 4096, 2048}, Call{Verb::kDiscard, 7168, 512},
                          Call{Verb::kDiscard, 6656, 512}));
}

TEST(Unmap, NothingToDoIsGood) {
  Disk disk;
  EXPECT_THAT(unmap(disk, {}), Good()) << "no parameter list";
  EXPECT_THAT(unmap(disk, list_of({})), Good()) << "no descriptors";
  EXPECT_THAT(unmap(disk, list_of({{0, 0}})), Good());
  EXPECT_THAT(unmap(disk, list_of({{2048, 0}})), Good()) << "no blocks, at the end";
  EXPECT_THAT(unmap(disk, list_of({{~0ull, 0}})), Good());
}

TEST(Unmap, EmptyDescriptorsAreSkipped) {
  Disk disk;
  EXPECT_THAT(unmap(disk, list_of({{0, 0}, {8, 8}, {9, 0}, {16, 8}, {0, 0}})).calls,
              ElementsAre(Call{Verb::kDiscard, 4096, 4096}, Call{Verb::kDiscard, 8192, 4096}));
}

TEST(Unmap, Takes256DescriptorsAndNoMore) {
  Disk disk;
  EXPECT_THAT(unmap(disk, list_of(std::vector<Range>(256, {0, 1}))), Good());
  EXPECT_THAT(unmap(disk, list_of(std::vector<Range>(257, {0, 1}))), FailsAtListByte(2));
}

TEST(Unmap, ARangeOutsideFailsBeforeAnythingIsUnmapped) {
  Disk disk;
  for (const Range range : {Range{2047, 2}, Range{2048, 1}, Range{~0ull, 1}, Range{~0ull, ~0u},
                            Range{0, 2049}, Range{1ull << 55, 8}}) {
    const auto answer = unmap(disk, list_of({{0, 8}, range}));
    EXPECT_THAT(answer, Fails(sense::kLbaOutOfRange)) << range.lba;
    EXPECT_TRUE(answer.calls.empty());
  }
}

TEST(Unmap, MoreBlocksThanTheMaximumPointAtTheDescriptor) {
  Disk disk(512, 1u << 22);
  EXPECT_THAT(unmap(disk, list_of({{0, 1u << 20}, {0, 1}})), FailsAtListByte(8 + 16 + 8));
}

TEST(Unmap, TruncatedListsAreALengthError) {
  Disk disk;
  EXPECT_THAT(unmap(disk, unhex("0000")), Fails(sense::kParameterListLengthError));
  EXPECT_THAT(unmap(disk, unhex("00060000000000")), Fails(sense::kParameterListLengthError));
  Data cut = list_of({{0, 1}});
  cut.pop_back();
  EXPECT_THAT(unmap(disk, cut), Fails(sense::kParameterListLengthError));
}

TEST(Unmap, DataThatDidNotComeAreALengthError) {
  Disk disk;
  EXPECT_THAT(disk.send("42 00 00000000 00 0018 00", list_of({{0, 1}}), 8),
              Fails(sense::kParameterListLengthError));
}

TEST(Unmap, LengthsThatDisagreePointAtTheHeader) {
  Disk disk;
  Data list = list_of({{0, 1}});
  list[1] = std::byte{6};  // UNMAP DATA LENGTH without the descriptor
  EXPECT_THAT(unmap(disk, list), FailsAtListByte(0));
}

TEST(Unmap, ARemainderOfADescriptorIsIgnored) {
  Disk disk;
  const auto answer = unmap(disk, unhex("0018 0012 00000000"
                                        "0000000000000001 00000001 00000000 ffff"));
  EXPECT_THAT(answer.calls, ElementsAre(Call{Verb::kDiscard, 512, 512}));
}

TEST(Unmap, AnchorsAndGroupsAreRefused) {
  Disk disk;
  EXPECT_THAT(disk.send("42 01 00000000 00 0018 00", list_of({{0, 1}})), FailsAtCdbByte(1));
  EXPECT_THAT(disk.send("42 00 00000000 01 0018 00", list_of({{0, 1}})), FailsAtCdbByte(6));
}

TEST(Unmap, HugeParameterListsAreRefusedBeforeTheyAreFetched) {
  Disk disk;
  EXPECT_EQ(disk.plan_of("42 00 00000000 00 ffff 00").direction, Direction::kNone);
  EXPECT_THAT(disk.send("42 00 00000000 00 ffff 00"), FailsAtCdbByte(7));
}

TEST(Unmap, IsUnknownWhereTheBackendCannotDiscard) {
  Disk disk;
  disk.unit.geometry.unmap_granularity_blocks = 0;
  EXPECT_THAT(unmap(disk, list_of({{0, 0}})), Fails(sense::kInvalidOperationCode));
}

TEST(Unmap, AFailureStopsItAndAfterTheFirstDiscardIsNeverBusy) {
  Disk disk;
  disk.store.fail(backend::Status::kNoMemory, 0);
  EXPECT_EQ(unmap(disk, list_of({{0, 8}, {8, 8}})).status, Status::kBusy);
  disk.store.fail(backend::Status::kNoMemory, 1);
  const auto answer = unmap(disk, list_of({{0, 8}, {16, 8}, {32, 8}}));
  EXPECT_THAT(answer, Fails(sense::kCommunicationFailure));
  EXPECT_EQ(answer.calls.size(), 2u);
}

}  // namespace
}  // namespace lungate::scsi
