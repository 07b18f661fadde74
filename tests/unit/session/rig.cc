// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/session/rig.h"

#include <chrono>
#include <stdexcept>

#include "base/log.h"
#include "telemetry/reader.h"

namespace lungate::session::test {

using namespace std::chrono_literals;

Done Signal::done() const {
  return [state = state_] {
    const std::lock_guard lock(state->mutex);
    state->happened = true;
    state->changed.notify_all();
  };
}

bool Signal::happened() const {
  const std::lock_guard lock(state_->mutex);
  return state_->happened;
}

bool Signal::wait() const {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, 10s, [&] { return state_->happened; });
}

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

Settings RigOptions::quiet() {
  Settings settings;
  settings.nop_interval = 0ms;
  settings.stall_limit = 60s;
  settings.logout_patience = 0s;
  return settings;
}

Rig::Rig(RigOptions options) {
  log::set_level(log::Level::kError);
  std::string folder = std::filesystem::temp_directory_path() / "lungate-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = folder;

  telemetry::SegmentPlan plan;
  plan.path = folder_ / "segment";
  plan.gateway = "test";
  plan.loops = options.lanes;
  plan.lun_slots = 8;
  plan.portals = {{"127.0.0.1:3260", 1}};
  auto segment = telemetry::Segment::create(plan);
  if (!segment) throw std::runtime_error(segment.error().detail);
  segment_ = std::move(*segment);

  gateway_ = std::make_unique<Gateway>(home_, options.settings, *segment_, options.lanes);
  gateway_->start();
  const auto endpoint = gateway_->bind(1, {"127.0.0.1", 0, false});
  EXPECT_TRUE(gateway_->listen());
  if (!endpoint) throw std::runtime_error("cannot listen");
  endpoint_ = *endpoint;
  directory.portal_groups = {{1, {endpoint_}}};
  ExportedTarget& target = directory.targets[LoginOptions{}.target];
  target.config.iqn = LoginOptions{}.target;
  thread_ = std::thread([this] { home_.run(); });

  for (unsigned i = 0; i < options.luns; ++i) {
    telemetry::LunDescription description;
    description.target = target.config.iqn;
    description.lun = static_cast<std::uint16_t>(i);
    description.backend = "file";
    const auto slot = segment_->add_lun(description);
    if (!slot) throw std::runtime_error(slot.error().detail);
    slots_.push_back(*slot);
    stores_.push_back(std::make_shared<FakeStore>(kStoreBytes));
    luns_.push_back(on_home([&] { return gateway_->add_lun(i + 1, unit(i), *slot); }));
    bring_online(i);
    target.luns[static_cast<std::uint16_t>(i)] = i + 1;
  }
  publish();
}

Rig::~Rig() {
  if (thread_.joinable()) finish();
  gateway_.reset();
  segment_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Peer Rig::ready(const LoginOptions& options) {
  Peer peer = connect();
  EXPECT_EQ(peer.login(options), 0);
  for (std::uint16_t lun = 0; lun < luns_.size(); ++lun) peer.attentions(lun);
  return peer;
}

scsi::Unit Rig::unit(unsigned lun) const {
  scsi::Unit unit;
  unit.identity = scsi::make_identity(stores_[lun]->traits());
  unit.geometry.block_count = kStoreBytes / kBlock;
  unit.backend_kind = "file";
  unit.target_name = LoginOptions{}.target;
  unit.availability = scsi::Availability::kBecoming;
  return unit;
}

void Rig::bring_online(unsigned lun) {
  bring_online(lun, unit(lun));
}

void Rig::bring_online(unsigned lun, const scsi::Unit& as) {
  Signal online;
  on_home([&] { luns_[lun]->set_online(stores_[lun], as, online.done()); });
  EXPECT_TRUE(online.wait());
}

Signal Rig::lose(unsigned lun) {
  Signal quiet;
  on_home([&] {
    luns_[lun]->set_offline(scsi::Availability::kOffline,
                            [home = luns_[lun], quiet] { home->quiesce(quiet.done()); });
  });
  return quiet;
}

void Rig::check_accounts() {
  Signal checked;
  on_home([&] { gateway_->check_accounts(checked.done()); });
  EXPECT_TRUE(checked.wait());
}

void Rig::post_check() {
  on_home([this] { gateway_->check_accounts([] {}); });
}

void Rig::publish() {
  Signal published;
  on_home([&] {
    gateway_->set_directory(std::make_shared<const Directory>(directory), published.done());
  });
  EXPECT_TRUE(published.wait());
}

void Rig::promise(const telemetry::LunPromise& promise, unsigned lun) {
  on_home([&] { segment_->promise_lun(slots_.at(lun), promise); });
}

void Rig::settle() {
  descriptions();
}

std::vector<SessionDescription> Rig::descriptions() {
  auto promise = std::make_shared<std::promise<std::vector<SessionDescription>>>();
  auto result = promise->get_future();
  on_home([&] {
    gateway_->describe_sessions([promise](auto all) { promise->set_value(std::move(all)); });
  });
  return result.get();
}

std::size_t Rig::in_progress() {
  std::size_t count = 0;
  for (const SessionDescription& one : descriptions()) count += one.in_flight;
  return count;
}

void Rig::receive_exactly(Peer& peer, Bytes bytes) {
  const auto received = [this] { return counter(telemetry::GatewayCounter::kBytesReceived); };
  const std::uint64_t before = received();
  peer.send_bytes(bytes);
  EXPECT_TRUE(eventually([&] { return received() >= before + bytes.size(); }));
}

std::size_t Rig::sessions() {
  return on_home([&] { return gateway_->sessions(); });
}

std::size_t Rig::connections() {
  return on_home([&] { return gateway_->connections(); });
}

telemetry::Snapshot Rig::snapshot() const {
  auto snapshot = telemetry::Reader(segment_->path()).read();
  if (!snapshot) throw std::runtime_error(snapshot.error().detail);
  return std::move(*snapshot);
}

std::uint64_t Rig::counter(telemetry::GatewayCounter counter) const {
  return snapshot().counters[static_cast<std::size_t>(counter)];
}

void Rig::finish() {
  check_accounts();
  for (auto& store : stores_) store->let_go();
  Signal idle;
  on_home([&] {
    gateway_->stop_accepting();
    gateway_->drain(idle.done());
    gateway_->close_all();
  });
  EXPECT_TRUE(idle.wait()) << "a connection is left";
  on_home([&] {
    EXPECT_EQ(gateway_->connections(), 0u);
    EXPECT_EQ(gateway_->sessions(), 0u) << "the registry keeps a session that has ended";
    gateway_->stop();
  });
  for (const telemetry::LunSnapshot& lun : snapshot().luns) EXPECT_EQ(lun.in_flight, 0u);
  luns_.clear();
  home_.stop();
  thread_.join();
}

}  // namespace lungate::session::test
