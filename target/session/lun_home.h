// SPDX-License-Identifier: LGPL-2.1-or-later

// A logical unit's truth, on the home loop: what it is, where its bytes live, and every change of
// either. A change becomes a new snapshot that every lane takes over and acknowledges; whoever
// asked for it is told after the last acknowledgment (DESIGN, "The life of one WRITE").
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "scsi/kept_state.h"
#include "scsi/medium_job.h"
#include "scsi/provisioning.h"
#include "scsi/sense.h"
#include "scsi/unit.h"
#include "session/baton.h"
#include "session/home_door.h"
#include "session/home_request.h"
#include "session/ids.h"
#include "session/lun.h"

namespace lungate::session {

/// What a lane is told about a LUN.
struct LunUpdate {
  LunId id = 0;
  LunViewPtr view;
  std::optional<scsi::AdditionalSense> attention;  // owed to every nexus of the LUN but `except`
  SessionId except = kNoSession;
  std::vector<scsi::ReservationResult::Told> told;  // owed to these nexuses, but to `except`
};

/// How LunHome reaches the lanes. `done` is called on the home loop after the last lane has
/// acknowledged.
class LaneBroadcast {
 public:
  virtual void update_lun(const LunUpdate& update, Done done) = 0;
  /// Every command on the LUN is aborted, for these requests; acknowledged when the last one's I/O
  /// has ended.
  virtual void abort_lun(LunId id, const std::vector<Taker>& by, Done done) = 0;
  /// The same for what these nexuses have sent, but not for session `except`.
  virtual void abort_nexuses(LunId id, const std::vector<scsi::NexusName>& names, SessionId except,
                             Done done) = 0;
  /// Where the home loop's own requests to a backend come back.
  virtual MailSink& mailbox() = 0;
  /// Every command on the LUN is answered (commands.h); acknowledged when none of them can reach
  /// the backend any more.
  virtual void quiesce_lun(LunId id, LunFate fate, Done done) = 0;

 protected:
  ~LaneBroadcast() = default;
};

/// Home loop's thread. Owned by shared_ptr: an operation in progress keeps it alive.
///
/// Each snapshot has a higher generation than the one before, through outages too: whoever compares
/// two knows the newer. What initiators set by MODE SELECT outlives an outage as well, because to
/// them it is the same unit, and saved pages do not exist.
class LunHome : public std::enable_shared_from_this<LunHome> {
 public:
  /// `unit` as it is before its backend has been opened.
  LunHome(LunId id, scsi::Unit unit, LaneBroadcast& lanes);
  LunHome(const LunHome&) = delete;
  LunHome& operator=(const LunHome&) = delete;

  LunId id() const { return id_; }
  const scsi::Unit& unit() const { return unit_; }
  const std::shared_ptr<backend::Backend>& backend() const { return backend_; }

  /// The backend is open and ready: commands may flow. `unit` has geometry and identity from it.
  void set_online(std::shared_ptr<backend::Backend> backend, scsi::Unit unit, Done done);

  /// Commands that come after it are answered NOT READY. Those in progress go on; commands that
  /// still collect data may yet reach the backend: quiesce() ends that.
  void set_offline(scsi::Availability availability, Done done);

  /// The store has another size now: CAPACITY DATA HAS CHANGED to everyone.
  void resize(std::uint64_t block_count, Done done);

  /// How full the place is that the store takes its space from. When it passes the unit's threshold
  /// every nexus is told; true then. Until the first call nothing is known of it.
  bool set_fullness(const backend::Fullness& fullness);

  /// Another threshold, by the operator: MODE PARAMETERS HAVE CHANGED. 0: there is none any more.
  void set_threshold(std::uint8_t percent);

  /// One change at a time, in the order of asking; `changed` when every lane has it, and the store
  /// too where it must survive a restart. The session that asks is told nothing but the outcome.
  void apply(const scsi::UnitChange& change, Asker by, Changed changed);

