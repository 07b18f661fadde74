// SPDX-License-Identifier: LGPL-2.1-or-later

// What the plain values can say of themselves: names for logs and messages. Any room may call these
// from any thread. There are no errors: a Config has passed every check before it gets here.
#include "config/config.h"

#include <type_traits>

namespace lungate::config {

std::string to_string(const Address& address) {
  // Appended, not added up: g++ 12 at -O3 warns of "[" + host without a reason (its PR 105651).
  std::string text;
  if (address.ipv6) text += '[';
  text += address.host;
  if (address.ipv6) text += ']';
  text += ':';
  text += std::to_string(address.port);
  return text;
}

// The prefix keeps a file called "pool/image" and that image apart.
std::string to_string(const Store& store) {
  struct Namer {
    std::string operator()(const Image& image) const {
      const std::string inner = image.name_space.empty() ? "" : image.name_space + "/";
      return "rbd:" + image.pool + "/" + inner + image.image;
    }
    std::string operator()(const File& file) const { return "file:" + file.path; }
    std::string operator()(const Null& null) const {
      return "null:" + std::to_string(null.size_bytes);
    }
  };
  return std::visit(Namer{}, store);
}

}  // namespace lungate::config
