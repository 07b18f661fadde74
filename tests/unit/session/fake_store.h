// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "backend/backend.h"

namespace lungate::session::test {

/// A backend whose completions the test decides upon, from its own thread. It touches a request's
/// data when it completes it, not when it is submitted: a buffer that was freed too early is found
/// by AddressSanitizer.
class FakeStore final : public backend::Backend {
 public:
  explicit FakeStore(std::size_t bytes);

  /// Requests wait from now on.
  void hold();
  /// Blocks until `count` requests wait; throws after ten seconds.
  void wait_held(std::size_t count);
  std::size_t held() const;
  /// Of these, whoever waits is in a hurry.
  std::size_t hurried() const;
  /// Completes the oldest.
  void release(backend::Status status = backend::Status::kOk);
  /// Completes all that wait.
  void release_all(backend::Status status);
  /// Completes any of them; nothing when none waits.
  void release_some(std::mt19937& random, backend::Status status = backend::Status::kOk);
  /// Completes all, and the next ones at once.
  void let_go();

  /// The thread that submits next stands still until unblock(): a stalled lane.
  void block();
  void wait_blocked();
  void unblock();

  std::size_t submitted(backend::Verb verb) const;
  /// What kStoreState has brought last.
  std::string stored() const;
  std::vector<std::byte> content(std::size_t offset, std::size_t bytes) const;

  void submit(backend::Request& request) noexcept override;
  backend::State state() const override;
  const backend::Traits& traits() const override { return traits_; }
  void watch(backend::Watcher*) override {}
  void close() noexcept override {}

 private:
  void complete(backend::Request& request, backend::Status status);

  backend::Traits traits_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::byte> bytes_;
  std::vector<std::byte> stored_;
  std::vector<backend::Request*> held_;
  std::vector<backend::Verb> submitted_;
  bool holds_ = false;
  bool blocks_ = false;
  bool blocked_ = false;
};

}  // namespace lungate::session::test
