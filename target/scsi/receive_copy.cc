// SPDX-License-Identifier: LGPL-2.1-or-later

// RECEIVE COPY STATUS(LID1), OPERATING PARAMETERS and FAILURE DETAILS(LID1) (SPC-4, 6.25, 6.22,
// 6.23; RECEIVE COPY RESULTS before), and the page of vital product data that says the same and
// more (8Fh, SPC-4, 7.8.17). They stand together because they must agree.
#include <array>
#include <limits>

#include "scsi/cdb.h"
#include "scsi/commands.h"
#include "scsi/copy_list.h"
#include "scsi/outcome.h"
#include "scsi/vpd_pages.h"

namespace lungate::scsi {
namespace {

/// Copies of all nexuses at once, as far as the copy manager is concerned: what bounds them are
/// the sessions' own limits.
constexpr std::uint16_t kTotalCopies = std::numeric_limits<std::uint16_t>::max();

/// The kinds of descriptors that there are, ascending.
constexpr std::array<std::uint8_t, 2> kDescriptorTypes = {SegmentDescriptor::kType,
                                                          CscdDescriptor::kType};

struct OperatingParameters {
  be32 available_bytes = sizeof(OperatingParameters) - sizeof(be32);
  std::uint8_t flags = 0x01;  // SNLID: copies without a list identifier
  std::array<std::uint8_t, 3> reserved_5{};
  be16 cscds_max = limits::kCopyUnitsMax;
  be16 segments_max = limits::kCopySegmentsMax;
  be32 descriptor_bytes_max = limits::kCopyDescriptorBytesMax;
  be32 segment_bytes_max = limits::kCopySegmentBytesMax;
  be32 inline_bytes_max;
  be32 held_bytes_max;
  be32 stream_bytes_max;
  be16 reserved_32;
  be16 total_copies = kTotalCopies;
  std::uint8_t identified_copies = limits::kCopyRecordsMax;
  std::array<std::uint8_t, 3> granularities{};  // 2^0 bytes
  std::array<std::uint8_t, 3> reserved_40{};
  std::uint8_t descriptor_types = kDescriptorTypes.size();
  std::array<std::uint8_t, kDescriptorTypes.size()> types = kDescriptorTypes;
};
static_assert(sizeof(OperatingParameters) == 46);

struct CopyStatus {
  be32 available_bytes = sizeof(CopyStatus) - sizeof(be32);
  std::uint8_t status = 0;
  be16 segments;
  std::uint8_t units = 0;  // bytes
  be32 count;
};
static_assert(sizeof(CopyStatus) == 12);

enum : std::uint8_t { kInProgress = 0, kCompleted = 1, kCompletedWithErrors = 2 };

struct FailureDetails {
  be32 available_bytes;
  std::array<std::uint8_t, 52> reserved{};
  std::uint8_t status = static_cast<std::uint8_t>(Status::kCheckCondition);
  std::uint8_t reserved_57 = 0;
  be16 sense_bytes;
};
static_assert(sizeof(FailureDetails) == 60);

/// The whole of a command's bytes fits: segments and their lengths are bounded.
static_assert(std::uint64_t{limits::kCopySegmentsMax} * limits::kCopySegmentBytesMax <=
              std::numeric_limits<std::uint32_t>::max());

CopyStatus status_of(const CopyRecord& record) {
  CopyStatus status;
  status.status = !record.ended ? kInProgress : record.failure ? kCompletedWithErrors : kCompleted;
  status.segments = record.segments;
  status.count = static_cast<std::uint32_t>(record.bytes);
  return status;
}

CopyRecord* record_of(const Execution& execution) {
  if (execution.nexus == nullptr) return nullptr;
  return execution.nexus->copies.find(as<ThirdPartyCopyCdb>(execution.cdb).list_id);
}

Step no_such_copy(Execution& execution) {
  return fail(execution, invalid_field_in_cdb(offsetof(ThirdPartyCopyCdb, list_id)));
}

/// A third-party copy descriptor of page 8Fh: its type, its length, its content, padded.
void append_descriptor(std::uint16_t type, Bytes content, ParameterData& data) {
  constexpr std::array<std::byte, 4> kZeros{};
  const std::size_t bytes = padded_to_4(content.size());
  data.append(be16{type});
  data.append(be16{static_cast<std::uint16_t>(bytes)});
  data.append_bytes(content);
  data.append_bytes(Bytes(kZeros).first(bytes - content.size()));
}

/// Operation codes with their service actions, as the command table has them; each behind how many.
struct SupportedCommands {
  std::uint8_t bytes = sizeof(SupportedCommands) - 1;
  std::uint8_t extended_copy = 0x83;
  std::uint8_t extended_copy_actions = 1;
  std::uint8_t lid1 = 0x00;
  std::uint8_t receive_copy = 0x84;
  std::uint8_t receive_copy_actions = 3;
  std::array<std::uint8_t, 3> receive = {0x00, 0x03, 0x04};
};
static_assert(sizeof(SupportedCommands) == 9);

struct CopyParameters {
  be32 reserved;
  be16 cscds_max = limits::kCopyUnitsMax;
  be16 segments_max = limits::kCopySegmentsMax;
  be32 descriptor_bytes_max = limits::kCopyDescriptorBytesMax;
  be32 inline_bytes_max;
  std::array<std::uint8_t, 12> reserved_20{};
};
static_assert(sizeof(CopyParameters) == 0x1c);

struct SupportedDescriptors {
  std::uint8_t bytes = kDescriptorTypes.size();
  std::array<std::uint8_t, kDescriptorTypes.size()> types = kDescriptorTypes;
};

struct GeneralCopyOperations {
  be32 total_copies = kTotalCopies;
  be32 identified_copies = limits::kCopyRecordsMax;
  be32 segment_bytes_max = limits::kCopySegmentBytesMax;
  std::array<std::uint8_t, 20> granularities{};  // 2^0 bytes, and reserved
};
static_assert(sizeof(GeneralCopyOperations) == 0x20);

}  // namespace

std::uint64_t receive_copy_bytes(const Cdb& cdb, std::uint32_t) {
  return room_for(as<ThirdPartyCopyCdb>(cdb).bytes);
}

/// Told once: the status of a copy that has ended is then discarded, and with it the record unless
/// it has failure details.
Step receive_copy_status(Execution& execution) {
  const auto cdb = as<ThirdPartyCopyCdb>(execution.cdb);
  CopyRecord* record = record_of(execution);
  if (record == nullptr || record->status_told) return no_such_copy(execution);
  ParameterData data;
  data.append(status_of(*record));
  record->status_told = record->ended;
  const bool nothing_left = !record->failure || record->failure_told;
  if (record->ended && nothing_left) execution.nexus->copies.drop(cdb.list_id);
  return give(execution, data, cdb.bytes);
}

Step receive_copy_parameters(Execution& execution) {
  ParameterData data;
  data.append(OperatingParameters{});
  return give(execution, data, as<ThirdPartyCopyCdb>(execution.cdb).bytes);
}

/// Told once, as far as the initiator has room; asking with no room at all discards them, too.
Step receive_copy_failure(Execution& execution) {
  const auto cdb = as<ThirdPartyCopyCdb>(execution.cdb);
  CopyRecord* record = record_of(execution);
  if (record == nullptr || !record->ended) return no_such_copy(execution);
  ParameterData data;
  if (record->failure && !record->failure_told) {
    std::array<std::byte, limits::kSenseBytesMax> sense{};
    const std::size_t bytes =
        record->failure->encode(execution.unit->mode.descriptor_sense, MutableBytes(sense));
    FailureDetails details;
    details.available_bytes = static_cast<std::uint32_t>(sizeof(details) - sizeof(be32) + bytes);
    details.sense_bytes = static_cast<std::uint16_t>(bytes);
    data.append(details);
    data.append_bytes(Bytes(sense).first(bytes));
  } else {
    data.append(be32{});
  }
  const bool told = cdb.bytes == 0 || cdb.bytes >= data.size();
  record->failure_told = record->failure_told || told;
  if (record->failure_told && record->status_told) execution.nexus->copies.drop(cdb.list_id);
  return give(execution, data, cdb.bytes);
}

/// The descriptors that every copy manager has. No copy of ours uses tokens (ROD), so that
/// initiators that copy by tokens alone know that they need not try.
void build_third_party_copy(const Unit&, ParameterData& data) {
  constexpr std::uint16_t kSupportedCommands = 0x0001;
  constexpr std::uint16_t kParameterData = 0x0004;
  constexpr std::uint16_t kSupportedDescriptors = 0x0008;
  constexpr std::uint16_t kSupportedCscdIds = 0x000c;
  constexpr std::uint16_t kGeneralOperations = 0x8001;
  append_descriptor(kSupportedCommands, bytes_of(SupportedCommands{}), data);
  append_descriptor(kParameterData, bytes_of(CopyParameters{}), data);
  append_descriptor(kSupportedDescriptors, bytes_of(SupportedDescriptors{}), data);
  append_descriptor(kSupportedCscdIds, bytes_of(be16{}), data);  // none but the list's own
  append_descriptor(kGeneralOperations, bytes_of(GeneralCopyOperations{}), data);
}

}  // namespace lungate::scsi
