// SPDX-License-Identifier: LGPL-2.1-or-later

// Bytes of one TCP connection. Called by its watcher (ready), by the lane (flush at the turn's end,
// tick) and by its handler (send, pause, close), on the lane's thread. Bytes that are no PDU close
// the connection: at error recovery level 0 there is no way to find the next header. A peer that
// reads nothing chokes it: then its commands stay in the socket, and TCP tells the peer.
#include "session/connection.h"

#include <sys/uio.h>

#include <array>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "iscsi/crc32c.h"
#include "session/lane.h"

namespace lungate::session {

Connection::Connection(Lane& lane, UniqueFd fd, Endpoint peer, const Portal& portal)
    : lane_(lane),
      peer_(std::move(peer)),
      peer_text_(peer_.text()),
      local_(local_endpoint(fd.get())),
      source_(Source::of(peer_, local_)),
      portal_group_tag_(portal.tag),
      fd_(std::move(fd)) {
  if (portal.index) portal_ = lane_.recorder().portal(*portal.index);
  portal_.connected();
  watcher_ = std::make_unique<event::FdWatcher>(lane_.loop(), fd_.get(), event::Interest::kRead,
                                                [this](event::Interest what) { ready(what); });
}

Connection::~Connection() {
  check(!open(), "a connection is closed before it is destroyed");
  portal_.disconnected();
}

BootTime Connection::arrival() const {
  return lane_.loop().turn_start();
}

void Connection::set_handler(std::unique_ptr<PduHandler> handler) {
  check(!consuming_, "a handler is not replaced under its own feet");
  former_handler_ = std::exchange(handler_, std::move(handler));
}

void Connection::set_limits(const iscsi::FramerLimits& limits) {
  framer_.set_limits(limits);
  send_header_digest_ = limits.header_digest;
  send_data_digest_ = limits.data_digest;
}

void Connection::ready(event::Interest what) {
  const auto has = [what](event::Interest bit) {
    return (static_cast<unsigned>(what) & static_cast<unsigned>(bit)) != 0;
  };
  if (has(event::Interest::kWrite)) flush();
  if (open() && has(event::Interest::kRead)) receive_some();
}

/// One read takes the rest of a data segment to its place in the command's buffer and what follows
/// it to the lane's scratch: a large write is copied nowhere, and many small PDUs cost one system
/// call. Without the scratch behind it, each segment would need a second call for the next header.
/// A few reads per turn and no more: the lane's other connections have their turn too, and what is
/// left makes the socket ready again.
void Connection::receive_some() {
  for (int i = 0; i < limits::kReceivesPerTurnMax && reading(); ++i) {
    // The rest of a large data segment goes straight to its place; what follows it, to the scratch.
    const MutableBytes gap = framer_.data_gap();
    const MutableBytes scratch = lane_.receive_buffer();
    std::array<iovec, 2> pieces{{{gap.data(), gap.size()}, {scratch.data(), scratch.size()}}};
    const Transfer got = receive(fd_.get(), std::span(pieces).subspan(gap.empty() ? 1 : 0));
    if (got.would_block) return;
    if (got.closed || got.error != 0) return close(CloseReason::kPeerClosed);
    lane_.recorder().add(telemetry::GatewayCounter::kBytesReceived, got.bytes);
    portal_.received(0, got.bytes);

    const std::size_t direct = std::min(got.bytes, gap.size());
    if (direct > 0) framer_.data_received(direct);
    if (!consume(scratch.first(got.bytes - direct))) return;
    if (got.bytes < gap.size() + scratch.size()) return;  // the socket is empty
  }
}

/// PDU by PDU. It stops in the middle when the handler has closed, paused or choked the connection;
/// what is left is kept, so that it comes before whatever is read later.
bool Connection::consume(Bytes in) {
  consuming_ = true;
  bool go_on = true;
  while (go_on) {
    const auto fed = framer_.feed(in);
    if (!fed) {
      fail(fed.error());
      break;
    }
    in = in.subspan(fed->consumed);
    if (fed->event == iscsi::Framer::Event::kNeedMore) break;
    go_on = react(fed->event);
  }
  consuming_ = false;
  if (!open()) return false;
  pdu_began_ = framer_.at_boundary()      ? BootTime{}
               : pdu_began_ == BootTime{} ? arrival()
                                          : pdu_began_;
  if (!in.empty()) keep_for_later(in);
  return reading();
}

/// The two moments of a PDU. Either may close the connection, and the second may pause it or choke
/// it: the answer says whether the next PDU may be looked at.
bool Connection::react(iscsi::Framer::Event event) {
  if (event == iscsi::Framer::Event::kHeaderReady) {
    framer_.place_data(handler_->place(framer_));
    return open();
  }
  pdu_began_ = BootTime{};
  portal_.received(1, 0);
  handler_->pdu(framer_);
  return reading();
}

void Connection::fail(iscsi::FramingError error) {
  log::warn("session", "framing_error", {{"peer", peer_.text()}, {"error", iscsi::name(error)}});
  const bool digest = error == iscsi::FramingError::kHeaderDigest;
  lane_.recorder().add(digest ? telemetry::GatewayCounter::kHeaderDigestErrors
                              : telemetry::GatewayCounter::kPduProtocolErrors);
  close(digest ? CloseReason::kDigestError : CloseReason::kProtocolError);
}

/// At most one scratch buffer: nothing is read until consume_kept() has given it back.
void Connection::keep_for_later(Bytes in) {
  kept_.assign(in.begin(), in.end());
}

void Connection::consume_kept() {
  if (kept_.empty() || !reading()) return;
  const std::vector<std::byte> bytes = std::exchange(kept_, {});
  consume(bytes);
}

/// Digests are made here, over what leaves, so that no caller can forget one; they change with
/// set_limits() between two PDUs.
void Connection::send(Outgoing&& pdu) {
  if (!open()) {
    if (pdu.task != nullptr) handler_->sent(*pdu.task);
    return;
  }
  const Bytes data = pdu.text.empty() ? pdu.data : pdu.text.bytes();
  if (send_header_digest_) {
    const auto digest = iscsi::crc32c_digest(Bytes(pdu.header).first(iscsi::kBhsBytes));
    store(MutableBytes(pdu.header).subspan(iscsi::kBhsBytes), digest);
    pdu.header_bytes = iscsi::kBhsBytes + sizeof digest;
  }
  const std::size_t padding = padded_to_4(data.size()) - data.size();
  pdu.trailer_bytes = static_cast<std::uint8_t>(padding);
  if (send_data_digest_ && !data.empty()) {
    iscsi::Crc32c crc;
    crc.update(data);
    crc.update(Bytes(pdu.trailer).first(padding));
    store(MutableBytes(pdu.trailer).subspan(padding), crc.digest());
    pdu.trailer_bytes = static_cast<std::uint8_t>(padding + sizeof(iscsi::Digest));
  }
  if (queue_.empty()) send_stuck_ = arrival();
  queue_.push(std::move(pdu));
  // At once, not at the end of the turn: a small request may have a large answer.
  choked_ = choked_ || too_much_unsent();
  if (!std::exchange(dirty_, true)) lane_.mark_dirty(*this);
}

/// Not at once when it fails: the caller is in the middle of something, and so is consume(), which
/// looks at no further PDU. What is queued until the turn's end is never sent.
void Connection::send_copy(Outgoing&& pdu, Bytes data) {
  if (auto copy = lane_.copies().take(data); copy)
    pdu.text = std::move(*copy);
  else
    doomed_ = true;
  send(std::move(pdu));
}

bool Connection::too_much_unsent() const {
  const std::size_t parts = choked_ ? 2 : 1;
  return queue_.cost() > limits::kSendQueueBytesHigh / parts ||
         queue_.loose() > limits::kUnreadAnswersBytesHigh / parts;
}

/// Once per turn for each connection that has something to say, and whenever the socket takes more.
/// A task that is told "sent" may answer something else, which is queued behind and leaves with the
/// next round of the loop, or end the connection. Choking has two thresholds, so that a slow peer
/// is not switched on and off with every PDU.
void Connection::flush() {
  former_handler_.reset();
  dirty_ = false;
  if (open() && doomed_) return close(CloseReason::kNoMemory);
  const bool all = send_queued();
  if (!open()) return;
  if (queue_.empty()) send_stuck_ = BootTime{};
  if (queue_.empty() && state_ == ConnectionState::kLeaving) return close(leaves_because_);
  wants_write_ = !all;
  choked_ = too_much_unsent();
  update_interest();
  consume_kept();
}

bool Connection::send_queued() {
  bool all = true;
  while (open() && !queue_.empty()) {
    std::array<iovec, limits::kSendPiecesMax> pieces;
    const std::size_t count = queue_.gather(pieces);
    std::size_t wanted = 0;
    for (std::size_t i = 0; i < count; ++i) wanted += pieces[i].iov_len;
    const Transfer put = session::send(fd_.get(), std::span(pieces).first(count));
    if (put.error != 0) {
      close(CloseReason::kPeerClosed);
      return false;
    }
    if (put.bytes > 0) {
      sent_at_ = send_stuck_ = boot_now();
      lane_.recorder().add(telemetry::GatewayCounter::kBytesSent, put.bytes);
      const std::size_t pdus =
          queue_.advance(put.bytes, [this](Task& task) { handler_->sent(task); });
      portal_.sent(pdus, put.bytes);
    }
    all = put.bytes == wanted;
    if (!all) break;
  }
  return all;
}

void Connection::pause() {
  state_.enter(ConnectionState::kPaused);
  update_interest();
}

void Connection::resume() {
  state_.enter(ConnectionState::kServing);
  update_interest();
  consume_kept();
}

bool Connection::reading() const {
  return state_ == ConnectionState::kServing && !choked_ && !doomed_;
}

/// The only place that asks the loop for events: everything that changes what is wanted ends here.
void Connection::update_interest() {
  if (!open()) return;
  const unsigned read = reading() ? static_cast<unsigned>(event::Interest::kRead) : 0;
  const unsigned write = wants_write_ ? static_cast<unsigned>(event::Interest::kWrite) : 0;
  watcher_->set_interest(static_cast<event::Interest>(read | write));
}

void Connection::close_after_send(CloseReason reason) {
  if (!open() || state_ == ConnectionState::kLeaving) return;
  if (queue_.empty()) return close(reason);
  leaves_because_ = reason;
  state_.enter(ConnectionState::kLeaving);
  update_interest();
}

void Connection::take_leave(CloseReason reason) {
  if (open() && !doomed_) send_queued();
  close(reason);
}

/// The order matters: first nothing can be read or written any more, then the framer forgets the
/// buffer that it was filling, then the tasks whose answers were queued are given back, and last
/// the handler hears of it, which may bury the connection.
void Connection::close(CloseReason reason) {
  if (!open()) return;
  state_.enter(ConnectionState::kClosed);
  // Perhaps called by the watcher itself: it is stopped now and destroyed with the connection.
  watcher_->set_interest(event::Interest::kNone);
  look_at_path();
  fd_.reset();
  framer_.discard_data();
  queue_.clear([this](Task& task) { handler_->sent(task); });
  handler_->closed(reason);
}

void Connection::bury() {
  state_.enter(ConnectionState::kBuried);
  lane_.bury(*this);
}

void Connection::drain() {
  if (open()) handler_->drain();
}

void Connection::tick(BootTime now) {
  if (!open()) return;
  check_deadlines(now);
  if (open()) handler_->tick(now);
}

/// A look that fails says nothing: the counters stay where they were.
void Connection::look_at_path() {
  if (!fd_) return;
  const auto now = path_health(fd_.get());
  if (!now) return;
  portal_.lost(now->retransmitted_bytes - path_.retransmitted_bytes,
               now->out_of_order_segments - path_.out_of_order_segments);
  path_ = *now;
}

/// A peer must end what it has begun, and read what it has asked for. Time in which we do not read
/// is not the peer's: its PDU may be waiting in the socket.
void Connection::check_deadlines(BootTime now) {
  const Settings& settings = lane_.settings();
  if (pdu_began_ != BootTime{} && !reading()) pdu_began_ = now;  // it is not the peer who lingers
  if (pdu_began_ != BootTime{} && now > pdu_began_ + settings.receive_timeout)
    return close(CloseReason::kReceiveTimeout);
  if (send_stuck_ != BootTime{} && now > send_stuck_ + settings.send_timeout)
    return close(CloseReason::kSendTimeout);
}

}  // namespace lungate::session
