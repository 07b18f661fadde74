// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/bench/load.h"

#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <cstring>
#include <random>
#include <stdexcept>
#include <vector>

#include "tests/bench/cpu_time.h"

namespace lungate::bench {
namespace {

std::uint64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(time.tv_nsec);
}

/// When what is measured begins and ends.
struct Window {
  std::uint64_t begin_ns = 0;
  std::uint64_t end_ns = 0;
};

/// Which block comes next.
class Positions {
 public:
  Positions(const LoadOptions& options, std::uint64_t blocks, std::uint32_t session)
      : blocks_(blocks),
        random_(options.random),
        left_(options.once ? blocks : ~std::uint64_t{0}),
        next_(options.once ? 0 : blocks * session / options.sessions),
        state_(std::mt19937_64(options.seed * 1000 + session)() | 1) {}

  bool more() const { return left_ > 0; }
  std::uint64_t take() {
    --left_;
    if (!random_) return next_++ % blocks_;
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_ % blocks_;
  }

 private:
  std::uint64_t blocks_;
  bool random_;
  std::uint64_t left_;
  std::uint64_t next_;
  std::uint64_t state_;
};

/// One session under load.
class Client {
 public:
  Client(const LoadOptions& options, std::uint32_t number, LoadResult& result)
      : options_(options),
        result_(result),
        session_(log_in(options.url, static_cast<std::uint16_t>(number + 1))),
        capacity_(read_capacity(session_)),
        positions_(options, blocks_of(options, capacity_), number),
        tasks_(options.depth),
        payload_(options.block_bytes) {
    fill_pattern(payload_, 0x5a5a5a5a00 + number * 8);
    for (std::uint32_t tag = 0; tag < options.depth; ++tag) {
      if (options.verify) tasks_[tag].data.resize(options.block_bytes);
      idle_.push_back(tag);
    }
  }

  int fd() const { return session_.stream->fd(); }
  bool idle() const { return idle_.size() == tasks_.size(); }
  bool finished() const { return idle() && (stopping_ || !positions_.more()); }
  bool flushed() const { return session_.stream->flushed(); }
  void stop() { stopping_ = true; }

  /// Starts what the depth and the command window allow, and sends what is queued.
  void push(std::uint64_t now) {
    while (!stopping_ && !idle_.empty() && session_.window_open() && positions_.more()) {
      start(idle_.back(), now);
      idle_.pop_back();
    }
    session_.stream->flush();
  }

  /// Takes in what has come. False when nothing had.
  bool pull(Stream::Wait wait, const Window& window, std::uint64_t& now) {
    if (!session_.stream->receive(wait)) return false;
    now = now_ns();
    in_window_ = now >= window.begin_ns && now < window.end_ns;
    now_ = now;
    while (take_pdu()) {
    }
    return true;
  }

 private:
  struct Task {
    std::uint64_t begin_ns = 0;
    std::uint64_t offset = 0;
    std::vector<std::uint8_t> data;  // only to verify
  };

  static std::uint64_t blocks_of(const LoadOptions& options, const Capacity& capacity) {
    if (options.block_bytes % capacity.block_bytes != 0) {
      throw std::runtime_error("the disk's blocks have " + std::to_string(capacity.block_bytes) +
                               " bytes");
    }
    const std::uint64_t bytes = capacity.blocks * capacity.block_bytes;
    const std::uint64_t span = options.span_bytes > 0 ? options.span_bytes : bytes;
    const std::uint64_t blocks = std::min(span, bytes) / options.block_bytes;
    if (blocks == 0) throw std::runtime_error("the disk is smaller than one block of the load");
    return blocks;
  }

  void start(std::uint32_t tag, std::uint64_t now) {
    Task& task = tasks_[tag];
    task.begin_ns = now;
    task.offset = positions_.take() * options_.block_bytes;
    const std::uint32_t bytes = options_.block_bytes;
    std::uint8_t* header = session_.add_command(tag);
    put32(header + 20, bytes);
    put_transfer_cdb(header + 32, options_.write, task.offset / capacity_.block_bytes,
                     bytes / capacity_.block_bytes);
    if (options_.write) {
      send_first_burst(tag, header);
    } else {
      header[1] = kFinal | kRead;
    }
  }

  std::span<const std::uint8_t> data_of(Task& task) {
    if (!options_.verify) return payload_;
    fill_pattern(task.data, task.offset);
    return task.data;
  }

