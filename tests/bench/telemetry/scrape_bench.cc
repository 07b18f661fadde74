// SPDX-License-Identifier: LGPL-2.1-or-later
// What a scrape costs: a segment of 1,000 LUNs that all have seen I/O, the real exporter process on
// it, and a client that fetches the page eleven times. Goals: at most 400 ms and 200 MB resident.
//
//   scrape-bench [LUNS [EXPORTER]]        (default: 1000, the lungate-exporter beside this program)
#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "telemetry/recorder.h"
#include "telemetry/segment.h"

namespace {

using namespace lungate;
using namespace lungate::telemetry;

constexpr int kScrapes = 11;
constexpr unsigned kLoops = 2;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

std::unique_ptr<Segment> make_segment(const std::string& path, unsigned luns) {
  auto segment = Segment::create({path, "gw-a", "0.1.0", kLoops}).value();
  std::mt19937_64 random(42);
  std::lognormal_distribution<double> backend_ns(13.5, 1.5);
  for (unsigned i = 0; i < luns; ++i) {
    const std::string target = "iqn.2026-11.io.lungate:store-" + std::to_string(i / 200);
    const std::string image = "vm-" + std::to_string(i);
    LunDescription lun;
    lun.target = target;
    lun.lun = static_cast<std::uint16_t>(i % 200);
    lun.backend = "rbd";
    lun.pool = "rbd";
    lun.image = image;
    lun.wwn = "3123456789abcdef";
    const SlotId slot = segment->add_lun(lun).value();
    segment->update_lun(slot, {OfflineReason::kNone, 10ull << 30});
    for (unsigned loop = 0; loop < kLoops; ++loop) {
      LunRecorder recorder = segment->loop(loop).lun(slot);
      for (int n = 0; n < 200; ++n) {
        const auto op = static_cast<Op>(random() % kOps);
        recorder.record({op,
                         ErrorClass::kNone,
                         std::uint64_t{4096} << (random() % 8),
                         {9000, 3000, static_cast<std::uint64_t>(backend_ns(random)), 5000}});
      }
    }
  }
  return segment;
}

struct Exporter {
  pid_t pid = -1;
  std::uint16_t port = 0;
};

Exporter start_exporter(const std::string& program, const std::string& segment) {
  int ends[2];
  if (::pipe(ends) != 0) fail("pipe");
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    ::execl(program.c_str(), program.c_str(), "--listen", "127.0.0.1:0", "--segment",
            segment.c_str(), nullptr);
    std::_Exit(127);
  }
  ::close(ends[1]);
  std::string said;
  char c = 0;
  const std::string word = "address=127.0.0.1:";
  while (::read(ends[0], &c, 1) == 1) {  // the pipe stays open: closing it would end the exporter
    said.push_back(c);
    const std::size_t at = said.find(word);
    if (at != std::string::npos && (c == ' ' || c == '\n') && said.size() > at + word.size()) {
      return {pid, static_cast<std::uint16_t>(std::atoi(said.c_str() + at + word.size()))};
    }
  }
  std::fprintf(stderr, "%s did not start: %s\n", program.c_str(), said.c_str());
  std::exit(1);
}

std::string fetch(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) fail("connect");
  const std::string request = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  if (::write(fd.get(), request.data(), request.size()) < 0) fail("write");
  std::string page;
  std::vector<char> buffer(1 << 20);
  for (ssize_t got = 0; (got = ::read(fd.get(), buffer.data(), buffer.size())) > 0;) {
    page.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return page;
}

/// A line of /proc/<pid>/status, in MB.
double resident_mb(pid_t pid, const std::string& key) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key)) return std::atof(line.c_str() + key.size() + 1) * 1024 / 1e6;
  }
  return 0;
}

double cpu_seconds(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::stringstream text;
  text << stat.rdbuf();
  std::istringstream fields(text.str().substr(text.str().rfind(')') + 2));
  std::string field;
  double ticks = 0;
  for (int i = 3; i <= 15 && fields >> field; ++i) {
    if (i >= 14) ticks += std::atof(field.c_str());
  }
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

int main(int argc, char** argv) {
  const unsigned luns = argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 1000;
  const std::string self = argv[0];
  const std::string program =
      argc > 2 ? argv[2] : self.substr(0, self.rfind('/') + 1) + "lungate-exporter";
  const std::string path = "/dev/shm/lungate-scrape-bench." + std::to_string(::getpid());
  const auto segment = make_segment(path, luns);
  const Exporter exporter = start_exporter(program, path);

  std::vector<double> ms;
  std::string page;
  const double cpu_before = cpu_seconds(exporter.pid);
  for (int i = 0; i < kScrapes; ++i) {
    const BootTime begun = boot_now();
    page = fetch(exporter.port);
    ms.push_back(static_cast<double>(boot_now() - begun) / 1e6);
  }
  const double cpu_ms = (cpu_seconds(exporter.pid) - cpu_before) * 1000 / kScrapes;
  const double peak = resident_mb(exporter.pid, "VmHWM:");
  ::kill(exporter.pid, SIGTERM);
  ::waitpid(exporter.pid, nullptr, 0);
  ::unlink(path.c_str());

  std::sort(ms.begin(), ms.end());
  const auto lines = std::count(page.begin(), page.end(), '\n');
  std::printf(
      "scrape of %u LUNs: median %.0f ms, worst %.0f ms, exporter CPU %.0f ms; "
      "%.1f MB, %ld lines; peak resident %.0f MB\n",
      luns, ms[ms.size() / 2], ms.back(), cpu_ms, static_cast<double>(page.size()) / 1e6,
      static_cast<long>(lines), peak);
  const bool met = luns > 1000 || (ms[ms.size() / 2] <= 400 && peak <= 200);
  if (!met) std::printf("the goal of 400 ms and 200 MB is missed\n");
  return met ? 0 : 1;
}
