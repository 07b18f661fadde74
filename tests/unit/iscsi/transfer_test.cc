// SPDX-License-Identifier: LGPL-2.1-or-later
#include "iscsi/transfer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace lungate::iscsi {
namespace {

Parameters parameters() {
  Parameters p;
  p.first_burst_bytes = 1000;
  p.max_burst_bytes = 2000;
  p.max_outstanding_r2t = 1;
  p.initial_r2t = false;
  p.immediate_data = true;
  return p;
}

struct Pdu {
  std::uint32_t tag;
  std::uint32_t sn;
  std::uint32_t offset;
  std::uint32_t bytes;
  bool final;
};

/// One write as an initiator sees it. Each verb shows what came of it: "offset+kept" or the error.
class Write {
 public:
  Write(std::uint32_t edtl, std::uint64_t wanted, const Parameters& p = parameters())
      : transfer(edtl, wanted, p) {}

  std::string command(std::uint32_t immediate, bool final) {
    return show(transfer.on_command(immediate, final));
  }
  std::string unsolicited(std::uint32_t sn, std::uint32_t offset, std::uint32_t bytes, bool final) {
    return data({kNoTag, sn, offset, bytes, final});
  }
  std::string data(const Pdu& pdu) {
    DataOut header;
    if (pdu.final) header.flags = kFinalBit;
    header.target_transfer_tag = pdu.tag;
    header.data_sn = pdu.sn;
    header.buffer_offset = pdu.offset;
    header.data_segment_bytes = pdu.bytes;
    return show(transfer.on_data_out(header));
  }
  /// "sn:offset+bytes", or "-" when none is due.
  std::string r2t(std::uint32_t tag) {
    if (!transfer.r2t_due()) return "-";
    const R2t sent = transfer.take_r2t(tag);
    EXPECT_EQ(sent.target_transfer_tag, tag);
    return std::to_string(sent.r2t_sn) + ":" + std::to_string(sent.offset) + "+" +
           std::to_string(sent.bytes);
  }

  WriteTransfer transfer;

