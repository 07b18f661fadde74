// SPDX-License-Identifier: LGPL-2.1-or-later

// A file behind the port: what is decided before a request reaches the ring. submit() runs on any
// loop and takes no lock; open(), refresh() and close() on workers, side by side if they like. What
// the file system refuses is answered through errors.h; a request that breaks the port's contract
// stops the process.
//
// Two members are shared between loops and workers without a lock on the I/O's side:
//   - size_bytes_: relaxed, for it guards nothing. A loop that still sees the old size refuses what
//     has just become legal, or lets pass what the ring will find beyond the end (EFBIG). Loops
//     learn of a new size by the watcher and a snapshot, not by this variable.
//   - fd_ and ring_: written once, by close(), when nothing is in progress (Gate checks it) and
//     nothing begins any more. Only refresh() may come at that moment, from another worker: these
//     two take mutex_, and a refresh that comes second finds the file closed, which is no mistake.
#include "backend/file/file_backend.h"

#include <sys/statvfs.h>
#include <sys/uio.h>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "backend/file/allocation.h"
#include "backend/file/errors.h"
#include "backend/file/kept_state.h"
#include "backend/file/open_file.h"
#include "backend/file/ring.h"
#include "backend/gate.h"
#include "backend/look_ups.h"
#include "base/check.h"
#include "base/limits.h"
#include "event/clerk.h"

namespace lungate::backend::file {
namespace {

constexpr bool changes_data(Verb verb) {
  return verb != Verb::kRead && verb != Verb::kFlush && verb != Verb::kAllocation &&
         verb != Verb::kLoadState;
}

/// For what ends without the ring. The gate is left first: who gets the last letter may close and
/// destroy the backend before post() has returned.
void answer(Request& request, Status status, int error = 0) noexcept {
  request.status = status;
  request.error = error;
  static_cast<Gate*>(request.adapter)->leave();
  request.reply_to->post(request);
}

class File final : public FileBackend {
 public:
  File(const Options& options, OpenedFile file, std::unique_ptr<Ring> ring)
      : options_(options),
        fd_(std::move(file.fd)),
        ring_(std::move(ring)),
        size_bytes_(file.size_bytes),
        reads_from_cache_(options.test_delay == Nanoseconds::zero() &&
                          options.test_bytes_per_s == 0) {
    traits_.kind = "file";
    traits_.discard_bytes = file.punches_holes ? file.block_bytes : 0;
    // No optimal_bytes: Linux sends nothing larger than that, and would cut all to one block.
    traits_.write_cache = options.write_cache;
    traits_.keeps_state = true;
    traits_.identity_seed = "file:" + file.canonical_path;
  }
  ~File() override { close(); }

  void submit(Request& request) noexcept override {
    check_request(request);
    gate_.enter();
    request.adapter = &gate_;
    if (options_.read_only && changes_data(request.verb)) return answer(request, Status::kReadOnly);
    if (request.verb == Verb::kLoadState || request.verb == Verb::kStoreState)
      return to_clerk(request);
    if (request.verb != Verb::kFlush &&
        !in_range(request.offset, request.length, size_bytes_.load(std::memory_order_relaxed))) {
      return answer(request, Status::kOutOfRange);
    }
    if (request.verb == Verb::kAllocation) return look_up(request);
    if (read_from_cache(request)) return answer(request, Status::kOk);
    ring_->submit(request);
  }

  State state() const override {
    return {.ready = true,
            .read_only = options_.read_only,
            .size_bytes = size_bytes_.load(std::memory_order_relaxed),
            .reason = {}};
  }

  const Traits& traits() const override { return traits_; }

  /// By its path: a descriptor would keep the file open after its close.
  FullnessGauge fullness_gauge() const override {
    return [path = options_.path]() -> std::optional<Fullness> {
      struct statvfs system;
      if (::statvfs(path.c_str(), &system) != 0) return std::nullopt;
      const std::uint64_t block = system.f_frsize;
      return Fullness{(system.f_blocks - system.f_bfree) * block, system.f_bavail * block};
    };
  }

  void watch(Watcher* watcher) override {
    check(gate_.idle(), "a watcher changes while nothing is in progress");
    const std::lock_guard lock(mutex_);
    watcher_ = watcher;
  }

  Result<void, OpenError> refresh(std::uint64_t size_bytes) override;

  void close() noexcept override {
    gate_.close();
    const std::lock_guard lock(mutex_);
    ring_.reset();
    fd_.reset();
  }

 private:
  bool read_from_cache(const Request& request) noexcept;
  void look_up(Request& request) noexcept;
  void to_clerk(Request& request) noexcept;
  static void looked_up(Mail& letter, void* file) noexcept;

  const Options options_;
  Traits traits_;
  Gate gate_;
  UniqueFd fd_;
  std::unique_ptr<Ring> ring_;
  LookUps look_ups_;
  event::Clerk clerk_{"lg-file-map", &File::looked_up, this};  // allocation.h says why
  std::atomic<std::uint64_t> size_bytes_;
  std::atomic<bool> reads_from_cache_;  // false once the file system has said that it cannot
  std::mutex mutex_;                    // refresh(), watch(), close(); never on an I/O's path
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

void File::look_up(Request& request) noexcept {
  const auto give = [this](Request& one) { return clerk_.give(one); };
  if (const auto at_once = look_ups_.pass_on(request, boot_now(), give)) answer(request, *at_once);
}

void File::to_clerk(Request& request) noexcept {
  if (!clerk_.give(request)) answer(request, Status::kNoMemory);
}

/// The clerk's thread.
void File::looked_up(Mail& letter, void* file) noexcept {
  auto& request = static_cast<Request&>(letter);
  File& self = *static_cast<File*>(file);
  int error = 0;
  if (request.verb != Verb::kAllocation) {
    const std::string path = state_path(self.options_.path);
    error =
        request.verb == Verb::kLoadState ? load_state(path, request) : store_state(path, request);
    return answer(request, status_of(error), error);
  }
  if (LookUps::due(request, boot_now())) {
    error = first_extent(self.fd_.get(), request);
    std::this_thread::sleep_for(self.options_.test_delay);
  }
  self.look_ups_.end();
  answer(request, status_of(error), error);
}

Result<void, OpenError> File::refresh(std::uint64_t size_bytes) {
  const std::lock_guard lock(mutex_);
  if (!fd_) {
    return err(OpenError{.failure = OpenFailure::kSystem,
                         .error = EBADF,
                         .text = options_.path + " has been closed meanwhile"});
  }
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
                          .test_delay = options.test_delay,
                          .test_bytes_per_s = options.test_bytes_per_s});
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