  /// Immediate data and, where InitialR2T=No allows it, unsolicited Data-Out (RFC 7143, 4.2.5.2).
  void send_first_burst(std::uint32_t tag, std::uint8_t* header) {
    const Terms& terms = session_.terms;
    const auto data = data_of(tasks_[tag]);
    const std::size_t burst = std::min<std::size_t>(data.size(), terms.first_burst_bytes);
    const std::size_t now =
        terms.immediate_data ? std::min<std::size_t>(burst, terms.send_bytes_max) : 0;
    const bool more = !terms.initial_r2t && now < burst;
    header[1] = static_cast<std::uint8_t>((more ? 0 : kFinal) | kWrite);
    put24(header + 5, now);
    if (now > 0) session_.stream->add(data.first(now));
    if (more) send_data(tag, kNoTag, now, burst - now);
  }

  void send_data(std::uint32_t tag, std::uint32_t ttt, std::size_t offset, std::size_t bytes) {
    const std::span<const std::uint8_t> all =
        options_.verify ? std::span<const std::uint8_t>(tasks_[tag].data) : payload_;
    if (offset + bytes > all.size()) throw std::runtime_error("R2T for more than the command has");
    for (std::uint32_t data_sn = 0; bytes > 0; ++data_sn) {
      const std::size_t piece = std::min<std::size_t>(bytes, session_.terms.send_bytes_max);
      std::uint8_t* header = session_.stream->add_header();
      header[0] = static_cast<std::uint8_t>(Opcode::kDataOut);
      header[1] = piece == bytes ? kFinal : 0;
      put24(header + 5, piece);
      header[kLun + 1] = session_.lun;
      put32(header + kItt, tag);
      put32(header + kTtt, ttt);
      put32(header + 28, session_.exp_stat_sn);
      put32(header + kDataSn, data_sn);
      put32(header + kBufferOffset, static_cast<std::uint32_t>(offset));
      session_.stream->add(all.subspan(offset, piece));
      offset += piece;
      bytes -= piece;
    }
  }

  bool take_pdu() {
    const auto input = session_.stream->input();
    if (input.size() < kHeaderBytes) return false;
    const Header header{input.data()};
    const bool keep = options_.verify && header.opcode() == Opcode::kDataIn;
    const std::size_t whole = kHeaderBytes + header.rest_bytes();
    if (keep && input.size() < whole) return false;
    session_.note(header);
    if (keep) keep_data(header, input.subspan(kHeaderBytes, header.data_bytes()));
    act(header);
    session_.stream->consume(whole);
    return true;
  }

  void act(const Header& header) {
    switch (header.opcode()) {
      case Opcode::kDataIn:
        if ((header.flags() & kStatusInside) != 0) finish(header);
        return;
      case Opcode::kResponse:
        return finish(header);
      case Opcode::kR2t:
        return send_data(task_tag(header), header.u32(kTtt), header.u32(kBufferOffset),
                         header.u32(kDesiredBytes));
      case Opcode::kNopIn:
        return answer_ping(header);
      default:
        throw std::runtime_error("the target sent opcode " + std::to_string(header.bytes[0]));
    }
  }

  std::uint32_t task_tag(const Header& header) const {
    const std::uint32_t tag = header.u32(kItt);
    if (tag >= tasks_.size()) throw std::runtime_error("the target answers an unknown task");
    return tag;
  }

  void finish(const Header& header) {
    const std::uint32_t tag = task_tag(header);
    Task& task = tasks_[tag];
    idle_.push_back(tag);
    if (header.bytes[3] != 0 || (header.opcode() == Opcode::kResponse && header.bytes[2] != 0)) {
      ++result_.errors;
      return;
    }
    if (options_.verify && !options_.write) check(task);
    if (!in_window_) return;
    ++result_.ios;
    result_.latency.add(now_ - task.begin_ns);
  }

  void keep_data(const Header& header, std::span<const std::uint8_t> data) {
    Task& task = tasks_[task_tag(header)];
    const std::size_t offset = header.u32(kBufferOffset);
    if (offset + data.size() > task.data.size()) throw std::runtime_error("too much Data-In");
    std::memcpy(task.data.data() + offset, data.data(), data.size());
  }

