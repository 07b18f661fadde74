// SPDX-License-Identifier: LGPL-2.1-or-later

// One TCP connection: bytes in by the framer, PDUs out by the send queue, and every deadline that a
// peer can miss. What the PDUs mean is its handler's: first the login phase, then the session.
//
//   serving <--pause()/resume()--> paused
//      |                             |
//      +--- close_after_send() ------+--> leaving --all sent--> closed --handler idle--> buried
//      +--- close() -----------------+------------------------->
//
// close() is at once and final: the socket is gone, no PDU follows. The object stays until its
// handler holds nothing any more (commands whose I/O must end first), then the lane destroys it.
//
// Any call into the handler may close the connection: it answers, it ends, it has had enough. So
// open() is asked again after each, and nothing of a connection is freed before the turn's end.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/transitions.h"
#include "event/loop.h"
#include "iscsi/framer.h"
#include "session/close_reason.h"
#include "session/portal.h"
#include "session/send_queue.h"
#include "session/socket.h"
#include "session/source.h"
#include "telemetry/recorder.h"

namespace lungate::session {

class Lane;
struct Accounts;
struct Task;

enum class ConnectionState : std::uint8_t {
  kServing,  // reads, unless it is choked (see choked_)
  kPaused,   // reads nothing: the login waits for its admission
  kLeaving,  // sends what is queued and reads nothing; then it closes
  kClosed,   // the socket is gone; the handler may still hold commands
  kBuried,   // nothing refers to it any more; destroyed at the turn's end
};
inline constexpr Transitions<ConnectionState, 5> kConnectionTable{
    "a connection goes from state to state by its table",
    {{ConnectionState::kServing, ConnectionState::kPaused},
     {ConnectionState::kPaused, ConnectionState::kServing},
     {ConnectionState::kServing, ConnectionState::kLeaving},
     {ConnectionState::kPaused, ConnectionState::kLeaving},
     {ConnectionState::kServing, ConnectionState::kClosed},
     {ConnectionState::kPaused, ConnectionState::kClosed},
     {ConnectionState::kLeaving, ConnectionState::kClosed},
     {ConnectionState::kClosed, ConnectionState::kBuried}}};

/// What gives PDUs their meaning. Called on the lane's thread.
class PduHandler {
 public:
  virtual ~PduHandler() = default;

  /// The header is whole and verified: where does its data go? Less room than data (or none): the
  /// rest is thrown away. The room stays alive until pdu() has been called or the connection
  /// closed.
  virtual MutableBytes place(const iscsi::Framer& framer) = 0;
  /// The PDU is whole.
  virtual void pdu(const iscsi::Framer& framer) = 0;
  /// The kernel has taken the last byte that this task had to say.
  virtual void sent(Task& task) = 0;
  /// Every limits::kDeadlineTick.
  virtual void tick(BootTime now) = 0;
  /// The gateway stops: finish what is begun, begin nothing, close.
  virtual void drain() = 0;
  /// The connection is closed; nothing more will be sent. Called once. The handler calls
  /// Connection::bury() when it holds nothing any more, perhaps at once.
  virtual void closed(CloseReason reason) = 0;
  /// See Lane::check_accounts.
  virtual void check_accounts(Accounts& lane) const = 0;
};

class Connection {
 public:
  Connection(Lane& lane, UniqueFd fd, Endpoint peer, const Portal& portal);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Lane& lane() { return lane_; }
  const Endpoint& peer() const { return peer_; }
  /// peer().text(), made once.
  const std::string& peer_text() const { return peer_text_; }
  const Endpoint& local() const { return local_; }
  const Source& source() const { return source_; }
  std::uint16_t portal_group_tag() const { return portal_group_tag_; }
  bool open() const { return state_ < ConnectionState::kClosed; }
  /// The peer has ended its side, or the connection is broken: for one that is not read.
  bool peer_has_gone() const { return open() && hung_up(fd_.get()); }
  /// As of the last look (look_at_path()).
  const PathHealth& path() const { return path_; }
  /// False while what the peer sends waits in the socket.
  bool reading() const;
  /// When the turn began in which the PDU at hand arrived.
  BootTime arrival() const;

