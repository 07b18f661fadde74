// SPDX-License-Identifier: LGPL-2.1-or-later

// Changes of one LUN, one at a time, on the home loop. Called by the LUN's keeper (online, offline,
// resize) and, through Gateway, by commands and task management of any lane. Nothing here is a
// peer's but the mode values of a MODE SELECT, which the device server has checked. Every change is
// a new snapshot to every lane, because a lane that looks here would need a lock on the path of
// I/O.
#include "session/lun_home.h"

#include <utility>

#include "base/check.h"

namespace lungate::session {
namespace {

/// What initiators must be told of a unit that comes (back) online. An image that was deleted and
/// made again under the same name is another disk; one that grew meanwhile is the same.
std::optional<scsi::AdditionalSense> news_of(const scsi::Unit& before, const scsi::Unit& now) {
  if (before.identity != now.identity) return scsi::sense::kInquiryDataChanged;
  if (before.geometry.block_count != now.geometry.block_count) return scsi::sense::kCapacityChanged;
  return std::nullopt;
}

}  // namespace

LunHome::LunHome(LunId id, scsi::Unit unit, LaneBroadcast& lanes)
    : id_(id), lanes_(lanes), unit_(std::move(unit)) {}

void LunHome::set_online(std::shared_ptr<backend::Backend> backend, scsi::Unit unit, Done done) {
  const std::uint64_t generation = unit_.generation;
  const scsi::ModeState mode = unit_.mode;
  const auto news = news_of(unit_, unit);
  unit_ = std::move(unit);
  unit_.generation = generation;
  unit_.mode = mode;  // what initiators have set outlives an outage
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
  unit_.geometry.block_count = block_count;
  publish(scsi::sense::kCapacityChanged, kNoSession, std::move(done));
}

void LunHome::apply(const scsi::UnitChange& change, SessionId from, Done done) {
  if (change.mode == unit_.mode) return done();
  unit_.mode = change.mode;
  publish(scsi::sense::kModeParametersChanged, from, std::move(done));
}

void LunHome::reset(Done done) {
  to_reset_.push_back(std::move(done));
  if (resetting_.empty()) begin_reset();
}

void LunHome::begin_reset() {
  resetting_ = std::exchange(to_reset_, {});
  lanes_.abort_lun(id_, [self = shared_from_this()] {
    self->unit_.mode = self->unit_.saved_mode_default;
    self->publish(scsi::sense::kBusDeviceReset, kNoSession, [self] { self->reset_ended(); });
  });
}

void LunHome::reset_ended() {
  for (const Done& done : std::exchange(resetting_, {})) done();
  if (resetting_.empty() && !to_reset_.empty()) begin_reset();
}

void LunHome::quiesce(Done done) {
  check(backend_ == nullptr, "a LUN is offline before its commands are waited for");
  lanes_.quiesce_lun(id_, LunFate::kOffline, std::move(done));
}

void LunHome::publish(std::optional<scsi::AdditionalSense> attention, SessionId except, Done done) {
  ++unit_.generation;
  auto view = std::make_shared<const LunView>(LunView{unit_, backend_});
  lanes_.update_lun({id_, std::move(view), attention, except}, std::move(done));
}

}  // namespace lungate::session
