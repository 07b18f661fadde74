// SPDX-License-Identifier: LGPL-2.1-or-later
// Several initiators on two lanes do what comes to their minds, and two stores complete what they
// were given in any order. Whatever happens: every command has exactly one end, and nothing is left
// when everybody has gone (the rig looks for that). The seed is printed with each failure.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "iscsi/serial.h"
#include "tests/unit/session/rig.h"

namespace lungate::session::test {
namespace {

constexpr unsigned kLuns = 2;
constexpr unsigned kInitiators = 4;
constexpr unsigned kSteps = 200;

/// What has happened at all: a simulation in which nothing does would find nothing.
struct Tally {
  unsigned answered = 0;
  unsigned taken_back = 0;
  unsigned logins = 0;
};

/// How often each LUN was reset, and by whom it is being reset now: a reset takes commands of other
/// initiators away without a word to them.
struct Resets {
  unsigned asked[kLuns] = {};
  unsigned open[kLuns] = {};
};

class Initiator {
 public:
  Initiator(Rig& rig, Resets& resets, Tally& tally, std::mt19937& random, std::uint64_t isid)
      : rig_(rig), resets_(resets), tally_(tally), random_(random) {
    options_.isid = isid;
  }

  void act() {
    if (!peer_) return connect();
    listen();
    if (!peer_ || !logged_in_) return;
    static constexpr struct {
      unsigned weight;
      void (Initiator::*act)();
    } kActs[] = {
        {30, &Initiator::read},   {15, &Initiator::write_at_once}, {15, &Initiator::write_slow},
        {10, &Initiator::look},   {10, &Initiator::abort_one},     {3, &Initiator::abort_set},
        {3, &Initiator::reset},   {5, &Initiator::vanish},         {2, &Initiator::break_off},
        {3, &Initiator::connect}, {2, &Initiator::log_out}};
    unsigned chosen = pick(98);
    for (const auto& row : kActs) {
      if (chosen < row.weight) return (this->*row.act)();
      chosen -= row.weight;
    }
  }

  /// Takes what has come; true when nothing is open that could still come.
  bool settled() {
    if (!peer_) return true;
    listen();
    if (!peer_) return true;
    for (const auto& [tag, command] : open_)
      if (!explained(command)) return false;
    return logged_in_ && managing_.empty();
  }

  std::string open() const {
    std::string text;
    for (const auto& [tag, command] : open_) text += " " + std::to_string(tag);
    return text;
  }

 private:
  struct Command {
    unsigned lun = 0;
    std::vector<std::byte> data;  // of a write
    unsigned resets_asked = 0;    // when it was sent
    unsigned resets_open = 0;
  };
  struct Managing {
    std::set<std::uint32_t> takes;  // commands that have ended when this is answered
    std::optional<unsigned> resets;
  };

  unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }

  bool explained(const Command& command) const {
    return command.resets_open > 0 || resets_.asked[command.lun] > command.resets_asked;
  }

  bool may_send() const { return !iscsi::serial_before(peer_->max_cmd_sn(), peer_->cmd_sn); }

  void remember(std::uint32_t tag, unsigned lun, std::vector<std::byte> data = {}) {
    open_[tag] = {lun, std::move(data), resets_.asked[lun], resets_.open[lun]};
  }

  // --- What it does ---

  void connect() {
    forget();
    peer_.emplace(rig_.connect());
    peer_->send_login(options_);
    logged_in_ = false;
  }

  void read() {
    if (!may_send()) return;
    const unsigned lun = pick(kLuns);
    remember(peer_->read(pick(100), static_cast<std::uint16_t>(1 + pick(64)),
                         static_cast<std::uint16_t>(lun)),
             lun);
  }

  void look() {
    if (!may_send()) return;
    const unsigned lun = pick(kLuns);
    remember(peer_->test_unit_ready(static_cast<std::uint16_t>(lun)), lun);
  }

  void write_at_once() {
    if (!may_send()) return;
    const unsigned lun = pick(kLuns);
    auto data = pattern((1 + pick(16)) * kBlock, pick(100));
    const auto tag =
        peer_->write(pick(100), data, data.size(), true, static_cast<std::uint16_t>(lun));
    remember(tag, lun, std::move(data));
  }

  void write_slow() {
    if (!may_send()) return;
    const unsigned lun = pick(kLuns);
    auto data = pattern((20 + pick(60)) * kBlock, pick(100));
    const std::size_t immediate = pick(8) * kBlock;
    const bool unsolicited = pick(2) == 0;
    const auto tag =
        peer_->write(pick(100), data, immediate, !unsolicited, static_cast<std::uint16_t>(lun));
    if (unsolicited)
      peer_->data_out(tag, iscsi::kNoTag, 0, static_cast<std::uint32_t>(immediate),
                      Bytes(data).subspan(immediate, kBlock), true);
    remember(tag, lun, std::move(data));
  }

  void abort_one() {
    if (open_.empty()) return;
    auto victim = open_.begin();
    std::advance(victim, pick(static_cast<unsigned>(open_.size())));
    const auto tag =
        peer_->manage(1, victim->first, static_cast<std::uint16_t>(victim->second.lun));
    managing_[tag] = {{victim->first}, {}};
  }

  std::set<std::uint32_t> commands_on(unsigned lun) const {
    std::set<std::uint32_t> tags;
    for (const auto& [tag, command] : open_)
      if (command.lun == lun) tags.insert(tag);
    return tags;
  }

