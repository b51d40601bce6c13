// Learning merges from counts of pre-tokens (Sennrich et al. 2016).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "table.h"

namespace native {

struct Merge {
  uint32_t left, right;
};

// Chooses the merges that the trainer of `tokenizers` chooses: the pair with the greatest count, of
// equal ones that with the smallest ids. No token is made twice: a word's symbols are its encoding by
// the merges so far, in which equal strings that begin and end at symbols have equal symbols.
class Learner {
 public:
  using Item = std::pair<std::string_view, int64_t>;

  // The alphabet's bytes get the ids from `first` on.
  Learner(const std::vector<Item>& items, std::string_view alphabet, uint32_t first)
      : next_(first) {
    std::array<uint32_t, 256> ids{};
    for (char c : alphabet) ids[static_cast<uint8_t>(c)] = next_++;
    for (const auto& [key, count] : items) {
      words_.push_back({symbols_.size(), key.size(), count});
      for (char c : key) symbols_.push_back(ids[static_cast<uint8_t>(c)]);
    }
    for (uint32_t w = 0; w < words_.size(); ++w) {
      const uint32_t* at = &symbols_[words_[w].start];
      for (size_t i = 1; i < words_[w].size; ++i) appear(at[i - 1], at[i], w);
    }
    enqueue();
  }

  std::vector<Merge> learn(uint32_t vocab_size, int64_t min_frequency) {
    std::vector<Merge> merges;
    while (next_ < vocab_size && !queue_.empty()) {
      std::pop_heap(queue_.begin(), queue_.end());
      Candidate top = std::move(queue_.back());
      queue_.pop_back();
      if (const int64_t count = counts_[top.pair]; count != top.count) {
        top.count = count;
        push(std::move(top));
        continue;
      }
      if (top.count < std::max<int64_t>(1, min_frequency)) break;
      const Merge pair{static_cast<uint32_t>(top.pair >> 32), static_cast<uint32_t>(top.pair)};
      merges.push_back(pair);
      for (uint32_t w : top.words) merge(w, pair.left, pair.right, next_);
      ++next_;
      enqueue();
    }
    return merges;
  }

 private:
  struct Word {
    size_t start, size;
    int64_t count;
  };

  // A pair with the words it may stand in. Its count is of the time it was queued.
  struct Candidate {
    int64_t count;
    Pair pair;
    std::vector<uint32_t> words;

    bool operator<(const Candidate& other) const {
      return count != other.count ? count < other.count : pair > other.pair;
    }
  };

  void appear(uint32_t left, uint32_t right, uint32_t word) {
    counts_[join(left, right)] += words_[word].count;
    std::vector<uint32_t>& words = fresh_[join(left, right)];
    if (words.empty() || words.back() != word) words.push_back(word);
  }

  void vanish(uint32_t left, uint32_t right, uint32_t word) {
    counts_[join(left, right)] -= words_[word].count;
  }

  // Merges a pair in a word, from the left. Its own count stays: it does not appear again.
  void merge(uint32_t w, uint32_t left, uint32_t right, uint32_t made) {
    Word& word = words_[w];
    uint32_t* symbols = &symbols_[word.start];
    size_t size = 0;
    for (size_t i = 0; i < word.size; ++i) {
      if (symbols[i] != left || i + 1 == word.size || symbols[i + 1] != right) {
        symbols[size++] = symbols[i];
        continue;
      }
      if (size > 0) {
        vanish(symbols[size - 1], left, w);
        appear(symbols[size - 1], made, w);
      }
      symbols[size++] = made;
      ++i;
      if (i + 1 < word.size) {
        vanish(right, symbols[i + 1], w);
        appear(made, symbols[i + 1], w);
      }
    }
    word.size = size;
  }

  // Queues the pairs that appeared.
  void enqueue() {
    for (auto& [pair, words] : fresh_)
      if (const int64_t count = counts_[pair]; count > 0) {
        words.shrink_to_fit();
        push({count, pair, std::move(words)});
      }
    fresh_.clear();
  }

  void push(Candidate candidate) {
    queue_.push_back(std::move(candidate));
    std::push_heap(queue_.begin(), queue_.end());
  }

  uint32_t next_;
  std::vector<Word> words_;
  std::vector<uint32_t> symbols_;
  PairTable counts_;
  std::unordered_map<Pair, std::vector<uint32_t>> fresh_;
  std::vector<Candidate> queue_;
};

}  // namespace native
