// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/session/fake_store.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace lungate::session::test {

using backend::Request;
using backend::Status;
using backend::Verb;

FakeStore::FakeStore(std::size_t bytes) : bytes_(bytes) {
  traits_.kind = "file";
  traits_.discard_bytes = 4096;
  traits_.identity_seed = "fake";
  traits_.keeps_state = true;
}

void FakeStore::hold() {
  const std::lock_guard lock(mutex_);
  holds_ = true;
}

void FakeStore::wait_held(std::size_t count) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, std::chrono::seconds(10), [&] { return held_.size() >= count; }))
    throw std::runtime_error("the store got fewer requests than expected");
}

std::size_t FakeStore::held() const {
  const std::lock_guard lock(mutex_);
  return held_.size();
}

std::size_t FakeStore::hurried() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(
      held_.begin(), held_.end(), [](const auto* request) { return backend::hurried(*request); }));
}

void FakeStore::release(Status status) {
  const std::lock_guard lock(mutex_);
  if (held_.empty()) throw std::runtime_error("no request waits");
  Request* oldest = held_.front();
  held_.erase(held_.begin());
  complete(*oldest, status);
}

void FakeStore::release_all(backend::Status status) {
  const std::lock_guard lock(mutex_);
  for (Request* request : std::exchange(held_, {})) complete(*request, status);
}

void FakeStore::release_some(std::mt19937& random, Status status) {
  const std::lock_guard lock(mutex_);
  if (held_.empty()) return;
  const auto chosen = held_.begin() + static_cast<std::ptrdiff_t>(random() % held_.size());
  Request* request = *chosen;
  held_.erase(chosen);
  complete(*request, status);
}

void FakeStore::let_go() {
  const std::lock_guard lock(mutex_);
  holds_ = false;
  for (Request* request : std::exchange(held_, {})) complete(*request, Status::kOk);
}

void FakeStore::block() {
  const std::lock_guard lock(mutex_);
  blocks_ = true;
}

void FakeStore::wait_blocked() {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, std::chrono::seconds(10), [&] { return blocked_; }))
    throw std::runtime_error("nobody has submitted");
}

void FakeStore::unblock() {
  const std::lock_guard lock(mutex_);
  blocks_ = false;
  changed_.notify_all();
}

std::size_t FakeStore::submitted(Verb verb) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count(submitted_.begin(), submitted_.end(), verb));
}

std::vector<std::byte> FakeStore::content(std::size_t offset, std::size_t bytes) const {
  const std::lock_guard lock(mutex_);
  const auto from = bytes_.begin() + static_cast<std::ptrdiff_t>(offset);
  return {from, from + static_cast<std::ptrdiff_t>(bytes)};
}

std::string FakeStore::stored() const {
  const std::lock_guard lock(mutex_);
  return {reinterpret_cast<const char*>(stored_.data()), stored_.size()};
}

void FakeStore::submit(Request& request) noexcept {
  std::unique_lock lock(mutex_);
  submitted_.push_back(request.verb);
  blocked_ = blocks_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return !blocks_; });
  if (!holds_) return complete(request, Status::kOk);
  held_.push_back(&request);
  changed_.notify_all();
}

backend::State FakeStore::state() const {
  const std::lock_guard lock(mutex_);
  return {.ready = true, .read_only = false, .size_bytes = bytes_.size(), .reason = {}};
}

void FakeStore::complete(Request& request, Status status) {
  const auto at = bytes_.begin() + static_cast<std::ptrdiff_t>(request.offset);
  if (status == Status::kOk && request.verb == Verb::kRead)
    std::copy_n(at, request.data.size(), request.data.begin());
  if (status == Status::kOk && request.verb == Verb::kWrite)
    std::copy(request.data.begin(), request.data.end(), at);
  if (status == Status::kOk && request.verb == Verb::kStoreState)
    stored_.assign(request.data.begin(), request.data.end());
  if (request.verb == Verb::kAllocation) backend::all_allocated(request);
  request.status = status;
  request.reply_to->post(request);
}

}  // namespace lungate::session::test