 private:
  static std::string show(const Result<Placement, TransferError>& result) {
    if (!result) return std::string(name(result.error()));
    return std::to_string(result->offset) + "+" + std::to_string(result->kept);
  }
};

// --- Immediate data ---

TEST(WriteTransfer, AllImmediate) {
  Write write(512, 512);
  EXPECT_EQ(write.command(512, true), "0+512");
  EXPECT_TRUE(write.transfer.complete());
  EXPECT_FALSE(write.transfer.r2t_due());
}

TEST(WriteTransfer, ImmediateThenR2t) {
  Write write(2500, 2500);
  EXPECT_EQ(write.command(600, true), "0+600");
  EXPECT_FALSE(write.transfer.complete());
  EXPECT_EQ(write.r2t(1), "0:600+1900");
  EXPECT_EQ(write.data({1, 0, 600, 1900, true}), "600+1900");
  EXPECT_TRUE(write.transfer.complete());
  EXPECT_EQ(write.transfer.r2t_count(), 1u);
}

TEST(WriteTransfer, ImmediateRefused) {
  Parameters p = parameters();
  p.immediate_data = false;
  EXPECT_EQ(Write(512, 512, p).command(1, true), "unexpected_unsolicited");
  EXPECT_EQ(Write(512, 512, p).command(0, true), "0+0");
}

TEST(WriteTransfer, ImmediateBounds) {
  EXPECT_EQ(Write(2500, 2500).command(1000, true), "0+1000");
  EXPECT_EQ(Write(2500, 2500).command(1001, true), "first_burst_exceeded");
  EXPECT_EQ(Write(500, 500).command(501, true), "beyond_expected_length");
  EXPECT_EQ(Write(0, 0).command(1, true), "beyond_expected_length");
}

TEST(WriteTransfer, NothingToWrite) {
  Write write(0, 0);
  EXPECT_EQ(write.command(0, true), "0+0");
  EXPECT_TRUE(write.transfer.complete());
}

// --- Unsolicited Data-Out ---

TEST(WriteTransfer, UnsolicitedBurst) {
  Write write(2500, 2500);
  EXPECT_EQ(write.command(400, false), "0+400");
  EXPECT_EQ(write.r2t(1), "-") << "not before the unsolicited data has ended";
  EXPECT_EQ(write.unsolicited(0, 400, 300, false), "400+300");
  EXPECT_EQ(write.unsolicited(1, 700, 300, true), "700+300");
  EXPECT_EQ(write.r2t(1), "0:1000+1500");
}

TEST(WriteTransfer, UnsolicitedMayEndEarly) {
  Write write(2500, 2500);
  EXPECT_EQ(write.command(0, false), "0+0");
  EXPECT_EQ(write.unsolicited(0, 0, 10, true), "0+10");
  EXPECT_EQ(write.r2t(1), "0:10+2000");
}

TEST(WriteTransfer, UnsolicitedMayEndWithNothing) {
  Write write(2500, 2500);
  EXPECT_EQ(write.command(400, false), "0+400");
  EXPECT_EQ(write.unsolicited(0, 400, 0, true), "400+0");
  EXPECT_EQ(write.r2t(1), "0:400+2000");
}

TEST(WriteTransfer, UnsolicitedRefusedWithInitialR2t) {
  Parameters p = parameters();
  p.initial_r2t = true;
  EXPECT_EQ(Write(2500, 2500, p).command(0, false), "unexpected_unsolicited");
  Write write(2500, 2500, p);
  EXPECT_EQ(write.command(100, true), "0+100") << "immediate data is another key's business";
  EXPECT_EQ(write.unsolicited(0, 100, 10, true), "unexpected_unsolicited");
}

TEST(WriteTransfer, UnsolicitedMistakes) {
  const auto open = [] {
    Write write(2500, 2500);
    EXPECT_EQ(write.command(400, false), "0+400");
    return write;
  };
  EXPECT_EQ(open().unsolicited(1, 400, 100, false), "data_sn_mismatch");
  EXPECT_EQ(open().unsolicited(0xffffffff, 400, 100, false), "data_sn_mismatch");
  EXPECT_EQ(open().unsolicited(0, 0, 100, false), "offset_mismatch");
  EXPECT_EQ(open().unsolicited(0, 500, 100, false), "offset_mismatch");
  EXPECT_EQ(open().unsolicited(0, 400, 601, true), "first_burst_exceeded");
  EXPECT_EQ(open().unsolicited(0, 400, 600, false), "final_missing");
  EXPECT_EQ(open().unsolicited(0, 400, 0, false), "empty_data");
  EXPECT_EQ(open().data({5, 0, 400, 100, true}), "unknown_transfer_tag");
  EXPECT_EQ(open().unsolicited(0, 0xffffffff, 0xffffff, true), "offset_mismatch");
}

TEST(WriteTransfer, UnsolicitedAfterItsEnd) {
  Write write(2500, 2500);
  EXPECT_EQ(write.command(400, true), "0+400");
  EXPECT_EQ(write.unsolicited(0, 400, 100, true), "unexpected_unsolicited");
}

TEST(WriteTransfer, UnsolicitedBeyondExpectedLength) {
  Write write(500, 500);
  EXPECT_EQ(write.command(400, false), "0+400");
  EXPECT_EQ(write.unsolicited(0, 400, 101, true), "beyond_expected_length");
}

TEST(WriteTransfer, CommandThatAnnouncesWhatCannotCome) {
  EXPECT_EQ(Write(500, 500).command(500, false), "final_missing");
  EXPECT_EQ(Write(2500, 2500).command(1000, false), "final_missing");
}

// --- Solicited data ---

TEST(WriteTransfer, BurstsOfMaxBurstLength) {
  Write write(5000, 5000);
  EXPECT_EQ(write.command(0, true), "0+0");
  EXPECT_EQ(write.r2t(1), "0:0+2000");
  EXPECT_EQ(write.r2t(2), "-") << "one outstanding";
  EXPECT_EQ(write.data({1, 0, 0, 1500, false}), "0+1500");
  EXPECT_EQ(write.r2t(2), "-");
  EXPECT_EQ(write.data({1, 1, 1500, 500, true}), "1500+500");
  EXPECT_EQ(write.r2t(2), "1:2000+2000");
  EXPECT_EQ(write.data({2, 0, 2000, 2000, true}), "2000+2000");
  EXPECT_EQ(write.r2t(3), "2:4000+1000");
  EXPECT_EQ(write.data({3, 0, 4000, 1000, true}), "4000+1000");
  EXPECT_EQ(write.r2t(4), "-");
  EXPECT_TRUE(write.transfer.complete());
}

TEST(WriteTransfer, SeveralOutstanding) {
  Parameters p = parameters();
  p.max_outstanding_r2t = 2;
  Write write(6000, 6000, p);
  EXPECT_EQ(write.command(0, true), "0+0");
  EXPECT_EQ(write.r2t(1), "0:0+2000");
  EXPECT_EQ(write.r2t(2), "1:2000+2000");
  EXPECT_EQ(write.r2t(3), "-");
  EXPECT_EQ(write.data({1, 0, 0, 2000, true}), "0+2000");
  EXPECT_EQ(write.r2t(3), "2:4000+2000");
  EXPECT_EQ(write.data({2, 0, 2000, 2000, true}), "2000+2000");
  EXPECT_EQ(write.data({3, 0, 4000, 2000, true}), "4000+2000");
  EXPECT_TRUE(write.transfer.complete());
}

TEST(WriteTransfer, OutstandingAreFulfilledInOrder) {
  Parameters p = parameters();
  p.max_outstanding_r2t = 2;
  Write write(6000, 6000, p);
  EXPECT_EQ(write.command(0, true), "0+0");
  write.r2t(1);
  write.r2t(2);
  EXPECT_EQ(write.data({2, 0, 2000, 2000, true}), "unknown_transfer_tag");
}

TEST(WriteTransfer, OutstandingNeverExceedWhatThereIsRoomFor) {
  Parameters p = parameters();
  p.max_outstanding_r2t = 65535;
  Write write(1000000, 1000000, p);
  EXPECT_EQ(write.command(0, true), "0+0");
  std::uint32_t sent = 0;
  while (write.r2t(sent) != "-") ++sent;
  EXPECT_EQ(sent, limits::kMaxOutstandingR2t);
}

TEST(WriteTransfer, SolicitedMistakes) {
  const auto open = [] {
    Write write(5000, 5000);
    EXPECT_EQ(write.command(0, true), "0+0");
    EXPECT_EQ(write.r2t(7), "0:0+2000");
    return write;
  };
  EXPECT_EQ(open().data({8, 0, 0, 2000, true}), "unknown_transfer_tag");
  EXPECT_EQ(open().data({kNoTag, 0, 0, 2000, true}), "unexpected_unsolicited");
  EXPECT_EQ(open().data({7, 1, 0, 2000, true}), "data_sn_mismatch");
  EXPECT_EQ(open().data({7, 27, 0, 1000, false}), "data_sn_mismatch");
  EXPECT_EQ(open().data({7, 0xffffffff, 0, 1000, false}), "data_sn_mismatch");
  EXPECT_EQ(open().data({7, 0, 4, 1000, false}), "offset_mismatch");
  EXPECT_EQ(open().data({7, 0, 0, 2001, true}), "desired_length_exceeded");
  EXPECT_EQ(open().data({7, 0, 0, 1999, true}), "final_early");
  EXPECT_EQ(open().data({7, 0, 0, 2000, false}), "final_missing");
  EXPECT_EQ(open().data({7, 0, 0, 0, false}), "empty_data");
  EXPECT_EQ(open().data({7, 0, 0, 0, true}), "final_early");
}

TEST(WriteTransfer, RepeatedDataSn) {
  Write write(5000, 5000);
  EXPECT_EQ(write.command(0, true), "0+0");
  write.r2t(7);
  EXPECT_EQ(write.data({7, 0, 0, 1000, false}), "0+1000");
  EXPECT_EQ(write.data({7, 0, 1000, 1000, true}), "data_sn_mismatch");
}

TEST(WriteTransfer, FulfilledTagIsGone) {
  Write write(2000, 2000);
  EXPECT_EQ(write.command(0, true), "0+0");
  write.r2t(7);
  EXPECT_EQ(write.data({7, 0, 0, 2000, true}), "0+2000");
  EXPECT_EQ(write.data({7, 1, 2000, 100, true}), "unknown_transfer_tag");
}

TEST(WriteTransfer, DataForAReadHasNoPlace) {
  Write read(0, 0);
  EXPECT_EQ(read.command(0, true), "0+0");
  EXPECT_EQ(read.data({0, 0, 0, 100, true}), "unknown_transfer_tag");
  EXPECT_EQ(read.unsolicited(0, 0, 100, true), "unexpected_unsolicited");
}

// --- Expected and wanted lengths that differ ---

TEST(WriteTransfer, SurplusIsAbsorbedNotSolicited) {
  Write write(3000, 512);
  EXPECT_EQ(write.command(600, false), "0+512");
  EXPECT_EQ(write.unsolicited(0, 600, 400, true), "0+0");
  EXPECT_EQ(write.r2t(1), "-");
  EXPECT_TRUE(write.transfer.complete());
  EXPECT_EQ(write.transfer.kept_bytes(), 512u);
}

TEST(WriteTransfer, SurplusWithinOnePdu) {
  Write write(3000, 512);
  EXPECT_EQ(write.command(500, false), "0+500");
  EXPECT_EQ(write.unsolicited(0, 500, 100, true), "500+12");
}

TEST(WriteTransfer, OnlyWhatIsWantedIsSolicited) {
  Write write(1000000, 700);
  EXPECT_EQ(write.command(0, true), "0+0");
  EXPECT_EQ(write.r2t(1), "0:0+700");
}

TEST(WriteTransfer, RefusedCommandAbsorbsItsUnsolicitedData) {
  Write write(3000, 0);
  EXPECT_EQ(write.command(100, false), "0+0");
  EXPECT_FALSE(write.transfer.complete());
  EXPECT_TRUE(write.transfer.data_expected());
  EXPECT_EQ(write.unsolicited(0, 100, 900, true), "0+0");
  EXPECT_TRUE(write.transfer.complete());
}

TEST(WriteTransfer, LessIsExpectedThanWanted) {
  Write write(512, 4096);
  EXPECT_EQ(write.command(0, true), "0+0");
  EXPECT_EQ(write.r2t(1), "0:0+512");
}

TEST(WriteTransfer, FourGigabytes) {
  Write write(0xffffffff, UINT64_MAX);
  EXPECT_EQ(write.command(1000, true), "0+1000");
  EXPECT_EQ(write.transfer.kept_bytes(), 0xffffffffu);
  std::uint32_t offset = 1000;
  for (std::uint32_t tag = 0; tag < 3; ++tag) {
    write.r2t(tag);
    EXPECT_EQ(write.data({tag, 0, offset, 2000, true}), std::to_string(offset) + "+2000");
    offset += 2000;
  }
}

TEST(WriteTransferDeathTest, MistakesOfTheOwner) {
  Write write(512, 512);
  EXPECT_EQ(write.command(512, true), "0+512");
  EXPECT_DEATH(write.transfer.take_r2t(1), "due");
  Write other(512, 512);
  EXPECT_EQ(other.command(0, true), "0+0");
  EXPECT_DEATH(other.transfer.take_r2t(kNoTag), "tag");
}

/// An initiator that keeps every rule, with lengths of its own choice.
class ObedientInitiator {
 public:
  explicit ObedientInitiator(unsigned seed) : random_(seed) {}

