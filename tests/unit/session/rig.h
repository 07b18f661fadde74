// SPDX-License-Identifier: LGPL-2.1-or-later
// A whole joining floor with a real home loop and real lanes, telemetry in a folder of its own, and
// stores that the test controls. Its end is part of every test: all connections, sessions, commands
// and buffers must be gone.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "event/loop.h"
#include "session/gateway.h"
#include "telemetry/segment.h"
#include "telemetry/snapshot.h"
#include "tests/unit/session/fake_store.h"
#include "tests/unit/session/peer.h"

namespace lungate::session::test {

/// Something that will have happened: `done()` is handed out, `wait()` blocks for it.
class Signal {
 public:
  Done done() const;
  bool happened() const;
  /// False after ten seconds.
  bool wait() const;

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    bool happened = false;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

/// Tries again until `condition` holds; false after ten seconds.
bool eventually(const std::function<bool()>& condition);

struct RigOptions {
  unsigned lanes = 2;
  unsigned luns = 1;
  Settings settings = quiet();
  /// No pings, and time-outs that no test meets by accident.
  static Settings quiet();
};

class Rig {
 public:
  static constexpr std::size_t kStoreBytes = 8 * limits::kMiB;

  explicit Rig(RigOptions options = {});
  ~Rig();

  // --- Initiators. Connections go to lane 0, lane 1, lane 0... in the order of connecting ---
  Peer connect(int receive_buffer_bytes = 0) { return Peer(endpoint_, receive_buffer_bytes); }
  /// Connected, logged in, all attentions told.
  Peer ready(const LoginOptions& options = {});

  // --- The gateway ---
  template <class Work>
  auto on_home(Work work) {
    auto task = std::make_shared<std::packaged_task<decltype(work())()>>(std::move(work));
    auto result = task->get_future();
    home_.post([task] { (*task)(); });
    return result.get();
  }
  Gateway& gateway() { return *gateway_; }
  FakeStore& store(unsigned lun = 0) { return *stores_.at(lun); }
  LunHome& lun(unsigned lun = 0) { return *luns_.at(lun); }
  void bring_online(unsigned lun);
  void bring_online(unsigned lun, const scsi::Unit& as);
  /// As the LUN's keeper does it; the signal: its store may be closed.
  Signal lose(unsigned lun = 0);
  /// Every lane holds its accounts against what there is: a difference stops the process.
  void check_accounts();
  /// The same, without waiting: the lanes do it between whatever else they do.
  void post_check();
  scsi::Unit unit(unsigned lun) const;
  /// The directory in force, to be changed and handed to publish().
  Directory directory;
  void publish();
  /// As the LUN's keeper tells the segment.
  void promise(const telemetry::LunPromise& promise, unsigned lun = 0);
  /// What was posted to the lanes before has been done there.
  void settle();
  /// Sends `bytes` and waits until a lane has taken them.
  void receive_exactly(Peer& peer, Bytes bytes);
  std::vector<SessionDescription> descriptions();
  /// Commands in progress of all sessions.
  std::size_t in_progress();
  std::size_t sessions();
  std::size_t connections();
  telemetry::Snapshot snapshot() const;
  std::uint64_t counter(telemetry::GatewayCounter counter) const;
  /// Cells of a lane that nothing happens on meanwhile: a cell has one writer.
  telemetry::LoopRecorder recorder(unsigned lane) { return segment_->loop(lane); }

  /// Ends everything in good order and looks for what is left. The destructor does so, too.
  void finish();

 private:
  std::filesystem::path folder_;
  event::Loop home_;
  std::unique_ptr<telemetry::Segment> segment_;
  std::unique_ptr<Gateway> gateway_;
  std::vector<std::shared_ptr<FakeStore>> stores_;
  std::vector<std::shared_ptr<LunHome>> luns_;
  std::vector<telemetry::SlotId> slots_;
  Endpoint endpoint_;
  std::thread thread_;
};

}  // namespace lungate::session::test
