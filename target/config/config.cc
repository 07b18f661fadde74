// SPDX-License-Identifier: LGPL-2.1-or-later

// What the plain values can say of themselves: names for logs and messages, and whether an
// initiator may use a target. Any room may call these from any thread; the lanes' login asks
// find_access() with a name that a stranger has sent, which is compared and nothing else. There are
// no errors: a Config has passed every check before it gets here.
#include "config/config.h"

#include <algorithm>
#include <type_traits>

namespace lungate::config {
namespace {

constexpr char folded(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

const Initiator kOpenAccess{};

}  // namespace

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

// A target without [[target.initiator]] tables is open to all: that is how the simplest text works,
// and it is said in the key's documentation. With one table, who is not listed is refused. Case is
// folded, because initiators write their own names in both, and RFC 3722 calls them equal.
const Initiator* find_access(const Target& target, std::string_view initiator_iqn) {
  if (target.initiators.empty()) return &kOpenAccess;
  const auto same = [&](const Initiator& row) {
    return std::ranges::equal(row.iqn, initiator_iqn, {}, {}, folded);
  };
  const auto row = std::ranges::find_if(target.initiators, same);
  return row == target.initiators.end() ? nullptr : &*row;
}

// An access that lists no LUNs shows all. The list is sorted (rules.cc), so this is asked per LUN
// of each login without a set.
bool shows(const Initiator& access, std::uint16_t lun) {
  return access.luns.empty() || std::ranges::binary_search(access.luns, lun);
}

}  // namespace lungate::config