  /// Runs one write to its end; what went wrong, or nothing.
  std::string run() {
    const Parameters p = choose_parameters();
    const std::uint32_t edtl = below(10000);
    WriteTransfer transfer(edtl, below(10000), p);
    kept_ = 0;
    const std::uint32_t burst = std::min(edtl, p.first_burst_bytes);
    const std::uint32_t immediate = below(burst + 1);
    const bool unsolicited = !p.initial_r2t && immediate < burst;
    note(transfer.on_command(immediate, !unsolicited));
    if (unsolicited) send(transfer, {0, kNoTag, immediate, burst - immediate});
    for (std::uint32_t tag = 1; !transfer.complete() && wrong_.empty();) {
      while (transfer.r2t_due()) open_.push_back(transfer.take_r2t(tag++));
      if (open_.empty() || open_.size() > p.max_outstanding_r2t) return "R2T count";
      send(transfer, open_.front());
      open_.erase(open_.begin());
    }
    if (wrong_.empty() && kept_ != transfer.kept_bytes()) return "bytes are missing";
    return wrong_;
  }

 private:
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }

  Parameters choose_parameters() {
    Parameters p = parameters();
    p.max_burst_bytes = 512 + below(3000);
    p.first_burst_bytes = std::min(p.max_burst_bytes, 512 + below(3000));
    p.max_outstanding_r2t = static_cast<std::uint16_t>(1 + below(8));
    p.initial_r2t = below(2) == 0;
    return p;
  }

