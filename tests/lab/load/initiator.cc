// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/lab/load/initiator.h"

#include <poll.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace lungate::lab {
namespace {

// An answer that takes longer is a fault of the target for every purpose of the lab.
constexpr int kTimeoutSeconds = 60;

}  // namespace

struct Initiator::Command {
  Initiator* owner;
  Done done;
};

Initiator::Initiator(const Options& options)
    : context_(iscsi_create_context(options.initiator.c_str())) {
  iscsi_context* const c = context_.get();
  if (c == nullptr) throw std::runtime_error("libiscsi made no context");
  const std::unique_ptr<iscsi_url, void (*)(iscsi_url*)> url(
      iscsi_parse_full_url(c, options.url.c_str()), iscsi_destroy_url);
  if (!url) throw std::runtime_error(std::string("bad URL: ") + iscsi_get_error(c));
  lun_ = url->lun;
  iscsi_set_targetname(c, url->target);
  iscsi_set_session_type(c, ISCSI_SESSION_NORMAL);
  iscsi_set_header_digest(
      c, options.header_digest ? ISCSI_HEADER_DIGEST_CRC32C : ISCSI_HEADER_DIGEST_NONE_CRC32C);
  iscsi_set_timeout(c, kTimeoutSeconds);
  iscsi_set_noautoreconnect(c, 1);  // a lost connection is a result here, not a nuisance
  if (iscsi_full_connect_sync(c, url->portal, lun_) != 0) {
    throw std::runtime_error(std::string("login failed: ") + iscsi_get_error(c));
  }
  connected_ = true;
  read_capacity();
}

Initiator::~Initiator() {
  if (connected_) iscsi_logout_sync(context_.get());
}

void Initiator::read_capacity() {
  const std::unique_ptr<scsi_task, void (*)(scsi_task*)> task(
      iscsi_readcapacity16_sync(context_.get(), lun_), scsi_free_scsi_task);
  if (!task || task->status != SCSI_STATUS_GOOD) {
    throw std::runtime_error(std::string("READ CAPACITY(16) failed: ") +
                             iscsi_get_error(context_.get()));
  }
  const auto* const answer = static_cast<scsi_readcapacity16*>(scsi_datain_unmarshall(task.get()));
  if (answer == nullptr || answer->block_length == 0) {
    throw std::runtime_error("READ CAPACITY(16) gave no answer that can be read");
  }
  blocks_ = answer->returned_lba + 1;
  block_bytes_ = answer->block_length;
}

void Initiator::read(std::uint64_t offset, std::span<std::byte> data, Done done) {
  auto command = std::make_unique<Command>(Command{this, std::move(done)});
  scsi_task* const task = iscsi_read16_task(
      context_.get(), lun_, offset / block_bytes_, static_cast<std::uint32_t>(data.size()),
      static_cast<int>(block_bytes_), 0, 0, 0, 0, 0, completed, command.get());
  if (task != nullptr) {
    scsi_task_add_data_in_buffer(task, static_cast<int>(data.size()),
                                 reinterpret_cast<unsigned char*>(data.data()));
  }
  started(task, std::move(command));
}

void Initiator::write(std::uint64_t offset, std::span<const std::byte> data, Done done) {
  auto command = std::make_unique<Command>(Command{this, std::move(done)});
  // The library takes a mutable pointer but only reads through it.
  auto* const bytes =
      const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(data.data()));
  scsi_task* const task = iscsi_write16_task(
      context_.get(), lun_, offset / block_bytes_, bytes, static_cast<std::uint32_t>(data.size()),
      static_cast<int>(block_bytes_), 0, 0, 0, 0, 0, completed, command.get());
  started(task, std::move(command));
}

void Initiator::started(scsi_task* task, std::unique_ptr<Command> command) {
  if (task != nullptr) {
    static_cast<void>(command.release());  // completed() owns it from here
    return;
  }
  connected_ = false;
  command->done({.good = false, .connection_lost = true, .error = iscsi_get_error(context_.get())});
}

void Initiator::completed(iscsi_context* context, int status, void* task_data, void* private_data) {
  const std::unique_ptr<Command> command(static_cast<Command*>(private_data));
  auto* const task = static_cast<scsi_task*>(task_data);
  Outcome outcome;
  outcome.good = status == SCSI_STATUS_GOOD;
  if (!outcome.good) {
    // Status values of SCSI are below 0x100; above are the library's own: cancelled, lost, timeout.
    outcome.connection_lost = status >= 0x100;
    if (outcome.connection_lost) command->owner->connected_ = false;
    outcome.error = "status " + std::to_string(status) + ": " + iscsi_get_error(context);
  }
  if (outcome.good && task->residual_status != SCSI_RESIDUAL_NO_RESIDUAL) {
    outcome.good = false;
    outcome.error = "a residual of " + std::to_string(task->residual) + " bytes";
  }
  if (task != nullptr) scsi_free_scsi_task(task);
  command->done(outcome);
}

void Initiator::turn(std::chrono::milliseconds timeout, int stop_fd) {
  iscsi_context* const c = context_.get();
  std::array<pollfd, 2> fds{pollfd{iscsi_get_fd(c), static_cast<short>(iscsi_which_events(c)), 0},
                            pollfd{stop_fd, POLLIN, 0}};
  if (poll(fds.data(), fds.size(), static_cast<int>(timeout.count())) < 0) return;
  if (iscsi_service(c, fds[0].revents) == 0) return;
  connected_ = false;
  context_.reset();  // cancels what is in flight now, while those who wait for it still exist
}

}  // namespace lungate::lab
