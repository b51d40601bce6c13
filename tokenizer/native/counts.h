// How often each pre-token occurs, in bounded memory.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "table.h"

namespace native {

// A table that forgets its rarest entries when it outgrows its limit: lossy counting, as Manku and
// Motwani 2002 have it, with the floor set by what is in the table.
class Counts {
 public:
  using Item = std::pair<std::string_view, int64_t>;

  explicit Counts(size_t limit) : limit_(limit) {}

  void add(std::string_view key, int64_t count) {
    const size_t size = table_.size();
    table_[key] += count;
    if (table_.size() == size) return;
    bytes_ += cost(key);
    if (bytes_ > limit_) shrink(limit_ / 2);
  }

  // Forgets all counts up to a floor that leaves so many bytes.
  void shrink(size_t bytes) {
    if (bytes_ <= bytes) return;
    std::vector<std::pair<int64_t, size_t>> costs;
    table_.visit([&](auto key, int64_t count) { costs.emplace_back(count, cost(key)); });
    std::sort(costs.begin(), costs.end());
    int64_t floor = 0;
    for (const auto& [count, cost] : costs) {
      if (bytes_ <= bytes && count > floor) break;
      floor = count;
      bytes_ -= cost;
      dropped_ += count;
    }
    error_ += floor;
    const Table old = std::exchange(table_, Table());
    old.visit([&](auto key, int64_t count) {
      if (count > floor) table_[key] = count;
    });
  }

  // All entries, in the order of their bytes.
  std::vector<Item> items() const {
    std::vector<Item> items;
    table_.visit([&](auto key, int64_t count) { items.emplace_back(key, count); });
    std::sort(items.begin(), items.end());
    return items;
  }

  // No count is too low by more than this.
  int64_t error() const { return error_; }

  // The sum of what was forgotten.
  int64_t dropped() const { return dropped_; }

 private:
  // Two slots of the table and the string.
  static size_t cost(std::string_view key) { return key.size() + 48; }

  size_t limit_;
  Table table_;
  size_t bytes_ = 0;
  int64_t error_ = 0;
  int64_t dropped_ = 0;
};

}  // namespace native
