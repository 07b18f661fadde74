// SPDX-License-Identifier: LGPL-2.1-or-later

// The store that is none. Opened by control (stores.cc) for a LUN with `null = true`; submit() runs
// on any loop and answers there, by mailbox as every adapter must: a completion inside submit()
// would re-enter the device server. A range beyond the end is kOutOfRange as everywhere; nothing
// else can fail.
#include "backend/null/null_backend.h"

#include <algorithm>

#include "backend/gate.h"
#include "base/check.h"

namespace lungate::backend::null {
namespace {

class NullBackend final : public Backend {
 public:
  explicit NullBackend(const Options& options) : size_bytes_(options.size_bytes) {
    traits_.kind = "null";
    traits_.discard_bytes = 512;
    traits_.identity_seed = "null:" + options.name;
  }

  void submit(Request& request) noexcept override {
    check_request(request);
    gate_.enter();
    request.status = status_of(request);
    request.error = 0;
    if (request.verb == Verb::kRead && request.status == Status::kOk) {
      std::fill(request.data.begin(), request.data.end(), std::byte{0});
    }
    if (request.verb == Verb::kAllocation) all_allocated(request);
    request.extent_bytes = request.verb == Verb::kLoadState ? 0 : request.extent_bytes;
    gate_.leave();
    request.reply_to->post(request);  // the last touch: this may be gone after it
  }

  State state() const override { return {.ready = true, .size_bytes = size_bytes_, .reason = {}}; }
  const Traits& traits() const override { return traits_; }
  /// Nothing ever changes, so nobody is told; but the contract is held up as by every adapter.
  void watch(Watcher*) override {
    check(gate_.idle(), "a watcher changes while nothing is in progress");
  }
  void close() noexcept override { gate_.close(); }

 private:
  Status status_of(const Request& request) const {
    if (request.verb == Verb::kFlush || request.verb == Verb::kLoadState) return Status::kOk;
    if (request.verb == Verb::kStoreState) return Status::kIoError;  // it stores nothing
    return in_range(request.offset, request.length, size_bytes_) ? Status::kOk
                                                                 : Status::kOutOfRange;
  }

  std::uint64_t size_bytes_;
  Traits traits_;
  Gate gate_;
};

}  // namespace

std::unique_ptr<Backend> open(const Options& options) {
  return std::make_unique<NullBackend>(options);
}

}  // namespace lungate::backend::null
