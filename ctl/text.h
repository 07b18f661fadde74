// SPDX-License-Identifier: LGPL-2.1-or-later

// Text for people: aligned tables, times, sizes. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lungate::ctl {

enum class Align : std::uint8_t { kLeft, kRight };

/// A table as lines. It knows nothing of screens: who shows it cuts it.
///
/// Rows under a header, columns as wide as their widest cell, two blanks between them:
///
///   Table table({{"LUN", Align::kRight}, {"STATE"}});
///   table.add({"0", "ready"});
class Table {
 public:
  struct Column {
    std::string_view title;
    Align align = Align::kLeft;
  };

  explicit Table(std::vector<Column> columns);
  /// REQUIRES: as many cells as columns.
  void add(std::vector<std::string> cells);
  /// One line each, without trailing blanks, header first.
  std::vector<std::string> lines() const;
  /// The same, no column narrower than in `widths`, which grows: for a table that comes in pieces.
  std::vector<std::string> lines(std::vector<std::size_t>& widths) const;
  std::string text() const;
  std::size_t rows() const { return rows_.size() - 1; }

 private:
  std::vector<Align> aligns_;
  std::vector<std::vector<std::string>> rows_;  // the first is the header
};

/// "3d 04:05:06", "04:05:06".
std::string duration_text(std::uint64_t seconds);
/// "85us", "1.23ms", "12.3ms", "1.20s"; "-" for 0, which no I/O takes.
std::string latency_text(double seconds);
/// "0", "0.5", "12", "123456": three digits that matter, no fraction from 10 on.
std::string rate_text(double per_second);
/// Megabytes (10^6) a second with one decimal.
std::string megabytes_text(double bytes_per_second);
/// "37%"; a share from 0 to 1.
std::string percent_text(double share);
// Of what should be nothing: 0.02%; what is more than 0 never looks like it.
std::string fraction_text(double share);
/// What a peer or a file says, safe for a terminal; "-" when it is empty.
std::string shown(std::string_view text);
/// Whether `text` has `part` in it, whatever the case of ASCII letters.
bool contains(std::string_view text, std::string_view part);
/// 16 hex digits.
std::string hash_text(std::uint64_t hash);
/// "a, b, c"
std::string joined(const std::vector<std::string>& parts);

}  // namespace lungate::ctl
