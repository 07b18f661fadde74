// SPDX-License-Identifier: LGPL-2.1-or-later
// A little language for tests of the RBD adapter: an image, a gateway that has it open, requests
// that are waited for.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "backend/rbd/opener.h"
#include "tests/unit/ceph/lab.h"

namespace lungate::test {

/// The loop's end: letters arrive, in order, on whatever thread.
class Inbox final : public MailSink {
 public:
  void post(Mail& letter) noexcept override {
    const std::lock_guard lock(mutex_);
    letters_.push_back(&letter);
    arrived_.notify_one();
  }
  /// The next letter; null when none comes within a minute.
  backend::Request* take() {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, std::chrono::minutes(1), [&] { return !letters_.empty(); }))
      return nullptr;
    Mail* letter = letters_.front();
    letters_.pop_front();
    return static_cast<backend::Request*>(letter);
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Mail*> letters_;
};

/// A request whose letter is taken out of an Inbox, and so never delivered.
struct Asked : backend::Request {
  Asked() {
    deliver = [](Mail&) noexcept { ADD_FAILURE() << "nobody delivers"; };
  }
};

/// Counts what the backend tells, and lets a test wait for it.
class Told final : public backend::Watcher {
 public:
  void backend_changed() noexcept override {
    const std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  template <class Condition>
  bool until(Condition holds) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(40), [&] { return count_ > 0 && holds(); });
  }
  int count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

using Data = std::vector<std::byte>;

inline Data noise(std::size_t bytes, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Data data(bytes);
  for (std::byte& byte : data) byte = static_cast<std::byte>(random());
  return data;
}

class LunTest : public CephTest {
 protected:
  void SetUp() override {
    CephTest::SetUp();
    if (IsSkipped()) return;
    admin_.emplace();
    opener_.emplace(cluster_settings(), 16u, gateway_);
  }
  void TearDown() override { backend_.reset(); }

  backend::rbd::Options options(const std::string& image) {
    backend::rbd::Options options;
    options.image = {"rbd", "", image, ""};
    return options;
  }
  /// Opens it as this test's LUN; the reason why not, or "".
  std::string open(const backend::rbd::Options& options) {
    backend_.reset();
    auto opened = opener_->open(options);
    if (!opened) return opened.error().text;
    backend_ = std::move(*opened);
    return {};
  }
  std::string open(const std::string& image) { return open(options(image)); }

  backend::Status run(backend::Verb verb, std::uint64_t offset, std::uint64_t length,
                      MutableBytes data = {}) {
    Asked request;
    request.verb = verb;
    request.offset = offset;
    request.length = length;
    request.data = data;
    request.reply_to = &inbox_;
    backend_->submit(request);
    EXPECT_EQ(inbox_.take(), &request);
    last_error_ = request.error;
    return request.status;
  }
  backend::Status write(std::uint64_t offset, Data data) {
    return run(backend::Verb::kWrite, offset, data.size(), data);
  }
  Data read(std::uint64_t offset, std::size_t bytes) {
    Data data(bytes, std::byte{0x5a});
    EXPECT_EQ(run(backend::Verb::kRead, offset, bytes, data), backend::Status::kOk);
    return data;
  }
  backend::Status read_status(std::uint64_t offset, std::size_t bytes) {
    Data data(bytes);
    return run(backend::Verb::kRead, offset, bytes, data);
  }

  const std::string gateway_ = "gw-" + fresh_name();
  std::optional<Outsider> admin_;
  std::optional<backend::rbd::Opener> opener_;
  Inbox inbox_;
  std::unique_ptr<backend::Backend> backend_;
  int last_error_ = 0;
};

}  // namespace lungate::test