  void check(const Task& task) {
    expected_.resize(task.data.size());
    fill_pattern(expected_, task.offset);
    if (expected_ != task.data) ++result_.mismatches;
  }

  void answer_ping(const Header& ping) {
    if (ping.u32(kTtt) == kNoTag) return;
    std::uint8_t* header = session_.stream->add_header();
    header[0] = kImmediate | static_cast<std::uint8_t>(Opcode::kNopOut);
    header[1] = kFinal;
    std::memcpy(header + kLun, ping.bytes + kLun, 8);
    put32(header + kItt, kNoTag);
    put32(header + kTtt, ping.u32(kTtt));
    put32(header + 24, session_.cmd_sn);
    put32(header + 28, session_.exp_stat_sn);
  }

  const LoadOptions& options_;
  LoadResult& result_;
  Session session_;
  Capacity capacity_;
  Positions positions_;
  std::vector<Task> tasks_;
  std::vector<std::uint32_t> idle_;
  std::vector<std::uint8_t> payload_;
  std::vector<std::uint8_t> expected_;
  std::uint64_t now_ = 0;
  bool in_window_ = false;
  bool stopping_ = false;
};

/// Reads both processes' CPU time when the window begins and when it ends.
class CpuMeter {
 public:
  CpuMeter(int server_pid, Window& window) : server_pid_(server_pid), window_(window) {}

  void look(std::uint64_t now) {
    if (!begun_ && now >= window_.begin_ns) {
      begun_ = true;
      window_.begin_ns = now;
      server_ = cpu_time_us(server_pid_);
      client_ = cpu_time_us(getpid());
    }
    if (begun_ && !ended_ && now >= window_.end_ns) end(now);
  }
  bool ended() const { return ended_; }
  void end(std::uint64_t now) {
    ended_ = true;
    window_.end_ns = now;
    server_ = cpu_time_us(server_pid_) - server_;
    client_ = cpu_time_us(getpid()) - client_;
  }
  void report(LoadResult& result) const {
    result.seconds = static_cast<double>(window_.end_ns - window_.begin_ns) / 1e9;
    if (result.ios == 0) return;
    const auto ios = static_cast<double>(result.ios);
    result.client_cpu_us_per_io = client_ / ios;
    result.server_cpu_us_per_io = server_pid_ > 0 ? server_ / ios : 0;
  }

 private:
  int server_pid_;
  Window& window_;
  double server_ = 0;
  double client_ = 0;
  bool begun_ = false;
  bool ended_ = false;
};

Window window_of(const LoadOptions& options, std::uint64_t now) {
  if (options.once) return {now, ~std::uint64_t{0}};
  const auto begin = now + static_cast<std::uint64_t>(options.warmup_seconds * 1e9);
  return {begin, begin + static_cast<std::uint64_t>(options.seconds * 1e9)};
}

}  // namespace

LoadResult run_load(const LoadOptions& options) {
  LoadResult result;
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<pollfd> polled;
  for (std::uint32_t number = 0; number < options.sessions; ++number) {
    clients.push_back(std::make_unique<Client>(options, number, result));
    polled.push_back({clients.back()->fd(), POLLIN, 0});
  }
  std::uint64_t now = now_ns();
  Window window = window_of(options, now);
  CpuMeter meter(options.server_pid, window);
  meter.look(now);
  for (auto& client : clients) client->push(now);
  for (bool busy = true; busy;) {
    // A lone session waits in recv itself: one system call less for each answer.
    const bool alone = clients.size() == 1 && clients.front()->flushed();
    for (std::size_t at = 0; at < clients.size(); ++at) {
      polled[at].events = static_cast<short>(POLLIN | (clients[at]->flushed() ? 0 : POLLOUT));
    }
    if (!alone) poll(polled.data(), polled.size(), 1000);
    busy = false;
    for (std::size_t at = 0; at < clients.size(); ++at) {
      Client& client = *clients[at];
      if (alone || (polled[at].revents & (POLLIN | POLLERR | POLLHUP)) != 0) {
        client.pull(alone ? Stream::Wait::kYes : Stream::Wait::kNo, window, now);
      }
      client.push(now);
      busy = busy || !client.finished();
    }
    meter.look(now);
    if (meter.ended()) {
      for (auto& client : clients) client->stop();
    }
  }
  if (!meter.ended()) meter.end(now_ns());
  meter.report(result);
  return result;
}

}  // namespace lungate::bench
