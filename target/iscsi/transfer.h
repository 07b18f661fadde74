// SPDX-License-Identifier: LGPL-2.1-or-later

// The arithmetic of data transfer (RFC 7143, 4.2.5, 11.3 to 11.8): which data may come, where it
// goes, what to ask for next; how read data is cut. No bytes are touched here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/limits.h"
#include "base/result.h"
#include "iscsi/bhs.h"
#include "iscsi/named.h"
#include "iscsi/parameters.h"

namespace lungate::iscsi {

// X(enumerator, name, meaning for the reader). Unsolicited data is immediate data (not with
// ImmediateData=No) and the Data-Out that follows it unasked (not with InitialR2T=Yes).
#define LUNGATE_ISCSI_TRANSFER_ERRORS(X)                                                     \
  X(kUnexpectedUnsolicited, "unexpected_unsolicited",                                        \
    "not agreed to, or after its end: sense 0C/0C (11.4.7.2)")                               \
  X(kFirstBurstExceeded, "first_burst_exceeded",                                             \
    "unsolicited beyond FirstBurstLength: sense 0C/0C")                                      \
  X(kBeyondExpectedLength, "beyond_expected_length", "data beyond EDTL")                     \
  X(kUnknownTransferTag, "unknown_transfer_tag", "no R2T with this tag is due")              \
  X(kDataSnMismatch, "data_sn_mismatch", "a gap, a repetition, a wrong order of DataSN")     \
  X(kOffsetMismatch, "offset_mismatch", "not where the last PDU ended (DataPDUInOrder=Yes)") \
  X(kDesiredLengthExceeded, "desired_length_exceeded", "more than the R2T asked for")        \
  X(kFinalMissing, "final_missing", "the burst is complete, the F bit is not set")           \
  X(kFinalEarly, "final_early", "the F bit is set, the R2T is not fulfilled")                \
  X(kEmptyData, "empty_data", "no data and no F bit: it would go on for ever")

/// What an initiator did wrong with its data. At error recovery level 0 the command fails (SCSI
/// status CHECK CONDITION, ABORTED COMMAND) or the connection is closed: the session decides.
enum class TransferError : std::uint8_t {
#define X(enumerator, text, meaning) enumerator,
  LUNGATE_ISCSI_TRANSFER_ERRORS(X)
#undef X
};

inline constexpr std::array kTransferErrors = {
#define X(enumerator, text, meaning) Named<TransferError>{TransferError::enumerator, text},
    LUNGATE_ISCSI_TRANSFER_ERRORS(X)
#undef X
};
#undef LUNGATE_ISCSI_TRANSFER_ERRORS

constexpr std::string_view name(TransferError error) {
  return name_in(kTransferErrors, error);
}

/// Where the data of a PDU goes: `kept` bytes to `offset` of the command's buffer, whatever follows
/// nowhere (the device server does not want it, 11.4.5: the residual tells). Always inside of what
/// is kept: where nothing is, both are 0.
struct Placement {
  std::uint32_t offset = 0;
  std::uint32_t kept = 0;
};

struct R2t {
  std::uint32_t r2t_sn;
  std::uint32_t target_transfer_tag;
  std::uint32_t offset;
  std::uint32_t bytes;
};

/// The data-out side of one command. Decisions are taken when a PDU's header is here, before its
/// data is: ask complete() and r2t_due() when the PDU is whole.
class WriteTransfer {
 public:
  /// `wanted` is what the device server consumes (scsi::Plan); what is solicited and kept is
  /// min(edtl, wanted). Unsolicited data may reach to edtl.
  WriteTransfer(std::uint32_t edtl, std::uint64_t wanted, const Parameters& parameters);

  /// The command itself, once and first: its immediate data and its F bit (set: no unsolicited
  /// Data-Out follows).
  Result<Placement, TransferError> on_command(std::uint32_t immediate_bytes, bool final);

  /// A Data-Out header. After an error the transfer must not be used any more.
  Result<Placement, TransferError> on_data_out(const DataOut& pdu);

  /// An R2T should be sent now: unsolicited data has ended, something is missing, and fewer than
  /// MaxOutstandingR2T are open.
  bool r2t_due() const;
  /// The next one. The tag is the session's choice; it must differ from those that are open and
  /// from kNoTag. REQUIRES: r2t_due().
  R2t take_r2t(std::uint32_t target_transfer_tag);

