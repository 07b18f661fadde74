// SPDX-License-Identifier: LGPL-2.1-or-later
// A scripted backend: what it is given it does when chance says so, in any order, in two steps (the
// bytes move, the answer goes) between which anything may happen, and now and then not or only in
// part.
#pragma once

#include <string>
#include <vector>

#include "backend/backend.h"
#include "tests/sim/chance.h"
#include "tests/sim/disk.h"
#include "tests/sim/trace.h"

namespace lungate::sim {

class Store final : public backend::Backend {
 public:
  /// `disk`: held against what arrives; null for one that anybody may write anything to.
  Store(unsigned number, Disk* disk, Trace& trace);

  /// One request goes one step further, if there is any.
  void act(Chance& chance);
  /// Out of so many requests one fails; 0: none.
  void fail_one_in(std::uint32_t count) { fails_one_in_ = count; }
  /// From now on every request fails, as those of a lost image do.
  void set_lost(bool lost) { lost_ = lost; }
  /// Nothing fails any more.
  void heal();

  std::size_t held() const { return held_.size(); }
  unsigned failures() const { return failures_; }
  Bytes content() const { return bytes_; }
  /// Empty, or the first rule that was broken in submit(), which must not throw.
  const std::string& broken_rule() const { return broken_rule_; }

  void submit(backend::Request& request) noexcept override;
  backend::State state() const override;
  const backend::Traits& traits() const override { return traits_; }
  void watch(backend::Watcher*) override {}
  void close() noexcept override {}

 private:
  struct Held {
    backend::Request* request = nullptr;
    std::uint32_t crc = 0;  // of what is to be written: it must not change on the way
    bool moved = false;
  };
  void move(const backend::Request& request, std::size_t bytes);
  backend::Status failure(Chance& chance, const Held& held);
  void complete(Chance& chance, const Held& held);

  const unsigned number_;
  Disk* const disk_;
  Trace& trace_;
  backend::Traits traits_;
  std::string seed_;
  std::vector<std::byte> bytes_;
  std::vector<std::byte> state_;
  std::vector<Held> held_;
  std::uint32_t fails_one_in_ = 0;
  bool lost_ = false;
  unsigned failures_ = 0;
  std::string broken_rule_;
};

}  // namespace lungate::sim
