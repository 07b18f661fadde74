// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <sys/types.h>

#include <string>

namespace lungate::test {

/// Another process of the gateway `gateway`, which holds an image's lock by the gateway's own rules
/// and overwrites the image's first block with 0xaa until a write fails. It is this test program
/// once more, asked for one disabled test.
class Predecessor {
 public:
  /// Returns when the lock is held.
  Predecessor(const std::string& gateway, const std::string& image);
  ~Predecessor();  // kills it if it lives
  Predecessor(const Predecessor&) = delete;
  Predecessor& operator=(const Predecessor&) = delete;

  const std::string& client() const { return client_; }
  const std::string& address() const { return address_; }
  pid_t pid() const { return pid_; }
  /// kill -9, and waits until it is gone.
  void kill();
  void freeze();
  /// Lets it go on, and waits until a write of its own has failed and it has ended.
  void thaw_until_refused();

 private:
  pid_t pid_ = -1;
  std::string client_;
  std::string address_;
};

}  // namespace lungate::test
