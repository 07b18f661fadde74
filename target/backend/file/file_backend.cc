// SPDX-License-Identifier: LGPL-2.1-or-later
#include "backend/file/file_backend.h"

#include <sys/uio.h>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <utility>

#include "backend/file/open_file.h"
#include "backend/file/ring.h"
#include "base/check.h"
#include "base/limits.h"

namespace lungate::backend::file {
namespace {

constexpr bool changes_data(Verb verb) {
  return verb != Verb::kRead && verb != Verb::kFlush;
}

void reply(Request& request, Status status) noexcept {
  request.status = status;
  request.error = 0;
  request.reply_to->post(request);
}

class File final : public FileBackend {
 public:
  File(const Options& options, OpenedFile file, std::unique_ptr<Ring> ring)
      : options_(options),
        fd_(std::move(file.fd)),
        ring_(std::move(ring)),
        size_bytes_(file.size_bytes),
        reads_from_cache_(options.test_delay == Nanoseconds::zero()) {
    traits_.kind = "file";
    traits_.discard_bytes = file.punches_holes ? file.block_bytes : 0;
    traits_.optimal_bytes = file.block_bytes;
    traits_.write_cache = options.write_cache;
    traits_.identity_seed = "file:" + file.canonical_path;
  }
  ~File() override { close(); }

  void submit(Request& request) noexcept override {
    check(ring_ != nullptr, "a closed file gets no requests");
    check_request(request);
    if (options_.read_only && changes_data(request.verb)) return reply(request, Status::kReadOnly);
    if (request.verb != Verb::kFlush &&
        !in_range(request.offset, request.length, size_bytes_.load(std::memory_order_relaxed))) {
      return reply(request, Status::kOutOfRange);
    }
    if (read_from_cache(request)) return reply(request, Status::kOk);
    ring_->submit(request);
  }

  State state() const override {
    return {.ready = true,
            .read_only = options_.read_only,
            .size_bytes = size_bytes_.load(std::memory_order_relaxed),
            .reason = {}};
  }

  const Traits& traits() const override { return traits_; }

  void watch(Watcher* watcher) override {
    const std::lock_guard lock(mutex_);
    watcher_ = watcher;
  }

  Result<void, OpenError> refresh(std::uint64_t size_bytes) override;

  void close() noexcept override {
    ring_.reset();
    fd_.reset();
  }

 private:
  bool read_from_cache(const Request& request) noexcept;

  const Options options_;
  Traits traits_;
  UniqueFd fd_;
  std::unique_ptr<Ring> ring_;
  std::atomic<std::uint64_t> size_bytes_;
  std::atomic<bool> reads_from_cache_;  // false once the file system has said that it cannot
  std::mutex mutex_;                    // refresh() and watch(); never on the path of an I/O
  Watcher* watcher_ = nullptr;          // guarded by mutex_
};

bool File::read_from_cache(const Request& request) noexcept {
  if (request.verb != Verb::kRead || request.length > limits::kFileInlineReadBytesMax ||
      !reads_from_cache_.load(std::memory_order_relaxed)) {
    return false;
  }
  const iovec to{request.data.data(), request.data.size()};
  const ssize_t read = ::preadv2(fd_.get(), &to, 1, static_cast<off_t>(request.offset), RWF_NOWAIT);
  if (read < 0 && errno == EOPNOTSUPP) reads_from_cache_.store(false, std::memory_order_relaxed);
  // A part is no use: the ring reads it all again.
  return read == static_cast<ssize_t>(request.data.size());
}

Result<void, OpenError> File::refresh(std::uint64_t size_bytes) {
  const std::lock_guard lock(mutex_);
  check(static_cast<bool>(fd_), "a closed file is not refreshed");
  const auto size = fit_size(fd_.get(), options_.path, size_bytes);
  if (!size) return err(size.error());
  if (size_bytes_.exchange(*size) != *size && watcher_ != nullptr) watcher_->backend_changed();
  return {};
}

}  // namespace

Result<std::unique_ptr<FileBackend>, OpenError> open(const Options& options) {
  auto file = open_file(options);
  if (!file) return err(file.error());
  auto ring = Ring::make({.fd = file->fd.get(),
                          .write_through = !options.write_cache,
                          .test_delay = options.test_delay});
  if (!ring) {
    return err(OpenError{.failure = OpenFailure::kSystem,
                         .error = ring.error(),
                         .text = options.path + ": io_uring is not available here (" +
                                 std::generic_category().message(ring.error()) +
                                 "); see kernel.io_uring_disabled and the container's profile"});
  }
  return std::make_unique<File>(options, std::move(*file), std::move(*ring));
}

}  // namespace lungate::backend::file
