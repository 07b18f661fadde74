// SPDX-License-Identifier: LGPL-2.1-or-later
#include "control/service.h"

#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <utility>

#include "base/limits.h"
#include "base/log.h"
#include "control/notify.h"
#include "control/version.h"

namespace lungate::control {
namespace {

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

bool is_ours(const config::PortalGroup& group, const config::Config& config) {
  return group.gateway.empty() || group.gateway == config.gateway.name;
}

std::uint16_t own_tag(const config::Config& config) {
  for (const config::PortalGroup& group : config.portal_groups)
    if (is_ours(group, config)) return group.tag;
  return 1;
}

session::Endpoint endpoint_of(const config::Address& address) {
  return {address.host, address.port, address.ipv6};
}

const config::Target* find_target(const config::Config& config, const std::string& iqn) {
  for (const config::Target& target : config.targets)
    if (target.iqn == iqn) return &target;
  return nullptr;
}

const config::Lun* find_lun(const config::Target& target, std::uint16_t number) {
  for (const config::Lun& lun : target.luns)
    if (lun.id == number) return &lun;
  return nullptr;
}

}  // namespace

Service::Service(config::Config config, std::string file)
    : config_(std::move(config)),
      file_(std::move(file)),
      started_(boot_now()),
      stores_(config_),
      drain_timer_(home_, [this] { give_up(); }),
      workers_(limits::kWorkerThreads) {}

Service::~Service() = default;

int Service::run() {
  if (!start()) return 1;
  home_.run();
  return exit_code_;
}

// --- Start ---------------------------------------------------------------------------------------

bool Service::start() {
  log::set_level(config_.log.level);
  telemetry::SegmentPlan plan;
  plan.path = config_.telemetry.segment;
  plan.gateway = config_.gateway.name;
  plan.version = kVersion;
  plan.loops = lanes_of(config_);
  auto segment = telemetry::Segment::create(plan);
  if (!segment) {
    log::error("control", "segment_failed", {{"reason", segment.error().detail}});
    return false;
  }
  segment_ = std::move(*segment);

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
  gateway_->start();
  watch_signals();
  // Dropped by each LUN when its state is known: initiators that logged in before would see LUNs
  // missing that are about to come, and some never look again.
  const session::Baton known =
      session::make_baton([this] { home_.post([this] { open_portals(); }); });
  for (const config::Target& target : config_.targets)
    for (const config::Lun& lun : target.luns) add_lun({target.iqn, lun.id}, [known] {});
  return true;
}

bool Service::add_lun(const LunName& name, session::Done known) {
  const config::Target* target = find_target(config_, name.target);
  const config::Lun* lun = find_lun(*target, name.number);
  const KeeperTools tools{home_, workers_, *gateway_, *segment_, stores_, own_tag(config_)};
  auto keeper = std::make_shared<LunKeeper>(tools, next_lun_id_++, *target, *lun);
  const auto started = keeper->start(std::move(known));
  if (!started) {
    log::error("control", "lun_refused",
               {{"lun", to_string(name)}, {"reason", started.error().detail}});
    return false;
  }
  luns_[name] = std::move(keeper);
  return true;
}

void Service::open_portals() {
  if (state_ != "starting") return;  // asked to stop meanwhile
  for (const config::PortalGroup& group : config_.portal_groups) {
    session::PortalGroup& bound = portals_.emplace_back();
    bound.tag = group.tag;
    for (const config::Address& address : group.portals) {
      if (!is_ours(group, config_)) {
        bound.portals.push_back(endpoint_of(address));
        continue;
      }
      const auto endpoint = gateway_->listen(group.tag, endpoint_of(address));
      if (!endpoint) {
        log::error("control", "portal_failed",
                   {{"portal", to_string(address)}, {"error", std::strerror(endpoint.error())}});
        exit_code_ = 1;
        return drain();
      }
      log::info("control", "portal_open", {{"portal", endpoint->text()}, {"tag", group.tag}});
      bound.portals.push_back(*endpoint);
    }
  }
  gateway_->set_directory(directory(), [this] {
    if (state_ != "starting") return;
    state_ = "serving";
    notify_ready("serving " + std::to_string(luns_.size()) + " LUNs");
    log::info("control", "serving",
              {{"gateway", config_.gateway.name}, {"luns", luns_.size()}, {"version", kVersion}});
  });
}

session::DirectoryPtr Service::directory() const {
  auto directory = std::make_shared<session::Directory>();
  directory->portal_groups = portals_;
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

void Service::watch_signals() {
  const auto watch = [this](int signal, std::function<void()> act) {
    signals_.push_back(std::make_unique<event::SignalWatcher>(home_, signal, std::move(act)));
  };
  watch(SIGTERM, [this] { drain(); });
  watch(SIGINT, [this] { drain(); });
  watch(SIGHUP, [this] { reload([](const api::Reply&) {}); });
}

// --- Reload --------------------------------------------------------------------------------------

void Service::reload(ReloadAnswer answer) {
  if (state_ != "serving" || reloading_)
    return answer(api::Error{api::ErrorCode::kBusy,
                             "the gateway is " + state_ + (reloading_ ? " and reloading" : ""),
                             {}});
  auto next = config::parse_file(file_);
  if (!next) {
    api::Error error{api::ErrorCode::kBadConfig, file_ + " is wrong; nothing was changed", {}};
    for (const config::Error& one : next.error()) {
      error.details.push_back(config::to_string(one));
      log::error("control", "reload_refused", {{"error", error.details.back()}});
    }
    return answer(error);
  }
  const Plan plan = plan_changes(config_, *next);
  if (!plan.needs_restart.empty()) {
    log::error("control", "reload_needs_restart", {{"what", plan.needs_restart.front()}});
    return answer(api::Error{api::ErrorCode::kNeedsRestart,
                             "this can only change at a restart; nothing was changed",
                             plan.needs_restart});
  }
  reloading_ = true;
  notify_reloading();
  carry_out(plan, std::move(*next), [this, sentences = plan.sentences, answer] {
    reloading_ = false;
    notify_ready("serving " + std::to_string(luns_.size()) + " LUNs");
    for (const std::string& sentence : sentences)
      log::info("control", "reloaded", {{"change", sentence}});
    answer(api::Reloaded{sentences});
  });
}

void Service::carry_out(const Plan& plan, config::Config next, session::Done done) {
  std::vector<std::shared_ptr<LunKeeper>> leaving;
  for (const LunName& name : plan.remove) {
    const auto found = luns_.find(name);
    if (found == luns_.end()) continue;
    leaving.push_back(std::move(found->second));
    luns_.erase(found);
  }
  config_ = std::move(next);
  if (plan.log_level) log::set_level(config_.log.level);
  for (const LunName& name : plan.resize)
    if (const auto found = luns_.find(name); found != luns_.end())
      found->second->resize(*find_lun(*find_target(config_, name.target), name.number));

  // Sessions let go of what leaves, then its commands end and its store is closed; only then may a
  // new disk take its number (and perhaps the same store).
  const session::Baton all_gone =
      session::make_baton([this, add = plan.add, done = std::move(done)]() mutable {
        home_.post([this, add, done] {
          const session::Baton known = session::make_baton([this, done] {
            home_.post([this, done] { gateway_->set_directory(directory(), done); });
          });
          for (const LunName& name : add) add_lun(name, [known] {});
        });
      });
  gateway_->set_directory(directory(), [leaving, all_gone] {
    for (const auto& keeper : leaving) keeper->remove([all_gone] {});
  });
}

// --- The end -------------------------------------------------------------------------------------

void Service::drain() {
  if (state_ == "draining") return;
  log::info("control", "draining", {{"sessions", gateway_->sessions()}});
  state_ = "draining";
  notify_stopping();
  segment_->stopping();
  gateway_->stop_accepting();
  drain_timer_.start(std::chrono::milliseconds(config_.gateway.drain_timeout_ms));
  gateway_->drain([this] { drained(); });
}

void Service::drained() {
  const session::Baton closed =
      session::make_baton([this] { home_.post([this] { end(exit_code_); }); });
  for (auto& [name, keeper] : luns_) keeper->remove([closed] {});
}

/// Time is up. First what initiators keep open is closed; then, if I/O or a store does not end, the
/// process goes as after a kill -9: locks that are left are fenced by whoever comes next.
void Service::give_up() {
  if (std::exchange(gave_up_, true)) {
    log::error("control", "drain_failed", {{"connections", gateway_->connections()}});
    std::_Exit(1);
  }
  gateway_->close_all();
  drain_timer_.start(limits::kCloseTimeout);
}

void Service::end(int code) {
  exit_code_ = code;
  drain_timer_.stop();
  luns_.clear();
  gateway_->stop();
  log::info("control", "ended");
  home_.stop();
}

}  // namespace lungate::control
