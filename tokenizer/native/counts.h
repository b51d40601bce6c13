// How often each pre-token occurs, in bounded memory.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace native {

// A table that forgets its rarest entries when it outgrows its limit: lossy counting, as Manku and
// Motwani 2002 have it, with the floor set by what is in the table.
class Counts {
 public:
  using Item = std::pair<std::string_view, int64_t>;

  explicit Counts(size_t limit) : limit_(limit), slots_(1 << 10) {}

  void add(std::string_view key, int64_t count) {
    const size_t hash = std::hash<std::string_view>{}(key);
    Slot* slot = find(key, static_cast<uint32_t>(hash));
    if (!slot->key) {
      *slot = {store(key), static_cast<uint32_t>(key.size()), static_cast<uint32_t>(hash), 0};
      bytes_ += cost(*slot);
      if (++used_ * 2 > slots_.size()) {
        rebuild(slots_.size() * 2, 0);
        slot = find(key, static_cast<uint32_t>(hash));
      }
    }
    slot->count += count;
    if (bytes_ > limit_) shrink(limit_ / 2);
  }

  // Forgets all counts up to a floor that leaves so many bytes.
  void shrink(size_t bytes) {
    if (bytes_ <= bytes) return;
    std::vector<std::pair<int64_t, size_t>> costs;
    for (const Slot& slot : slots_)
      if (slot.key) costs.emplace_back(slot.count, cost(slot));
    std::sort(costs.begin(), costs.end());
    int64_t floor = 0;
    size_t left = bytes_;
    for (auto it = costs.begin(); it != costs.end() && (left > bytes || it->first == floor); ++it) {
      floor = it->first;
      left -= it->second;
      dropped_ += it->first;
    }
    error_ += floor;
    rebuild(slots_.size(), floor);
  }

  // All entries, in the order of their bytes.
  std::vector<Item> items() const {
    std::vector<Item> items;
    items.reserve(used_);
    for (const Slot& slot : slots_)
      if (slot.key) items.emplace_back(std::string_view(slot.key, slot.size), slot.count);
    std::sort(items.begin(), items.end());
    return items;
  }

  // No count is too low by more than this.
  int64_t error() const { return error_; }

  // The sum of what was forgotten.
  int64_t dropped() const { return dropped_; }

 private:
  struct Slot {
    const char* key;
    uint32_t size;
    uint32_t hash;
    int64_t count;
  };

  static constexpr size_t kBlock = 1 << 20;

  static size_t cost(const Slot& slot) { return slot.size + 3 * sizeof(Slot); }

  Slot* find(std::string_view key, uint32_t hash) {
    const size_t mask = slots_.size() - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
      Slot& slot = slots_[i];
      if (!slot.key) return &slot;
      if (slot.hash == hash && std::string_view(slot.key, slot.size) == key) return &slot;
    }
  }

  const char* store(std::string_view key) {
    if (key.size() > room_) {
      room_ = std::max(kBlock, key.size());
      blocks_.emplace_back(new char[room_]);
      free_ = blocks_.back().get();
    }
    const char* stored = static_cast<const char*>(std::memcpy(free_, key.data(), key.size()));
    free_ += key.size();
    room_ -= key.size();
    return stored;
  }

  // Moves the entries above a floor to a new table, and their keys to new blocks if any goes.
  void rebuild(size_t size, int64_t floor) {
    std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(size));
    std::vector<std::unique_ptr<char[]>> blocks;
    if (floor > 0) {
      blocks.swap(blocks_);
      room_ = used_ = bytes_ = 0;
    }
    for (Slot slot : old) {
      if (!slot.key || (floor > 0 && slot.count <= floor)) continue;
      const std::string_view key(slot.key, slot.size);
      if (floor > 0) {
        slot.key = store(key);
        bytes_ += cost(slot);
        ++used_;
      }
      *find(key, slot.hash) = slot;
    }
  }

  size_t limit_;
  std::vector<Slot> slots_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* free_ = nullptr;
  size_t room_ = 0;
  size_t used_ = 0;
  size_t bytes_ = 0;
  int64_t error_ = 0;
  int64_t dropped_ = 0;
};

}  // namespace native
