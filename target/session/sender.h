// SPDX-License-Identifier: LGPL-2.1-or-later

// A session's voice: numbers what it says. Every PDU carries StatSN, ExpCmdSN and MaxCmdSN of the
// moment in which it is queued (RFC 7143, 4.2.2).
#pragma once

#include <cstdint>

#include "iscsi/cmdsn.h"
#include "iscsi/responses.h"
#include "session/connection.h"

namespace lungate::session {

/// Lane's thread. After the connection has closed everything said here is dropped, but tasks hear
/// of it all the same (Connection::send): no caller needs to ask first.
class Sender {
 public:
  Sender(Connection& connection, const iscsi::CommandWindow& window, std::uint32_t first_stat_sn)
      : connection_(connection), window_(window), stat_sn_(first_stat_sn) {}

  /// For PDUs that do not consume a StatSN (R2T, Data-In without status, pings).
  iscsi::Counters peek() const { return iscsi::counters(stat_sn_, window_); }
  /// For those that do.
  iscsi::Counters next() { return iscsi::counters(stat_sn_++, window_); }

  /// `data` is sent from where it lies: it must stay until `task`, whose buffer it is, has been
  /// told that all of it is sent. The task of a PDU is the one whose last PDU this is.
  template <class Bhs>
  void send(const Bhs& header, Bytes data = {}, Task* task = nullptr) {
    Outgoing pdu;
    store(MutableBytes(pdu.header), header);
    pdu.data = data;
    pdu.task = task;
    connection_.send(std::move(pdu));
  }

  /// The data is copied: for what lives in no task.
  template <class Bhs>
  void send_copy(const Bhs& header, Bytes data, Task* task = nullptr) {
    Outgoing pdu;
    store(MutableBytes(pdu.header), header);
    pdu.task = task;
    connection_.send_copy(std::move(pdu), data);
  }

  /// Refuses the PDU with this header (it is quoted), and counts the reason. Takes a StatSN. What
  /// becomes of the PDU's CmdSN is the caller's: it must pass all the same (Session::skip).
  void reject(iscsi::RejectReason reason, Bytes header);

 private:
  Connection& connection_;
  const iscsi::CommandWindow& window_;
  std::uint32_t stat_sn_;
};

}  // namespace lungate::session