  void abort_set() {
    const unsigned lun = pick(kLuns);
    managing_[peer_->manage(2, iscsi::kNoTag, static_cast<std::uint16_t>(lun))] = {commands_on(lun),
                                                                                   {}};
  }

  void reset() {
    const unsigned lun = pick(kLuns);
    ++resets_.asked[lun];
    ++resets_.open[lun];
    managing_[peer_->manage(5, iscsi::kNoTag, static_cast<std::uint16_t>(lun))] = {commands_on(lun),
                                                                                   lun};
  }

  void vanish() {
    forget();
    peer_.reset();
  }

  /// Goes in the middle of a PDU.
  void break_off() {
    const auto bytes = peer_->framed(
        bytes_of(peer_->command(cdb10(0x2a, 0, 8), 4096, iscsi::ScsiCommand::kWriteBit)), {});
    peer_->send_bytes(Bytes(bytes).first(1 + pick(47)));
    vanish();
  }

  void log_out() {
    peer_->logout();
    leaving_ = true;
  }

  void forget() {
    // Its resets go on without it: they stay open for good, which only explains more.
    open_.clear();
    managing_.clear();
    leaving_ = false;
  }

  // --- What it hears ---

  void listen() {
    while (const auto pdu = peer_->poll()) {
      hear(*pdu);
      if (!peer_) return;
    }
    if (!peer_->at_end()) return;
    EXPECT_TRUE(leaving_) << "closed without a reason";
    vanish();
  }

  void hear(const Pdu& pdu) {
    switch (pdu.opcode()) {
      case iscsi::Opcode::kLoginResponse: {
        const auto response = pdu.as<iscsi::LoginResponse>();
        EXPECT_EQ(response.status_class, 0);
        logged_in_ = true;
        ++tally_.logins;
        return;
      }
      case iscsi::Opcode::kReadyToTransfer:
        if (const auto found = open_.find(pdu.tag()); found != open_.end())
          return peer_->give(pdu.as<iscsi::ReadyToTransfer>(), found->second.data);
        FAIL() << "data is wanted for a command that has ended";
      case iscsi::Opcode::kDataIn:
        if ((pdu.as<iscsi::DataIn>().flags & iscsi::DataIn::kStatusBit) == 0) return;
        return ended(pdu.tag());
      case iscsi::Opcode::kScsiResponse:
        return ended(pdu.tag());
      case iscsi::Opcode::kTaskManagementResponse:
        return managed(pdu.tag(), pdu.as<iscsi::TaskManagementResponse>().response);
      case iscsi::Opcode::kLogoutResponse:
        return;
      default:
        FAIL() << "nobody has asked for this: " << static_cast<int>(pdu.opcode());
    }
  }

  void ended(std::uint32_t tag) {
    EXPECT_EQ(open_.erase(tag), 1u) << "a second end of " << tag;
    ++tally_.answered;
  }

  void managed(std::uint32_t tag, std::uint8_t response) {
    const auto found = managing_.find(tag);
    ASSERT_NE(found, managing_.end());
    if (response == 0)
      for (const std::uint32_t taken : found->second.takes)
        tally_.taken_back += static_cast<unsigned>(open_.erase(taken));
    if (found->second.resets) --resets_.open[*found->second.resets];
    managing_.erase(found);
  }

  Rig& rig_;
  Resets& resets_;
  Tally& tally_;
  std::mt19937& random_;
  LoginOptions options_;
  std::optional<Peer> peer_;
  bool logged_in_ = false;
  bool leaving_ = false;
  std::map<std::uint32_t, Command> open_;
  std::map<std::uint32_t, Managing> managing_;
};

void simulate(std::uint32_t seed, Tally& tally) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  RigOptions options;
  options.luns = kLuns;
  options.settings.iscsi.command_window = 8;
  Rig rig(options);
  Resets resets;
  std::vector<Initiator> initiators;
  for (unsigned i = 0; i < kInitiators; ++i)
    initiators.emplace_back(rig, resets, tally, random, i + 1);
  for (unsigned lun = 0; lun < kLuns; ++lun) rig.store(lun).hold();
  for (unsigned step = 0; step < kSteps; ++step) {
    if (step % 4 == 0) rig.settle();  // else all is over before the lanes have heard of it
    if (random() % 3 == 0)
      rig.store(random() % kLuns).release_some(random);
    else
      initiators[random() % kInitiators].act();
  }
  for (unsigned lun = 0; lun < kLuns; ++lun) rig.store(lun).let_go();
  for (Initiator& one : initiators)
    EXPECT_TRUE(eventually([&] { return one.settled(); })) << "open:" << one.open();
  rig.finish();
}

TEST(Simulation, EveryCommandHasOneEnd) {
  Tally tally;
  const char* wanted = std::getenv("LUNGATE_SEED");
  if (wanted != nullptr) return simulate(static_cast<std::uint32_t>(std::stoul(wanted)), tally);
  for (std::uint32_t seed = 1; seed <= 200 && !HasFailure(); ++seed) simulate(seed, tally);
  const std::uint32_t fresh = std::random_device{}();
  if (!HasFailure()) simulate(fresh, tally);
  EXPECT_GT(tally.answered, 5000u);
  EXPECT_GT(tally.taken_back, 300u);
  EXPECT_GT(tally.logins, 500u);
  RecordProperty("answered", static_cast<int>(tally.answered));
  RecordProperty("taken_back", static_cast<int>(tally.taken_back));
}

}  // namespace
}  // namespace lungate::session::test
