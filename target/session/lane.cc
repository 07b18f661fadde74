// SPDX-License-Identifier: LGPL-2.1-or-later

// One loop and what lives on it. The home loop calls by post() (Gateway); connections, sessions and
// commands call directly, on the lane's thread. Nothing here comes from a peer.
//
// A turn: events are handled, which queues PDUs and marks connections dirty; at its end each dirty
// connection sends (once, for all that the turn had to say to its peer), and the dead are buried.
// Graves come last: until then anything of this turn may still hold the address of a connection
// that has closed. Whatever walks connections or sessions walks a copy of the list first: the walk
// may close one, which takes it out of the map.
#include "session/lane.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/thread.h"
#include "iscsi/serial.h"
#include "session/connection.h"
#include "session/counting.h"
#include "session/login_phase.h"
#include "session/session.h"
#include "session/task.h"

namespace lungate::session {
namespace {

/// `act` may end the task at once and take it out of the list.
template <class Act>
void for_each(const TasksInProgress& tasks, Act act) {
  for (Task* task = tasks.oldest(); task != nullptr;) {
    Task* next = task->newer;
    act(*task);
    task = next;
  }
}

/// What has begun and could still write is waited for, wherever it writes to: a command's later
/// requests are not known. What waits for a lock itself has written nothing and will not before it
/// is granted. What waits for a change writes nothing either, and must not be waited for: it may be
/// a PREEMPT AND ABORT that waits for the command that asks for this lock.
bool may_yet_write(const Task& task) {
  return task.phase == TaskPhase::kExecuting && task.lock_ticket == 0 && !task.execution.change &&
         task.execution.planned.op != scsi::OpClass::kRead;
}

/// It waits for commands of others, who may have preempted its nexus meanwhile and wait for its
/// own: what it changes is done, so nobody needs to.
bool waits_for_preempted(const Task& task) {
  if (task.phase != TaskPhase::kExecuting || !task.execution.change) return false;
  const auto* request = std::get_if<scsi::ReservationRequest>(&*task.execution.change);
  return request != nullptr && request->action == scsi::ReservationAction::kPreemptAndAbort;
}

/// A command to another unit that copies from or to this one.
bool works_on(const Task& task, LunId lun) {
  return std::any_of(task.neighbours.begin(), task.neighbours.end(),
                     [&](const Neighbour& neighbour) { return neighbour.lun == lun; });
}

}  // namespace

Lane::Lane(unsigned index, Settings settings, unsigned lanes, HomeDoor& home,
           telemetry::LoopRecorder recorder)
    : index_(index),
      settings_(std::move(settings)),
      logins_max_(std::max<std::size_t>(settings_.logins_max / lanes, 1)),
      logins_per_source_max_((settings_.iscsi.logins_per_address_max + lanes - 1) / lanes),
      home_(home),
      recorder_(recorder),
      tick_timer_(loop_, [this] { tick(); }),
      buffers_(settings_.task_bytes_per_lane),
      copies_(settings_.copied_bytes_max / lanes),
      receive_buffer_(limits::kReceiveBufferBytes),
      directory_(std::make_shared<const Directory>()) {
  loop_.set_turn_begin([this](BootTime now) { recorder_.turn_started(now); });
  loop_.set_turn_end([this] { end_turn(); });
  loop_.set_stall_hook(settings_.stall_limit, [this](Nanoseconds gap) { stalled(gap); });
  tick_timer_.start_repeating(limits::kDeadlineTick);
}

Lane::~Lane() {
  check(!thread_.joinable(), "a lane is stopped before it is destroyed");
  check(sessions_.empty() && connections_.empty(), "a lane outlives its connections");
}

void Lane::start() {
  thread_ = start_thread(("lane-" + std::to_string(index_)).c_str(), [this] { loop_.run(); });
}

void Lane::stop() {
  if (!thread_.joinable()) return;
  loop_.stop();
  thread_.join();
}

LaneLun* Lane::find_lun(LunId id) {
  const auto found = luns_.find(id);
  return found == luns_.end() ? nullptr : found->second.get();
}

void Lane::mark_dirty(Connection& connection) {
  dirty_.push_back(&connection);
}

void Lane::bury(Connection& connection) {
  dead_.push_back(&connection);
}

void Lane::add_session(Session& session) {
  sessions_.emplace(session.id(), &session);
  discovery_sessions_ += session.discovery() ? 1 : 0;
  count_sessions();
}

void Lane::remove_session(Session& session) {
  discovery_sessions_ -= sessions_.erase(session.id()) != 0 && session.discovery() ? 1 : 0;
  count_sessions();
}

/// Apart: who only asks where the targets are uses none, and leaves none when it goes.
void Lane::count_sessions() {
  recorder_.set(telemetry::GatewayGauge::kSessions, sessions_.size() - discovery_sessions_);
  recorder_.set(telemetry::GatewayGauge::kDiscoverySessions, discovery_sessions_);
}

void Lane::evict(const Login& login, std::string_view bound) {
  log::warn("session", "login_evicted",
            {{"peer", login.connection->peer().text()},
             {"lane", index_},
             {"logins", logins_.size()},
             {"bound", bound}});
  login.connection->close(CloseReason::kEvicted);  // which takes it out of the list
}

/// The oldest goes, not the newest: whoever means to log in does so in milliseconds, and who only
/// holds places is the older one. First of the same source, so that a flood from one address stays
/// its own; there, who has proved himself only waits for us, and counts no more.
void Lane::make_room_for_login(const Source& source) {
  const auto unproved = [&](const Login& login) {
    return !login.proved && login.connection->source() == source;
  };
  if (logins_per_source_max_ != 0 &&
      static_cast<std::size_t>(std::count_if(logins_.begin(), logins_.end(), unproved)) >=
          logins_per_source_max_)
    evict(*std::find_if(logins_.begin(), logins_.end(), unproved), "address");
  if (logins_.size() >= logins_max_) evict(logins_.front(), "gateway");
}

void Lane::login_proved(Connection& connection) {
  std::ranges::find(logins_, &connection, &Login::connection)->proved = true;
}

void Lane::login_ended(Connection& connection) {
  logins_.erase(std::ranges::find(logins_, &connection, &Login::connection));
}

/// A new connection: it is owned by the map until dig_graves().
void Lane::adopt(UniqueFd fd, Endpoint peer, const Portal& portal, bool refused) {
  auto connection = std::make_unique<Connection>(*this, std::move(fd), std::move(peer), portal);
  make_room_for_login(connection->source());
  connection->set_handler(std::make_unique<LoginPhase>(*connection, refused));
  logins_.push_back({connection.get()});
  connections_.emplace(connection.get(), std::move(connection));
  recorder_.add(telemetry::GatewayCounter::kConnectionsAccepted);
  recorder_.set(telemetry::GatewayGauge::kConnections, connections_.size());
}

void Lane::set_directory(DirectoryPtr directory) {
  directory_ = std::move(directory);
  // A session that has lost its access ends, which takes it out of the map: not while we walk it.
  std::vector<Session*> sessions;
  for (const auto& [id, session] : sessions_) sessions.push_back(session);
  for (Session* session : sessions) session->directory_changed();
}

void Lane::install_lun(LunId id, telemetry::SlotId slot, const LunViewPtr& view) {
  auto lun = std::make_unique<LaneLun>();
  lun->id = id;
  lun->slot = slot;
  lun->recorder = recorder_.lun(slot);
  lun->executor = &local_executor_;
  // A copy of this lane's own: tasks count references to it, and lanes do not share that count.
  lun->view = std::make_shared<const LunView>(*view);
  luns_.emplace(id, std::move(lun));
}

void Lane::count(LunId id, telemetry::LunCounter counter) {
  if (LaneLun* lun = find_lun(id)) lun->recorder.add(counter);
}

/// From here on new commands see the new snapshot; those in progress keep theirs. The attention is
/// raised in the same step, so no command can be answered by the new state before its nexus owes
/// it.
void Lane::update_lun(const LunUpdate& update) {
  LaneLun* lun = find_lun(update.id);
  if (lun == nullptr) return;
  lun->view = std::make_shared<const LunView>(*update.view);
  if (update.attention || !update.told.empty()) ++lun->tellings;
  for (const auto& [id, session] : sessions_) {
    if (update.attention && id != update.except) session->raise(*lun, *update.attention);
    for (const scsi::ReservationResult::Told& told : update.told)
      if (id != update.except && told.nexus == session->port())
        session->raise(*lun, told.attention);
  }
}

void Lane::abort_lun(LunId id, const std::vector<Taker>& by, const Baton& baton) {
  LaneLun* lun = find_lun(id);
  if (lun == nullptr) return;
  for_each(lun->in_progress, [&](Task& task) {
    Session& session = *task.session;
    const bool own = std::any_of(by.begin(), by.end(), [&](const Taker& taker) {
      return taker.session == session.id() && task.ordinal <= taker.commands &&
             !iscsi::serial_before(taker.cmd_sn, task.cmd_sn);
    });
    own ? session.abort(task, baton) : session.take_away(task, baton);
  });
}

void Lane::hold_ranges(const LockRequest& request, const Baton& baton) {
  for (const LockedRange& range : request.ranges) {
    LaneLun* lun = find_lun(range.lun);
    if (lun == nullptr) continue;
    lun->ranges.hold(request.ticket, range, last_beginning_);
    for_each(lun->in_progress, [&](Task& task) {
      if (may_yet_write(task)) task.batons.push_back(baton);
    });
  }
}

void Lane::release_ranges(const LockRequest& request) {
  for (const LockedRange& range : request.ranges) {
    LaneLun* lun = find_lun(range.lun);
    if (lun == nullptr) continue;
    lun->ranges.release(request.ticket);
    local_executor_.resume_parked(*lun);
  }
}

void Lane::abort_nexuses(LunId id, const std::vector<scsi::NexusName>& names, SessionId except,
                         const Baton& baton) {
  for (const auto& [other, lun] : luns_) {
    for_each(lun->in_progress, [&, here = other == id](Task& task) {
      Session& session = *task.session;
      if (session.id() == except || (!here && !works_on(task, id))) return;
      if (std::count(names.begin(), names.end(), session.port()) != 0)
        session.take_away(task, waits_for_preempted(task) ? Baton() : baton);
    });
  }
}

void Lane::quiesce_lun(LunId id, LunFate fate, const Baton& baton) {
  LaneLun* lun = find_lun(id);
  if (lun == nullptr) return;
  for_each(lun->in_progress, [&](Task& task) { task.session->quiesce(task, fate, baton); });
}

void Lane::forget_lun(LunId id) {
  LaneLun* lun = find_lun(id);
  if (lun == nullptr) return;
  check(lun->in_progress.empty(), "a LUN is forgotten after its last command");
  for (const auto& [session_id, session] : sessions_) {
    check(!session->shows(*lun), "a LUN is forgotten when no session shows it");
    session->forget(*lun);
  }
  luns_.erase(id);
}

void Lane::close_session(SessionId id, CloseReason reason) {
  const auto found = sessions_.find(id);
  if (found != sessions_.end()) found->second->end(reason);
}

void Lane::drain() {
  std::vector<Connection*> connections;
  for (const auto& [connection, owner] : connections_) connections.push_back(connection);
  for (Connection* connection : connections) connection->drain();
}

void Lane::close_all(CloseReason reason) {
  std::vector<Connection*> connections;
  for (const auto& [connection, owner] : connections_) connections.push_back(connection);
  for (Connection* connection : connections) connection->close(reason);
}

std::vector<SessionDescription> Lane::describe_sessions() const {
  std::vector<SessionDescription> descriptions;
  for (const auto& [id, session] : sessions_) descriptions.push_back(session->describe());
  return descriptions;
}

void Lane::check_accounts() const {
  Accounts accounts;
  for (const auto& [connection, owner] : connections_)
    connection->handler().check_accounts(accounts);
  check(accounts.buffer_bytes == buffers_.bytes_in_use(), "every buffer is a command's");
  for (const auto& [id, lun] : luns_) {
    const auto counted = accounts.luns.find(lun.get());
    const std::uint32_t commands = counted == accounts.luns.end() ? 0 : counted->second;
    check(commands == lun->in_progress.count(), "a LUN's list is what its sessions have on it");
  }
}

/// The order of the header's drawing: all that is to be said, then the graves, then the record.
void Lane::end_turn() {
  // Sending may make more dirty (a completion of a send queue that was full): index, not iterator.
  for (std::size_t i = 0; i < dirty_.size(); ++i) dirty_[i]->flush();
  dirty_.clear();
  dig_graves();
  recorder_.turn_ended(boot_now());
}

void Lane::dig_graves() {
  for (Connection* connection : dead_) {
    const Source source = connection->source();
    connections_.erase(connection);
    home_.connection_ended(source);
  }
  if (!dead_.empty()) recorder_.set(telemetry::GatewayGauge::kConnections, connections_.size());
  dead_.clear();
}

/// All deadlines of the lane by one timer: a timer per connection and purpose would cost more than
/// this walk, and nothing here needs to be more exact than a tick.
void Lane::tick() {
  const BootTime now = loop_.turn_start();
  if (next_tick_ != BootTime{}) recorder_.lagged(now - next_tick_);
  next_tick_ = now + limits::kDeadlineTick;
  std::vector<Connection*> connections;
  connections.reserve(connections_.size());
  for (const auto& [connection, owner] : connections_) connections.push_back(connection);
  for (Connection* connection : connections) connection->tick(now);
  if (now < next_look_) return;
  next_look_ = now + limits::kStuckLook;
  for (const auto& [connection, owner] : connections_) connection->look_at_path();
  look_for_stuck(now);
}

/// Each LUN's list begins with its oldest command: on a LUN that is well this is one look. Past
/// those whose session has had its share: the others' turn must come.
void Lane::look_for_stuck(BootTime now) {
  for (const auto& [id, lun] : luns_) {
    for (Task* task = lun->in_progress.oldest_unseen(); task != nullptr; task = task->newer) {
      if (now < task->times.arrival + settings_.stuck_after) break;
      if (!task->seen_stuck) {
        const telemetry::SlowKept kept = record_stuck(*task, now);
        if (kept == telemetry::SlowKept::kSecondIsUsed) return;  // with the next look
        task->seen_stuck = kept == telemetry::SlowKept::kKept;
      }
      if (task->seen_stuck && task == lun->in_progress.oldest_unseen())
        lun->in_progress.set_seen(*task);
    }
  }
}

/// This process stood still (SIGSTOP, a frozen machine, a debugger): what lies in the sockets may
/// long have been repeated on another path. It is not read, let alone executed.
void Lane::stalled(Nanoseconds gap) {
  log::error("session", "stalled",
             {{"lane", index_}, {"gap_ms", gap.count() / 1'000'000}, {"closed", sessions_.size()}});
  close_all(CloseReason::kStalled);
}

}  // namespace lungate::session
