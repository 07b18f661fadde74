// SPDX-License-Identifier: LGPL-2.1-or-later

// The life of one LUN's store. Called by Service (start, resize, remove) on the home loop, by
// workers' answers there, and by the store's own threads (backend_changed, which only posts). What
// goes wrong is the environment's, and becomes a reason, a log line and another attempt. Each
// asynchronous step looks anew when it comes back, for meanwhile
//   removed_ may have been set: then the step ends in finish() instead of where it was going
//   lun_ may be another configuration than the one it was begun with (a reload)
//   the phase is its own: opening and closing are left by nobody but the step that entered them
#include "control/lun_keeper.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "control/kept_state.h"
#include "control/unit_of.h"

namespace lungate::control {

using telemetry::LunCounter;
using telemetry::OfflineReason;

namespace {

/// Worker's thread.
Result<OpenStore, Refusal> open_store(Stores& stores, const config::Target& target,
                                      const config::Lun& lun) {
  auto backend = stores.open(target, lun);
  if (!backend) return err(backend.error());
  auto kept = load_state(**backend);
  if (!kept) {
    (*backend)->close();
    return err(kept.error());
  }
  OpenStore store{std::move(*backend), nullptr, scsi::activity_of(kept->medium)};
  if (!kept->reservations.empty())
    store.reservations = std::make_shared<const scsi::Reservations>(std::move(kept->reservations));
  return store;
}

/// Nothing: it cannot be told.
std::optional<double> used_share(const std::optional<backend::Fullness>& fullness) {
  if (!fullness) return std::nullopt;
  const auto used = static_cast<double>(fullness->used_bytes);
  const auto all = used + static_cast<double>(fullness->available_bytes);
  return all > 0 ? std::optional(used / all) : std::nullopt;
}

}  // namespace

std::string_view name(LunPhase phase) {
  constexpr std::array<std::string_view, 5> kNames = {"opening", "ready", "offline", "closing",
                                                      "gone"};
  return kNames[static_cast<std::size_t>(phase)];
}

LunKeeper::LunKeeper(KeeperTools tools, session::LunId id, const config::Target& target,
                     const config::Lun& lun)
    : tools_(tools),
      id_(id),
      target_(target),
      lun_(lun),
      read_only_(lun.read_only),
      retry_delay_(limits::kReopenDelayMin),
      retry_(tools.home, [this] { open(); }),
      gauge_timer_(tools.home, [this] { gauge_again(); }) {}

LunKeeper::~LunKeeper() {
  check(backend_ == nullptr, "a LUN's store is closed before it goes");
}

/// The segment's slot first: without one nothing of the LUN could be seen, and it is not begun.
/// Then the lanes know it, offline, so that a directory may name it before its store is there.
Result<void, telemetry::SegmentError> LunKeeper::start(session::Done known) {
  const std::string store = to_string(lun_.store);
  telemetry::LunDescription description;
  description.target = target_.iqn;
  description.lun = lun_.id;
  description.backend = std::string_view(store).substr(0, store.find(':'));
  description.block_bytes = lun_.block_size;
  description.image = std::string_view(store).substr(store.find(':') + 1);
  if (const auto* image = std::get_if<config::Image>(&lun_.store)) {
    description.pool = image->pool;
    description.rados_namespace = image->name_space;
    description.image = image->image;
  }
  auto slot = tools_.segment.add_lun(description);
  if (!slot) return err(slot.error());
  slot_ = *slot;
  promise();
  known_ = std::move(known);
  home_ = tools_.gateway.add_lun(id_, unit_of(target_, lun_, tools_.portal_group_tag), *slot_);
  open();
  return {};
}

/// The outcome comes back as a value of its own, because the keeper must not be touched by a
/// worker. What is opened goes by a copy of the configuration, which a reload may change meanwhile.
void LunKeeper::open() {
  phase_.enter(LunPhase::kOpening);
  auto result = std::make_shared<std::optional<Result<OpenStore, Refusal>>>();
  tools_.openers.run(
      [self = shared_from_this(), result, target = target_, lun = lun_] {
        result->emplace(open_store(self->tools_.stores, target, lun));
      },
      tools_.home,
      [self = shared_from_this(), result, lun = lun_] {
        Result<OpenStore, Refusal>& outcome = **result;
        if (outcome)
          self->opened(std::move(*outcome), lun);
        else
          self->refused(outcome.error());
      });
}

/// A store that is open but not wanted (removed meanwhile, or another one than before) has been
/// seen by no lane: it is closed at once.
void LunKeeper::opened(OpenStore store, const config::Lun& as) {
  backend_ = std::move(store.backend);
  reservations_ = std::move(store.reservations);
  medium_activity_ = std::move(store.medium_activity);
  calls_.emplace();
  const auto refusal = another_store();
  if (!removed_ && !refusal) return serve(as);
  phase_.enter(LunPhase::kClosing);
  close([self = shared_from_this(), refusal] {
    if (self->removed_) return self->finish();
    self->refused(*refusal);
  });
}

/// What stands where the LUN's store was, if it is not that store any more.
std::optional<Refusal> LunKeeper::another_store() {
  const std::string& seed = backend_->traits().identity_seed;
  if (!first_seed_) first_seed_ = seed;
  if (seed == *first_seed_) return std::nullopt;
  return Refusal{OfflineReason::kInvalid,
                 to_string(lun_.store) + " is another disk now (" + seed +
                     ") than the one that was served before (" + *first_seed_ +
                     "): to serve it, remove the LUN, reload, add it again and reload"};
}

/// Watched before it is looked at, and looked at again when the lanes have it: a change in between
/// is seen by one or the other.
void LunKeeper::serve(const config::Lun& as) {
  phase_.enter(LunPhase::kReady);
  backend_->watch(this);
  const backend::State state = backend_->state();
  reason_.clear();
  size_bytes_ = state.size_bytes;
  read_only_ = lun_.read_only || state.read_only;
  retry_delay_ = limits::kReopenDelayMin;
  scsi::Unit unit = unit_of(target_, lun_, tools_.portal_group_tag, backend_->traits(), state);
  gauge_ = backend_->fullness_gauge();
  unit.threshold_percent = threshold_percent();
  unit.reservations = reservations_;
  unit.medium_activity = medium_activity_;
  wwn_ = wwn_text(unit.identity);
  tools_.segment.identify_lun(*slot_, wwn_, unit.identity.serial);
  log::info("control", "lun_ready",
            {{"target", target_.iqn},
             {"lun", lun_.id},
             {"store", to_string(lun_.store)},
             {"bytes", size_bytes_},
             {"wwn", wwn_}});
  count(LunCounter::kOpens);
  home_->set_online(backend_, unit, [self = shared_from_this()] {
    self->describe(OfflineReason::kNone);
    if (self->known_) std::exchange(self->known_, nullptr)();
    self->look();  // what has changed between open and watch
  });
  if (lun_ != as) resize(lun_);  // a reload meanwhile
  gauge();
}

std::uint8_t LunKeeper::threshold_percent() const {
  return gauge_ == nullptr ? std::uint8_t{0}
                           : static_cast<std::uint8_t>(lun_.pool_threshold_percent);
}

/// A look that has not come back by now tells nothing of how full the place is.
void LunKeeper::gauge_again() {
  if (gauging_) {
    place_used_.reset();
    if (phase_ == LunPhase::kReady) describe(OfflineReason::kNone);
  }
  gauge();
}

/// Also without a threshold: the figure is for the operator, too.
/// Beside everything else: the gauge outlives the store, so that no close waits for a look, and
/// what comes back late is a number that is a little old.
void LunKeeper::gauge() {
  gauge_timer_.start(limits::kFullnessInterval);
  if (phase_ != LunPhase::kReady || removed_ || gauging_ || gauge_ == nullptr) return;
  gauging_ = true;
  auto fullness = std::make_shared<std::optional<backend::Fullness>>();
  tools_.gaugers.run([fullness, look = gauge_] { *fullness = look(); }, tools_.home,
                     [self = shared_from_this(), fullness] { self->gauged(*fullness); });
}

void LunKeeper::gauged(const std::optional<backend::Fullness>& fullness) {
  gauging_ = false;
  if (phase_ != LunPhase::kReady || removed_) return;
  place_used_ = used_share(fullness);
  describe(OfflineReason::kNone);
  if (!fullness) return;
  if (!home_->set_fullness(*fullness)) return;
  log::warn("control", "soft_threshold_reached",
            {{"target", target_.iqn},
             {"lun", lun_.id},
             {"store", to_string(lun_.store)},
             {"threshold_percent", lun_.pool_threshold_percent},
             {"used_bytes", fullness->used_bytes},
             {"available_bytes", fullness->available_bytes}});
}

/// Logged when the reason is another one than before: an image that is missing for a day is one
/// line.
void LunKeeper::refused(const Refusal& refusal) {
  if (removed_) return finish();
  count(LunCounter::kOpenFailures);
  const bool news = reason_ != refusal.text;
  phase_.enter(LunPhase::kOffline);
  reason_ = refusal.text;
  describe(refusal.reason);
  if (news) {
    log::error("control", "lun_offline",
               {{"target", target_.iqn}, {"lun", lun_.id}, {"reason", refusal.text}});
    home_->set_offline(scsi::Availability::kOffline, [] {});
  }
  retry_.start(retry_delay_);
  retry_delay_ = std::min<Nanoseconds>(retry_delay_ * 2, limits::kReopenDelayMax);
  if (known_) std::exchange(known_, nullptr)();
}

void LunKeeper::backend_changed() noexcept {
  // Any thread. The keeper may be on its way out: only the home loop knows.
  tools_.home.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->look();
  });
}

