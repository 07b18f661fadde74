// SPDX-License-Identifier: LGPL-2.1-or-later

// Which command is which question, and what becomes of its answer. main() calls run() once. Text
// goes to stdout when all is well and to stderr when not, JSON always to stdout: who asked for it
// reads it there, with the exit code beside it. The switches have no default, so that a new command
// does not compile until it has its place.
#include "ctl/commands.h"

#include <ostream>

#include "api/codec.h"
#include "base/clock.h"
#include "ctl/check.h"
#include "ctl/client.h"
#include "ctl/places.h"
#include "ctl/slowlog.h"
#include "ctl/status_view.h"
#include "ctl/top.h"

namespace lungate::ctl {
namespace {

/// What the command asks the target. Check, top and slowlog ask nothing and do not get here.
api::Request request_for(const Options& options) {
  switch (options.command) {
    case Command::kSessions:
      return api::ListSessions{};
    case Command::kDisconnect:
      return api::Disconnect{options.session};
    case Command::kLogLevel:
      return api::SetLogLevel{options.level};
    case Command::kReload:
      return api::Reload{};
    case Command::kStatus:
    case Command::kCheck:
    case Command::kTop:
    case Command::kSlowlog:
      return api::GetStatus{};
  }
  return api::GetStatus{};
}

// One overload per alternative of Reply: a new one does not compile until it has its text.
std::string text_of(const api::Reply& reply, const Options& options) {
  struct View {
    std::string operator()(const api::Status& status) const { return status_text(status); }
    std::string operator()(const api::Sessions& sessions) const {
      return sessions_text(sessions, wall_now_ns() / 1'000'000, options.parameters);
    }
    std::string operator()(const api::Done&) const { return "done\n"; }
    std::string operator()(const api::Reloaded& reloaded) const { return reloaded_text(reloaded); }
    std::string operator()(const api::Error& error) const { return error_text(error); }
    const Options& options;
  };
  return std::visit(View{options}, reply);
}

/// A configuration that is wrong is 2 wherever it is noticed: here, or in the target at a reload.
int exit_code_of(const api::Reply& reply) {
  const auto* error = std::get_if<api::Error>(&reply);
  if (error == nullptr) return 0;
  return error->code == api::ErrorCode::kBadConfig ? 2 : 1;
}

/// Everything that is a question to the target.
// The socket's path needs the configuration unless --socket gives it, so a wrong file is noticed
// before the target is asked.
int run_request(const Options& options, std::ostream& out, std::ostream& err) {
  const auto socket = control_socket(options);
  if (!socket) return tell(socket.error(), err);
  const auto reply = ask(*socket, request_for(options));
  if (!reply) {
    err << reply.error() << "\n";
    return 1;
  }
  const int code = exit_code_of(*reply);
  if (options.json) {
    out << api::to_json(*reply);
  } else {
    (code == 0 ? out : err) << text_of(*reply, options);
  }
  return code;
}

}  // namespace

// check, top and slowlog ask no target: the one needs none, the others read what it counts.
int run(const Options& options, std::ostream& out, std::ostream& err) {
  switch (options.command) {
    case Command::kCheck:
      return run_check(options, out, err);
    case Command::kTop:
      return run_top(options, out, err);
    case Command::kSlowlog:
      return run_slowlog(options, out, err);
    case Command::kStatus:
    case Command::kSessions:
    case Command::kDisconnect:
    case Command::kLogLevel:
    case Command::kReload:
      return run_request(options, out, err);
  }
  return 1;
}

}  // namespace lungate::ctl
