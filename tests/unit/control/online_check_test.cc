// SPDX-License-Identifier: LGPL-2.1-or-later
#include "control/online_check.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "base/log.h"
#include "control/control_socket.h"
#include "control/running.h"

namespace lungate::control {
namespace {

constexpr const char* kTarget = "iqn.2026-11.io.lungate:t";

/// A gateway's control socket that tells what the test has given it.
class FakeGateway {
 public:
  FakeGateway(const std::string& path, api::Reply says) : says_(std::move(says)) {
    auto opened = ControlSocket::open(loop_, path,
                                      [this](const auto&, const auto& answer) { answer(says_); });
    EXPECT_TRUE(opened);
    socket_ = std::move(*opened);
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~FakeGateway() {
    loop_.stop();
    thread_.join();
  }
  FakeGateway(const FakeGateway&) = delete;
  FakeGateway& operator=(const FakeGateway&) = delete;

 private:
  event::Loop loop_;
  const api::Reply says_;
  std::unique_ptr<ControlSocket> socket_;
  std::thread thread_;
};

class OnlineCheck : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / "lungate-XXXXXX";
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
    config_.gateway.name = "gw-a";
    config_.gateway.control_socket = folder_ + "/control";
    config::Target target;
    target.iqn = kTarget;
    config_.targets = {target};
  }
  void TearDown() override {
    std::filesystem::remove_all(folder_);
    log::set_level(log::Level::kInfo);
  }

  config::Lun& lun(const std::string& name, std::uint64_t size_bytes) {
    auto& luns = config_.targets.front().luns;
    config::Lun& made = luns.emplace_back();
    made.id = static_cast<std::uint16_t>(luns.size() - 1);
    made.store = config::File{folder_ + "/" + name, size_bytes, 0};
    return made;
  }
  /// What the gateway `name` says: LUN 3 is this store.
  api::Status serving(const config::Lun& lun, const std::string& state,
                      const std::string& name = "gw-a") const {
    api::Status status;
    status.gateway = name;
    status.pid = 4123;
    api::LunStatus row;
    row.id = 3;
    row.store = to_string(lun.store);
    row.state = state;
    row.size_bytes = 1 << 20;
    status.targets = {{kTarget, "", {row}}};
    return status;
  }
  std::string said(int code) const {
    testing::internal::CaptureStdout();
    EXPECT_EQ(check_online(config_), code);
    return testing::internal::GetCapturedStdout();
  }
  std::string line(int id, const std::string& rest) const {
    const config::Lun& lun = config_.targets.front().luns.at(static_cast<std::size_t>(id));
    return std::string(kTarget) + " lun " + std::to_string(id) + " (" + to_string(lun.store) +
           "): " + rest + "\n";
  }

  std::string folder_;
  config::Config config_;
};

TEST_F(OnlineCheck, EachStoreHasALine) {
  lun("a", 1 << 20);
  lun("no/b", 1 << 20);
  config_.targets.front().luns.emplace_back().id = 2;
  config_.targets.front().luns.back().store = config::Null{1 << 30};
  const std::string missing = folder_ + "/no/b: the folder " + folder_ + "/no: ";
  EXPECT_EQ(said(1), line(0, "will be made, 1MiB") +
                         line(1, missing + "No such file or directory") + line(2, "ok, 1GiB"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_)) << "a check changes nothing";
}

/// Guards served_by(): with a gateway that serves, every LUN was called locked, and the check of a
/// new one was red.
TEST_F(OnlineCheck, WhatThisGatewayServesIsGood) {
  const config::Lun served = lun("a", 1 << 20);
  const FakeGateway gateway(config_.gateway.control_socket, serving(served, "ready"));
  lun("b", 2 << 20);
  EXPECT_EQ(said(0),
            line(0, "served by this gateway (pid 4123): ok, 1MiB") + line(1, "will be made, 2MiB"));
}

/// Guards would_shrink() before served_by(): the gateway serves the file as it is, but the next
/// reload or start would refuse the text that is checked.
TEST_F(OnlineCheck, ThatAFileIsServedDoesNotMakeASmallerSizeRight) {
  const config::Lun served = lun("a", 1 << 20);
  std::ofstream(folder_ + "/a").put('\0');
  std::filesystem::resize_file(folder_ + "/a", 3 << 20);
  const FakeGateway gateway(config_.gateway.control_socket, serving(served, "ready"));
  EXPECT_EQ(said(1), line(0, folder_ + "/a has 3MiB and would be cut to 1MiB"));
}

/// Each of these is no word for the store: it is looked at as ever, and found to be missing.
TEST_F(OnlineCheck, NobodyElsesWordIsTaken) {
  const config::Lun served = lun("no/a", 1 << 20);
  config::Lun other = served;
  other.store = config::File{folder_ + "/other", 1 << 20, 0};
  const std::vector<api::Reply> answers = {
      serving(served, "offline"), serving(served, "opening"), serving(served, "ready", "gw-b"),
      serving(other, "ready"), api::Error{api::ErrorCode::kBusy, "too many", {}}};
  for (const api::Reply& answer : answers) {
    const FakeGateway gateway(config_.gateway.control_socket, answer);
    EXPECT_EQ(said(1).find("served by"), std::string::npos);
  }
  EXPECT_EQ(said(1).find("served by"), std::string::npos) << "and of nobody";
}

}  // namespace
}  // namespace lungate::control
