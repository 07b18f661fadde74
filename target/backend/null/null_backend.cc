// SPDX-License-Identifier: LGPL-2.1-or-later
#include "backend/null/null_backend.h"

#include <algorithm>

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
    request.status = status_of(request);
    request.error = 0;
    if (request.verb == Verb::kRead && request.status == Status::kOk) {
      std::fill(request.data.begin(), request.data.end(), std::byte{0});
    }
    request.reply_to->post(request);
  }

  State state() const override { return {.ready = true, .size_bytes = size_bytes_, .reason = {}}; }
  const Traits& traits() const override { return traits_; }
  void watch(Watcher*) override {}  // nothing ever changes
  void close() noexcept override {}

 private:
  Status status_of(const Request& request) const {
    if (request.verb == Verb::kFlush) return Status::kOk;
    return in_range(request.offset, request.length, size_bytes_) ? Status::kOk
                                                                 : Status::kOutOfRange;
  }

  std::uint64_t size_bytes_;
  Traits traits_;
};

}  // namespace

std::unique_ptr<Backend> open(const Options& options) {
  return std::make_unique<NullBackend>(options);
}

}  // namespace lungate::backend::null
