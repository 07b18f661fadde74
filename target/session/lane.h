// SPDX-License-Identifier: LGPL-2.1-or-later

// One loop with everything that lives on it: connections, their sessions, its share of every LUN,
// buffers, telemetry shard. A connection lives on one lane for life, and what a lane owns is
// touched by its thread alone; other threads send it work by post().
//
//   one turn:  events (sockets, completions, timers) --> PDUs queued --> turn end: one sendmsg per
//   connection that has something to say --> poll
#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "event/loop.h"
#include "session/baton.h"
#include "session/buffers.h"
#include "session/close_reason.h"
#include "session/copies.h"
#include "session/directory.h"
#include "session/home_door.h"
#include "session/local_executor.h"
#include "session/lun.h"
#include "session/lun_home.h"
#include "session/portal.h"
#include "session/settings.h"
#include "session/socket.h"
#include "telemetry/recorder.h"

namespace lungate::session {

class Connection;
class Session;
struct SessionDescription;

class Lane {
 public:
  /// One of `lanes`, with its share of what all of them may have.
  Lane(unsigned index, Settings settings, unsigned lanes, HomeDoor& home,
       telemetry::LoopRecorder recorder);
  /// REQUIRES: stop() has returned, or start() was never called.
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  /// The thread begins. From here on everything below is for that thread, but post() and stop().
  void start();
  /// Ends the loop and waits for the thread. REQUIRES: every connection has ended.
  void stop();
  /// Any thread.
  void post(std::function<void()> work) { loop_.post(std::move(work)); }

  // --- What connections and sessions use -------------------------------------------------------
  unsigned index() const { return index_; }
  const Settings& settings() const { return settings_; }
  event::Loop& loop() { return loop_; }
  HomeDoor& home() { return home_; }
  LocalExecutor& local_executor() { return local_executor_; }
  BufferPool& buffers() { return buffers_; }
  CopyPool& copies() { return copies_; }
  telemetry::LoopRecorder& recorder() { return recorder_; }
  const DirectoryPtr& directory() const { return directory_; }
  /// Scratch for one read of one connection; empty again before the next.
  MutableBytes receive_buffer() { return receive_buffer_; }
  LaneLun* find_lun(LunId id);
  /// Names one login, or one range lock, of this gateway: for HomeDoor.
  std::uint64_t next_beginning() { return ++last_beginning_; }
  std::uint64_t next_ticket() { return (std::uint64_t{index_} << 48) | ++last_ticket_; }
  /// The connection has something to send at the end of this turn.
  void mark_dirty(Connection& connection);
  /// The connection is closed and nothing refers to it any more: destroyed at the turn's end.
  void bury(Connection& connection);
  /// The connection has proved who it is, or need not: it only waits for its admission.
  void login_proved(Connection& connection);
  /// The connection is in login no more: it is a session's now, or closed.
  void login_ended(Connection& connection);
  void add_session(Session& session);
  void remove_session(Session& session);

  // --- What the home loop sends ----------------------------------------------------------------
  // A LUN comes by install_lun, then the directory that names it; it goes by the directory that
  // names it no more, then quiesce_lun, then forget_lun. Each is posted after the one before, so
  // every lane sees that order: a session finds a LUN as long as a directory shows it to it, and
  // when it is forgotten no session and no command can have its address any more.
  /// `refused`: the source's logins are refused at this time, and this one is told so.
  void adopt(UniqueFd fd, Endpoint peer, const Portal& portal, bool refused);
  void set_directory(DirectoryPtr directory);
  void install_lun(LunId id, telemetry::SlotId slot, const LunViewPtr& view);
  /// Something that the home loop knows of the LUN. Nothing when it has been forgotten.
  void count(LunId id, telemetry::LunCounter counter);
  void update_lun(const LunUpdate& update);
  /// Writes that begin later wait; each that has begun keeps a copy of `baton` until it has ended.
  void hold_ranges(const LockRequest& request, const Baton& baton);
  void release_ranges(const LockRequest& request);
  /// PREEMPT AND ABORT: as abort_lun, but only what these nexuses have sent, and not `except`.
  void abort_nexuses(LunId id, const std::vector<scsi::NexusName>& names, SessionId except,
                     const Baton& baton);
  /// CLEAR TASK SET, or a reset by these requests: aborts the LUN's commands, others' than theirs
  /// with TASK ABORTED; each keeps a copy of `baton` until its I/O has ended.
  void abort_lun(LunId id, const std::vector<Taker>& by, const Baton& baton);
  /// A loss or a removal: see Commands::quiesce. REQUIRES: no new command can come to its backend
  /// (update_lun without one, or no session shows it).
  void quiesce_lun(LunId id, LunFate fate, const Baton& baton);
  /// REQUIRES: no session shows it any more (set_directory) and its commands have ended
  /// (quiesce_lun). Nothing of this lane writes to its place in the segment after that.
  void forget_lun(LunId id);
  void close_session(SessionId id, CloseReason reason);
  /// Sessions take no more commands and end when those in progress are answered; logins end now.
  void drain();
  /// What drain() did not end in time is closed now.
  void close_all(CloseReason reason);
  std::vector<SessionDescription> describe_sessions() const;
  /// Stops the process if what the lane has counted is not what there is: windows, buffers,
  /// commands in progress. Walks everything: for tests, between two turns.
  void check_accounts() const;

 private:
  struct Login {
    Connection* connection;
    bool proved = false;
  };

  void make_room_for_login(const Source& source);
  void evict(const Login& login, std::string_view bound);
  void count_sessions();
  void end_turn();
  void tick();
  void look_for_stuck(BootTime now);
  void stalled(Nanoseconds gap);
  void dig_graves();

  const unsigned index_;
  const Settings settings_;
  const std::size_t logins_max_;
  const std::size_t logins_per_source_max_;  // that have not proved themselves; 0: no bound
  HomeDoor& home_;
  telemetry::LoopRecorder recorder_;
  event::Loop loop_;
  event::Timer tick_timer_;
  BootTime next_tick_;
  BootTime next_look_;  // for what is stuck
  std::uint64_t last_ticket_ = 0;
  std::uint64_t last_beginning_ = 0;
  LocalExecutor local_executor_{*this};
  BufferPool buffers_;
  CopyPool copies_;
  std::vector<std::byte> receive_buffer_;
  DirectoryPtr directory_;
  std::unordered_map<LunId, std::unique_ptr<LaneLun>> luns_;
  std::unordered_map<Connection*, std::unique_ptr<Connection>> connections_;
  std::vector<Login> logins_;  // oldest first
  std::unordered_map<SessionId, Session*> sessions_;
  std::size_t discovery_sessions_ = 0;  // of these
  std::vector<Connection*> dirty_;
  std::vector<Connection*> dead_;
  std::thread thread_;
};

}  // namespace lungate::session
