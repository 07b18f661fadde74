// SPDX-License-Identifier: LGPL-2.1-or-later
// An initiator that keeps the rules and does what comes to its mind: it logs in, reads, writes,
// reserves, takes back, goes away in every way there is, and holds all that it hears against what
// it may be told.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "iscsi/task_management.h"
#include "tests/sim/command.h"
#include "tests/sim/line.h"
#include "tests/sim/login.h"
#include "tests/sim/scene.h"

namespace lungate::sim {

/// Where connections are made.
class Door {
 public:
  virtual Wire connect() = 0;

 protected:
  ~Door() = default;
};

class Initiator {
 public:
  /// `number`: of all in the scene, from 0. Its name and ISID stay; the rest of each login is
  /// chance's.
  Initiator(Scene& scene, Door& door, unsigned number, std::string target, bool chap);

  /// Does one thing.
  void act();
  /// Some bytes move, and what has come is heard.
  void pump();
  /// Moves every byte, hears everything, gives what is asked for: as an initiator does at its best.
  void cooperate();
  /// Asks for nothing more, so that everything can come to an end.
  void wind_up();
  /// Nothing is open that could still come.
  bool settled() const;
  /// What is open, for people.
  std::string open() const;
  /// The gateway may close what is connected now: time has passed, or somebody has made it.
  void excuse();
  /// Says something while its lane, if it is this one, stands still.
  void send_during_stall(unsigned lane);
  /// Has given up without a word.
  void vanish();
  bool in_session() const { return logged_in_ && !leaving_; }

 private:
  using Cdb = std::array<std::uint8_t, 16>;
  struct Managing {
    std::uint8_t function = 0;
    std::set<std::uint32_t> takes;  // commands that have ended when this is answered
    std::vector<unsigned> volumes;  // whose takings_open it counts for
  };
  struct Act;
  static const Act kActs[];

  Chance& chance() { return *scene_.chance; }
  Volume& volume(unsigned lun) { return scene_.volumes.at(lun); }
  Volume& volume_of(const Command& command) { return volume(command.lun); }
  bool may_send(std::uint32_t count = 1) const;

  // --- initiator_sends.cc: PDUs ---
  std::uint32_t take_tag();
  Command moving(CommandKind kind, std::uint32_t blocks_max);
  void send(Command&& command, const Cdb& cdb);
  void send_as(Command&& command, const Cdb& cdb, std::uint32_t cmd_sn, bool immediate);
  std::uint32_t plan_data(Command& command, bool& final);
  std::uint32_t manage(iscsi::TaskFunction function, std::uint32_t task, std::uint16_t lun);
  void remember(std::uint32_t tag, Command&& command);
  void give_one(std::uint32_t tag, Command& command);
  template <class Bhs>
  void send_pdu(const Bhs& header, Bytes data = {});

  // --- initiator_manages.cc ---
  void take_all(iscsi::TaskFunction function, unsigned lun, std::optional<unsigned> only);
  void abort_one();
  void abort_set();
  void clear_set();
  void reset_lun();
  void reset_target();
  void reset_nexus();
  void query();

  // --- initiator_acts.cc: what it may do, how it comes and goes ---
  void connect();
  LoginPlan plan();
  void spoil();
  void break_off();
  void abandon();
  void log_out();
  void sleep();

  // --- initiator_commands.cc ---
  void read();
  void write();
  void write_small();
  void swap();
  void give();
  void look();
  void reserve();
  void release();
  void persist();
  void ping();
  void ask_targets();
  void cross();
  void leave_hole();
  void fill_hole();
  void send_outside();
  void send_unseen(std::uint32_t cmd_sn);

  // --- initiator_hears.cc ---
  void hear_all();
  void hear(const Pdu& pdu);
  void hear_login(const Pdu& pdu);
  void hear_data_in(const Pdu& pdu);
  void hear_response(const Pdu& pdu);
  void hear_managed(const Pdu& pdu);
  bool being_taken(std::uint32_t tag) const;
  void hear_reject(const Pdu& pdu);
  void hear_ping(const Pdu& pdu);
  void logged_in();
  std::map<std::uint32_t, Command>::iterator find(std::uint32_t tag);

  // --- initiator_is_told.cc ---
  void ended(std::uint32_t tag, std::uint8_t status, Bytes sense);
  void good(const Command& command);
  void not_good(const Command& command, std::uint8_t status, Bytes sense);
  void check_sense(const Command& command, Bytes sense);
  void over(const Command& command);
  bool keeps(const Command& command) const;

  // --- initiator.cc ---
  void check_abandoned();
  void doubt_path();
  void gone();
  void closed();
  bool explained(const Command& command) const;

  Scene& scene_;
  Door& door_;
  const unsigned number_;
  const std::string target_;
  const bool chap_;

  std::optional<Line> line_;
  std::optional<Login> login_;
  bool logged_in_ = false;
  bool leaving_ = false;  // nothing is sent any more
  bool excused_ = false;  // the connection may be closed
  bool spoilt_ = false;   // a wrong digest is on its way
  bool spoils_next_ = false;
  bool winding_up_ = false;
  std::uint32_t pace_;   // bytes that move at once
  unsigned asleep_ = 0;  // pumps in which it does not read
  std::uint32_t next_tag_ = 1;
  std::optional<std::uint32_t> hole_;  // a CmdSN that was left out
  std::map<std::uint32_t, Command> open_;
  std::map<std::uint32_t, Managing> managing_;
  std::map<std::uint32_t, std::vector<std::byte>> pings_;
  std::set<std::uint32_t> texts_;
  std::optional<std::uint32_t> logout_;
  /// Writes of connections that have gone: over when this port has logged in again.
  std::vector<std::pair<unsigned, WriteId>> orphans_;
  /// Connections with a session that it has turned away from without closing them.
  std::list<Line> abandoned_;
  /// A login was begun and left, and may still be heard: it would end what has come after it.
  bool stale_login_ = false;
  std::uint16_t continues_ = 0;  // the session whose connection the next login replaces
  bool registered_ = false;      // for persistent reservations, as far as it knows
  bool registered_once_ = false;
};

}  // namespace lungate::sim
