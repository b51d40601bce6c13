// From text to token ids.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <queue>
#include <string_view>
#include <utility>
#include <vector>

#include "learn.h"
#include "split.h"
#include "table.h"

namespace native {

class Encoder {
 public:
  // The alphabet's bytes get the ids from `first` on, the merges' tokens those that follow.
  Encoder(const Splitter& splitter, std::string_view alphabet, uint32_t first,
          const std::vector<Merge>& merges)
      : splitter_(splitter) {
    for (char c : alphabet) bytes_[static_cast<uint8_t>(c)] = first++;
    for (const auto& [left, right] : merges) made_[join(left, right)] = first++;
  }

  void encode(std::string_view text, std::vector<uint32_t>& ids) {
    splitter_.split(text, [&](std::string_view piece) { append(piece, ids); });
  }

 private:
  // Words come again and again: their ids are kept, until there are many.
  static constexpr size_t kMostKnown = 1 << 20;
  static constexpr size_t kLongestKnown = 64;

  void append(std::string_view piece, std::vector<uint32_t>& ids) {
    if (piece.size() > kLongestKnown) return merge(piece, ids);
    if (known_.size() >= kMostKnown) {
      known_ = Table();
      known_ids_.clear();
    }
    int64_t& where = known_[piece];
    if (!where) {
      const size_t start = known_ids_.size();
      merge(piece, known_ids_);
      where = static_cast<int64_t>(start << 8 | (known_ids_.size() - start));
    }
    const auto from = known_ids_.begin() + (where >> 8);
    ids.insert(ids.end(), from, from + (where & 0xFF));
  }

  // Joins the neighbours that make the smallest id, the leftmost first, while any make one.
  void merge(std::string_view piece, std::vector<uint32_t>& ids) {
    struct Node {
      uint32_t id, left, right;
    };
    const auto n = static_cast<uint32_t>(piece.size());
    std::vector<Node> nodes(n);
    using Join = std::pair<uint32_t, uint32_t>;
    std::priority_queue<Join, std::vector<Join>, std::greater<>> joins;
    const auto propose = [&](uint32_t at) {
      if (at == n || nodes[at].right == n) return;
      if (const int64_t made = made_.get(join(nodes[at].id, nodes[nodes[at].right].id)))
        joins.emplace(static_cast<uint32_t>(made), at);
    };
    for (uint32_t i = 0; i < n; ++i)
      nodes[i] = {bytes_[static_cast<uint8_t>(piece[i])], i ? i - 1 : n, i + 1};
    for (uint32_t i = 0; i < n; ++i) propose(i);
    while (!joins.empty()) {
      const auto [made, at] = joins.top();
      joins.pop();
      Node& node = nodes[at];
      if (node.id == kGone || node.right == n) continue;
      Node& next = nodes[node.right];
      if (made_.get(join(node.id, next.id)) != made) continue;
      node.id = made;
      node.right = next.right;
      next.id = kGone;
      if (node.right != n) nodes[node.right].left = at;
      propose(at);
      propose(node.left);
    }
    for (uint32_t i = 0; i < n; i = nodes[i].right) ids.push_back(nodes[i].id);
  }

  static constexpr uint32_t kGone = ~uint32_t{0};

  Splitter splitter_;
  std::array<uint32_t, 256> bytes_{};
  PairTable made_;
  Table known_;
  std::vector<uint32_t> known_ids_;
};

}  // namespace native
