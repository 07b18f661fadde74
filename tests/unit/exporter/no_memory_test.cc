// SPDX-License-Identifier: LGPL-2.1-or-later
// Without memory: a request is answered with 500 or 503, and the server goes on. Every allocation
// on the way of a request fails once, on the thread that it is made on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <future>
#include <memory>
#include <set>
#include <stdexcept>

#include "exporter/gzip.h"
#include "exporter/http.h"
#include "exporter/listen.h"
#include "exporter/one_by_one.h"
#include "tests/unit/exporter/http_client.h"
#include "tests/unit/exporter/passwords.h"
#include "tests/unit/telemetry/allocations.h"
#include "tests/unit/telemetry/segment_fixture.h"

namespace lungate::exporter {
namespace {

/// More than any request has.
constexpr std::uint64_t kAllocations = 60;

class NoMemory : public ::testing::Test {
 protected:
  NoMemory() {
    auto listener = listen_on({"127.0.0.1", 0, false});
    address_ = listener->address;
    Routes routes;
    for (const bool slow : {false, true}) {
      const std::string kind = slow ? "/slow" : "/quick";
      routes["/arm" + kind] = {[this](const Request&) { return arm(); }, slow};
      routes["/disarm" + kind] = {[](const Request&) { return disarm(); }, slow};
      routes["/page" + kind] = {[this](const Request& request) { return page(request); }, slow};
    }
    auto server = HttpServer::start(std::move(listener->fd), std::move(routes));
    if (server) server_ = *std::move(server);
  }

  Reply arm() const {
    telemetry::fail_allocation_after(spared_);
    return {};
  }
  static Reply disarm() {
    telemetry::allocation_has_failed();
    return {};
  }
  Reply page(const Request& request) {
    if (request.accept != kAccept || request.accept_encoding != kEncoding ||
        request.collect != std::vector<std::string>{kGroup}) {
      ++of_another_request_;
    }
    return {"text/plain", gzip(request.accept)};
  }

  static std::string page_request(const std::string& kind) {
    return "GET /page" + kind + "?collect[]=" + kGroup +
           " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept: " + kAccept +
           "\r\nAccept-Encoding: " + kEncoding + "\r\n\r\n";
  }

  /// What two requests of one connection are answered, the first of which arms.
  std::vector<unsigned> answers(const std::string& kind) {
    HttpClient client(address_);
    client.send("GET /arm" + kind + " HTTP/1.1\r\nHost: x\r\n\r\n");
    client.send(page_request(kind));
    const std::string all = client.receive().everything;
    std::vector<unsigned> found;
    const std::string head = "HTTP/1.1 ";
    for (std::size_t at = 0; (at = all.find(head, at)) != std::string::npos; at += head.size()) {
      found.push_back(static_cast<unsigned>(std::stoi(all.substr(at + head.size(), 3))));
    }
    return found;
  }

  /// The answers to whatever is asked while each allocation fails in its turn.
  std::set<unsigned> all_answers(const std::string& kind) {
    std::set<unsigned> all;
    for (spared_ = 0; spared_ < kAllocations; ++spared_) {
      const auto found = answers(kind);
      EXPECT_FALSE(found.empty()) << "no answer; " << spared_ << " allocations were spared";
      all.insert(found.begin(), found.end());
    }
    HttpClient(address_).request("GET", "/disarm" + kind);
    HttpClient client(address_);
    client.send(page_request(kind));
    EXPECT_EQ(client.receive().status, 200u);
    EXPECT_EQ(of_another_request_, 0) << "a request that was read in part is not answered";
    return all;
  }

  static constexpr const char* kGroup = "a_long_name_of_a_group";
  static constexpr const char* kAccept = "application/openmetrics-text";
  static constexpr const char* kEncoding = "gzip, identity;q=0.5";
  std::atomic<int> of_another_request_ = 0;
  config::Address address_;
  std::atomic<std::uint64_t> spared_ = 0;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(NoMemory, OnTheServersThreadIsAnAnswer) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(all_answers("/quick"), (std::set<unsigned>{200, 500}));
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), ::testing::HasSubstr("request_failed"));
}

TEST_F(NoMemory, OnThePagesThreadIsAnAnswer) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(all_answers("/slow"), (std::set<unsigned>{200, 500, 503}));
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, ::testing::HasSubstr("page_failed"));
  EXPECT_THAT(log, ::testing::HasSubstr("no_memory"));
}

TEST(OneByOneWithoutMemory, AJobThatThrowsIsNotTheLast) {
  OneByOne thread("test");
  thread.add([](OneByOne::Turn) { throw std::runtime_error("no such luck"); });
  std::promise<void> done;
  thread.add([&done](OneByOne::Turn) { done.set_value(); });
  done.get_future().get();
}

// A change that there was no memory for is no change that has been seen.
TEST(SecurityWithoutMemory, AChangeIsLookedAtAgain) {
  telemetry::TemporaryFolder folder;
  const std::string file = folder / "web.yml";
  Vitals vitals;
  const Nanoseconds interval = limits::kWebConfigLookInterval;
  bool failed = true;
  for (std::uint64_t spared = 0; failed; ++spared) {
    std::ofstream(file) << "basic_auth_users:\n  prometheus: " << kHashOfSecret << "\n";
    auto security = Security::open(file, vitals);
    ASSERT_TRUE(security);
    const BootTime now = boot_now();
    ASSERT_TRUE((*security)->rules(now)->users->demanded());
    std::ofstream(file) << "# nobody\n";
    telemetry::fail_allocation_after(spared);
    try {
      (*security)->rules(now + interval);
    } catch (const std::bad_alloc&) {
    }
    failed = telemetry::allocation_has_failed();
    EXPECT_FALSE((*security)->rules(now + 2 * interval)->users->demanded()) << spared;
  }
}

}  // namespace
}  // namespace lungate::exporter
