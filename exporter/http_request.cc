// SPDX-License-Identifier: LGPL-2.1-or-later

// What the library tells of a request, as a Request. Called by http_exchange.cc on the library's
// thread. All of it is the client's, and bounded by the library (limits::kScrapeRequestBytesMax).
#include <new>
#include <string_view>
#include <utility>

#include "exporter/ascii.h"
#include "exporter/http_impl.h"

namespace lungate::exporter {
namespace {

/// A request as the library tells it, value by value. Its callbacks cannot throw through the
/// library, and a request that was read in part would be answered with another page.
struct Reading {
  Request request;
  bool failed = false;
};

// A header that comes twice is one list.
MHD_Result add_header(Request& to, const char* key, const char* value) {
  for (const auto& [name, list] :
       {std::pair("accept", &to.accept), std::pair("accept-encoding", &to.accept_encoding)}) {
    if (!same_name(key, name)) continue;
    if (!list->empty()) *list += ',';
    *list += value;
  }
  return MHD_YES;
}

// Other keys of the query are nobody's business: a proxy may add some.
MHD_Result add_argument(Request& to, const char* key, const char* value) {
  if (std::string_view(key) == "collect[]") to.collect.emplace_back(value);
  return MHD_YES;
}

template <MHD_Result (*add)(Request&, const char*, const char*)>
MHD_Result add_value(void* reading, MHD_ValueKind, const char* key, const char* value) noexcept {
  auto& to = *static_cast<Reading*>(reading);
  if (key == nullptr || value == nullptr) return MHD_YES;
  try {
    return add(to.request, key, value);
  } catch (...) {
    to.failed = true;
    return MHD_NO;
  }
}

}  // namespace

// None of our requests has one, and reading it could take for ever.
bool has_body(MHD_Connection* connection) {
  const char* length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
  return (length != nullptr && std::string_view(length) != "0") ||
         MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Transfer-Encoding") != nullptr;
}

Request request_of(MHD_Connection* connection) {
  Reading reading;
  MHD_get_connection_values(connection, MHD_HEADER_KIND, add_value<add_header>, &reading);
  MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_value<add_argument>, &reading);
  if (reading.failed) throw std::bad_alloc();
  return std::move(reading.request);
}

}  // namespace lungate::exporter
