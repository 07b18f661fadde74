// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/lab/load/mirror.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

namespace lungate::lab {
namespace {

[[noreturn]] void fail(const std::string& file) {
  throw std::system_error(errno, std::generic_category(), file);
}

struct Descriptor {
  int fd;
  ~Descriptor() { ::close(fd); }
};

}  // namespace

Mirror::Mirror(const std::string& file, std::uint64_t size_bytes, std::uint32_t block_bytes)
    : file_(file),
      block_bytes_(block_bytes),
      settled_((size_bytes + block_bytes - 1) / block_bytes) {
  const Descriptor d{::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)};
  struct stat info {};
  if (d.fd < 0 || ::fstat(d.fd, &info) != 0) fail(file);
  const bool known = info.st_size == static_cast<off_t>(size_bytes);
  if (!known && (::ftruncate(d.fd, 0) != 0 || ::ftruncate(d.fd, static_cast<off_t>(size_bytes)))) {
    fail(file);
  }
  void* const at = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, d.fd, 0);
  if (at == MAP_FAILED) fail(file);
  bytes_ = {static_cast<std::byte*>(at), size_bytes};
  if (known) load_unsettled();
}

Mirror::~Mirror() {
  store_unsettled();
  ::munmap(bytes_.data(), bytes_.size());
}

void Mirror::load_unsettled() {
  std::ifstream list(list_file());
  if (!list) return;  // nobody vouched for the content: all of it stays unsettled
  std::fill(settled_.begin(), settled_.end(), true);
  std::uint32_t listed_block_bytes = 0;
  list >> listed_block_bytes;
  for (std::uint64_t block = 0; list >> block;) {
    const std::uint64_t first = block * listed_block_bytes;
    if (first < bytes_.size()) {
      begin_write(first, std::min<std::uint64_t>(listed_block_bytes, bytes_.size() - first));
    }
  }
}

void Mirror::store_unsettled() const {
  std::ofstream list(list_file());
  list << block_bytes_ << '\n';
  for (std::size_t i = 0; i < settled_.size(); ++i) {
    if (!settled_[i]) list << i << '\n';
  }
}

void Mirror::begin_write(std::uint64_t offset, std::size_t length) {
  for (auto i = offset / block_bytes_; i * block_bytes_ < offset + length; ++i) {
    settled_[i] = false;
  }
}

void Mirror::settle_write(std::uint64_t offset, std::span<const std::byte> data) {
  std::memcpy(bytes_.data() + offset, data.data(), data.size());
  for (auto i = offset / block_bytes_; i * block_bytes_ < offset + data.size(); ++i) {
    settled_[i] = true;
  }
}

bool Mirror::agrees(std::uint64_t offset, std::span<const std::byte> data) const {
  for (std::size_t at = 0; at < data.size(); at += block_bytes_) {
    if (!settled_[(offset + at) / block_bytes_]) continue;
    const std::size_t length = std::min<std::size_t>(block_bytes_, data.size() - at);
    if (std::memcmp(bytes_.data() + offset + at, data.data() + at, length) != 0) return false;
  }
  return true;
}

std::uint64_t Mirror::unsettled_blocks() const {
  return static_cast<std::uint64_t>(std::count(settled_.begin(), settled_.end(), false));
}

}  // namespace lungate::lab
