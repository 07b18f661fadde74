// SPDX-License-Identifier: LGPL-2.1-or-later

// Where secrets lie. Made by the configuration's reader, held by its snapshots, read by logins on
// their lanes. Nothing here fails: where the kernel has no page to give (its count of mappings is
// bounded), the heap holds the secret; it is wiped as well, and only a core file could show it.
#include "base/secret.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

namespace lungate {

class Secret::Place {
 public:
  explicit Place(Bytes bytes) : size_(bytes.size()) {
    void* page = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mapped_ = page != MAP_FAILED;
    if (mapped_) ::madvise(page, size_, MADV_DONTDUMP);
    data_ = mapped_ ? static_cast<std::byte*>(page) : new std::byte[size_];
    std::memcpy(data_, bytes.data(), size_);
  }
  ~Place() {
    wipe({data_, size_});
    if (mapped_) {
      ::munmap(data_, size_);
    } else {
      delete[] data_;
    }
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  Bytes bytes() const { return {data_, size_}; }

 private:
  std::size_t size_;
  bool mapped_ = false;
  std::byte* data_ = nullptr;
};

// An empty text is no secret: a digest over nothing is one that everybody can compute.
Secret::Secret(Bytes bytes) {
  if (!bytes.empty()) place_ = std::make_shared<const Place>(bytes);
}

Bytes Secret::bytes() const {
  return place_ == nullptr ? Bytes() : place_->bytes();
}

bool operator==(const Secret& a, const Secret& b) {
  return std::ranges::equal(a.bytes(), b.bytes());
}

void wipe(MutableBytes bytes) {
  if (!bytes.empty()) ::explicit_bzero(bytes.data(), bytes.size());
}

}  // namespace lungate
