// SPDX-License-Identifier: LGPL-2.1-or-later

// The life of the gateway process: start, serve, reload, drain, stop. Everything here runs on the
// home loop, which is the main thread.
//
//   start --every LUN's first attempt has ended--> portals open, READY --> serving
//     serving --SIGHUP, reload--> serving        (a plan of changes, or refused whole)
//     serving --SIGTERM, SIGINT--> draining --no connection left, or time is up--> LUNs closed -->
//     end
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/messages.h"
#include "config/config.h"
#include "config/parse.h"
#include "control/control_socket.h"
#include "control/lun_keeper.h"
#include "control/plan.h"
#include "control/stores.h"
#include "event/loop.h"
#include "event/workers.h"
#include "session/gateway.h"
#include "telemetry/segment.h"

namespace lungate::control {

class Service {
 public:
  /// `file` is read again at each reload.
  Service(config::Config config, std::string file);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Runs to the end; the process's exit code. 0: ended as asked. 1: could not start (logged).
  int run();

 private:
  using ReloadAnswer = std::function<void(const api::Reply&)>;

  bool start();
  bool add_lun(const LunName& name, session::Done known);
  void open_portals();
  void watch_signals();

  void request(const api::Request& request, const ControlSocket::Answer& answer);
  api::Status status() const;
  api::TargetStatus status_of(const config::Target& target) const;

  void reload(ReloadAnswer answer);
  void carry_out(const Plan& plan, config::Config next, session::Done done);
  session::DirectoryPtr directory() const;

  void drain();
  void drained();
  void give_up();
  void end(int code);

  config::Config config_;
  const std::string file_;
  const BootTime started_;
  std::string state_ = "starting";
  int exit_code_ = 0;
  bool reloading_ = false;
  bool gave_up_ = false;

  event::Loop home_;
  Stores stores_;
  std::unique_ptr<telemetry::Segment> segment_;
  std::unique_ptr<session::Gateway> gateway_;
  std::unique_ptr<ControlSocket> control_socket_;
  std::map<LunName, std::shared_ptr<LunKeeper>> luns_;
  std::vector<session::PortalGroup> portals_;  // as bound
  session::LunId next_lun_id_ = 1;
  event::Timer drain_timer_;
  std::vector<std::unique_ptr<event::SignalWatcher>> signals_;
  event::Workers workers_;  // last: its threads may use everything above
};

/// The operator's view of a session.
api::SessionInfo session_info(const session::SessionDescription& description);

}  // namespace lungate::control
