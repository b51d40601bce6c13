// Hash tables: numbers by string of bytes, and by pair of ids.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace native {

// Numbers by string. The strings are copied into blocks.
class Table {
 public:
  Table() : slots_(1 << 10) {}

  // A string's number, at first 0; valid until the next call.
  int64_t& operator[](std::string_view key) {
    const auto hash = static_cast<uint32_t>(std::hash<std::string_view>{}(key));
    Slot* slot = &find(key, hash);
    if (!slot->key) {
      if (2 * used_ >= slots_.size()) {
        grow();
        slot = &find(key, hash);
      }
      *slot = {store(key), static_cast<uint32_t>(key.size()), hash, 0};
      ++used_;
    }
    return slot->value;
  }

  size_t size() const { return used_; }

  // Calls `each` with every string and its number, in no order.
  template <class Each>
  void visit(Each each) const {
    for (const Slot& slot : slots_)
      if (slot.key) each(std::string_view(slot.key, slot.size), slot.value);
  }

 private:
  struct Slot {
    const char* key;
    uint32_t size;
    uint32_t hash;
    int64_t value;
  };

  static constexpr size_t kBlock = 1 << 20;

  Slot& find(std::string_view key, uint32_t hash) {
    const size_t mask = slots_.size() - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
      Slot& slot = slots_[i];
      if (!slot.key) return slot;
      if (slot.hash == hash && std::string_view(slot.key, slot.size) == key) return slot;
    }
  }

  void grow() {
    const auto old = std::exchange(slots_, std::vector<Slot>(2 * slots_.size()));
    for (const Slot& slot : old)
      if (slot.key) find({slot.key, slot.size}, slot.hash) = slot;
  }

  const char* store(std::string_view key) {
    if (blocks_.empty() || key.size() > room_) {
      room_ = std::max(kBlock, key.size());
      blocks_.emplace_back(new char[room_]);
      free_ = blocks_.back().get();
    }
    room_ -= key.size();
    return static_cast<char*>(std::memcpy(std::exchange(free_, free_ + key.size()), key.data(),
                                          key.size()));
  }

  std::vector<Slot> slots_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* free_ = nullptr;
  size_t room_ = 0;
  size_t used_ = 0;
};

// A pair of token ids.
using Pair = uint64_t;

inline Pair join(uint32_t left, uint32_t right) { return Pair{left} << 32 | right; }

// Numbers by pair.
class PairTable {
 public:
  PairTable() : slots_(1 << 16, kFree) {}

  // A pair's number, at first 0; valid until the next call.
  int64_t& operator[](Pair pair) {
    Slot* slot = &slots_[find(pair)];
    if (slot->first != pair) {
      if (2 * used_ >= slots_.size()) {
        const auto old = std::exchange(slots_, std::vector<Slot>(2 * slots_.size(), kFree));
        for (const Slot& other : old)
          if (other != kFree) slots_[find(other.first)] = other;
        slot = &slots_[find(pair)];
      }
      slot->first = pair;
      ++used_;
    }
    return slot->second;
  }

  // A pair's number, 0 if it has none.
  int64_t get(Pair pair) const { return slots_[find(pair)].second; }

 private:
  using Slot = std::pair<Pair, int64_t>;
  static constexpr Slot kFree{~Pair{0}, 0};

  // Where a pair stands or belongs.
  size_t find(Pair pair) const {
    const size_t mask = slots_.size() - 1;
    size_t i = (pair * 0x9E3779B97F4A7C15u) >> 32 & mask;
    while (slots_[i].first != pair && slots_[i].first != kFree.first) i = (i + 1) & mask;
    return i;
  }

  std::vector<Slot> slots_;
  size_t used_ = 0;
};

}  // namespace native