  /// Everything that is kept has come, and no more Data-Out is expected for this command.
  bool complete() const;
  /// Data-Out PDUs are still on their way from the peer (after an abort they must be absorbed).
  bool data_expected() const { return unsolicited_open_ || open_count_ > 0; }

  std::uint32_t kept_bytes() const { return kept_; }
  /// R2Ts sent so far: ExpDataSN of the response (11.4.8).
  std::uint32_t r2t_count() const { return r2t_sn_; }

 private:
  struct OpenR2t {
    std::uint32_t tag = 0;
    std::uint32_t next_offset = 0;
    std::uint32_t end = 0;
    std::uint32_t data_sn = 0;
  };

  Result<Placement, TransferError> on_unsolicited(const DataOut& pdu);
  Result<Placement, TransferError> on_solicited(const DataOut& pdu);
  Placement place(std::uint32_t offset, std::uint32_t bytes) const;

  std::uint32_t edtl_;             // bytes that the initiator means to send
  std::uint32_t kept_;             // bytes of these that the device server wants; see Placement
  std::uint32_t unsolicited_max_;  // FirstBurstLength, or less when there is less
  std::uint32_t max_burst_;        // what one R2T may ask for
  std::uint32_t max_outstanding_;  // R2Ts open at once, at most limits::kMaxOutstandingR2t
  bool initial_r2t_;
  bool immediate_data_;

  bool unsolicited_open_ = false;
  std::uint32_t unsolicited_ = 0;  // bytes of immediate and unsolicited data
  std::uint32_t data_sn_ = 0;      // next of the unsolicited PDUs
  std::uint32_t solicited_ = 0;    // offset up to which data has come or has been asked for
  std::uint32_t r2t_sn_ = 0;
  /// Open R2Ts, oldest first, as a ring: a transfer lives in a task and allocates nothing.
  std::array<OpenR2t, limits::kMaxOutstandingR2t> open_{};
  static_assert(limits::kMaxOutstandingR2tMax <= limits::kMaxOutstandingR2t,
                "whatever the operator lets us negotiate has its place here");
  std::uint32_t open_first_ = 0;
  std::uint32_t open_count_ = 0;
};

/// How far what a command moves differs from what the initiator expected (11.4.5).
struct Residual {
  enum class Kind : std::uint8_t { kNone, kUnderflow, kOverflow };
  Kind kind = Kind::kNone;
  std::uint32_t bytes = 0;  // an overflow beyond 32 bits is reported as 2^32 - 1
};

/// `transfer_bytes` is what the command moves by its own rules (scsi::Execution::transfer_bytes).
Residual residual(std::uint32_t edtl, std::uint64_t transfer_bytes);

/// One Data-In PDU of a read.
struct DataInPiece {
  std::uint32_t data_sn;
  std::uint32_t offset;
  std::uint32_t bytes;
  bool final;   // ends a sequence of at most MaxBurstLength (11.7.1)
  bool status;  // the last one, and the status goes with it
};

/// Cuts read data into Data-In PDUs. No data, no PDUs: the status needs a SCSI Response then.
class ReadTransfer {
 public:
  /// `bytes` is what is sent: min(EDTL, what the device server gave). `collapse_status`: the last
  /// PDU carries the status, which must be GOOD or CONDITION MET for that (11.7.3).
  ReadTransfer(std::uint32_t bytes, const Parameters& parameters, bool collapse_status);

  std::optional<DataInPiece> next();
  bool done() const { return offset_ == bytes_; }
  /// Data-In PDUs so far: ExpDataSN of a response (11.4.8).
  std::uint32_t pdu_count() const { return data_sn_; }

 private:
  std::uint32_t bytes_;        // of the whole read
  std::uint32_t segment_max_;  // what the initiator takes in one PDU
  std::uint32_t burst_max_;    // what it takes between two F bits
  bool collapse_status_;
  std::uint32_t offset_ = 0;
  std::uint32_t burst_ = 0;  // of the sequence in progress
  std::uint32_t data_sn_ = 0;
};

}  // namespace lungate::iscsi