/// Only a store that is served is looked at: in every other phase the next opening will see it
/// anew.
void LunKeeper::look() {
  if (phase_ != LunPhase::kReady || removed_) return;
  const backend::State state = backend_->state();
  if (!state.ready) return lose(state);
  if (state.size_bytes == size_bytes_) return;
  log::info("control", "lun_resized",
            {{"target", target_.iqn},
             {"lun", lun_.id},
             {"bytes", state.size_bytes},
             {"bytes_before", size_bytes_}});
  size_bytes_ = state.size_bytes;
  home_->resize(size_bytes_ / lun_.block_size,
                [self = shared_from_this()] { self->describe(OfflineReason::kNone); });
}

/// Offline first, so that no new command reaches the store; then those in progress are answered as
/// it answers them (or by NOT READY); then nothing is left that could submit, and it is closed.
void LunKeeper::lose(const backend::State& state) {
  phase_.enter(LunPhase::kClosing);
  count(LunCounter::kLost);
  place_used_.reset();
  reason_ = state.reason;
  log::error("control", "lun_lost",
             {{"target", target_.iqn}, {"lun", lun_.id}, {"reason", state.reason}});
  describe(reason_of(state.loss));
  auto self = shared_from_this();
  home_->set_offline(scsi::Availability::kOffline, [self] {
    self->home_->quiesce([self] {
      self->close([self] {
        if (self->removed_) return self->finish();
        self->open();
      });
    });
  });
}

