// SPDX-License-Identifier: LGPL-2.1-or-later

// Tables, times, rates: how figures are shown. Pure functions for the views. shown() is where a
// peer's text becomes harmless.
#include "ctl/text.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/check.h"
#include "base/log.h"
#include "ctl/styled.h"

namespace lungate::ctl {
namespace {

/// std::format is not in g++ 12, and streams keep state.
template <class... Args>
std::string print(const char* format, Args... args) {
  std::array<char, 64> buffer{};
  const int length = std::snprintf(buffer.data(), buffer.size(), format, args...);
  const auto used = std::min(static_cast<std::size_t>(std::max(length, 0)), buffer.size() - 1);
  return {buffer.data(), used};
}

/// ASCII only: the other letters of a name match in their own case.
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

// Titles are the first row, so that they are measured like the others.
Table::Table(std::vector<Column> columns) : rows_(1) {
  for (const Column& column : columns) {
    aligns_.push_back(column.align);
    rows_[0].emplace_back(column.title);
  }
}

void Table::add(std::vector<std::string> cells) {
  check(cells.size() == aligns_.size(), "a row has a cell for each column");
  rows_.push_back(std::move(cells));
}

// Two passes: widths need every row. Trailing blanks are taken off, for who copies a line into a
// ticket.
std::vector<std::string> Table::lines() const {
  std::vector<std::size_t> widths;
  return lines(widths);
}

std::vector<std::string> Table::lines(std::vector<std::size_t>& widths) const {
  widths.resize(aligns_.size());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::vector<std::string> out;
  for (const auto& row : rows_) {
    std::string& line = out.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string fill(widths[i] - width_of(row[i]), ' ');
      if (i > 0) line += "  ";
      line += aligns_[i] == Align::kRight ? fill + row[i] : row[i] + fill;
    }
    line.erase(line.find_last_not_of(' ') + 1);
  }
  return out;
}

std::string Table::text() const {
  std::string out;
  for (const std::string& line : lines()) out += line + "\n";
  return out;
}

std::string duration_text(std::uint64_t seconds) {
  const auto part = [](std::uint64_t value) { return print("%02u", static_cast<unsigned>(value)); };
  const std::uint64_t days = seconds / 86'400;
  const std::string time =
      part(seconds / 3600 % 24) + ":" + part(seconds / 60 % 60) + ":" + part(seconds % 60);
  return days == 0 ? time : std::to_string(days) + "d " + time;
}

// The limits are where rounding would show a fourth digit: 9.996 ms is "10.0ms", not "10.00ms".
std::string latency_text(double seconds) {
  if (!(seconds > 0)) return "-";
  if (seconds < 0.9995e-3) return print("%.0fus", seconds * 1e6);
  if (seconds < 9.995e-3) return print("%.2fms", seconds * 1e3);
  if (seconds < 99.95e-3) return print("%.1fms", seconds * 1e3);
  if (seconds < 0.9995) return print("%.0fms", seconds * 1e3);
  return print(seconds < 9.995 ? "%.2fs" : "%.1fs", seconds);
}

std::string rate_text(double per_second) {
  const bool fraction = per_second > 0 && per_second < 9.95;
  return print(fraction ? "%.1f" : "%.0f", per_second);
}

std::string megabytes_text(double bytes_per_second) {
  return print("%.1f", bytes_per_second / 1e6);
}

std::string percent_text(double share) {
  return print("%.0f%%", share * 100);
}

std::string fraction_text(double share) {
  return share > 0 && share < 0.0001 ? "<0.01%" : print("%.2f%%", share * 100);
}

std::string shown(std::string_view text) {
  return text.empty() ? "-" : log::escape(text);
}

bool contains(std::string_view text, std::string_view part) {
  return !std::ranges::search(text, part, {}, lower, lower).empty() || part.empty();
}

std::string hash_text(std::uint64_t hash) {
  return print("%016llx", static_cast<unsigned long long>(hash));
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

}  // namespace lungate::ctl
