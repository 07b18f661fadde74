// SPDX-License-Identifier: LGPL-2.1-or-later
#include "control/control_socket.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "api/codec.h"
#include "base/limits.h"
#include "base/log.h"

namespace lungate::control {
namespace {

/// The operator's end: blocking, with ten seconds of patience.
class Client {
 public:
  explicit Client(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  void send(const std::string& text) const {
    EXPECT_EQ(::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  void ask(const api::Request& request) const { send(api::to_line(request)); }
  /// The next reply; nothing when the target has closed.
  std::optional<api::Reply> reply() {
    std::size_t newline;
    while ((newline = in_.find('\n')) == std::string::npos)
      if (!more()) return std::nullopt;
    const auto parsed = api::parse_reply(in_.substr(0, newline));
    in_.erase(0, newline + 1);
    if (!parsed) return std::nullopt;
    return *parsed;
  }
  std::optional<api::ErrorCode> error() {
    const auto got = reply();
    if (!got || !std::holds_alternative<api::Error>(*got)) return std::nullopt;
    return std::get<api::Error>(*got).code;
  }
  bool closed() {
    while (more()) {
    }
    return at_end_;
  }
  void hang_up() { fd_.reset(); }

 private:
  bool more() {
    pollfd one{fd_.get(), POLLIN, 0};
    if (::poll(&one, 1, 10'000) != 1) return false;
    char buffer[4096];
    const ssize_t got = ::recv(fd_.get(), buffer, sizeof buffer, 0);
    at_end_ = got <= 0;
    if (got > 0) in_.append(buffer, static_cast<std::size_t>(got));
    return got > 0;
  }

  UniqueFd fd_;
  std::string in_;
  bool at_end_ = false;
};

/// A socket on a loop of its own. Session ids of Disconnect say what the answer is to be: 0 later,
/// by answer_later(), others at once.
class ControlSocketTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / "lungate-XXXXXX";
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
    path_ = folder_ + "/socket";
    auto opened = open();
    ASSERT_TRUE(opened) << opened.error();
    socket_ = std::move(*opened);
    thread_ = std::thread([this] { loop_.run(); });
  }
  void TearDown() override {
    if (thread_.joinable()) {
      loop_.stop();
      thread_.join();
    }
    socket_.reset();
    EXPECT_FALSE(std::filesystem::exists(path_)) << "the socket is taken away";
    std::filesystem::remove_all(folder_);
  }
  Result<std::unique_ptr<ControlSocket>, std::string> open() {
    return ControlSocket::open(loop_, path_, [this](const auto& request, const auto& answer) {
      const auto* asked = std::get_if<api::Disconnect>(&request);
      if (asked != nullptr && asked->session == 0) {
        waiting_.push_back(answer);
        if (waiting_.size() == 1) asked_.set_value();
        return;
      }
      if (asked == nullptr) return answer(api::Done{});
      answer(api::Error{api::ErrorCode::kNotFound, std::to_string(asked->session), {}});
    });
  }
  /// `many` have asked and wait for their answers.
  bool waits(std::size_t many) {
    std::size_t waiting = 0;
    for (int i = 0; i < 10'000 && waiting != many; ++i) {
      std::promise<std::size_t> counted;
      loop_.post([&] { counted.set_value(waiting_.size()); });
      waiting = counted.get_future().get();
    }
    return waiting == many;
  }
  void answer_later() {
    std::promise<void> answered;
    loop_.post([&] {
      for (const auto& answer : waiting_) answer(api::Done{});
      waiting_.clear();
      answered.set_value();
    });
    answered.get_future().wait();
  }

  std::string folder_;
  std::string path_;
  event::Loop loop_;
  std::unique_ptr<ControlSocket> socket_;
  std::vector<ControlSocket::Answer> waiting_;
  std::promise<void> asked_;
  std::thread thread_;
};

TEST_F(ControlSocketTest, OnlyItsOwnerAndGroupMayOpenIt) {
  struct stat found {};
  ASSERT_EQ(::stat(path_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0660u);
}

TEST_F(ControlSocketTest, AnswersTwoRequestsOfOneWriteInOrder) {
  Client client(path_);
  client.send(api::to_line(api::Request{api::Disconnect{1}}) +
              api::to_line(api::Request{api::GetStatus{}}));
  EXPECT_EQ(client.error(), api::ErrorCode::kNotFound);
  EXPECT_TRUE(std::holds_alternative<api::Done>(*client.reply()));
}

TEST_F(ControlSocketTest, TheNextRequestWaitsForAnAnswerThatTakesItsTime) {
  Client client(path_);
  client.send(api::to_line(api::Request{api::Disconnect{0}}) +
              api::to_line(api::Request{api::Disconnect{2}}));
  asked_.get_future().wait();
  answer_later();
  EXPECT_TRUE(std::holds_alternative<api::Done>(*client.reply()));
  EXPECT_EQ(client.error(), api::ErrorCode::kNotFound);
}

TEST_F(ControlSocketTest, NonsenseIsAnsweredAndTheConnectionGoesOn) {
  Client client(path_);
  client.send("nonsense\n");
  EXPECT_EQ(client.error(), api::ErrorCode::kBadRequest);
  client.ask(api::GetStatus{});
  EXPECT_TRUE(std::holds_alternative<api::Done>(*client.reply()));
}

/// Guards the loop in Client::serve: each of these lines used to go deeper on the stack.
TEST_F(ControlSocketTest, ManyLinesOfOneWriteAreTakenOneByOne) {
  Client client(path_);
  constexpr int kLines = 4000;
  std::thread writer([&] { client.send(std::string(kLines, '\n')); });
  for (int i = 0; i < kLines; ++i) ASSERT_EQ(client.error(), api::ErrorCode::kBadRequest) << i;
  writer.join();
}

/// Guards `last_`: where the next request begins is not known any more.
TEST_F(ControlSocketTest, ALineThatIsTooLongEndsTheConnection) {
  Client client(path_);
  std::thread writer(
      [&] { client.send(std::string(limits::kControlRequestBytesMax + 8192, 'x')); });
  EXPECT_EQ(client.error(), api::ErrorCode::kBadRequest);
  EXPECT_TRUE(client.closed());
  writer.join();
}

TEST_F(ControlSocketTest, AClientThatIsGoneBeforeItsAnswerHarmsNobody) {
  Client gone(path_);
  gone.ask(api::Disconnect{0});
  asked_.get_future().wait();
  gone.hang_up();
  answer_later();
  Client client(path_);
  client.ask(api::GetStatus{});
  EXPECT_TRUE(std::holds_alternative<api::Done>(*client.reply()));
}

TEST_F(ControlSocketTest, ClientsAreBounded) {
  std::vector<Client> clients;
  for (std::size_t i = 0; i < limits::kControlConnectionsMax; ++i) {
    clients.emplace_back(path_);
    clients.back().ask(api::Disconnect{0});
    ASSERT_TRUE(waits(i + 1));
  }
  Client refused(path_);
  EXPECT_EQ(refused.error(), api::ErrorCode::kBusy);
  EXPECT_TRUE(refused.closed());
  // A place that is given up is given again; when, the target knows.
  answer_later();
  for (Client& client : clients) EXPECT_TRUE(client.reply());
  Client next(path_);
  next.ask(api::GetStatus{});
  EXPECT_TRUE(next.reply());
}

/// Guards make_room(): 32 clients that sent a newline every two seconds kept the operator out.
TEST_F(ControlSocketTest, TheLongestIdleClientMakesRoom) {
  std::vector<Client> clients;
  for (std::size_t i = 0; i < limits::kControlConnectionsMax; ++i) {
    clients.emplace_back(path_);
    clients.back().send("\n");
    EXPECT_EQ(clients.back().error(), api::ErrorCode::kBadRequest);
  }
  clients.front().send("\n");  // now the second is
  EXPECT_EQ(clients.front().error(), api::ErrorCode::kBadRequest);
  Client next(path_);
  next.ask(api::GetStatus{});
  EXPECT_TRUE(std::holds_alternative<api::Done>(next.reply().value()));
  EXPECT_TRUE(clients[1].closed());
  clients.front().ask(api::GetStatus{});
  EXPECT_TRUE(clients.front().reply());
}

/// Guards retry_: the listener stays ready while there is no descriptor, and the home loop spun.
TEST_F(ControlSocketTest, WaitsWhileTheProcessIsOutOfDescriptors) {
  loop_.stop();
  thread_.join();
  Client waiting(path_);
  waiting.ask(api::GetStatus{});
  log::error("test", "out_of_descriptors");  // what logging needs, it has by now
  const UniqueFd probe(::dup(0));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(probe.get()) + 1;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  unsigned turns = 0;
  loop_.set_turn_end([&] { ++turns; });
  event::Timer again(loop_, [&] { ::setrlimit(RLIMIT_NOFILE, &before); });
  event::Timer end(loop_, [&] { loop_.stop(); });
  again.start(limits::kAcceptRetryDelay / 2);
  end.start(limits::kAcceptRetryDelay * 10);
  loop_.run();
  EXPECT_TRUE(waiting.reply());
  EXPECT_LT(turns, 20u);
}

TEST_F(ControlSocketTest, IsNotTakenFromALivingProcess) {
  const auto second = open();
  ASSERT_FALSE(second);
  const std::string who = "another lungate-target (pid " + std::to_string(::getpid()) + ")";
  EXPECT_NE(second.error().find(who), std::string::npos) << second.error();
}

/// Guards SOCK_NONBLOCK in who_listens(): the start hung with the former instance.
TEST_F(ControlSocketTest, AHungProcessKeepsItsSocketAndHoldsNobodyUp) {
  const std::string path = folder_ + "/hung";
  const sockaddr_un address = [&] {
    sockaddr_un made{};
    made.sun_family = AF_UNIX;
    path.copy(made.sun_path, sizeof made.sun_path - 1);
    return made;
  }();
  const auto* where = reinterpret_cast<const sockaddr*>(&address);
  const UniqueFd hung(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(hung.get(), where, sizeof address), 0);
  ASSERT_EQ(::listen(hung.get(), 0), 0);
  std::vector<UniqueFd> waiting;  // until its queue is full
  do {
    waiting.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  } while (::connect(waiting.back().get(), where, sizeof address) == 0);
  ASSERT_EQ(errno, EAGAIN);

  auto second = std::async(std::launch::async, [&] {
    const auto opened = ControlSocket::open(loop_, path, [](const auto&, const auto&) {});
    return opened ? std::string("opened") : opened.error();
  });
  if (second.wait_for(std::chrono::seconds(10)) != std::future_status::ready) {
    ADD_FAILURE() << "it waits for the hung process";
    ::close(::accept(hung.get(), nullptr, nullptr));  // lets it go on
  }
  EXPECT_NE(second.get().find("another lungate-target"), std::string::npos);
}

/// Guards is_replaceable(): a mistyped path must not cost a file.
TEST_F(ControlSocketTest, RemovesADeadSocketAndNothingElse) {
  loop_.stop();
  thread_.join();
  socket_.reset();
  std::ofstream(path_) << "precious";
  const auto refused = open();
  ASSERT_FALSE(refused);
  EXPECT_TRUE(std::filesystem::is_regular_file(path_));
  std::filesystem::remove(path_);
  {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    const UniqueFd dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  EXPECT_TRUE(open()) << "what a crash has left is replaced";
}

}  // namespace
}  // namespace lungate::control
