// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstdint>

#include "iscsi/bhs.h"
#include "iscsi/cmdsn.h"
#include "iscsi/task_management.h"
#include "session/commands.h"
#include "session/sender.h"

namespace lungate::session {

class Session;

/// Task management of a session (RFC 7143, 11.5, 11.6). Every function that takes commands back is
/// answered when their I/O has ended, and not before: RBD cannot cancel, and an initiator that was
/// told "complete" may write the same blocks by another path.
class TaskManager {
 public:
  TaskManager(Session& session, Commands& commands, Sender& sender,
              const iscsi::CommandWindow& window, std::uint32_t protocol_level)
      : session_(session),
        commands_(commands),
        sender_(sender),
        window_(window),
        protocol_level_(protocol_level) {}

  /// REQUIRES: the request's turn by CmdSN has come.
  void request(const iscsi::TaskManagementRequest& request);

 private:
  // A handler answers exactly once: at once, or by answer_later() when I/O has ended. Bounded by
  // limits::kTaskManagementPendingMax: each waiting answer hangs a baton on every command it waits
  // for.
  using Handler = void (TaskManager::*)(const iscsi::TaskManagementRequest&);
  struct Row;
  static const std::array<Row, 11> kRows;

  void abort_task(const iscsi::TaskManagementRequest& request);
  void abort_task_set(const iscsi::TaskManagementRequest& request);
  void reset_lun(const iscsi::TaskManagementRequest& request);
  void clear_task_set(const iscsi::TaskManagementRequest& request);
  void reset_target(const iscsi::TaskManagementRequest& request);
  void query_task(const iscsi::TaskManagementRequest& request);
  void query_task_set(const iscsi::TaskManagementRequest& request);
  void reset_nexus(const iscsi::TaskManagementRequest& request);
  void query_event(const iscsi::TaskManagementRequest& request);
  void refuse_reassign(const iscsi::TaskManagementRequest& request);
  void abort_unseen(const iscsi::TaskManagementRequest& request);
  NexusLun* lun_of(const iscsi::TaskManagementRequest& request);
  bool may_reset(const ExportedTarget& target) const;
  Taker taker(const iscsi::TaskManagementRequest& request) const;
  /// Answers on the session's lane, if the session is still there then.
  Done answer_later(const iscsi::TaskManagementRequest& request);
  void answer(const iscsi::TaskManagementRequest& request, iscsi::TaskResponse response);

  std::uint32_t pending_ = 0;  // requests whose answer waits for I/O to end
  Session& session_;
  Commands& commands_;
  Sender& sender_;
  const iscsi::CommandWindow& window_;
  const std::uint32_t protocol_level_;
};

}  // namespace lungate::session