  void send(WriteTransfer& transfer, const R2t& burst) {
    const std::uint32_t end = burst.offset + burst.bytes;
    std::uint32_t offset = burst.offset;
    for (std::uint32_t sn = 0; offset < end && wrong_.empty(); ++sn) {
      DataOut pdu;
      pdu.target_transfer_tag = burst.target_transfer_tag;
      pdu.data_sn = sn;
      pdu.buffer_offset = offset;
      pdu.data_segment_bytes = std::min(end - offset, 1 + below(1500));
      offset += pdu.data_segment_bytes;
      if (offset == end) pdu.flags = kFinalBit;
      note(transfer.on_data_out(pdu));
    }
  }

  void note(const Result<Placement, TransferError>& placed) {
    if (!placed) {
      wrong_ = name(placed.error());
    } else if (placed->kept > 0) {
      if (placed->offset != kept_) wrong_ = "a byte came twice or out of order";
      kept_ += placed->kept;
    }
  }

  std::mt19937 random_;
  std::vector<R2t> open_;
  std::uint32_t kept_ = 0;
  std::string wrong_;
};

TEST(WriteTransfer, ObedientInitiatorIsNeverRefused) {
  const unsigned seed = std::random_device{}();
  ObedientInitiator initiator(seed);
  for (int round = 0; round < 2000; ++round) {
    ASSERT_EQ(initiator.run(), "") << "seed " << seed << ", round " << round;
  }
}

