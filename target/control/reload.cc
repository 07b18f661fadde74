// SPDX-License-Identifier: LGPL-2.1-or-later

// A reload, from the text to the last LUN. Called by SIGHUP and by the control socket, on the home
// loop; each further step comes back there from workers or lanes, and looks at the stage first, for
// the process may have been asked to stop meanwhile. A file that is wrong as a text, that needs a
// restart, or that would do harm is answered with what is wrong, and changes nothing.
//
//   reload() --a worker reads, plans, looks at files--> text_read() --lanes let go of what
//   leaves-->
//     stores are closed --> add_luns() --first attempts have ended, lanes are told--> plan_ended()
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/limits.h"
#include "base/log.h"
#include "config/warnings.h"
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
  for (const std::string& one : why) log::error("control", "reload_refused", {{"error", one}});
  return {api::ErrorCode::kRefused, "the reload was refused; nothing was changed", why};
}

api::Error wrong_text(const std::string& file, const config::Errors& errors) {
  api::Error error{api::ErrorCode::kBadConfig, file + " is wrong; nothing was changed", {}};
  for (const config::Error& one : errors) {
    error.details.push_back(config::to_string(one));
    log::error("control", "reload_refused", {{"error", error.details.back()}});
  }
  return error;
}

/// In this order: is the text right, can it be done without a restart and without harm. Blocks, for
/// a file system may hang: workers only.
Result<ReadText, api::Error> read_text(const Surroundings& from, const std::string& file,
                                       const config::Config& current) {
  auto next = from.read_config(file);
  if (!next) return err(wrong_text(file, next.error()));
  Plan plan = plan_changes(current, *next);
  if (!plan.needs_restart.empty()) {
    log::error("control", "reload_needs_restart", {{"what", plan.needs_restart.front()}});
    return err(api::Error{api::ErrorCode::kNeedsRestart,
                          "this can only change at a restart (systemctl restart "
                          "lungate-target); nothing was changed",
                          plan.needs_restart});
  }
  if (!plan.refused.empty()) return err(refusal(plan.refused));
  if (const auto harm = shrinking(plan, *next); !harm.empty()) return err(refusal(harm));
  return ReadText{std::move(*next), std::move(plan)};
}

}  // namespace

// Only when all has been read and looked at is anything touched, so a refusal never leaves half of
// a configuration behind. What it is compared with cannot change meanwhile: that takes a reload.
void Service::reload(ReloadAnswer answer) {
  if (stage_ != Stage::kServing) {
    if (cells_) cells_->reload_refused();
    return answer(
        api::Error{api::ErrorCode::kBusy, "the gateway is " + std::string(name(stage_)), {}});
  }
  enter(Stage::kReloading);
  plan_under_way_ = true;
  reload_answer_ = std::move(answer);
  changes_.reset();
  reload_timer_.start(surroundings_.reload_answer);
  auto read = std::make_shared<std::optional<Result<ReadText, api::Error>>>();
  workers_.run(
      [this, read, current = config_] { read->emplace(read_text(surroundings_, file_, current)); },
      home_, [this, read] { text_read(std::move(**read)); });
}

// The last look before anything is touched. A refusal is nothing that the service manager hears of:
// for it nothing has begun.
void Service::text_read(Result<ReadText, api::Error> read) {
  if (stage_ != Stage::kReloading) return plan_ended();  // asked to stop meanwhile
  if (!read) {
    plan_under_way_ = false;
    reload_timer_.stop();
    enter(Stage::kServing);
    cells_->reload_refused();
    return answer_reload(read.error());
  }
  notify_reloading();
  changes_ = read->plan.changes;
  carry_out(read->plan, std::move(read->config), [this] { plan_ended(); });
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
  cells_->reloaded(config_);
  notify_ready("serving " + std::to_string(luns_.size()) + " LUNs");
  const std::vector<std::string> sentences = outcome();
  for (const std::string& sentence : sentences)
    log::info("control", "reloaded", {{"change", sentence}});
  answer_reload(api::Reloaded{sentences, tell_warnings()});
}

// Said at the start and after each reload, for the log of the last one may be gone.
std::vector<std::string> Service::tell_warnings() const {
  std::vector<std::string> sentences = config::warnings(config_);
  for (const std::string& sentence : sentences)
    log::warn("control", "config_warning", {{"warning", sentence}});
  return sentences;
}

// What has become of each change by now, in words. A LUN that could not be opened is no error of
// the reload: it was asked for, and is tried again; but the operator must read it at once and not
// in an alert an hour later.
std::vector<std::string> Service::outcome() const {
  std::vector<std::string> sentences;
  for (const Change& change : *changes_) {
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

/// Time to tell what there is to tell: a store, or the file system of the configuration, may hang
/// longer than an operator waits in front of a terminal.
void Service::reload_takes_long() {
  if (stage_ != Stage::kReloading) return;  // its end answers
  if (changes_) return answer_reload(api::Reloaded{outcome(), config::warnings(config_)});
  answer_reload(api::Error{api::ErrorCode::kBusy,
                           file_ + " and the files that it names are still being read; what comes "
                                   "of it will be in the log",
                           {}});
}

// Once per reload: when the plan has ended, or before that by the timer.
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
