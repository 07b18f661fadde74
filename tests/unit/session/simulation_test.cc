// SPDX-License-Identifier: LGPL-2.1-or-later
// Several initiators on two lanes do what comes to their minds, two stores complete what they were
// given in any order, are lost and come back, and their disks change their size. Whatever happens:
// every command has exactly one end, a store that may be closed holds no request, the accounts of
// windows and buffers are right at every step, and nothing is left when everybody has gone (the rig
// looks for that). The seed is printed with each failure.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "iscsi/reject.h"
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
  unsigned superseded = 0;
  unsigned losses = 0;
  unsigned losses_with_io = 0;
  unsigned resizes = 0;
};

/// One LUN as its keeper treats it: served, resized, lost, served again.
class Keeper {
 public:
  Keeper(Rig& rig, unsigned lun, Tally& tally, std::mt19937& random)
      : rig_(rig), lun_(lun), tally_(tally), random_(random) {}

  void act() {
    if (lost_) return come_back();
    if (random_() % 3 == 0) return lose();
    ++tally_.resizes;
    rig_.on_home([&] { rig_.lun(lun_).resize(50 + random_() % 1000, [] {}); });
  }
  /// A store that was lost fails what it holds; now and then something has been done all the same.
  void complete_one() {
    const bool fails = lost_ && random_() % 4 != 0;
    rig_.store(lun_).release_some(random_,
                                  fails ? backend::Status::kNotOwner : backend::Status::kOk);
  }
  void end() {
    rig_.store(lun_).let_go();
    if (!lost_) return;
    EXPECT_TRUE(lost_->wait());
    come_back();
  }

 private:
  void lose() {
    ++tally_.losses;
    tally_.losses_with_io += rig_.store(lun_).held() > 0 ? 1 : 0;
    lost_ = rig_.lose(lun_);
  }
  void come_back() {
    if (!lost_->happened()) return;
    EXPECT_EQ(rig_.store(lun_).held(), 0u) << "it would be closed now";
    rig_.bring_online(lun_);
    lost_.reset();
  }

  Rig& rig_;
  const unsigned lun_;
  Tally& tally_;
  std::mt19937& random_;
  std::optional<Signal> lost_;  // the signal: no command can reach it any more
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
        if (response.status_class == 3 && response.status_detail == 2) {
          // An older login of the same port, from the other lane, was heard after this one.
          ++tally_.superseded;
          leaving_ = true;
          return;
        }
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
      case iscsi::Opcode::kReject:
        EXPECT_TRUE(leaving_) << "only a second logout is rejected";
        EXPECT_EQ(pdu.as<iscsi::Reject>().reason,
                  static_cast<std::uint8_t>(iscsi::RejectReason::kWaitingForLogout));
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
  std::vector<Keeper> keepers;
  for (unsigned lun = 0; lun < kLuns; ++lun) {
    rig.store(lun).hold();
    keepers.emplace_back(rig, lun, tally, random);
  }
  for (unsigned step = 0; step < kSteps; ++step) {
    if (step % 4 == 0) rig.settle();  // else all is over before the lanes have heard of it
    const auto chosen = random() % 30;
    if (chosen < 10)
      keepers[random() % kLuns].complete_one();
    else if (chosen < 12)
      keepers[random() % kLuns].act();
    else
      initiators[random() % kInitiators].act();
    rig.post_check();
  }
  for (Keeper& one : keepers) one.end();
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
  EXPECT_GT(tally.losses_with_io, 100u);
  EXPECT_GT(tally.resizes, 100u);
  RecordProperty("superseded", static_cast<int>(tally.superseded));
  RecordProperty("losses", static_cast<int>(tally.losses));
  RecordProperty("answered", static_cast<int>(tally.answered));
  RecordProperty("taken_back", static_cast<int>(tally.taken_back));
}

}  // namespace
}  // namespace lungate::session::test
