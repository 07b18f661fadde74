// SPDX-License-Identifier: LGPL-2.1-or-later
// canned-target: answers logins, READ and WRITE from nowhere, as fast as one thread can. It is no
// target; with it in the place of the server, a load shows its own ceiling.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <exception>
#include <iostream>
#include <memory>
#include <vector>

#include "tests/bench/peer/stream.h"

namespace {

using namespace lungate::bench;  // NOLINT: a program of one file

constexpr std::uint64_t kBlocks = std::uint64_t{1} << 21;  // 1 GiB of 512 bytes
constexpr std::uint32_t kWindow = 1024;
const std::vector<std::uint8_t> kData(4 * 1024 * 1024);

class Connection {
 public:
  explicit Connection(int fd) : stream_(fd) {}

  int fd() const { return stream_.fd(); }
  bool flushed() const { return stream_.flushed(); }

  /// One turn: everything that has come is answered, the answers go out together.
  void turn() {
    while (stream_.receive(Stream::Wait::kNo)) {
      while (take_pdu()) {
      }
      if (!stream_.flush()) return;
    }
    stream_.flush();
  }

 private:
  bool take_pdu() {
    const auto input = stream_.input();
    if (input.size() < kHeaderBytes) return false;
    const Header header{input.data()};
    const bool login = header.opcode() == Opcode::kLogin;
    const std::size_t whole = kHeaderBytes + header.rest_bytes();
    if (login && input.size() < whole) return false;
    if (login) {
      answer_login(header, input.subspan(kHeaderBytes, header.data_bytes()));
    } else {
      act(header);
    }
    stream_.consume(whole);
    return true;
  }

  std::uint8_t* add_answer(Opcode opcode, const Header& to) {
    std::uint8_t* answer = stream_.add_header();
    answer[0] = static_cast<std::uint8_t>(opcode);
    answer[1] = kFinal;
    std::memcpy(answer + kItt, to.bytes + kItt, 4);
    put32(answer + kTtt, kNoTag);
    put32(answer + kStatSn, stat_sn_++);
    put32(answer + kExpCmdSn, exp_cmd_sn_);
    put32(answer + kMaxCmdSn, exp_cmd_sn_ + kWindow);
    return answer;
  }

  void answer_login(const Header& header, std::span<const std::uint8_t> data) {
    Keys keys = parse_keys({reinterpret_cast<const char*>(data.data()), data.size()});
    segment_bytes_ = number_or(keys, "MaxRecvDataSegmentLength", 8192);
    exp_cmd_sn_ = header.u32(24);
    for (const char* declared : {"InitiatorName", "TargetName", "SessionType"}) {
      keys.erase(declared);
    }
    keys["MaxRecvDataSegmentLength"] = "1048576";  // so that all data comes with its command
    keys["TargetPortalGroupTag"] = "1";
    login_text_ = format_keys(keys);
    std::uint8_t* answer = add_answer(Opcode::kLoginResponse, header);
    answer[1] = kFinal | 1 << 2 | 3;
    put24(answer + 5, login_text_.size());
    std::memcpy(answer + 8, header.bytes + 8, 6);
    put16(answer + 14, 1);
    put32(answer + kTtt, 0);
    login_text_.resize((login_text_.size() + 3) & ~std::size_t{3});
    stream_.add({reinterpret_cast<const std::uint8_t*>(login_text_.data()), login_text_.size()});
  }

  void act(const Header& header) {
    if (header.opcode() == Opcode::kLogout) {
      add_answer(Opcode::kLogoutResponse, header);
      return;
    }
    if (header.opcode() != Opcode::kCommand) return;  // Data-Out never comes: see MaxRecv...
    ++exp_cmd_sn_;
    if ((header.flags() & kRead) != 0) {
      send_data(header);
    } else {
      add_answer(Opcode::kResponse, header);
    }
  }

  void send_data(const Header& header) {
    const std::uint8_t* cdb = header.bytes + 32;
    const std::span<const std::uint8_t> source = cdb[0] == 0x9e ? capacity() : kData;
    const std::size_t bytes = std::min<std::size_t>(header.u32(20), source.size());
    for (std::size_t offset = 0; offset < bytes;) {
      const std::size_t piece = std::min<std::size_t>(bytes - offset, segment_bytes_);
      const bool last = offset + piece == bytes;
      std::uint8_t* answer = add_answer(Opcode::kDataIn, header);
      answer[1] = last ? kFinal | kStatusInside : 0;
      if (!last) --stat_sn_;
      put24(answer + 5, piece);
      put32(answer + kBufferOffset, static_cast<std::uint32_t>(offset));
      stream_.add(source.subspan(offset, piece));
      offset += piece;
    }
  }

  static std::span<const std::uint8_t> capacity() {
    static const auto bytes = [] {
      std::array<std::uint8_t, 32> text{};
      put64(text.data(), kBlocks - 1);
      put32(text.data() + 8, 512);
      return text;
    }();
    return bytes;
  }

  Stream stream_;
  std::string login_text_;
  std::size_t segment_bytes_ = 8192;
  std::uint32_t stat_sn_ = 1;
  std::uint32_t exp_cmd_sn_ = 1;
};

int listen_on_loopback() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(fd, 64) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("cannot listen on 127.0.0.1");
  }
  std::cout << "iscsi://127.0.0.1:" << ntohs(address.sin_port) << "/iqn.canned/0" << std::endl;
  return fd;
}

void serve(int listener) {
  std::vector<std::unique_ptr<Connection>> connections;
  std::vector<pollfd> polled;
  for (;;) {
    polled.assign(1, {listener, POLLIN, 0});
    for (const auto& connection : connections) {
      const int events = POLLIN | (connection->flushed() ? 0 : POLLOUT);
      polled.push_back({connection->fd(), static_cast<short>(events), 0});
    }
    if (poll(polled.data(), polled.size(), -1) <= 0) continue;
    for (std::size_t at = connections.size(); at > 0; --at) {
      if (polled[at].revents == 0) continue;
      try {
        connections[at - 1]->turn();
      } catch (const std::runtime_error&) {
        connections.erase(connections.begin() + static_cast<std::ptrdiff_t>(at - 1));
      }
    }
    if (polled[0].revents != 0) {
      const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd >= 0) connections.push_back(std::make_unique<Connection>(fd));
    }
  }
}

}  // namespace

int main() {
  try {
    serve(listen_on_loopback());
  } catch (const std::exception& error) {
    std::cerr << "canned-target: " << error.what() << '\n';
    return 2;
  }
}