  /// Who has asked for a medium job with this ticket is answered when every lane knows of the job,
  /// and before it begins if it has not yet.
  void let_waiter_go(std::uint64_t ticket);

  /// The nexus has no session any more.
  void nexus_lost(const scsi::NexusName& nexus);

  /// LOGICAL UNIT RESET (SAM-5, 6.3.3): every command of every nexus is aborted and its I/O waited
  /// for, mode pages go back to their defaults, every nexus is told. In this order: with the
  /// attention first, an initiator could be told that the reset is over, send a command, and have
  /// that one aborted too.
  ///
  /// One at a time: those that come while one is in progress share the next. Each leaves a baton in
  /// every command of the LUN, so that requests times commands would be the memory otherwise. They
  /// cannot join the one in progress, which has not seen the commands that have come since.
  void reset(Taker by, Done done);

  /// Waits for the I/O in progress; its commands are answered as it ends, and so is all else, by
  /// what the unit is now. After `done` the backend may be closed. REQUIRES: set_offline() before.
  void quiesce(Done done);

  /// The LUN is gone for initiators: what works on its store beside commands (a format) ends with
  /// the piece at hand, and nobody waits for it.
  void abandon_store();
  /// `done` when nothing here uses the store any more. REQUIRES: abandon_store() before.
  void retire(Done done);

 private:
  struct Change {
    std::function<void()> carry_out;  // it ends in end_change()
    Asker by;
    Changed changed;
    bool waiter_goes = false;  // before it was its turn
  };
  /// FORMAT UNIT or SANITIZE at work.
  struct Job {
    scsi::MediumRun run;
    Changed answer;            // to whom its end is told; null: to nobody (any more)
    std::uint64_t waiter = 0;  // its ticket
    bool begun = false;        // every lane knows of it
    bool waiter_goes = false;
    bool spoiled = false;  // the store has another size than it began with
  };
  struct Reset {
    Taker by;
    Done done;
  };
  void add(Change change);
  void next_change();
  void carry_out(const scsi::ModeChange& mode);
  void carry_out(const scsi::ReservationRequest& request);
  void carry_out(const scsi::MediumJob& job);
  void answer_waiter(const scsi::ChangeOutcome& outcome);
  void next_piece(backend::Status last);
  void begin_job(const scsi::MediumJob& job);
  void finish_job();
  void end_job(scsi::MediumActivityPtr left);
  void tell_if_store_is_idle();
  void store_reservations();
  void take_reservations();
  void abort_preempted();
  using Kept = std::function<void(bool kept)>;
  void keep_medium(const std::optional<scsi::MediumFailure>& medium, Kept then);
  void keep(const scsi::KeptState& state, Kept then);
  void end_change(const scsi::ChangeOutcome& outcome);
  void begin_reset();
  void reset_ended();
  void publish(std::optional<scsi::AdditionalSense> attention, SessionId except, Done done,
               std::vector<scsi::ReservationResult::Told> told = {});

  const LunId id_;
  LaneBroadcast& lanes_;
  scsi::Unit unit_;
  std::shared_ptr<backend::Backend> backend_;
  const std::shared_ptr<scsi::Fullness> fullness_ = std::make_shared<scsi::Fullness>();
  scsi::SoftThreshold threshold_;
  std::deque<Change> changes_;  // the first is in progress
  bool changing_ = false;
  bool served_ = false;             // it has been online: unit_ has what initiators have set
  scsi::ReservationResult result_;  // of the change in progress
  std::string state_;               // what is being stored
  HomeRequest storing_;
  std::optional<Job> job_;
  HomeRequest working_;
  std::vector<Done> store_idle_;  // who waits until neither needs the store
  std::vector<Reset> resetting_;  // who is answered by the reset in progress; none: there is none
  std::vector<Reset> to_reset_;   // who waits for the next
};

}  // namespace lungate::session
