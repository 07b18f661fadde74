// SPDX-License-Identifier: LGPL-2.1-or-later
// The whole service in this process, spoken to as an operator does: by its file, its control socket
// and signals.
#include "control/service.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "api/codec.h"
#include "backend/file/file_backend.h"
#include "base/log.h"
#include "session/socket.h"
#include "telemetry/reader.h"
#include "tests/unit/base/no_threads.h"

namespace lungate::control {
namespace {

using namespace std::chrono_literals;

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

/// Something that hangs until the test lets it go on.
class Hang {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return over_; });
  }
  void end() {
    const std::lock_guard lock(mutex_);
    over_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
};

/// A store that cannot be closed before the hang is over.
class Clinging final : public backend::Backend {
 public:
  explicit Clinging(Hang& hang) : hang_(hang) {
    traits_.kind = "null";
    traits_.identity_seed = "clinging";
  }
  void submit(backend::Request&) noexcept override {}
  backend::State state() const override {
    return {.ready = true, .read_only = false, .size_bytes = 1 << 20, .reason = {}};
  }
  const backend::Traits& traits() const override { return traits_; }
  void watch(backend::Watcher*) override {}
  void close() noexcept override { hang_.wait(); }

 private:
  Hang& hang_;
  backend::Traits traits_;
};

/// Opens files as ever. Images are opened slowly: the attempt waits until the test lets it fail.
/// A null store hangs when it is closed.
class SlowStores final : public Stores {
 public:
  using Stores::Stores;

  Opened open(const config::Target& target, const config::Lun& lun) override {
    if (std::holds_alternative<config::Null>(lun.store))
      return std::shared_ptr<backend::Backend>(std::make_shared<Clinging>(closing_));
    if (!std::holds_alternative<config::Image>(lun.store)) return Stores::open(target, lun);
    std::unique_lock lock(mutex_);
    ++opening_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return fails_; });
    --opening_;
    return err(Refusal{telemetry::OfflineReason::kUnreachable, "not in this test"});
  }
  CephView ceph() const override {
    const std::lock_guard lock(mutex_);
    return ceph_;
  }
  void see(const CephView& ceph) {
    const std::lock_guard lock(mutex_);
    ceph_ = ceph;
  }
  void wait_until_opening(int images) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, 20s, [&] { return opening_ == images; }));
  }
  void let_fail(bool now = true) {
    const std::lock_guard lock(mutex_);
    fails_ = now;
    changed_.notify_all();
  }
  void let_close() { closing_.end(); }

 private:
  Hang closing_;
  mutable std::mutex mutex_;
  CephView ceph_;
  std::condition_variable changed_;
  int opening_ = 0;
  bool fails_ = false;
};

/// What the service manager is told, in order.
class ServiceManager {
 public:
  explicit ServiceManager(const std::string& path)
      : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    const sockaddr_un address = address_of(path);
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
              0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;
  ~ServiceManager() { ::unsetenv("NOTIFY_SOCKET"); }

  /// "READY RELOADING STOPPING": all of it so far.
  std::string heard() {
    char text[256];
    for (ssize_t got; (got = ::recv(socket_.get(), text, sizeof text, 0)) > 0;) {
      const std::string line(text, static_cast<std::size_t>(got));
      words_ += (words_.empty() ? "" : " ") + line.substr(0, line.find('='));
    }
    return words_;
  }
  bool hears(const std::string& word) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (heard().find(word) == std::string::npos) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(1ms);
    }
    return true;
  }

 private:
  UniqueFd socket_;
  std::string words_;
};

class ServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    log::set_level(log::Level::kError);
    folder_ = std::filesystem::temp_directory_path() / "lungate-XXXXXX";
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
    manager_.emplace(folder_ + "/notify");
  }
  void TearDown() override {
    if (ended_.valid()) {
      stores_->let_fail();
      stores_->let_close();
      reading_.end();
      terminate();
      EXPECT_EQ(exit_code(), 0);
    }
    manager_.reset();
    std::filesystem::remove_all(folder_);
  }

  static std::string file(const std::string& path) {
    return "file = \"" + path + "\"\nsize = \"1MiB\"";
  }
  static std::string file(const std::string& path, const std::string& keys) {
    return "file = \"" + path + "\"\n" + keys;
  }
  static std::string clinging() { return "null = true\nsize = \"1MiB\""; }
  static std::string image(const std::string& name) { return "image = \"rbd/" + name + "\""; }
  std::string disk(const std::string& name) const { return folder_ + "/" + name; }

  /// LUN 0 and up, on these stores; the number of an empty text is left free.
  void configure(const std::vector<std::string>& stores) const {
    std::ofstream text(folder_ + "/gw.toml");
    text << "[gateway]\nname = \"gw\"\nloops = 1\ncontrol_socket = \"" << folder_ << "/control\"\n"
         << "[telemetry]\nsegment = \"" << folder_ << "/segment\"\n"
         << "[log]\nlevel = \"error\"\n"
         << "[[portal_group]]\ntag = 1\nportals = [\"127.0.0.1:" << port_ << "\"]\n"
         << "[[target]]\niqn = \"iqn.2026-11.io.lungate:t\"\n";
    for (std::size_t i = 0; i < stores.size(); ++i)
      if (!stores[i].empty()) text << "[[target.lun]]\nid = " << i << "\n" << stores[i] << "\n";
  }
  void make() {
    auto config = config::parse_file(folder_ + "/gw.toml");
    for (const auto& error : config ? config::Errors{} : config.error())
      ADD_FAILURE() << config::to_string(error);
    ASSERT_TRUE(config);
    auto stores = std::make_unique<SlowStores>(*config);
    stores_ = stores.get();
    service_ =
        std::make_unique<Service>(*config, folder_ + "/gw.toml", std::move(stores), surroundings_);
  }
  void start() {
    make();
    ASSERT_TRUE(service_);
    ended_ = std::async(std::launch::async, [this] { return service_->run(); });
  }
  static void terminate() { ::kill(::getpid(), SIGTERM); }
  int exit_code() {
    if (ended_.wait_for(30s) != std::future_status::ready) std::abort();
    const int code = ended_.get();
    service_.reset();
    return code;
  }

  std::uint64_t cell(telemetry::ControlCell which) const {
    const auto snapshot = telemetry::Reader(folder_ + "/segment").read();
    EXPECT_TRUE(snapshot);
    return snapshot ? snapshot->control[telemetry::index_of(which)] : 0;
  }
  bool cell_becomes(telemetry::ControlCell which, std::uint64_t wanted) const {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (cell(which) != wanted) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(1ms);
    }
    return true;
  }

  /// Nothing when the service does not answer (not yet, or not any more).
  std::optional<api::Reply> ask(const api::Request& request) const {
    const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un address = address_of(folder_ + "/control");
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      return std::nullopt;
    const std::string line = api::to_line(request);
    EXPECT_EQ(::send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(line.size()));
    std::string in;
    char buffer[4096];
    for (ssize_t got; in.find('\n') == std::string::npos; in.append(buffer, std::size_t(got)))
      if ((got = ::recv(fd.get(), buffer, sizeof buffer, 0)) <= 0) return std::nullopt;
    const auto reply = api::parse_reply(in.substr(0, in.find('\n')));
    if (!reply) return std::nullopt;
    return *reply;
  }
  std::string state() const {
    const auto reply = ask(api::GetStatus{});
    return reply ? std::get<api::Status>(*reply).state : "no answer";
  }
  bool becomes(const std::string& wanted) const {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (state() != wanted) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(1ms);
    }
    return true;
  }
  /// A reload that is asked for now and answered when it is done.
  std::future<std::optional<api::Reply>> begin_reload() const {
    return std::async(std::launch::async, [this] { return ask(api::Reload{}); });
  }
  static api::ErrorCode error_of(const std::optional<api::Reply>& reply) {
    EXPECT_TRUE(reply && std::holds_alternative<api::Error>(*reply));
    return reply ? std::get<api::Error>(*reply).code : api::ErrorCode::kInternal;
  }
  /// The changes of a reload, "" for each that is none.
  static std::string told(const std::optional<api::Reply>& reply) {
    const auto* reloaded = reply ? std::get_if<api::Reloaded>(&*reply) : nullptr;
    EXPECT_NE(reloaded, nullptr);
    std::string text;
    if (reloaded == nullptr) return text;
    for (const std::string& change : reloaded->changes) text += change + "\n";
    return text;
  }
  static std::string details_of(const std::optional<api::Reply>& reply) {
    EXPECT_EQ(error_of(reply), api::ErrorCode::kRefused);
    return std::get<api::Error>(*reply).details.at(0);
  }
  /// Whether a file may be had again: nobody serves it, and so nobody has locked it.
  static bool is_free(const std::string& path) {
    const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    return fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0;
  }

  std::string folder_;
  std::uint16_t port_ = 0;
  Surroundings surroundings_;
  Hang reading_;
  std::optional<ServiceManager> manager_;
  std::unique_ptr<Service> service_;
  SlowStores* stores_ = nullptr;
  std::future<int> ended_;
};

