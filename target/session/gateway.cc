// SPDX-License-Identifier: LGPL-2.1-or-later

// The home loop's side of the lanes. Its owner (Service) and the LUNs' keepers call on the home
// loop; the HomeDoor verbs are called on lanes and do nothing there but post. Each hop is one
// post(), which keeps the order of what one thread sends to another. What reaches the gateway from
// outside here is a connection; one too many is closed at once. That is met only when lanes lag
// behind: logins, discovery and normal sessions have their own places, which add up to less.
//
// Lanes are stopped when they are idle, so nothing is left to be posted to one; the home loop runs
// until after that, and closures that come for it later are destroyed unrun with the loop.
#include "session/gateway.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "telemetry/catalog.h"

namespace lungate::session {

Gateway::Gateway(event::Loop& home, const Settings& settings, telemetry::Segment& segment,
                 unsigned lanes)
    : home_(home),
      connections_max_(settings.connections_max),
      connections_per_source_max_(settings.iscsi.connections_per_address_max),
      login_refusal_(settings.iscsi.login_refusal_ms),
      registry_(
          [this](unsigned lane, SessionId id, CloseReason reason) {
            Lane& target = *lanes_.at(lane);
            target.post([&target, id, reason] { target.close_session(id, reason); });
          },
          {settings.normal_sessions_max(), settings.discovery_sessions_max}),
      locks_(
          [this](const LockRequest& request, Done held) {
            on_every_lane(
                [request](Lane& lane, const Baton& baton) { lane.hold_ranges(request, baton); },
                std::move(held));
          },
          [this](const LockRequest& request) {
            on_every_lane([request](Lane& lane, const Baton&) { lane.release_ranges(request); },
                          [] {});
          }),
      guard_({settings.iscsi.failed_logins_max, login_refusal_}) {
  HomeDoor& door = *this;
  for (unsigned i = 0; i < lanes; ++i)
    lanes_.push_back(std::make_unique<Lane>(i, settings, lanes, door, segment.loop(i)));
}

Gateway::~Gateway() = default;

void Gateway::start() {
  for (auto& lane : lanes_) lane->start();
}

// --- LUNs ----------------------------------------------------------------------------------------

/// Each lane gets its own recorder (its shard of the segment) and, inside, its own copy of the
/// view.
std::shared_ptr<LunHome> Gateway::add_lun(LunId id, scsi::Unit unit, telemetry::SlotId slot) {
  const LunViewPtr view = std::make_shared<const LunView>(LunView{unit, nullptr});
  for (auto& owner : lanes_) {
    Lane& lane = *owner;
    lane.post([&lane, id, slot, view] { lane.install_lun(id, slot, view); });
  }
  LaneBroadcast& lanes = *this;
  auto home = std::make_shared<LunHome>(id, std::move(unit), lanes);
  luns_.emplace(id, home);
  return home;
}

/// Off the home's list first: whoever asks for a change of it from now on is answered at once.
/// First no change finds a store any more, and whoever waits for a format's end is answered: it is
/// among the commands that are waited for then.
void Gateway::remove_lun(LunId id, Done done) {
  const std::shared_ptr<LunHome> home = luns_.at(id);
  luns_.erase(id);
  home->abandon_store();
  quiesce_lun(id, LunFate::kRemoved, [this, id, home, done = std::move(done)]() mutable {
    home->retire([this, id, done = std::move(done)]() mutable {
      on_every_lane([id](Lane& lane, const Baton&) { lane.forget_lun(id); }, std::move(done));
    });
  });
}

/// On one lane: what the home loop counts has one writer like all else.
void Gateway::count(LunId id, telemetry::LunCounter counter) {
  Lane& lane = *lanes_.front();
  lane.post([&lane, id, counter] { lane.count(id, counter); });
}

void Gateway::update_lun(const LunUpdate& update, Done done) {
  on_every_lane([update](Lane& lane, const Baton&) { lane.update_lun(update); }, std::move(done));
}

void Gateway::abort_lun(LunId id, const std::vector<Taker>& by, Done done) {
  on_every_lane([id, by](Lane& lane, const Baton& baton) { lane.abort_lun(id, by, baton); },
                std::move(done));
}

void Gateway::abort_nexuses(LunId id, const std::vector<scsi::NexusName>& names, SessionId except,
                            Done done) {
  on_every_lane(
      [id, names, except](Lane& lane, const Baton& baton) {
        lane.abort_nexuses(id, names, except, baton);
      },
      std::move(done));
}

/// The LUN's own commands, and then those of other LUNs that work on it (EXTENDED COPY).
void Gateway::quiesce_lun(LunId id, LunFate fate, Done done) {
  on_every_lane(
      [id, fate](Lane& lane, const Baton& baton) { lane.quiesce_lun(id, fate, baton); },
      [this, id, done = std::move(done)]() mutable { locks_.when_free(id, std::move(done)); });
}

void Gateway::check_accounts(Done done) {
  on_every_lane([](Lane& lane, const Baton&) { lane.check_accounts(); }, std::move(done));
}

void Gateway::set_directory(DirectoryPtr directory, Done done) {
  on_every_lane([directory](Lane& lane, const Baton&) { lane.set_directory(directory); },
                std::move(done));
}

void Gateway::on_every_lane(const std::function<void(Lane&, const Baton&)>& work, Done done) {
  // Moved, not copied: the last lane must keep nothing of it, or what it holds (a keeper, a home)
  // could be destroyed by that lane after the home loop has done with it.
  const Baton baton =
      make_baton([this, done = std::move(done)]() mutable { home_.post(std::move(done)); });
  for (auto& lane : lanes_) {
    Lane& target = *lane;
    target.post([&target, work, baton] { work(target, baton); });
  }
}

// --- Connections ---------------------------------------------------------------------------------

Result<Endpoint, int> Gateway::bind(std::uint16_t portal_group_tag, const Endpoint& where) {
  auto socket = bind_on(where);
  if (!socket) return err(socket.error());
  const Endpoint endpoint = local_endpoint(socket->get());
  bound_.push_back({{portal_group_tag, portals_++}, std::move(*socket)});
  return endpoint;
}

Result<void, PortalRefusal> Gateway::listen() {
  for (Bound& bound : std::exchange(bound_, {})) {
    if (const int error = begin_listening(bound.socket.get()); error != 0)
      return err(PortalRefusal{local_endpoint(bound.socket.get()), error});
    acceptors_.push_back(std::make_unique<Acceptor>(
        home_, std::move(bound.socket),
        [this, portal = bound.portal](Accepted&& in) { accepted(portal, std::move(in)); },
        [this] { count(telemetry::GatewayCounter::kConnectionsRefusedSystem); }));
  }
  return {};
}

const telemetry::GatewayCounter* Gateway::bound_reached(const Source& source) const {
  static constexpr auto kGateways = telemetry::GatewayCounter::kConnectionsRefusedLimit;
  static constexpr auto kSources = telemetry::GatewayCounter::kConnectionsRefusedAddress;
  if (connections_ >= connections_max_) return &kGateways;
  if (connections_per_source_max_ == 0) return nullptr;
  const auto found = connections_of_.find(source);
  const bool full = found != connections_of_.end() && found->second >= connections_per_source_max_;
  return full ? &kSources : nullptr;
}

/// Round robin, not by load: a connection lives on its lane for life, and what it will do is not
/// known now. Multipath spreads what a host does over several connections anyway. A source whose
/// logins are refused is let in so far as to be told that.
void Gateway::accepted(const Portal& portal, Accepted&& in) {
  const Source source = Source::of(in.peer, local_endpoint(in.fd.get()));
  if (const telemetry::GatewayCounter* bound = bound_reached(source)) {
    log::warn("session", "connection_refused",
              {{"peer", in.peer.text()},
               {"connections", connections_},
               {"bound", telemetry::row(*bound).value}});
    count(*bound);
    return;  // the descriptor is closed with `in`
  }
  ++connections_;
  ++connections_of_[source];
  const bool refused = guard_.refuses(source, boot_now());
  Lane& lane = *lanes_[next_lane_++ % lanes_.size()];
  // post() takes what can be copied; a descriptor cannot.
  auto fd = std::make_shared<UniqueFd>(std::move(in.fd));
  lane.post([&lane, fd, peer = in.peer, portal, refused] {
    lane.adopt(std::move(*fd), peer, portal, refused);
  });
}

void Gateway::count(telemetry::GatewayCounter counter) {
  Lane& lane = *lanes_.front();
  lane.post([&lane, counter] { lane.recorder().add(counter); });
}

/// Each lane fills its own row; the rows are read when the last lane has dropped its baton.
void Gateway::describe_sessions(std::function<void(std::vector<SessionDescription>)> answer) {
  struct Gathered {
    std::vector<std::vector<SessionDescription>> by_lane;
  };
  auto gathered = std::make_shared<Gathered>();
  gathered->by_lane.resize(lanes_.size());
  on_every_lane(
      [gathered](Lane& lane, const Baton&) {
        gathered->by_lane[lane.index()] = lane.describe_sessions();
      },
      [gathered, answer = std::move(answer)] {
        std::vector<SessionDescription> all;
        for (auto& some : gathered->by_lane)
          for (auto& one : some) all.push_back(std::move(one));
        answer(std::move(all));
      });
}

// --- What lanes ask ------------------------------------------------------------------------------

/// Lane, home loop, lane again: `answer` is made and destroyed where it belongs, for it holds what
/// is the lane's.
void Gateway::admit(Lane& from, const Admission& admission, Registry::Answer answer) {
  home_.post([this, &from, admission, answer = std::move(answer)] {
    const auto tell = [&from, answer](const Result<Admitted, AdmissionError>& result) {
      from.post([answer, result] { answer(result); });
    };
    // Connections that were there before their source was refused.
    if (guard_.refuses(admission.source, boot_now()))
      return tell(err(AdmissionError::kSourceRefused));
    registry_.admit(admission, tell);
  });
}

void Gateway::withdraw(const Admission& admission) {
  home_.post([this, admission] { registry_.withdraw(admission); });
}

void Gateway::session_ended(SessionId id, NexusLegacyPtr legacy) {
  home_.post([this, id, legacy = std::move(legacy)] {
    const NexusName* name = registry_.name_of(id);
    if (name != nullptr && !registry_.continues(id, legacy))
      nexus_lost(port_name(*name), name->target);
    registry_.ended(id, legacy);
  });
}

void Gateway::proof_failed(const Source& source) {
  home_.post([this, source] {
    if (!guard_.failed(source, boot_now())) return;
    log::warn("session", "source_refused",
              {{"source", source.text()}, {"for_ms", login_refusal_.count()}});
  });
}

void Gateway::connection_ended(const Source& source) {
  home_.post([this, source] {
    const auto found = connections_of_.find(source);
    check(found != connections_of_.end(), "a connection ends once");
    if (--found->second == 0) connections_of_.erase(found);
    --connections_;
    tell_if_idle();
  });
}

void Gateway::apply_change(Lane& from, LunId lun, const scsi::UnitChange& change, Asker by,
                           Changed changed) {
  auto answer = [&from, changed = std::move(changed)](const scsi::ChangeOutcome& outcome) {
    from.post([changed, outcome] { changed(outcome); });
  };
  home_.post([this, lun, change, by, answer] {
    const auto found = luns_.find(lun);
    if (found == luns_.end()) return answer({scsi::Status::kBusy, {}});  // removed meanwhile
    found->second->apply(change, by, answer);
  });
}

void Gateway::let_waiter_go(LunId lun, std::uint64_t ticket) {
  home_.post([this, lun, ticket] {
    const auto found = luns_.find(lun);
    if (found != luns_.end()) found->second->let_waiter_go(ticket);
  });
}

/// The stores are looked at before the lock has its place in the order: from then on who closes one
/// of them waits for it (quiesce_lun).
void Gateway::lock_ranges(Lane& from, LockRequest request,
                          std::function<void(bool granted)> answer) {
  home_.post([this, &from, request = std::move(request), answer = std::move(answer)] {
    const auto served = [&](const LockedRange& range) {
      const auto found = luns_.find(range.lun);
      return found != luns_.end() && found->second->backend() != nullptr &&
             found->second->backend().get() == range.backend;
    };
    const auto& ranges = request.ranges;
    if (!std::all_of(ranges.begin(), ranges.end(), served) || !locks_.has_room(request))
      return from.post([answer] { answer(false); });
    locks_.lock(request, [&from, answer](bool granted) {
      from.post([answer, granted] { answer(granted); });
    });
  });
}

void Gateway::unlock_ranges(std::uint64_t ticket) {
  home_.post([this, ticket] { locks_.unlock(ticket); });
}

void Gateway::withdraw_lock(std::uint64_t ticket) {
  home_.post([this, ticket] { locks_.withdraw(ticket); });
}

void Gateway::reset_lun(Lane& from, LunId lun, Taker by, Done done) {
  auto answer = [&from, done = std::move(done)] { from.post(done); };
  home_.post([this, lun, by, answer] {
    const auto found = luns_.find(lun);
    if (found == luns_.end()) return answer();
    found->second->reset(by, answer);
  });
}

void Gateway::clear_lun(Lane& from, LunId lun, Taker by, Done done) {
  home_.post([this, &from, lun, by, done = std::move(done)] {
    abort_lun(lun, {by}, [&from, done] { from.post(done); });
  });
}

void Gateway::nexus_lost(const scsi::NexusName& nexus, const std::string& target) {
  for (const auto& [id, home] : luns_)
    if (home->unit().target_name == target) home->nexus_lost(nexus);
}

void Gateway::lose_nexus(Lane& from, const scsi::NexusName& nexus, const std::string& target,
                         Done done) {
  home_.post([this, &from, nexus, target, done = std::move(done)] {
    nexus_lost(nexus, target);
    from.post(done);
  });
}

void Gateway::close_target(const std::string& iqn) {
  home_.post([this, iqn] { registry_.close_target(iqn, CloseReason::kAdministrative); });
}

// --- The end -------------------------------------------------------------------------------------

/// The last line asks as well: with no connection at all, none would ever report its end.
void Gateway::drain(Done idle) {
  idle_ = std::move(idle);
  for (auto& lane : lanes_) {
    Lane& target = *lane;
    target.post([&target] { target.drain(); });
  }
  home_.post([this] { tell_if_idle(); });
}

void Gateway::close_all() {
  for (auto& lane : lanes_) {
    Lane& target = *lane;
    target.post([&target] { target.close_all(CloseReason::kDrained); });
  }
}

void Gateway::tell_if_idle() {
  if (idle_ && connections_ == 0) std::exchange(idle_, nullptr)();
}

void Gateway::stop() {
  for (auto& lane : lanes_) lane->stop();
}

}  // namespace lungate::session