/// From here on the keeper has no store. Workers that are in the middle of a call (a resize) are
/// waited for: the store's contract is that nothing calls it after close().
void LunKeeper::close(session::Done closed) {
  backend_->watch(nullptr);
  auto backend = std::exchange(backend_, nullptr);
  calls_->close([self = shared_from_this(), backend, closed = std::move(closed)] {
    self->tools_.workers.run([backend] { backend->close(); }, self->tools_.home, closed);
  });
}

void LunKeeper::finish() {
  phase_.enter(LunPhase::kGone);
  part_gone();
}

/// Two things end side by side, in either order: the store is closed, the lanes have let go. Only
/// when both have may the slot in the segment be another LUN's, and the store be opened anew.
void LunKeeper::part_gone() {
  if (--gone_parts_ == 0) std::exchange(gone_, nullptr)();
}

/// A store that is not open is opened by the new configuration; one that is being opened by the old
/// one is resized by serve(). The size itself comes back by backend_changed().
void LunKeeper::resize(const config::Lun& lun) {
  lun_ = lun;
  promise();
  if (phase_ != LunPhase::kReady) return;
  home_->set_threshold(threshold_percent());
  gauge();
  if (!calls_->enter()) return;
  tools_.workers.run(
      [self = shared_from_this(), backend = backend_, lun] {
        const auto resized = Stores::resize(*backend, lun);
        if (!resized)
          log::error(
              "control", "resize_failed",
              {{"target", self->target_.iqn}, {"lun", lun.id}, {"reason", resized.error().text}});
      },
      tools_.home, [self = shared_from_this()] { self->calls_->leave(); });
}

void LunKeeper::remove(session::Done gone) {
  removed_ = true;
  retry_.stop();
  gauge_timer_.stop();
  auto self = shared_from_this();
  gone_ = [self, gone = std::move(gone)] {
    self->tools_.segment.remove_lun(*self->slot_);
    gone();
  };
  // The lanes let go of it in any case. An open or a close in progress ends by itself and finds
  // `removed_`; a store that is open is closed when no lane can use it any more.
  const bool ready = phase_ == LunPhase::kReady;
  if (ready) phase_.enter(LunPhase::kClosing);
  tools_.gateway.remove_lun(id_, [self, ready] {
    if (ready) self->close([self] { self->finish(); });
    self->part_gone();
  });
  if (phase_ == LunPhase::kOffline) finish();
}

/// What the operator promises of it: the lanes hold each I/O against it from now on.
void LunKeeper::promise() {
  if (removed_ || !slot_) return;
  const auto ns = [](double ms) { return static_cast<std::uint64_t>(std::llround(ms * 1e6)); };
  tools_.segment.promise_lun(*slot_, {ns(lun_.slo.read_ms), ns(lun_.slo.write_ms),
                                      lun_.slo.objective, tools_.queue_depth_limit});
}

void LunKeeper::count(LunCounter counter) {
  tools_.gateway.count(id_, counter);
}

/// What the exporter shows. After removal the slot is no longer ours to write.
void LunKeeper::describe(OfflineReason reason) {
  if (removed_ || !slot_) return;
  tools_.segment.update_lun(*slot_, {reason, size_bytes_, place_used_});
}

}  // namespace lungate::control