TEST_F(ServiceTest, StartsServesAndStops) {
  configure({file(disk("a"))});
  start();
  ASSERT_TRUE(becomes("serving"));
  EXPECT_FALSE(is_free(disk("a")));
  terminate();
  EXPECT_EQ(exit_code(), 0);
  EXPECT_EQ(manager_->heard(), "READY STOPPING");
  EXPECT_TRUE(is_free(disk("a")));
}

TEST_F(ServiceTest, AReloadTakesOneDiskAwayAndAddsAnother) {
  configure({file(disk("a"))});
  start();
  ASSERT_TRUE(becomes("serving"));
  configure({"", file(disk("b"))});
  const auto reply = ask(api::Reload{});
  ASSERT_TRUE(reply && std::holds_alternative<api::Reloaded>(*reply));
  EXPECT_EQ(state(), "serving");
  EXPECT_TRUE(is_free(disk("a")));
  EXPECT_FALSE(is_free(disk("b")));
  EXPECT_EQ(manager_->heard(), "READY RELOADING READY");
}

TEST_F(ServiceTest, AStartWaitsForFirstAttemptsAndCanBeEnded) {
  configure({file(disk("a")), image("vm")});
  start();
  stores_->wait_until_opening(1);
  EXPECT_EQ(state(), "starting");
  terminate();
  ASSERT_TRUE(becomes("closing"));
  stores_->let_fail();
  EXPECT_EQ(exit_code(), 0);
  EXPECT_EQ(manager_->heard(), "STOPPING");  // never READY
  EXPECT_TRUE(is_free(disk("a")));
}

/// LUN 0 leaves while it is being opened, so the plan is in its middle when the signal comes.
/// Guards plan_under_way_: stores were closed, and the process ended, without what was leaving; and
/// what was to join was opened afterwards, to be destroyed while it was open.
TEST_F(ServiceTest, AnEndWaitsForTheReloadItOvertakes) {
  configure({image("old"), image("kept")});
  start();
  stores_->let_fail();
  ASSERT_TRUE(becomes("serving"));
  stores_->let_fail(false);
  stores_->wait_until_opening(2);  // both are offline, and tried again
  configure({"", image("kept"), file(disk("new"))});
  auto reply = begin_reload();
  ASSERT_TRUE(manager_->hears("RELOADING")) << "the files are looked at, the plan is begun";
  EXPECT_EQ(state(), "reloading");
  EXPECT_EQ(error_of(ask(api::Reload{})), api::ErrorCode::kBusy);
  terminate();
  ASSERT_TRUE(becomes("closing"));
  EXPECT_EQ(state(), "closing");
  stores_->let_fail();
  EXPECT_EQ(error_of(reply.get()), api::ErrorCode::kBusy);
  EXPECT_EQ(exit_code(), 0);
  EXPECT_EQ(manager_->heard(), "READY RELOADING STOPPING");
  EXPECT_FALSE(std::filesystem::exists(disk("new"))) << "it was not opened after the end had begun";
}

