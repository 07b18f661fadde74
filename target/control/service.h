// SPDX-License-Identifier: LGPL-2.1-or-later

// The life of the gateway process: start, serve, reload, drain, stop. Everything here runs on the
// home loop, which is the main thread. stage.h has the stages.
//
//   starting --every LUN's first attempt has ended: portals open, READY--> serving
//   serving --SIGHUP, reload--> reloading --> serving      (a plan of changes, or refused whole)
//   any of them --SIGTERM, SIGINT--> draining --no connection left--> closing --> ended
//
// Why portals wait for the first attempts: an initiator that logged in earlier would see LUNs
// missing that are about to come, and some never look again. But not for ever: a cluster that hangs
// delays the start by limits::kStartPatience at most, and its disks come when it answers.
//
// A reload and an end may meet: a plan is a chain of steps, each waiting for lanes or workers. A
// step that comes back and finds the stage gone on does nothing more; and the stores are closed
// only when the plan has come to its end, for it holds LUNs that are in no list any more (leaving)
// or not yet known (joining).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/messages.h"
#include "base/limits.h"
#include "config/config.h"
#include "config/secrets.h"
#include "control/control_socket.h"
#include "control/group_text.h"
#include "control/lun_keeper.h"
#include "control/plan.h"
#include "control/process_cells.h"
#include "control/stage.h"
#include "control/stores.h"
#include "event/loop.h"
#include "event/workers.h"
#include "session/gateway.h"
#include "telemetry/segment.h"

namespace lungate::control {

/// A configuration that has been read for a reload, and what it would change.
struct ReadText {
  config::Config config;
  Plan plan;
};

/// How a reload reads its text, and how long is waited for what may hang. Other than this in tests,
/// nowhere else.
struct Surroundings {
  std::function<Result<config::Config, config::Errors>(const std::string& file)> read_config =
      control::read_config;
  Nanoseconds start_patience = limits::kStartPatience;
  Nanoseconds reload_answer = limits::kReloadAnswerTimeout;
};

class Service {
 public:
  /// `file` is read again at each reload. `stores` opens what the LUNs are on; null: Stores of this
  /// configuration, as ever but in tests.
  /// Throws std::system_error when the machine gives no threads or no descriptors.
  Service(config::Config config, std::string file, std::unique_ptr<Stores> stores = nullptr,
          Surroundings surroundings = {});
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Runs to the end; the process's exit code. 0: ended as asked. 1: could not start (logged).
  int run();

 private:
  using ReloadAnswer = std::function<void(const api::Reply&)>;

  bool start();
  bool add_lun(const LunName& name, session::Done known);
  bool open_segment();
  bool bind_portals();
  bool start_lanes();
  void open_portals();
  void watch_signals();

  void request(const api::Request& request, const ControlSocket::Answer& answer);
  api::Status status() const;
  api::TargetStatus status_of(const config::Target& target) const;

  /// Every change of stage, with its line in the log.
  void enter(Stage next);

  void reload(ReloadAnswer answer);
  /// `done` is called once, on the home loop, whatever becomes of the plan.
  void text_read(Result<ReadText, api::Error> read);
  void reload_takes_long();
  void carry_out(const Plan& plan, config::Config next, session::Done done);
  void add_luns(const std::vector<LunName>& names, session::Done done);
  void plan_ended();
  /// What has become of the plan so far, one sentence for each change.
  std::vector<std::string> outcome() const;
  /// What is perhaps not meant (config/warnings.h), told to the log and returned.
  std::vector<std::string> tell_warnings() const;
  /// Once per reload; what comes later is told to nobody.
  void answer_reload(const api::Reply& reply);
  session::DirectoryPtr directory() const;

  void drain();
  void drained();
  void begin_closing();
  void close_stores();
  void give_up();
  void end();

  config::Config config_;
  const std::string file_;
  const Surroundings surroundings_;
  const BootTime started_;
  StateOf<Stage, kStages> stage_{Stage::kStarting};
  int exit_code_ = 0;
  bool plan_under_way_ = false;  // from reload() to plan_ended(), through whatever stages
  std::optional<std::vector<Change>> changes_;  // of the plan that is under way, once it is known
  ReloadAnswer reload_answer_;                  // empty: it has been given
  session::Baton end_;  // held from drain() on: the last copy dropped is the end
  bool portals_open_ = false;
  bool connections_gone_ = false;
  bool gave_up_ = false;  // the first of two time limits of the drain is over

  // The order is that of construction, and its reverse that of the end. Destruction begins when the
  // home loop has returned, so nothing runs beside it but the workers, and those go first. Each of
  // the others may use what stands above it: watchers and timers their loop, keepers the gateway,
  // the segment and the stores, the control socket everything by its handler. The loop, which is
  // last to go, destroys the closures that never ran: by then no keeper has a store any more.
  event::Loop home_;
  const std::unique_ptr<Stores> stores_;
  std::unique_ptr<telemetry::Segment> segment_;
  std::unique_ptr<session::Gateway> gateway_;
  std::unique_ptr<ProcessCells> cells_;
  std::unique_ptr<ControlSocket> control_socket_;
  std::map<LunName, std::shared_ptr<LunKeeper>> luns_;
  std::vector<session::PortalGroup> portals_;  // as bound
  session::LunId next_lun_id_ = 1;
  event::Timer start_timer_;  // first attempts have taken long enough
  event::Timer drain_timer_;
  event::Timer reload_timer_;  // the answer has waited for first attempts long enough
  std::vector<std::unique_ptr<event::SignalWatcher>> signals_;
  event::Workers workers_;  // these three last: their threads may use everything above
  event::Workers openers_;  // wait for stores to open, which may take long
  event::Workers gaugers_;  // ask how full stores' places are
};

/// The operator's view of a session: the parameters by their RFC 7143 names, as negotiated.
api::SessionInfo session_info(const session::SessionDescription& description);

}  // namespace lungate::control