  /// When the kernel last took something from us; for sent().
  BootTime sent_at() const { return sent_at_; }

  /// The old handler is destroyed with the next flush, or with the connection: it may be the
  /// caller. Not from within pdu() or place().
  void set_handler(std::unique_ptr<PduHandler> handler);

  /// For PDUs after this one; both directions (RFC 7143, 6.3: they change with the last login
  /// response, which itself has no digest).
  void set_limits(const iscsi::FramerLimits& limits);

  /// Queues a PDU: adds padding and digests. It leaves at the end of the turn. Nothing happens when
  /// the connection is closed, but `pdu.task` is handed to sent() all the same.
  void send(Outgoing&& pdu);
  /// The same with data that lies nowhere else: it is copied. When there is no memory for the copy
  /// the connection closes at the turn's end (kNoMemory): an answer is whole or it is none.
  void send_copy(Outgoing&& pdu, Bytes data);

  /// What place() has given for the PDU that is arriving is about to be freed.
  void discard_data() { framer_.discard_data(); }

  /// Stops reading until resume(): the login waits for its admission.
  void pause();
  void resume();

  void close(CloseReason reason);
  /// The same, after one try to send what is queued: the answer that this very turn has made (to a
  /// TARGET COLD RESET, say) goes out, and a peer that does not read holds up nothing.
  void take_leave(CloseReason reason);
  /// Once everything that is queued has been sent; reads no more.
  void close_after_send(CloseReason reason);
  /// The handler holds nothing any more. REQUIRES: closed.
  void bury();

  // --- For the lane ----------------------------------------------------------------------------
  /// Sends what is queued, as far as the kernel takes it.
  void flush();
  void tick(BootTime now);
  /// Counts what the network has lost since the last look.
  void look_at_path();
  void drain();
  PduHandler& handler() { return *handler_; }

 private:
  void ready(event::Interest what);
  void receive_some();
  /// As much as the kernel takes; true when that was all. May close the connection.
  bool send_queued();
  /// False when the connection was closed or paused meanwhile.
  bool consume(Bytes in);
  bool react(iscsi::Framer::Event event);
  void fail(iscsi::FramingError error);
  void keep_for_later(Bytes in);
  void consume_kept();
  /// Whether what is unsent is more than a connection may have, halved for one that was choked.
  bool too_much_unsent() const;
  void update_interest();
  void check_deadlines(BootTime now);

  // Constant after construction.
  Lane& lane_;
  const Endpoint peer_;
  const std::string peer_text_;
  const Endpoint local_;
  const Source source_;
  const std::uint16_t portal_group_tag_;
  telemetry::PortalRecorder portal_;

  UniqueFd fd_;
  std::unique_ptr<event::FdWatcher> watcher_;
  std::unique_ptr<PduHandler> handler_;
  std::unique_ptr<PduHandler> former_handler_;
  iscsi::Framer framer_;
  SendQueue queue_;
  bool send_header_digest_ = false;
  bool send_data_digest_ = false;

  bool dirty_ = false;        // in the lane's list of those that have something to send
  bool wants_write_ = false;  // the kernel took less than we had
  bool choked_ = false;       // too much unsent: commands wait in the socket
  bool doomed_ = false;       // an answer had no place: closes at the turn's end
  bool consuming_ = false;
  StateOf<ConnectionState, kConnectionTable> state_{ConnectionState::kServing};
  /// Read, but not consumed because reading has stopped in the middle. Not empty: nothing is read
  /// from the socket, or the bytes would change their order. At most one scratch buffer's worth.
  std::vector<std::byte> kept_;
  CloseReason leaves_because_ = CloseReason::kPeerClosed;  // while leaving

  BootTime pdu_began_;   // a PDU is incomplete since; 0: between two PDUs
  BootTime send_stuck_;  // unsent since; 0: nothing waits
  BootTime sent_at_;
  PathHealth path_;
};

}  // namespace lungate::session
