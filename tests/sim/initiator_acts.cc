// SPDX-License-Identifier: LGPL-2.1-or-later
// What an initiator may come to do, and how often.
#include <algorithm>
#include <iterator>
#include <utility>

#include "base/limits.h"
#include "iscsi/task_management.h"
#include "tests/sim/initiator.h"
#include "tests/sim/initiator_pdu.h"

namespace lungate::sim {

using iscsi::TaskFunction;

struct Initiator::Act {
  enum class About : std::uint8_t { kAnything, kReserving, kManaging };

  unsigned weight;
  unsigned in_peace;  // its weight where initiators are peaceful
  void (Initiator::*act)();
  About about = About::kAnything;  // kReserving: much heavier where they reserve
};

/// More are rejected, as they may be.
constexpr std::size_t kManagedMax = limits::kTaskManagementPendingMax;

/// `give` is frequent, because a write needs it several times.
const Initiator::Act Initiator::kActs[] = {
    {70, 70, &Initiator::give},
    {30, 40, &Initiator::read},
    {20, 25, &Initiator::write},
    {20, 25, &Initiator::write_small},
    {8, 12, &Initiator::swap},
    {6, 4, &Initiator::look},
    {4, 3, &Initiator::ping},
    {2, 1, &Initiator::ask_targets},
    {3, 3, &Initiator::cross},
    {2, 1, &Initiator::leave_hole},
    {5, 5, &Initiator::fill_hole},
    {3, 2, &Initiator::send_outside},
    {2, 0, &Initiator::reserve, Act::About::kReserving},
    {2, 1, &Initiator::release, Act::About::kReserving},
    {4, 0, &Initiator::persist, Act::About::kReserving},
    {6, 1, &Initiator::abort_one, Act::About::kManaging},
    {2, 0, &Initiator::abort_set, Act::About::kManaging},
    {1, 0, &Initiator::clear_set, Act::About::kManaging},
    {2, 0, &Initiator::reset_lun, Act::About::kManaging},
    {1, 0, &Initiator::reset_target, Act::About::kManaging},
    {1, 0, &Initiator::reset_nexus, Act::About::kManaging},
    {1, 1, &Initiator::query, Act::About::kManaging},
    {2, 1, &Initiator::sleep},
    {1, 0, &Initiator::spoil},
    {1, 0, &Initiator::vanish},
    {1, 0, &Initiator::break_off},
    {1, 0, &Initiator::abandon},
    {1, 0, &Initiator::log_out},
};

void Initiator::act() {
  if (!line_) return connect();
  // A login takes its time, and now and then it is given up.
  if (!logged_in_ || leaving_ || spoilt_) {
    if (chance().one_in(spoilt_ ? 8 : 60)) vanish();
    return;
  }
  const auto weight = [this](const Act& one) {
    if (one.about == Act::About::kReserving && scene_.reserving) return one.weight * 4;
    if (one.about == Act::About::kManaging && managing_.size() >= kManagedMax) return 0u;
    return scene_.peaceful ? one.in_peace : one.weight;
  };
  unsigned all = 0;
  for (const Act& one : kActs) all += weight(one);
  unsigned chosen = chance().below(all);
  for (const Act& one : kActs) {
    if (chosen < weight(one)) return (this->*one.act)();
    chosen -= weight(one);
  }
}

// --- Coming and going ----------------------------------------------------------------------------

LoginPlan Initiator::plan() {
  constexpr std::uint32_t kSizes[] = {512, 1024, 4096, 16384};
  LoginPlan plan;
  plan.initiator = "iqn.2026-11.io.lungate:simulated-" + std::to_string(number_);
  plan.isid = 0x4000'0000'0000u + number_;
  plan.tsih = std::exchange(continues_, 0);
  plan.target = target_;
  plan.header_digest = chance().one_in(3);
  plan.data_digest = plan.header_digest ? chance().one_in(2) : chance().one_in(5);
  plan.max_recv_bytes = chance().among(kSizes);
  plan.max_burst_bytes = chance().among(kSizes);
  plan.first_burst_bytes = std::min(plan.max_burst_bytes, chance().among(kSizes));
  plan.max_outstanding_r2t = chance().between(1, 4);
  plan.initial_r2t = chance().one_in(2);
  plan.immediate_data = !chance().one_in(4);
  plan.security_stage = chance().one_in(3);
  plan.in_pieces = chance().one_in(6);
  plan.chap = chap_;
  plan.mutual = chap_ && chance().one_in(3);
  plan.wrong_secret = chap_ && !winding_up_ && chance().one_in(5);
  return plan;
}

void Initiator::connect() {
  constexpr std::uint32_t kFirst[] = {1, 100, 0x7fff'fffa, 0xffff'fff8};
  if (winding_up_) return;
  line_.emplace(door_.connect(), number_, scene_.trace);
  line_->set_cmd_sn(chance().among(kFirst));
  login_.emplace(plan());
  scene_.trace.note('i', number_, "connects");
  login_->begin(*line_);
}

/// In the middle of what it was saying.
void Initiator::break_off() {
  give();
  line_->wire().push(chance().between(1, 60));
  vanish();
}

/// Logs in again while the old connection stands, and lets that one say what it had still to say:
/// as another session, or to continue that one.
void Initiator::abandon() {
  Line old = std::move(*line_);
  if (chance().one_in(2)) continues_ = login_->tsih();
  vanish();
  abandoned_.push_back(std::move(old));
  ++scene_.tally.reinstated;
  connect();
}

void Initiator::log_out() {
  iscsi::LogoutRequest request;
  request.opcode_byte |= iscsi::kImmediateBit;
  request.flags = static_cast<std::uint8_t>(iscsi::kFinalBit | chance().below(2));
  request.initiator_task_tag = *(logout_ = take_tag());
  request.cmd_sn = line_->cmd_sn();
  request.exp_stat_sn = line_->exp_stat_sn();
  send_pdu(request);
  scene_.trace.note('i', number_, "logs out", {*logout_});
  leaving_ = true;
  doubt_path();
}

void Initiator::sleep() {
  asleep_ = chance().between(1, 30);
}

void Initiator::spoil() {
  if (line_->digests()) spoils_next_ = true;
}

}  // namespace lungate::sim