// --- Reads ---

/// "sn:offset+bytes", F for final, S for status, separated by spaces.
std::string pieces(std::uint32_t bytes, std::uint32_t segment, std::uint32_t burst,
                   bool collapse = true) {
  Parameters p;
  p.max_send_data_segment_bytes = segment;
  p.max_burst_bytes = burst;
  ReadTransfer read(bytes, p, collapse);
  std::string shown;
  while (const auto piece = read.next()) {
    shown += std::to_string(piece->data_sn) + ":" + std::to_string(piece->offset) + "+" +
             std::to_string(piece->bytes) + (piece->final ? "F" : "") + (piece->status ? "S" : "") +
             " ";
  }
  EXPECT_TRUE(read.done());
  return shown;
}

TEST(ReadTransfer, OnePdu) {
  EXPECT_EQ(pieces(512, 8192, 262144), "0:0+512FS ");
}

TEST(ReadTransfer, NoDataNoPdu) {
  EXPECT_EQ(pieces(0, 8192, 262144), "");
}

TEST(ReadTransfer, CutAtTheSegment) {
  EXPECT_EQ(pieces(2500, 1000, 10000), "0:0+1000 1:1000+1000 2:2000+500FS ");
}

TEST(ReadTransfer, SequencesEndAtMaxBurst) {
  EXPECT_EQ(pieces(5000, 1000, 2000),
            "0:0+1000 1:1000+1000F 2:2000+1000 3:3000+1000F 4:4000+1000FS ");
}

TEST(ReadTransfer, BurstThatIsNoMultipleOfTheSegment) {
  EXPECT_EQ(pieces(4000, 1000, 1500),
            "0:0+1000 1:1000+500F 2:1500+1000 3:2500+500F 4:3000+1000FS ");
}

TEST(ReadTransfer, SegmentBeyondTheBurst) {
  EXPECT_EQ(pieces(3000, 8192, 2000), "0:0+2000F 1:2000+1000FS ");
}

TEST(ReadTransfer, StatusInAResponseOfItsOwn) {
  EXPECT_EQ(pieces(2000, 1000, 2000, false), "0:0+1000 1:1000+1000F ");
}

TEST(ReadTransfer, ExactlyOneBurst) {
  EXPECT_EQ(pieces(2000, 2000, 2000), "0:0+2000FS ");
}

// --- Residuals ---

TEST(Residual, OfEveryKind) {
  EXPECT_EQ(residual(512, 512).kind, Residual::Kind::kNone);
  EXPECT_EQ(residual(512, 512).bytes, 0u);
  EXPECT_EQ(residual(512, 36).kind, Residual::Kind::kUnderflow);
  EXPECT_EQ(residual(512, 36).bytes, 476u);
  EXPECT_EQ(residual(512, 1024).kind, Residual::Kind::kOverflow);
  EXPECT_EQ(residual(512, 1024).bytes, 512u);
  EXPECT_EQ(residual(0, 0).kind, Residual::Kind::kNone);
  EXPECT_EQ(residual(0xffffffff, 0).bytes, 0xffffffffu);
}

TEST(Residual, OverflowBeyondItsField) {
  EXPECT_EQ(residual(0, UINT64_MAX).kind, Residual::Kind::kOverflow);
  EXPECT_EQ(residual(0, UINT64_MAX).bytes, 0xffffffffu);
  EXPECT_EQ(residual(0, 0x1'0000'0005).bytes, 0xffffffffu) << "not cut to 5";
}

}  // namespace
}  // namespace lungate::iscsi
