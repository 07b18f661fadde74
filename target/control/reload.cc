// SPDX-License-Identifier: LGPL-2.1-or-later

// A reload, from the text to the last LUN. Called by SIGHUP and by the control socket, on the home
// loop; each further step comes back there from workers or lanes, and looks at the stage first, for
// the process may have been asked to stop meanwhile. A file that is wrong as a text, that needs a
// restart, or that would do harm is answered with what is wrong, and changes nothing.
//
//   reload() --a worker looks at files--> sizes_known() --lanes let go of what leaves-->
//     stores are closed --> add_luns() --first attempts have ended, lanes are told--> plan_ended()
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/limits.h"
#include "base/log.h"
#include "control/file_check.h"
#include "control/notify.h"
#include "control/service.h"

namespace lungate::control {
namespace {

/// What applying the plan would cut off, one sentence per file. Blocks: workers only.
std::vector<std::string> shrinking(const Plan& plan, const config::Config& next) {
  std::vector<std::string> harm;
  for (const std::vector<LunName>* names : {&plan.resize, &plan.add}) {
    for (const LunName& name : *names) {
      const config::Lun* lun = find_lun(next, name).lun;
      const auto* file = std::get_if<config::File>(&lun->store);
      if (file == nullptr) continue;
      if (const auto why = would_shrink(*file)) harm.push_back(to_string(name) + ": " + *why);
    }
  }
  return harm;
}

api::Error refusal(const std::vector<std::string>& why) {
  return {api::ErrorCode::kRefused, "the reload was refused; nothing was changed", why};
}

void log_refusal(const std::vector<std::string>& why) {
  for (const std::string& one : why) log::error("control", "reload_refused", {{"error", one}});
}

}  // namespace

// In this order: is there time for it, is the text right, can it be done without a restart and
// without harm. Only then is anything touched, so a refusal never leaves half of a configuration
// behind. Files are looked at on a worker: a file system may hang.
void Service::reload(ReloadAnswer answer) {
  if (stage_ != Stage::kServing)
    return answer(
        api::Error{api::ErrorCode::kBusy, "the gateway is " + std::string(name(stage_)), {}});
  auto next = config::parse_file(file_);
  if (!next) {
    api::Error error{api::ErrorCode::kBadConfig, file_ + " is wrong; nothing was changed", {}};
    for (const config::Error& one : next.error()) error.details.push_back(config::to_string(one));
    log_refusal(error.details);
    return answer(error);
  }
  const Plan plan = plan_changes(config_, *next);
  if (!plan.needs_restart.empty()) {
    log::error("control", "reload_needs_restart", {{"what", plan.needs_restart.front()}});
    return answer(api::Error{api::ErrorCode::kNeedsRestart,
                             "this can only change at a restart (systemctl restart "
                             "lungate-target); nothing was changed",
                             plan.needs_restart});
  }
  if (!plan.refused.empty()) {
    log_refusal(plan.refused);
    return answer(refusal(plan.refused));
  }
  enter(Stage::kReloading);
  plan_under_way_ = true;
  reload_answer_ = std::move(answer);
  changes_ = plan.changes;
  auto harm = std::make_shared<std::vector<std::string>>();
  auto config = std::make_shared<config::Config>(std::move(*next));
  workers_.run([plan, config, harm] { *harm = shrinking(plan, *config); }, home_,
               [this, plan, config, harm] { sizes_known(plan, std::move(*config), *harm); });
}

// The last look before anything is touched. A refusal here is the first thing that the service
// manager does not hear of: for it nothing has begun.
void Service::sizes_known(const Plan& plan, config::Config next,
                          const std::vector<std::string>& harm) {
  if (stage_ != Stage::kReloading) return plan_ended();  // asked to stop meanwhile
  if (!harm.empty()) {
    plan_under_way_ = false;
    enter(Stage::kServing);
    log_refusal(harm);
    return answer_reload(refusal(harm));
  }
  notify_reloading();
  reload_timer_.start(limits::kReloadAnswerTimeout);
  carry_out(plan, std::move(next), [this] { plan_ended(); });
}

// The one end of a plan that was carried out, in part or whole: it comes from the chain of steps,
// whoever of them was the last.
void Service::plan_ended() {
  plan_under_way_ = false;
  reload_timer_.stop();
  if (stage_ != Stage::kReloading) {
    // The end has overtaken it. READY must not follow STOPPING, and the stores wait for us.
    answer_reload(api::Error{api::ErrorCode::kBusy,
                             "the gateway has begun to stop; not all of the changes were made",
                             {}});
    if (stage_ == Stage::kClosing) close_stores();
    if (connections_gone_) end_.reset();
    return;
  }
  enter(Stage::kServing);
  notify_ready("serving " + std::to_string(luns_.size()) + " LUNs");
  const std::vector<std::string> sentences = outcome();
  for (const std::string& sentence : sentences)
    log::info("control", "reloaded", {{"change", sentence}});
  answer_reload(api::Reloaded{sentences});
}

// What has become of each change by now, in words. A LUN that could not be opened is no error of
// the reload: it was asked for, and is tried again; but the operator must read it at once and not
// in an alert an hour later.
std::vector<std::string> Service::outcome() const {
  std::vector<std::string> sentences;
  for (const Change& change : changes_) {
    std::string& sentence = sentences.emplace_back(change.text);
    if (!change.opens) continue;
    const auto keeper = luns_.find(*change.opens);
    if (keeper == luns_.end() && plan_under_way_)
      sentence += ", waiting for commands of what leaves (see lungate status)";
    else if (keeper == luns_.end())
      sentence += ", offline: it has no place in the telemetry segment";
    else if (keeper->second->phase() == LunPhase::kReady)
      sentence += ", online";
    else if (keeper->second->first_attempt_ended())
      sentence += ", offline: " + keeper->second->reason();
    else
      sentence += ", still opening (see lungate status)";
  }
  return sentences;
}

// Once per reload: when the plan has ended, or before that by the timer, for a cluster that hangs
// may hold it up longer than an operator waits in front of a terminal.
void Service::answer_reload(const api::Reply& reply) {
  if (const ReloadAnswer answer = std::exchange(reload_answer_, nullptr)) answer(reply);
}

// Sessions let go of what leaves, then its commands end and its store is closed; only then may a
// new disk take its number (and perhaps the same store). What leaves is in no list from here on:
// its keepers live in this chain alone, which is why the end waits for it.
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
      found->second->resize(*find_lun(config_, name).lun);
  const session::Baton all_gone =
      session::make_baton([this, add = plan.add, done = std::move(done)] {
        home_.post([this, add, done] { add_luns(add, done); });
      });
  gateway_->set_directory(directory(), [leaving, all_gone] {
    for (const auto& keeper : leaving) keeper->remove([all_gone] {});
  });
}

// As at the start, no session sees a new LUN before its first attempt has ended.
void Service::add_luns(const std::vector<LunName>& names, session::Done done) {
  if (stage_ != Stage::kReloading) return done();  // nobody would close what is opened now
  const session::Baton known = session::make_baton([this, done = std::move(done)] {
    home_.post([this, done] { gateway_->set_directory(directory(), done); });
  });
  for (const LunName& name : names) add_lun(name, [known] {});
}

}  // namespace lungate::control
