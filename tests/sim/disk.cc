// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/sim/disk.h"

#include <algorithm>

#include "tests/sim/violation.h"

namespace lungate::sim {
namespace {

Bytes block_of(Bytes data, std::size_t index) {
  return data.subspan(index * kBlockBytes, kBlockBytes);
}

}  // namespace

Disk::Write& Disk::write(WriteId id) {
  const auto found = writes_.find(id);
  if (found == writes_.end()) throw std::logic_error("the simulation has no such write");
  return found->second;
}

std::vector<std::byte> Disk::begin_write(WriteId id, std::uint32_t lba, std::uint32_t blocks,
                                         Moment begin) {
  Write& write = writes_[id];
  write.lba = lba;
  write.blocks = blocks;
  write.begin = begin;
  std::vector<std::byte> data(std::size_t{blocks} * kBlockBytes);
  for (std::uint32_t i = 0; i < blocks; ++i)
    stamp(MutableBytes(data).subspan(std::size_t{i} * kBlockBytes, kBlockBytes), number_, lba + i,
          id);
  return data;
}

void Disk::expects(WriteId id, Bytes found) {
  Write& one = write(id);
  for (std::uint32_t i = 0; i < one.blocks; ++i)
    one.expects.push_back(known_writer(block_of(found, i), one.lba + i));
}

std::vector<std::byte> Disk::likely_content(std::uint32_t lba, std::uint32_t blocks) const {
  std::vector<std::byte> data(std::size_t{blocks} * kBlockBytes);
  for (std::uint32_t i = 0; i < blocks; ++i) {
    std::pair<Moment, WriteId> last{0, 0};
    for (const auto& [id, write] : writes_)
      if (write.good && lba + i >= write.lba && lba + i < write.lba + write.blocks)
        last = std::max(last, {write.end, id});
    stamp(MutableBytes(data).subspan(std::size_t{i} * kBlockBytes, kBlockBytes), number_, lba + i,
          last.second);
  }
  return data;
}

void Disk::good(WriteId id, Moment at) {
  Write& told = write(id);
  require(told.completed >= told.blocks, "GOOD before the store has completed the write");
  told.good = true;
  told.end = at;
}

void Disk::untouched(WriteId id) {
  Write& told = write(id);
  require(told.landed == 0, "a write was done, and its answer denies it");
  told.untouched = true;
}

void Disk::over(WriteId id, Moment at) {
  Write& told = write(id);
  if (told.end == kNever) told.end = at;
}

WriteId Disk::known_writer(Bytes block, std::uint32_t lba) const {
  const auto writer = writer_of(block, number_, lba);
  require(writer.has_value(), "a block that no write has made");
  require(*writer == 0 || writes_.contains(*writer),
          "a block of a write that is none of this disk");
  return *writer;
}

void Disk::was_read(std::uint32_t lba, Bytes data, Moment begin, Moment end) {
  for (std::uint32_t i = 0; i < data.size() / kBlockBytes; ++i)
    reads_.push_back({lba + i, known_writer(block_of(data, i), lba + i), begin, end});
}

void Disk::swapped(std::uint32_t lba, Bytes found, Moment begin, Moment end) {
  was_read(lba, found, begin, end);
  for (std::uint32_t i = 0; i < found.size() / kBlockBytes; ++i)
    require(swapped_.insert({lba + i, known_writer(block_of(found, i), lba + i)}).second,
            "two COMPARE AND WRITE have replaced the same block");
}

std::string Disk::submitted(std::uint64_t offset, Bytes data) {
  const auto first = static_cast<std::uint32_t>(offset / kBlockBytes);
  if (offset % kBlockBytes != 0 || data.size() % kBlockBytes != 0)
    return "a write to the store is of whole blocks";
  for (std::uint32_t i = 0; i < data.size() / kBlockBytes; ++i) {
    const auto writer = writer_of(block_of(data, i), number_, first + i);
    if (!writer || !writes_.contains(*writer)) return "the store is given what nobody has sent";
    const Write& one = writes_[*writer];
    if (one.untouched) return "a write reached the store after its answer denied it";
    if (one.end != kNever) return "a write reached the store after its end";
  }
  return {};
}

void Disk::landed(std::uint64_t offset, Bytes data, Bytes before) {
  const auto first = static_cast<std::uint32_t>(offset / kBlockBytes);
  for (std::uint32_t i = 0; i < data.size() / kBlockBytes; ++i) {
    const auto writer = writer_of(block_of(data, i), number_, first + i);
    if (!writer) continue;
    Write& one = writes_[*writer];
    ++one.landed;
    if (one.expects.empty()) continue;
    require(known_writer(block_of(before, i), first + i) == one.expects[first + i - one.lba],
            "COMPARE AND WRITE has replaced something else than it compared");
  }
}

void Disk::completed(std::uint64_t offset, Bytes data) {
  const auto first = static_cast<std::uint32_t>(offset / kBlockBytes);
  for (std::uint32_t i = 0; i < data.size() / kBlockBytes; ++i)
    if (const auto writer = writer_of(block_of(data, i), number_, first + i))
      ++writes_[*writer].completed;
}

void Disk::check(Bytes content, Moment at) const {
  for (std::uint32_t lba = 0; lba < kBlocks; ++lba) {
    RegisterHistory history;
    history.wrote(0, 0, 0);
    std::set<WriteId> seen{known_writer(block_of(content, lba), lba)};
    history.read(*seen.begin(), at, at);
    for (const Read& read : reads_) {
      if (read.lba != lba) continue;
      history.read(read.value, read.begin, read.end);
      seen.insert(read.value);
    }
    for (const auto& [id, write] : writes_)
      if (lba >= write.lba && lba < write.lba + write.blocks && (write.good || seen.contains(id)))
        history.wrote(id, write.begin, write.end);
    if (const auto value = history.contradiction())
      throw Violation("no order explains what was read of block " + std::to_string(lba) +
                      " of disk " + std::to_string(number_) + ": look at write " +
                      std::to_string(*value));
  }
}

}  // namespace lungate::sim