/// The same, one step later: what joins is being opened.
TEST_F(ServiceTest, AnEndWaitsForWhatAReloadHasBegunToOpen) {
  configure({file(disk("a"))});
  start();
  ASSERT_TRUE(becomes("serving"));
  configure({file(disk("a")), image("new")});
  auto reply = begin_reload();
  stores_->wait_until_opening(1);
  EXPECT_EQ(state(), "reloading");
  terminate();
  ASSERT_TRUE(becomes("closing"));
  stores_->let_fail();
  EXPECT_EQ(error_of(reply.get()), api::ErrorCode::kBusy);
  EXPECT_EQ(exit_code(), 0);
  EXPECT_EQ(manager_->heard(), "READY RELOADING STOPPING");
  EXPECT_TRUE(is_free(disk("a")));
}

TEST_F(ServiceTest, TheSegmentTellsTheConfigurationInForce) {
  using telemetry::ControlCell;
  configure({file(disk("a"))});
  start();
  ASSERT_TRUE(becomes("serving"));
  const auto hash = cell(ControlCell::kConfigHash);
  const auto loaded = cell(ControlCell::kConfigLoadedWallNs);
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  EXPECT_EQ(std::get<api::Status>(*ask(api::GetStatus{})).config_hash, text);
  EXPECT_LE(loaded, wall_now_ns());
  EXPECT_GT(loaded + 60'000'000'000, wall_now_ns());
  EXPECT_EQ(cell(ControlCell::kReloadsDone), 0u);

  configure({file(disk("a")), file(disk("b"))});
  told(ask(api::Reload{}));
  EXPECT_EQ(cell(ControlCell::kReloadsDone), 1u);
  EXPECT_EQ(cell(ControlCell::kReloadsRefused), 0u);
  const auto hash_of_two = cell(ControlCell::kConfigHash);
  EXPECT_NE(hash_of_two, hash);
  EXPECT_GT(cell(ControlCell::kConfigLoadedWallNs), loaded);

  std::ofstream(folder_ + "/gw.toml") << "not a configuration";
  EXPECT_TRUE(std::holds_alternative<api::Error>(*ask(api::Reload{})));
  EXPECT_EQ(cell(ControlCell::kReloadsDone), 1u);
  EXPECT_EQ(cell(ControlCell::kReloadsRefused), 1u);
  EXPECT_EQ(cell(ControlCell::kConfigHash), hash_of_two) << "what is refused is not in force";
}

TEST_F(ServiceTest, TheSegmentTellsWhatIsSeenOfCeph) {
  using telemetry::ControlCell;
  configure({file(disk("a"))});
  start();
  ASSERT_TRUE(becomes("serving"));
  EXPECT_EQ(cell(ControlCell::kCephUsed), 0u);
  stores_->let_fail();
  configure({file(disk("a")), image("vm")});
  told(ask(api::Reload{}));
  EXPECT_EQ(cell(ControlCell::kCephUsed), 1u);
  EXPECT_EQ(cell(ControlCell::kCephUp), 0u);
  stores_->see({true, 2, 3, 4});
  EXPECT_TRUE(cell_becomes(ControlCell::kCephUp, 1));
  EXPECT_EQ(cell(ControlCell::kCephClients), 2u);
  EXPECT_EQ(cell(ControlCell::kCephClientsFenced), 3u);
  EXPECT_EQ(cell(ControlCell::kCephTimeouts), 4u);
  stores_->see({false, 2, 3, 5});
  EXPECT_TRUE(cell_becomes(ControlCell::kCephUp, 0));
}

TEST_F(ServiceTest, TheSegmentNamesOurPortals) {
  configure({file(disk("a"))});
  start();
  ASSERT_TRUE(becomes("serving"));
  const auto snapshot = telemetry::Reader(folder_ + "/segment").read();
  ASSERT_TRUE(snapshot);
  ASSERT_EQ(snapshot->portals.size(), 1u);
  EXPECT_EQ(snapshot->portals[0].address, "127.0.0.1:" + std::to_string(port_));
  EXPECT_EQ(snapshot->portals[0].tag, 1u);
}

/// Guards shrinking(): the answer was "resized", the LUN was not, and the next start refused it.
TEST_F(ServiceTest, AReloadThatWouldCutAFileIsRefusedWhole) {
  configure({file(disk("a"), "size = \"3MiB\"")});
  start();
  ASSERT_TRUE(becomes("serving"));
  configure({file(disk("a"), "size = \"2MiB\""), file(disk("b"))});
  EXPECT_EQ(details_of(ask(api::Reload{})), "lun 0 of iqn.2026-11.io.lungate:t: " + disk("a") +
                                                " has 3MiB and would be cut to 2MiB");
  EXPECT_FALSE(std::filesystem::exists(disk("b"))) << "refused whole";
  EXPECT_EQ(state(), "serving");
  EXPECT_EQ(manager_->heard(), "READY");
  // What was refused is not taken for the configuration: the next reload looks at it again.
  configure({file(disk("a"), "size = \"4MiB\"")});
  EXPECT_EQ(told(ask(api::Reload{})), "lun 0 of iqn.2026-11.io.lungate:t resized\n");
}

TEST_F(ServiceTest, AReloadThatWouldCutAFileThatIsAddedIsRefused) {
  configure({file(disk("a"))});
  start();
  ASSERT_TRUE(becomes("serving"));
  std::ofstream(disk("b")).put('\0');
  std::filesystem::resize_file(disk("b"), 5 << 20);
  configure({file(disk("a")), file(disk("b"))});
  EXPECT_NE(details_of(ask(api::Reload{})).find("has 5MiB and would be cut"), std::string::npos);
  EXPECT_EQ(state(), "serving");
}

TEST_F(ServiceTest, AReloadThatWouldChangeADisksIdentityIsRefused) {
  configure({file(disk("a"))});
  start();
  ASSERT_TRUE(becomes("serving"));
  configure({file(disk("a"), "size = \"1MiB\"\nblock_size = 4096")});
  EXPECT_NE(details_of(ask(api::Reload{})).find("block_size 512 -> 4096"), std::string::npos);
  EXPECT_FALSE(is_free(disk("a")));
  EXPECT_EQ(manager_->heard(), "READY");
}

TEST_F(ServiceTest, AReloadThatWouldPutAnotherDiskUnderANumberIsRefused) {
  configure({file(disk("a"))});
  start();
  ASSERT_TRUE(becomes("serving"));
  configure({file(disk("b"))});
  EXPECT_EQ(details_of(ask(api::Reload{})),
            "lun 0 of iqn.2026-11.io.lungate:t: file:" + disk("a") + " -> file:" + disk("b") +
                " would be another disk under its number; remove the LUN with one reload and add "
                "it with the next, if that is meant");
  EXPECT_FALSE(is_free(disk("a")));
  EXPECT_FALSE(std::filesystem::exists(disk("b")));
  // What the sentence says to do can be done.
  configure({});
  EXPECT_EQ(told(ask(api::Reload{})), "lun 0 of iqn.2026-11.io.lungate:t removed\n");
  configure({file(disk("b"))});
  EXPECT_EQ(told(ask(api::Reload{})),
            "lun 0 of iqn.2026-11.io.lungate:t added: file:" + disk("b") + ", online\n");
}

/// The target of this test is open: its access list is empty, and it has no chap.
TEST_F(ServiceTest, AReloadWarnsOfATargetThatIsOpenToEverybody) {
  configure({file(disk("a"))});
  start();
  ASSERT_TRUE(becomes("serving"));
  const auto reply = ask(api::Reload{});
  ASSERT_TRUE(reply && std::holds_alternative<api::Reloaded>(*reply));
  EXPECT_EQ(std::get<api::Reloaded>(*reply).warnings,
            std::vector<std::string>{
                "target iqn.2026-11.io.lungate:t: no [[target.initiator]] and no chap: everybody "
                "who reaches its portals may log in"});
}

/// Guards outcome(): "added" was said of what was offline.
TEST_F(ServiceTest, AReloadTellsWhatHasBecomeOfEachLun) {
  configure({file(disk("a"))});
  start();
  stores_->let_fail();
  ASSERT_TRUE(becomes("serving"));
  configure({file(disk("a")) + "\nread_only = true", image("vm"), file(disk("none"), "")});
  const std::string lun = " of iqn.2026-11.io.lungate:t ";
  EXPECT_EQ(told(ask(api::Reload{})),
            "lun 0" + lun + "reopened: file:" + disk("a") + ", online\n" +  //
                "lun 1" + lun + "added: rbd:rbd/vm, offline: not in this test\n" + "lun 2" + lun +
                "added: file:" + disk("none") + ", offline: " + disk("none") +
                ": there is no such file; give a size and it is made\n");
}

/// Guards start_timer_: images of a dead pool must not keep the disks of other pools away.
TEST_F(ServiceTest, AStartsPatienceWithImagesThatHangEnds) {
  surroundings_.start_patience = 50ms;
  configure({file(disk("a")), image("vm"), image("db")});
  start();
  stores_->wait_until_opening(2);
  ASSERT_TRUE(becomes("serving"));
  EXPECT_EQ(manager_->heard(), "READY");
  stores_->let_fail();  // the first attempts end now, and nothing is opened twice
  EXPECT_TRUE(becomes("serving"));
}

/// Guards the order of start(): what another target serves is neither opened nor made.
TEST_F(ServiceTest, AStartWhosePortalIsTakenTouchesNoDisk) {
  const auto taken = session::listen_on({"127.0.0.1", 0, false});
  ASSERT_TRUE(taken);
  port_ = session::local_endpoint(taken->get()).port;
  configure({file(disk("a"))});
  start();
  EXPECT_EQ(exit_code(), 1);
  EXPECT_FALSE(std::filesystem::exists(disk("a")));
  EXPECT_EQ(manager_->heard(), "");
}

/// Guards the split of bind() and listen(): who connects before there is anything to see is refused
/// and tries again; and two that start at the same time find out.
TEST_F(ServiceTest, AStartWhosePortalIsTakenMeanwhileEndsInOrder) {
  configure({file(disk("a")), image("vm")});
  start();
  stores_->wait_until_opening(1);
  const auto reply = ask(api::GetStatus{});
  ASSERT_TRUE(reply);
  const std::string portal = std::get<api::Status>(*reply).portals.at(0).address;
  const auto port = static_cast<std::uint16_t>(std::stoul(portal.substr(portal.find(':') + 1)));
  const auto quicker = session::bind_on({"127.0.0.1", port, false});
  ASSERT_TRUE(quicker) << "it is bound, and nobody listens";
  ASSERT_EQ(session::begin_listening(quicker->get()), 0);
  stores_->let_fail();
  EXPECT_EQ(exit_code(), 1);
  EXPECT_EQ(manager_->heard(), "STOPPING");
  EXPECT_TRUE(is_free(disk("a")));
}

TEST_F(ServiceTest, AStartWithoutThreadsIsAnError) {
  configure({file(disk("a"))});
  make();
  const test::NoThreads machine;
  EXPECT_EQ(service_->run(), 1);
  EXPECT_FALSE(std::filesystem::exists(disk("a")));
  EXPECT_THROW(make(), std::system_error);
}

/// Guards the worker in reload(): a file system that hangs must not stop logins and signals.
TEST_F(ServiceTest, AConfigurationThatCannotBeReadHoldsUpNobody) {
  surroundings_.reload_answer = 50ms;
  surroundings_.read_config = [this](const std::string& path) {
    reading_.wait();
    return config::parse_file(path);
  };
  configure({file(disk("a"))});
  start();
  ASSERT_TRUE(becomes("serving"));
  configure({"", file(disk("b"))});
  auto reply = begin_reload();
  ASSERT_EQ(reply.wait_for(20s), std::future_status::ready) << "the home loop hangs";
  EXPECT_EQ(error_of(reply.get()), api::ErrorCode::kBusy);
  EXPECT_EQ(state(), "reloading");
  EXPECT_EQ(manager_->heard(), "READY");
  reading_.end();
  EXPECT_TRUE(becomes("serving"));
  EXPECT_FALSE(is_free(disk("b"))) << "it was done after all";
}

TEST_F(ServiceTest, AnEndWaitsForAConfigurationThatIsBeingRead) {
  surroundings_.read_config = [this](const std::string& path) {
    reading_.wait();
    return config::parse_file(path);
  };
  configure({file(disk("a"))});
  start();
  ASSERT_TRUE(becomes("serving"));
  configure({"", file(disk("b"))});
  auto reply = begin_reload();
  ASSERT_TRUE(becomes("reloading"));
  terminate();
  ASSERT_TRUE(becomes("closing"));
  reading_.end();
  EXPECT_EQ(error_of(reply.get()), api::ErrorCode::kBusy);
  EXPECT_EQ(exit_code(), 0);
  EXPECT_FALSE(std::filesystem::exists(disk("b")));
  EXPECT_EQ(manager_->heard(), "READY STOPPING");
}

/// Guards that the timer runs from the beginning: what hangs may be what leaves.
TEST_F(ServiceTest, AReloadsAnswerDoesNotWaitForALunThatCannotLeave) {
  surroundings_.reload_answer = 50ms;
  configure({file(disk("a")), clinging()});
  start();
  ASSERT_TRUE(becomes("serving"));
  configure({file(disk("a")), "", file(disk("b"))});
  const std::string answer = told(ask(api::Reload{}));
  EXPECT_NE(answer.find("waiting for commands of what leaves"), std::string::npos) << answer;
  EXPECT_EQ(state(), "reloading");
  EXPECT_EQ(error_of(ask(api::Reload{})), api::ErrorCode::kBusy);
  stores_->let_close();
  EXPECT_TRUE(becomes("serving"));
  EXPECT_FALSE(is_free(disk("b")));
}

/// Guards close_stores() doing them side by side: one that hangs keeps no other one's lock.
TEST_F(ServiceTest, AStoreThatCannotBeClosedKeepsNoOther) {
  configure({clinging(), file(disk("a")), file(disk("b"))});
  start();
  ASSERT_TRUE(becomes("serving"));
  terminate();
  ASSERT_TRUE(becomes("closing"));
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!is_free(disk("a")) || !is_free(disk("b"))) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(state(), "closing");
  stores_->let_close();
  EXPECT_EQ(exit_code(), 0);
}

/// Guards reload_timer_: an image of a cluster that hangs must not keep the operator waiting.
TEST_F(ServiceTest, AReloadsAnswerDoesNotWaitForAStoreThatHangs) {
  surroundings_.reload_answer = 50ms;
  configure({file(disk("a"))});
  start();
  ASSERT_TRUE(becomes("serving"));
  configure({file(disk("a")), image("vm")});
  EXPECT_EQ(told(ask(api::Reload{})),
            "lun 1 of iqn.2026-11.io.lungate:t added: rbd:rbd/vm, still opening (see lungate "
            "status)\n");
  EXPECT_EQ(state(), "reloading");
  stores_->let_fail();
  EXPECT_TRUE(becomes("serving"));
}

TEST_F(ServiceTest, AFileThatIsWrongChangesNothing) {
  configure({file(disk("a"))});
  start();
  ASSERT_TRUE(becomes("serving"));
  std::ofstream(folder_ + "/gw.toml", std::ios::app) << "nonsense\n";
  EXPECT_EQ(error_of(ask(api::Reload{})), api::ErrorCode::kBadConfig);
  EXPECT_EQ(state(), "serving");
  EXPECT_EQ(manager_->heard(), "READY");
}

}  // namespace
}  // namespace lungate::control
