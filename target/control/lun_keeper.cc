// SPDX-License-Identifier: LGPL-2.1-or-later
#include "control/lun_keeper.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "control/unit_of.h"

namespace lungate::control {

using telemetry::OfflineReason;

std::string_view name(LunPhase phase) {
  constexpr std::array<std::string_view, 4> kNames = {"opening", "ready", "offline", "closing"};
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
      retry_(tools.home, [this] { open(); }) {}

LunKeeper::~LunKeeper() {
  check(backend_ == nullptr, "a LUN's store is closed before it goes");
}

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
  known_ = std::move(known);
  home_ = tools_.gateway.add_lun(id_, unit_of(target_, lun_, tools_.portal_group_tag), *slot_);
  open();
  return {};
}

void LunKeeper::open() {
  phase_ = LunPhase::kOpening;
  using Opened = Result<std::shared_ptr<backend::Backend>, Refusal>;
  auto result = std::make_shared<std::optional<Opened>>();
  tools_.workers.run([self = shared_from_this(), result, target = target_,
                      lun = lun_] { result->emplace(self->tools_.stores.open(target, lun)); },
                     tools_.home,
                     [self = shared_from_this(), result, lun = lun_] {
                       Opened& outcome = **result;
                       if (outcome)
                         self->opened(std::move(*outcome), lun);
                       else
                         self->refused(outcome.error());
                     });
}

void LunKeeper::opened(std::shared_ptr<backend::Backend> backend, const config::Lun& as) {
  backend_ = std::move(backend);
  if (removed_)
    return close([self = shared_from_this()] { std::exchange(self->gone_, nullptr)(); });
  backend_->watch(this);
  const backend::State state = backend_->state();
  phase_ = LunPhase::kReady;
  reason_.clear();
  size_bytes_ = state.size_bytes;
  read_only_ = lun_.read_only || state.read_only;
  retry_delay_ = limits::kReopenDelayMin;
  const scsi::Unit unit =
      unit_of(target_, lun_, tools_.portal_group_tag, backend_->traits(), state);
  log::info("control", "lun_ready",
            {{"target", target_.iqn},
             {"lun", lun_.id},
             {"store", to_string(lun_.store)},
             {"bytes", size_bytes_},
             {"wwn", wwn_text(unit.identity)}});
  home_->set_online(backend_, unit, [self = shared_from_this()] {
    self->describe(OfflineReason::kNone);
    if (self->known_) std::exchange(self->known_, nullptr)();
    self->look();  // what has changed between open and watch
  });
  if (lun_ != as) resize(lun_);  // a reload meanwhile
}

void LunKeeper::refused(const Refusal& refusal) {
  if (removed_) return std::exchange(gone_, nullptr)();
  const bool news = reason_ != refusal.text;
  phase_ = LunPhase::kOffline;
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

void LunKeeper::lose(const backend::State& state) {
  phase_ = LunPhase::kClosing;
  reason_ = state.reason;
  log::error("control", "lun_lost",
             {{"target", target_.iqn}, {"lun", lun_.id}, {"reason", state.reason}});
  describe(OfflineReason::kFenced);
  auto self = shared_from_this();
  home_->set_offline(scsi::Availability::kOffline, [self] {
    self->home_->drain([self] {
      self->close([self] {
        if (self->removed_) return std::exchange(self->gone_, nullptr)();
        self->open();
      });
    });
  });
}

void LunKeeper::close(session::Done closed) {
  backend_->watch(nullptr);
  auto backend = std::exchange(backend_, nullptr);
  tools_.workers.run([backend] { backend->close(); }, tools_.home, std::move(closed));
}

void LunKeeper::resize(const config::Lun& lun) {
  lun_ = lun;
  if (phase_ != LunPhase::kReady) return;
  tools_.workers.run(
      [self = shared_from_this(), backend = backend_, lun] {
        const auto resized = Stores::resize(*backend, lun);
        if (!resized)
          log::error(
              "control", "resize_failed",
              {{"target", self->target_.iqn}, {"lun", lun.id}, {"reason", resized.error().text}});
      },
      tools_.home, [] {});
}

void LunKeeper::remove(session::Done gone) {
  removed_ = true;
  retry_.stop();
  auto self = shared_from_this();
  gone_ = [self, gone = std::move(gone)] {
    self->tools_.segment.remove_lun(*self->slot_);
    gone();
  };
  // An open or a close in progress ends first and finds `removed_`.
  const bool idle = phase_ == LunPhase::kReady || phase_ == LunPhase::kOffline;
  const bool ready = phase_ == LunPhase::kReady;
  if (ready) phase_ = LunPhase::kClosing;
  tools_.gateway.remove_lun(id_, [self, idle, ready] {
    if (ready) return self->close([self] { std::exchange(self->gone_, nullptr)(); });
    if (idle) std::exchange(self->gone_, nullptr)();
  });
}

void LunKeeper::describe(OfflineReason reason) {
  if (removed_ || !slot_) return;
  tools_.segment.update_lun(*slot_, {reason, size_bytes_});
}

}  // namespace lungate::control
