// SPDX-License-Identifier: LGPL-2.1-or-later

// Sense data as bytes, in fixed and in descriptor format (SPC-4, 4.5): the same Sense either way,
// chosen by the unit's D_SENSE. Pure; any thread.
#include "scsi/sense.h"

#include <algorithm>
#include <limits>

#include "base/limits.h"

namespace lungate::scsi {
namespace {

constexpr std::uint8_t kFixedCurrent = 0x70;
constexpr std::uint8_t kDescriptorCurrent = 0x72;
constexpr std::uint8_t kValid = 0x80;

/// SPC-4, 4.5.2.4.2: three bytes, SKSV set.
struct SenseKeySpecific {
  std::uint8_t flags = 0;
  be16 field;
};
static_assert(sizeof(SenseKeySpecific) == 3);

/// SPC-4, 4.5.3.
struct FixedSense {
  std::uint8_t response_code = kFixedCurrent;
  std::uint8_t obsolete = 0;
  std::uint8_t key = 0;
  be32 information;
  std::uint8_t additional_bytes = 10;
  be32 command_specific;
  std::uint8_t asc = 0;
  std::uint8_t ascq = 0;
  std::uint8_t unit_code = 0;
  SenseKeySpecific specific;
};
static_assert(sizeof(FixedSense) == 18);

/// SPC-4, 4.5.2.1.
struct DescriptorHeader {
  std::uint8_t response_code = kDescriptorCurrent;
  std::uint8_t key = 0;
  std::uint8_t asc = 0;
  std::uint8_t ascq = 0;
  std::array<std::uint8_t, 3> reserved{};
  std::uint8_t additional_bytes = 0;
};
static_assert(sizeof(DescriptorHeader) == 8);

/// SPC-4, 4.5.2.2.
struct InformationDescriptor {
  std::uint8_t type = 0x00;
  std::uint8_t additional_bytes = 0x0a;
  std::uint8_t flags = kValid;
  std::uint8_t reserved = 0;
  be64 information;
};
static_assert(sizeof(InformationDescriptor) == 12);

/// SPC-4, 4.5.2.3.
struct CommandSpecificDescriptor {
  std::uint8_t type = 0x01;
  std::uint8_t additional_bytes = 0x0a;
  be16 reserved;
  be64 information;
};
static_assert(sizeof(CommandSpecificDescriptor) == 12);

/// SPC-4, 4.5.2.4.
struct SpecificDescriptor {
  std::uint8_t type = 0x02;
  std::uint8_t additional_bytes = 0x06;
  std::array<std::uint8_t, 2> reserved{};
  SenseKeySpecific specific;
  std::uint8_t reserved_7 = 0;
};
static_assert(sizeof(SpecificDescriptor) == 8);

static_assert(sizeof(FixedSense) <= limits::kSenseBytesMax);
static_assert(sizeof(DescriptorHeader) + sizeof(InformationDescriptor) +
                  sizeof(CommandSpecificDescriptor) + sizeof(SpecificDescriptor) <=
              limits::kSenseBytesMax);

SenseKeySpecific specific_of(const FieldPointer& field) {
  constexpr std::uint8_t kSksv = 0x80;
  constexpr std::uint8_t kInCdb = 0x40;
  constexpr std::uint8_t kBitValid = 0x08;
  unsigned flags = kSksv;
  if (field.in == FieldPointer::In::kCdb) flags |= kInCdb;
  if (field.bit) flags |= kBitValid | (*field.bit & 0x07u);
  return {static_cast<std::uint8_t>(flags), field.byte};
}

/// What the key has to add: a field in error or a progress. No key has both.
std::optional<SenseKeySpecific> specific_of(const Sense& sense) {
  constexpr std::uint8_t kSksv = 0x80;
  if (sense.field) return specific_of(*sense.field);
  if (sense.progress) return SenseKeySpecific{kSksv, *sense.progress};
  return std::nullopt;
}

std::size_t copy_cut(Bytes from, MutableBytes to) {
  const std::size_t size = std::min(from.size(), to.size());
  std::copy_n(from.begin(), size, to.begin());
  return size;
}

std::size_t encode_fixed(const Sense& sense, MutableBytes out) {
  FixedSense wire;
  wire.key = static_cast<std::uint8_t>(sense.what.key);
  wire.asc = sense.what.asc;
  wire.ascq = sense.what.ascq;
  if (sense.information && *sense.information <= std::numeric_limits<std::uint32_t>::max()) {
    wire.response_code |= kValid;
    wire.information = static_cast<std::uint32_t>(*sense.information);
  }
  wire.command_specific = sense.command_specific.value_or(0);
  wire.specific = specific_of(sense).value_or(SenseKeySpecific{});
  return copy_cut(bytes_of(wire), out);
}

std::size_t encode_descriptors(const Sense& sense, MutableBytes out) {
  std::array<std::byte, limits::kSenseBytesMax> wire{};
  std::size_t size = sizeof(DescriptorHeader);
  const auto append = [&](const auto& descriptor) {
    store(MutableBytes(wire).subspan(size), descriptor);
    size += sizeof(descriptor);
  };
  if (sense.information) {
    InformationDescriptor descriptor;
    descriptor.information = *sense.information;
    append(descriptor);
  }
  if (sense.command_specific) {
    CommandSpecificDescriptor descriptor;
    descriptor.information = *sense.command_specific;
    append(descriptor);
  }
  if (const auto specific = specific_of(sense)) {
    SpecificDescriptor descriptor;
    descriptor.specific = *specific;
    append(descriptor);
  }
  DescriptorHeader header;
  header.key = static_cast<std::uint8_t>(sense.what.key);
  header.asc = sense.what.asc;
  header.ascq = sense.what.ascq;
  header.additional_bytes = static_cast<std::uint8_t>(size - sizeof(DescriptorHeader));
  store(MutableBytes(wire), header);
  return copy_cut(Bytes(wire).first(size), out);
}

}  // namespace

std::string_view name(SenseKey key) {
  switch (key) {
    case SenseKey::kNoSense:
      return "NO SENSE";
    case SenseKey::kRecoveredError:
      return "RECOVERED ERROR";
    case SenseKey::kNotReady:
      return "NOT READY";
    case SenseKey::kMediumError:
      return "MEDIUM ERROR";
    case SenseKey::kHardwareError:
      return "HARDWARE ERROR";
    case SenseKey::kIllegalRequest:
      return "ILLEGAL REQUEST";
    case SenseKey::kUnitAttention:
      return "UNIT ATTENTION";
    case SenseKey::kDataProtect:
      return "DATA PROTECT";
    case SenseKey::kCopyAborted:
      return "COPY ABORTED";
    case SenseKey::kAbortedCommand:
      return "ABORTED COMMAND";
    case SenseKey::kMiscompare:
      return "MISCOMPARE";
  }
  return "?";
}

std::size_t Sense::encode(bool descriptor_format, MutableBytes out) const {
  return descriptor_format ? encode_descriptors(*this, out) : encode_fixed(*this, out);
}

}  // namespace lungate::scsi
