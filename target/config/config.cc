// SPDX-License-Identifier: LGPL-2.1-or-later
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

const Initiator* find_access(const Target& target, std::string_view initiator_iqn) {
  if (target.initiators.empty()) return &kOpenAccess;
  const auto same = [&](const Initiator& row) {
    return std::ranges::equal(row.iqn, initiator_iqn, {}, {}, folded);
  };
  const auto row = std::ranges::find_if(target.initiators, same);
  return row == target.initiators.end() ? nullptr : &*row;
}

bool shows(const Initiator& access, std::uint16_t lun) {
  return access.luns.empty() || std::ranges::binary_search(access.luns, lun);
}

}  // namespace lungate::config
