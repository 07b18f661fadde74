// SPDX-License-Identifier: LGPL-2.1-or-later

// Changes of one LUN, one at a time, on the home loop. Called by the LUN's keeper (online, offline,
// resize) and, through Gateway, by commands and task management of any lane. Nothing here is a
// peer's but the mode values of a MODE SELECT, which the device server has checked. Every change is
// a new snapshot to every lane, because a lane that looks here would need a lock on the path of
// I/O.
#include "session/lun_home.h"

#include <span>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "scsi/unit_state.h"

namespace lungate::session {

namespace {

/// What initiators must be told of a unit that comes (back) online. An image that was deleted and
/// made again under the same name is another disk; one that grew meanwhile is the same.
std::optional<scsi::AdditionalSense> news_of(const scsi::Unit& before, const scsi::Unit& now) {
  if (before.identity != now.identity) return scsi::sense::kInquiryDataChanged;
  if (before.geometry.block_count != now.geometry.block_count) return scsi::sense::kCapacityChanged;
  return std::nullopt;
}

const scsi::ChangeOutcome kNotKept{scsi::Status::kCheckCondition,
                                   {scsi::sense::kCommunicationFailure, {}, {}}};

}  // namespace

LunHome::LunHome(LunId id, scsi::Unit unit, LaneBroadcast& lanes)
    : id_(id), lanes_(lanes), unit_(std::move(unit)) {}

void LunHome::set_online(std::shared_ptr<backend::Backend> backend, scsi::Unit unit, Done done) {
  const std::uint64_t generation = unit_.generation;
  const scsi::ModeState mode = unit_.mode;
  // Those of before an outage are newer than what the store kept: not all of them persist.
  // And what has failed meanwhile is not well for having been away.
  if (served_) {
    unit.reservations = unit_.reservations;
    unit.medium_activity = unit_.medium_activity;
  }
  served_ = true;
  const auto news = news_of(unit_, unit);
  unit_ = std::move(unit);
  unit_.generation = generation;
  unit_.mode = mode;  // what initiators have set outlives an outage
  unit_.fullness = fullness_;
  unit_.availability = scsi::Availability::kReady;
  backend_ = std::move(backend);
  publish(news, kNoSession, std::move(done));
}

void LunHome::set_offline(scsi::Availability availability, Done done) {
  unit_.availability = availability;
  backend_ = nullptr;
  publish(std::nullopt, kNoSession, std::move(done));
}

void LunHome::resize(std::uint64_t block_count, Done done) {
  if (unit_.geometry.block_count == block_count) return done();
  if (job_) job_->spoiled = true;
  unit_.geometry.block_count = block_count;
  publish(scsi::sense::kCapacityChanged, kNoSession, std::move(done));
}

/// The numbers are in every snapshot already; only who must be told needs a new one.
bool LunHome::set_fullness(const backend::Fullness& fullness) {
  fullness_->used_bytes.store(fullness.used_bytes, std::memory_order_relaxed);
  fullness_->available_bytes.store(fullness.available_bytes, std::memory_order_relaxed);
  if (!scsi::has_threshold(unit_)) return false;
  if (!threshold_.take(scsi::room_of(*fullness_), unit_.threshold_percent)) return false;
  publish(scsi::sense::kSoftThresholdReached, kNoSession, [] {});
  return true;
}

void LunHome::set_threshold(std::uint8_t percent) {
  if (unit_.threshold_percent == percent) return;
  unit_.threshold_percent = percent;
  threshold_ = {};
  publish(scsi::sense::kModeParametersChanged, kNoSession, [] {});
}

// --- Changes that commands ask for ---------------------------------------------------------------

void LunHome::apply(const scsi::UnitChange& change, Asker by, Changed changed) {
  add({[this, change] { std::visit([this](const auto& what) { carry_out(what); }, change); }, by,
       std::move(changed)});
}

void LunHome::add(Change change) {
  changes_.push_back(std::move(change));
  if (!changing_) next_change();
}

/// A copy: who carries it out may end it, which takes it off the list.
void LunHome::next_change() {
  changing_ = !changes_.empty();
  if (!changing_) return;
  const auto carry_out = changes_.front().carry_out;
  carry_out();
}

void LunHome::end_change(const scsi::ChangeOutcome& outcome) {
  const Change change = std::move(changes_.front());
  changes_.pop_front();
  change.changed(outcome);
  next_change();
}

void LunHome::carry_out(const scsi::ModeChange& mode) {
  if (mode.from != unit_.mode) return end_change({scsi::Status::kBusy, {}});
  unit_.mode = mode.to;
  publish(scsi::sense::kModeParametersChanged, changes_.front().by.session,
          [self = shared_from_this()] { self->end_change({}); });
}

/// In this order: the store has the new state, the lanes have it, the commands of a preempted nexus
/// end, the command is answered. With the commands' end first, others of that nexus could begin
/// behind it and write after the answer. A state that could not be stored is not taken over.
void LunHome::carry_out(const scsi::ReservationRequest& request) {
  const scsi::Reservations none;
  const scsi::Reservations& before = unit_.reservations != nullptr ? *unit_.reservations : none;
  result_ = scsi::apply(before, request, backend_ != nullptr && backend_->traits().keeps_state);
  if (result_.status != scsi::Status::kGood) return end_change({result_.status, result_.sense});
  if (result_.next == before) return end_change({});
  store_reservations();
}

void LunHome::store_reservations() {
  if (!result_.store) return take_reservations();
  if (backend_ == nullptr)  // lost meanwhile
    return end_change({scsi::Status::kBusy, {}});
  keep({result_.next, scsi::failure_of(unit_.medium_activity)},
       [self = shared_from_this()](bool kept) {
         if (kept) return self->take_reservations();
         self->end_change(kNotKept);
       });
}

void LunHome::take_reservations() {
  unit_.reservations = result_.next == scsi::Reservations{}
                           ? nullptr
                           : std::make_shared<const scsi::Reservations>(result_.next);
  publish(
      std::nullopt, changes_.front().by.session,
      [self = shared_from_this()] { self->abort_preempted(); }, std::move(result_.told));
}

/// Beside the queue of changes: a command of the preempted may be waiting in it, and this would
/// wait for that one's end. Two nodes that preempt each other do so.
void LunHome::abort_preempted() {
  if (result_.aborted.empty()) return end_change({});
  Change change = std::move(changes_.front());
  changes_.pop_front();
  lanes_.abort_nexuses(id_, result_.aborted, change.by.session,
                       [changed = std::move(change.changed)] { changed({}); });
  next_change();
}

/// Beside the queue of changes: it may take hours, and everything else about the unit goes on. The
/// command is answered when every lane refuses I/O (IMMED), or at the end. Stored before it begins,
/// as work that has not ended well, and forgotten when it has: a store that is lost on the way
/// could not be told any more.
void LunHome::carry_out(const scsi::MediumJob& job) {
  if (unit_.medium_activity != nullptr && !unit_.medium_activity->failed)
    return end_change({scsi::Status::kCheckCondition, scsi::in_progress(*unit_.medium_activity)});
  if (backend_ == nullptr) return end_change({scsi::Status::kBusy, {}});
  if (changes_.front().waiter_goes) return end_change({scsi::Status::kTaskAborted, {}});
  const bool works = job.work != scsi::MediumWork::kExitFailureMode;
  std::optional<scsi::MediumFailure> medium;
  if (works) medium = scsi::MediumFailure{job.work, job.unrestricted_exit};
  keep_medium(medium, [self = shared_from_this(), job, works](bool kept) {
    if (!kept) return self->end_change(kNotKept);
    if (works) return self->begin_job(job);
    self->unit_.medium_activity = nullptr;
    self->publish(std::nullopt, kNoSession, [self] { self->end_change({}); });
  });
}

/// From here on it ends in end_job(), though the store may have gone by now: it has been told.
void LunHome::begin_job(const scsi::MediumJob& job) {
  Change& change = changes_.front();
  job_.emplace(Job{scsi::MediumRun(job, unit_), std::move(change.changed), change.by.ticket});
  job_->waiter_goes = job.immediate || change.waiter_goes;
  unit_.medium_activity = job_->run.activity();
  changes_.pop_front();
  publish(std::nullopt, kNoSession, [self = shared_from_this()] {
    self->job_->begun = true;
    if (self->job_->waiter_goes) self->answer_waiter({});
    self->next_piece(backend::Status::kOk);
  });
  next_change();
}

void LunHome::let_waiter_go(std::uint64_t ticket) {
  if (ticket == 0) return;  // it asks for nothing that takes long
  for (Change& change : changes_)
    if (change.by.ticket == ticket) change.waiter_goes = true;
  if (!job_ || ticket != job_->waiter) return;
  job_->waiter_goes = true;
  if (job_->begun) answer_waiter({scsi::Status::kTaskAborted, {}});
}

void LunHome::answer_waiter(const scsi::ChangeOutcome& outcome) {
  if (const Changed answer = std::exchange(job_->answer, nullptr)) answer(outcome);
}

/// A store that is lost or replaced while it is worked on has not been worked on as a whole.
void LunHome::next_piece(backend::Status last) {
  if (last != backend::Status::kOk || backend_ == nullptr || job_->spoiled)
    return end_job(job_->run.failure());
  if (!job_->run.next(working_.request))  // done: what is stored changes, in its turn
    return add({[this] { finish_job(); }, {}, [](const scsi::ChangeOutcome&) {}});
  working_.submit(backend_, lanes_.mailbox(),
                  [self = shared_from_this()] { self->next_piece(self->working_.request.status); });
}

void LunHome::finish_job() {
  const auto end = [self = shared_from_this()](bool well) {
    self->end_job(well ? nullptr : self->job_->run.failure());
    self->end_change({});
  };
  if (backend_ == nullptr || job_->spoiled) return end(false);
  keep_medium(std::nullopt, end);
}

void LunHome::end_job(scsi::MediumActivityPtr left) {
  unit_.medium_activity = std::move(left);
  const Changed answer = std::move(job_->answer);
  job_.reset();
  scsi::ChangeOutcome outcome;
  if (unit_.medium_activity != nullptr)
    outcome = {scsi::Status::kCheckCondition, *scsi::not_ready(unit_)};
  publish(std::nullopt, kNoSession, [answer, outcome] {
    if (answer) answer(outcome);
  });
  tell_if_store_is_idle();
}

/// With the reservations as they are. REQUIRES: a store, and that this is the change in progress.
void LunHome::keep_medium(const std::optional<scsi::MediumFailure>& medium, Kept then) {
  if (!backend_->traits().keeps_state) return then(true);
  scsi::KeptState state{{}, medium};
  if (unit_.reservations != nullptr) state.reservations = *unit_.reservations;
  keep(state, std::move(then));
}

void LunHome::keep(const scsi::KeptState& state, Kept then) {
  state_ = scsi::encode_state(state);
  backend::Request& request = storing_.request;
  request.verb = backend::Verb::kStoreState;
  request.data = std::as_writable_bytes(std::span(state_));
  request.length = request.data.size();
  storing_.submit(backend_, lanes_.mailbox(), [self = shared_from_this(), then = std::move(then)] {
    const backend::Status status = self->storing_.request.status;
    if (status != backend::Status::kOk)
      log::error("session", "state_not_stored",
                 {{"lun", self->id_}, {"status", backend::name(status)}});
    then(status == backend::Status::kOk);
    self->tell_if_store_is_idle();
  });
}

void LunHome::tell_if_store_is_idle() {
  if (storing_.in_progress() || job_) return;
  for (const Done& idle : std::exchange(store_idle_, {})) idle();
}

/// A session with the unit's target is gone for good: what RESERVE gave it goes with it.
void LunHome::nexus_lost(const scsi::NexusName& nexus) {
  if (unit_.reservations == nullptr || unit_.reservations->reserved != nexus) return;
  scsi::ReservationRequest request;
  request.action = scsi::ReservationAction::kNexusLost;
  request.by = nexus;
  apply(request, {}, [](const scsi::ChangeOutcome&) {});
}

// --- Resets --------------------------------------------------------------------------------------

void LunHome::reset(Taker by, Done done) {
  to_reset_.push_back({by, std::move(done)});
  if (resetting_.empty()) begin_reset();
}

void LunHome::begin_reset() {
  resetting_ = std::exchange(to_reset_, {});
  std::vector<Taker> by;
  for (const Reset& reset : resetting_) by.push_back(reset.by);
  lanes_.abort_lun(id_, by, [self = shared_from_this()] {
    self->unit_.mode = self->unit_.saved_mode_default;
    scsi::ReservationRequest reset;
    reset.action = scsi::ReservationAction::kReset;
    self->apply(reset, {}, [self](const scsi::ChangeOutcome&) {
      self->publish(scsi::sense::kBusDeviceReset, kNoSession, [self] { self->reset_ended(); });
    });
  });
}

void LunHome::reset_ended() {
  for (const Reset& reset : std::exchange(resetting_, {})) reset.done();
  if (resetting_.empty() && !to_reset_.empty()) begin_reset();
}

void LunHome::quiesce(Done done) {
  check(backend_ == nullptr, "a LUN is offline before its commands are waited for");
  lanes_.quiesce_lun(id_, LunFate::kOffline,
                     [self = shared_from_this(), done = std::move(done)]() mutable {
                       self->store_idle_.push_back(std::move(done));
                       self->tell_if_store_is_idle();
                     });
}

void LunHome::abandon_store() {
  backend_ = nullptr;
  if (job_) let_waiter_go(job_->waiter);
}

void LunHome::retire(Done done) {
  check(backend_ == nullptr, "a LUN's store is abandoned before it is retired");
  store_idle_.push_back(std::move(done));
  tell_if_store_is_idle();
}

void LunHome::publish(std::optional<scsi::AdditionalSense> attention, SessionId except, Done done,
                      std::vector<scsi::ReservationResult::Told> told) {
  ++unit_.generation;
  auto view = std::make_shared<const LunView>(LunView{unit_, backend_});
  lanes_.update_lun({id_, std::move(view), attention, except, std::move(told)}, std::move(done));
}

}  // namespace lungate::session
