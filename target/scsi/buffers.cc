// SPDX-License-Identifier: LGPL-2.1-or-later

// READ BUFFER and WRITE BUFFER (SPC-4, 6.18, 6.49): the echo buffer, by which an initiator tries
// its path out. Each nexus has its own, so that nobody reads or overwrites what another has put
// there. No other buffer exists, which mode 03h says of each.
#include <algorithm>

#include "scsi/cdb.h"
#include "scsi/commands.h"
#include "scsi/outcome.h"

namespace lungate::scsi {
namespace {

enum class Mode : std::uint8_t { kDescriptor = 0x03, kEcho = 0x0a, kEchoDescriptor = 0x0b };

constexpr std::uint8_t kModeByte = 1;
constexpr std::uint8_t kModeBit = 4;  // the field's highest
constexpr std::uint8_t kBytesByte = 6;

Mode mode_of(const Cdb& cdb) {
  return static_cast<Mode>(as<BufferCdb>(cdb).mode);
}

/// SPC-4, 6.18.5. No buffer of this number: all zeros.
struct Descriptor {
  std::uint8_t offset_boundary = 0;
  be24 capacity_bytes;
};
static_assert(sizeof(Descriptor) == 4);

/// SPC-4, 6.18.7. EBOS: what is read is what this nexus has written.
struct EchoDescriptor {
  std::uint8_t flags = 0x01;  // EBOS
  std::uint8_t reserved = 0;
  be16 capacity_bytes = limits::kEchoBufferBytesMax;
};
static_assert(sizeof(EchoDescriptor) == 4);
static_assert(limits::kEchoBufferBytesMax < 8192, "SPC-4, 6.18.7: a field of 13 bits");

}  // namespace

std::uint64_t buffer_bytes(const Cdb& cdb, std::uint32_t) {
  return room_for(as<BufferCdb>(cdb).bytes);
}

std::optional<Sense> read_buffer_refusal(const Cdb& cdb, const Unit&) {
  const Mode mode = mode_of(cdb);
  if (mode == Mode::kDescriptor || mode == Mode::kEcho || mode == Mode::kEchoDescriptor)
    return std::nullopt;
  return invalid_field_in_cdb(kModeByte, kModeBit);
}

Step read_buffer(Execution& execution) {
  const auto cdb = as<BufferCdb>(execution.cdb);
  ParameterData data;
  if (mode_of(execution.cdb) == Mode::kDescriptor) data.append(Descriptor{});
  if (mode_of(execution.cdb) == Mode::kEchoDescriptor) data.append(EchoDescriptor{});
  if (mode_of(execution.cdb) == Mode::kEcho) {
    if (execution.nexus->echo.empty())
      return fail(execution, {sense::kCommandSequenceError, {}, {}});
    data.append_bytes(execution.nexus->echo);
  }
  return give(execution, data, cdb.bytes);
}

std::optional<Sense> write_buffer_refusal(const Cdb& cdb, const Unit&) {
  if (mode_of(cdb) != Mode::kEcho) return invalid_field_in_cdb(kModeByte, kModeBit);
  if (as<BufferCdb>(cdb).bytes > limits::kEchoBufferBytesMax)
    return invalid_field_in_cdb(kBytesByte);
  return std::nullopt;
}

Step write_buffer(Execution& execution) {
  execution.transfer_bytes = execution.planned.bytes;
  if (execution.planned.bytes == 0) return good(execution);
  if (execution.data_out.size() < execution.planned.bytes)
    return fail(execution, {sense::kParameterListLengthError, {}, {}});
  execution.nexus->echo.assign(execution.data_out.begin(), execution.data_out.end());
  return good(execution);
}

}  // namespace lungate::scsi
