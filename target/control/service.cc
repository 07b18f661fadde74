// SPDX-License-Identifier: LGPL-2.1-or-later

// Start and end of the process: the order in which things come and go (reload.cc has what is
// between them). Called by main() (run) and by signals, on the home loop. A LUN whose store fails
// is its keeper's affair; a portal that cannot be bound ends the process with exit code 1, in good
// order. Nothing that an initiator does comes here.
#include "control/service.h"

#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

#include "base/limits.h"
#include "base/log.h"
#include "control/notify.h"
#include "control/version.h"

namespace lungate::control {
namespace {

/// As many loops as there are cores, unless the operator says otherwise: more would take turns on
/// them, and librbd's threads want some too (limits::kLoopsMax).
unsigned lanes_of(const config::Config& config) {
  if (config.gateway.loops != 0) return config.gateway.loops;
  return std::clamp(std::thread::hardware_concurrency(), 1u, limits::kLoopsMax);
}

session::Settings settings_of(const config::Config& config) {
  session::Settings settings;
  settings.iscsi = config.iscsi;
  settings.login_timeout = std::chrono::milliseconds(config.iscsi.login_timeout_ms);
  settings.receive_timeout = std::chrono::milliseconds(config.iscsi.receive_timeout_ms);
  settings.send_timeout = std::chrono::milliseconds(config.iscsi.send_timeout_ms);
  settings.nop_interval = std::chrono::milliseconds(config.iscsi.nop_interval_ms);
  settings.nop_timeout = std::chrono::milliseconds(config.iscsi.nop_timeout_ms);
  return settings;
}

/// In a group's text every gateway's portals are named, for discovery; we open our own. A text for
/// one gateway names none: then all are.
bool is_ours(const config::PortalGroup& group, const config::Config& config) {
  return group.gateway.empty() || group.gateway == config.gateway.name;
}

/// Identifies this gateway's portals in what its LUNs say of themselves (target port group,
/// relative target port), so it must not change with the order of the text: a gateway has one
/// group.
std::uint16_t own_tag(const config::Config& config) {
  for (const config::PortalGroup& group : config.portal_groups)
    if (is_ours(group, config)) return group.tag;
  return 1;
}

/// Our own, in the order in which bind_portals() binds them; what is beyond the segment's room is
/// served like all others and counted for the gateway alone.
std::vector<telemetry::PortalName> counted_portals(const config::Config& config) {
  std::vector<telemetry::PortalName> portals;
  for (const config::PortalGroup& group : config.portal_groups) {
    if (!is_ours(group, config)) continue;
    for (const config::Address& address : group.portals)
      portals.push_back({to_string(address), group.tag});
  }
  portals.resize(std::min<std::size_t>(portals.size(), limits::kPortalsMax));
  return portals;
}

session::Endpoint endpoint_of(const config::Address& address) {
  return {address.host, address.port, address.ipv6};
}

void portal_failed(const std::string& portal, int error) {
  log::error("control", "portal_failed", {{"portal", portal}, {"error", std::strerror(error)}});
}

}  // namespace

Service::Service(config::Config config, std::string file, std::unique_ptr<Stores> stores,
                 Surroundings surroundings)
    : config_(std::move(config)),
      file_(std::move(file)),
      surroundings_(std::move(surroundings)),
      started_(boot_now()),
      stores_(stores ? std::move(stores) : std::make_unique<Stores>(config_)),
      start_timer_(home_, [this] { open_portals(); }),
      drain_timer_(home_, [this] { give_up(); }),
      reload_timer_(home_, [this] { reload_takes_long(); }),
      workers_(limits::kWorkerThreads),
      openers_(limits::kOpenerThreads),
      gaugers_(limits::kFullnessThreads) {}

Service::~Service() = default;

// A start that fails has opened no portal and no store: leaving the scope undoes it.
int Service::run() {
  if (!start()) return 1;
  home_.run();
  return exit_code_;
}

// --- Start ---------------------------------------------------------------------------------------

bool Service::open_segment() {
  telemetry::SegmentPlan plan;
  plan.path = config_.telemetry.segment;
  plan.gateway = config_.gateway.name;
  plan.version = kVersion;
  plan.loops = lanes_of(config_);
  plan.portals = counted_portals(config_);
  plan.initiators = config_.telemetry.initiators;
  auto segment = telemetry::Segment::create(plan);
  if (!segment) {
    log::error("control", "segment_failed", {{"reason", segment.error().detail}});
    return false;
  }
  segment_ = std::move(*segment);
  return true;
}

// The segment first: its lock tells a second process of the same configuration apart, and
// nothing must be opened or served twice. Then the control socket, so that a start which waits for
// a cluster can be asked why.
bool Service::start() {
  log::set_level(config_.log.level);
  if (!open_segment()) return false;
  auto socket =
      ControlSocket::open(home_, config_.gateway.control_socket,
                          [this](const api::Request& asked, const ControlSocket::Answer& answer) {
                            request(asked, answer);
                          });
  if (!socket) {
    log::error("control", "socket_failed", {{"reason", socket.error()}});
    return false;
  }
  control_socket_ = std::move(*socket);

  gateway_ =
      std::make_unique<session::Gateway>(home_, settings_of(config_), *segment_, lanes_of(config_));
  if (!bind_portals() || !start_lanes()) {
    segment_->stopping();  // on purpose: nothing has died
    return false;
  }
  cells_ = std::make_unique<ProcessCells>(home_, *segment_, *gateway_, *stores_);
  cells_->in_force(config_);
  watch_signals();
  // Dropped by each LUN when its state is known: initiators that logged in before would see LUNs
  // missing that are about to come, and some never look again.
  const session::Baton known =
      session::make_baton([this] { home_.post([this] { open_portals(); }); });
  for (const config::Target& target : config_.targets)
    for (const config::Lun& lun : target.luns) add_lun({target.iqn, lun.id}, [known] {});
  start_timer_.start(surroundings_.start_patience);
  return true;
}

/// Lanes are threads, and a machine may have no more of them.
bool Service::start_lanes() {
  try {
    gateway_->start();
    return true;
  } catch (const std::system_error& error) {
    log::error("control", "no_threads", {{"error", error.what()}});
    gateway_->stop();  // those that have come about
    return false;
  }
}

/// `known` is dropped, not called, when the LUN finds no place in the segment: a baton's copy.
bool Service::add_lun(const LunName& name, session::Done known) {
  const FoundLun found = find_lun(config_, name);
  const KeeperTools tools{home_,    workers_,         openers_,
                          gaugers_, *gateway_,        *segment_,
                          *stores_, own_tag(config_), config_.iscsi.command_window};
  auto keeper = std::make_shared<LunKeeper>(tools, next_lun_id_++, *found.target, *found.lun);
  const auto started = keeper->start(std::move(known));
  if (!started) {
    log::error("control", "lun_refused",
               {{"lun", to_string(name)}, {"reason", started.error().detail}});
    return false;
  }
  luns_[name] = std::move(keeper);
  return true;
}

// All portals or none: a gateway that is reachable on half of its addresses looks healthy to who
// looks at the other half. Bound before anything else is touched: where another target serves, a
// start has nothing to open, nor to make.
bool Service::bind_portals() {
  for (const config::PortalGroup& group : config_.portal_groups) {
    session::PortalGroup& bound = portals_.emplace_back();
    bound.tag = group.tag;
    for (const config::Address& address : group.portals) {
      if (!is_ours(group, config_)) {
        bound.portals.push_back(endpoint_of(address));
        continue;
      }
      const auto endpoint = gateway_->bind(group.tag, endpoint_of(address));
      if (!endpoint) {
        portal_failed(to_string(address), endpoint.error());
        return false;
      }
      log::info("control", "portal_bound", {{"portal", endpoint->text()}, {"tag", group.tag}});
      bound.portals.push_back(*endpoint);
    }
  }
  return true;
}

void Service::open_portals() {
  start_timer_.stop();
  // Asked to stop meanwhile, or these are the last of the first attempts, after the patience.
  if (stage_ != Stage::kStarting || std::exchange(portals_open_, true)) return;
  if (const auto listening = gateway_->listen(); !listening) {  // somebody was quicker
    portal_failed(listening.error().portal.text(), listening.error().error);
    exit_code_ = 1;
    return drain();
  }
  gateway_->set_directory(directory(), [this] {
    if (stage_ != Stage::kStarting) return;
    enter(Stage::kServing);
    notify_ready("serving " + std::to_string(luns_.size()) + " LUNs");
    log::info("control", "serving",
              {{"gateway", config_.gateway.name}, {"luns", luns_.size()}, {"version", kVersion}});
    tell_warnings();
  });
}

void Service::enter(Stage next) {
  log::debug("control", "stage", {{"from", name(stage_)}, {"to", name(next)}});
  stage_.enter(next);
}

// What sessions may see, made anew from the configuration each time rather than changed: lanes swap
// a pointer, and there is no state between the old and the new. A LUN without a keeper (no slot in
// the segment) is left out, as if it were not configured; `lungate status` says why.
session::DirectoryPtr Service::directory() const {
  auto directory = std::make_shared<session::Directory>();
  directory->portal_groups = portals_;
  directory->discovery = config_.discovery.chap;
  for (const config::Target& target : config_.targets) {
    session::ExportedTarget& exported = directory->targets[target.iqn];
    exported.config = target;
    for (const config::Lun& lun : target.luns) {
      const auto keeper = luns_.find({target.iqn, lun.id});
      if (keeper != luns_.end()) exported.luns[lun.id] = keeper->second->id();
    }
  }
  return directory;
}

// SIGHUP is a reload without anybody to answer: what is wrong is in the log. Until these are in
// place a signal ends the process as it ends any other, and there is nothing to lose yet.
void Service::watch_signals() {
  const auto watch = [this](int signal, std::function<void()> act) {
    signals_.push_back(std::make_unique<event::SignalWatcher>(home_, signal, std::move(act)));
  };
  watch(SIGTERM, [this] { drain(); });
  watch(SIGINT, [this] { drain(); });
  watch(SIGHUP, [this] { reload([](const api::Reply&) {}); });
}

// --- The end -------------------------------------------------------------------------------------

// First nobody new, then sessions in their own time (they are told BUSY, and initiators try another
// path), then the stores. The segment is marked at once, so that alerts know a stop from a death.
void Service::drain() {
  if (stage_ >= Stage::kDraining) return;  // asked twice
  log::info("control", "draining", {{"sessions", gateway_->sessions()}});
  enter(Stage::kDraining);
  notify_stopping();
  segment_->stopping();
  gateway_->stop_accepting();
  end_ = session::make_baton([this] { home_.post([this] { end(); }); });
  drain_timer_.start(std::chrono::milliseconds(config_.gateway.drain_timeout_ms));
  gateway_->drain([this] { drained(); });
}

void Service::drained() {
  connections_gone_ = true;
  begin_closing();
  if (!plan_under_way_) end_.reset();  // else plan_ended() does
}

// When the last connection is gone, or when time is up: a command that hangs in one store must not
// keep the others from giving their locks back.
void Service::begin_closing() {
  if (stage_ != Stage::kDraining) return;
  enter(Stage::kClosing);
  if (!plan_under_way_) close_stores();  // else plan_ended() does
}

// In parallel, each on a worker: a store that hangs costs its own time and nobody else's. The locks
// are given back here, which is what the next owner waits for.
void Service::close_stores() {
  for (auto& [name, keeper] : luns_) keeper->remove([end = end_] {});
}

/// Time is up. First what initiators keep open is closed, and every store that can be; then, if I/O
/// or a store does not end, the process goes as after a kill -9: locks that are left are fenced by
/// whoever comes next.
void Service::give_up() {
  if (std::exchange(gave_up_, true)) {
    log::error("control", "drain_failed", {{"connections", gateway_->connections()}});
    std::_Exit(1);
  }
  gateway_->close_all();
  begin_closing();
  drain_timer_.start(limits::kCloseTimeout);
}

// Every keeper's store is closed and no lane knows a LUN any more: the lanes can be stopped.
void Service::end() {
  enter(Stage::kEnded);
  drain_timer_.stop();
  luns_.clear();
  gateway_->stop();
  log::info("control", "ended");
  home_.stop();
}

}  // namespace lungate::control
