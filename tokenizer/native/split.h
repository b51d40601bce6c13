// Pre-tokenization: where a text is cut before bytes are merged.
//
// Each function does what the regular expression of tokenizer/pretokenize.py says, which is the one
// that `tokenizers` and `tiktoken` run; the names of the classes are Unicode's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "unicode.h"

namespace native {

enum class Style { gpt2, cl100k, o200k };
enum class Digits { pattern, single, threes };

// Sets of classes.
using Mask = unsigned;
constexpr Mask bit(Class c) { return 1u << c; }
inline constexpr Mask kLetter = bit(Class::upper) | bit(Class::lower) | bit(Class::letter);
inline constexpr Mask kHead = bit(Class::upper) | bit(Class::letter) | bit(Class::mark);
inline constexpr Mask kTail = bit(Class::lower) | bit(Class::letter) | bit(Class::mark);
inline constexpr Mask kNumber = bit(Class::number);
inline constexpr Mask kSpace = bit(Class::space);
inline constexpr Mask kOther = bit(Class::other) | bit(Class::mark);

class Splitter {
  using At = const uint8_t*;

 public:
  Splitter(Style style, Digits digits, bool whitespace_runs)
      : style_(style), digits_(digits), runs_(whitespace_runs) {}

  // Calls `each` with the pre-tokens of a text of valid UTF-8, in order.
  template <class Each>
  void split(std::string_view text, Each each) const {
    const auto begin = reinterpret_cast<At>(text.data());
    const Cut cut{begin, begin + text.size(), *this};
    for (At at = begin, stop; at < cut.end; at = stop) {
      stop = cut.next(at);
      each(std::string_view(reinterpret_cast<const char*>(at), stop - at));
    }
  }

 private:

  struct Cut {
    At begin;
    At end;
    const Splitter& how;

    Class type(At at) const { return at < end ? class_at(at) : Class::none; }
    bool in(At at, Mask mask) const { return mask >> type(at) & 1; }
    bool is(At at, char c) const { return at < end && *at == static_cast<uint8_t>(c); }
    bool newline(At at) const { return is(at, '\n') || is(at, '\r'); }

    At run(At at, Mask mask) const {
      while (in(at, mask)) at += length_at(at);
      return at;
    }

    At next(At at) const {
      if (how.runs_ && (is(at, ' ') || is(at, '\t')) && is(at + 1, *at)) {
        At stop = at + 2;
        while (is(stop, *at)) ++stop;
        return stop;
      }
      switch (how.style_) {
        case Style::gpt2: return gpt2(at);
        case Style::cl100k: return cl100k(at);
        default: return o200k(at);
      }
    }

    // '(?:s|t|re|ve|m|ll|d); folded, in either case, and with the long s, which folds to s.
    At contraction(At at, bool folded) const {
      if (!is(at, '\'')) return at;
      auto letter = [&](ptrdiff_t i) {
        const char c = at + i < end ? static_cast<char>(at[i]) : '\0';
        return folded && 'A' <= c && c <= 'Z' ? static_cast<char>(c | 32) : c;
      };
      const char one = letter(1), two = letter(2);
      if (one && std::strchr("stmd", one)) return at + 2;
      if ((one == 'r' || one == 'v') && two == 'e') return at + 3;
      if (one == 'l' && two == 'l') return at + 3;
      if (folded && end - at > 2 && at[1] == 0xC5 && at[2] == 0xBF) return at + 3;
      return at;
    }

    At gpt2(At at) const {
      if (At stop = contraction(at, false); stop > at) return stop;
      At word = is(at, ' ') ? at + 1 : at;
      if (in(word, kLetter)) return run(word, kLetter);
      if (in(word, kOther)) return run(word, kOther);
      if (how.digits_ == Digits::pattern && in(word, kNumber)) return run(word, kNumber);
      return in(at, kNumber) ? number(at) : space(at, how.runs_);
    }

    At cl100k(At at) const {
      if (At stop = contraction(at, true); stop > at) return stop;
      At word = prefixed(at);
      if (in(word, kLetter)) return run(word, kLetter);
      if (in(at, kNumber)) return number(at);
      At stop = other(at);
      while (stop > at && newline(stop)) ++stop;
      return stop > at ? stop : space(at, true);
    }

    At o200k(At at) const {
      for (auto word : {&Cut::cased_word, &Cut::upper_word})
        for (At start : {prefixed(at), at})
          if (At stop = (this->*word)(start); stop > start) return contraction(stop, true);
      if (in(at, kNumber)) return number(at);
      At stop = other(at);
      while (stop > at && (newline(stop) || is(stop, '/'))) ++stop;
      return stop > at ? stop : space(at, true);
    }

    // [^\r\n\p{L}\p{N}]?
    At prefixed(At at) const {
      return newline(at) || in(at, kLetter | kNumber | bit(Class::none)) ? at : at + length_at(at);
    }

    // [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+
    At cased_word(At at) const {
      At head = run(at, kHead);
      if (At stop = run(head, kTail); stop > head) return stop;
      // The head gives back characters until one is left for the tail.
      At stop = at;
      while (at < head) {
        const bool both = in(at, kTail);
        at += length_at(at);
        if (both) stop = at;
      }
      return stop;
    }

    // [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+, where no cased word is.
    At upper_word(At at) const { return run(at, kHead); }

    //  ?[^\s\p{L}\p{N}]+
    At other(At at) const {
      At start = is(at, ' ') ? at + 1 : at;
      At stop = run(start, kOther);
      return stop > start ? stop : at;
    }

    // At a number: how much of it is cut off at once.
    At number(At at) const {
      if (how.digits_ == Digits::single) return at + length_at(at);
      if (how.digits_ == Digits::pattern && how.style_ == Style::gpt2) return run(at, kNumber);
      const bool right = how.digits_ == Digits::threes;
      const int most = right && !follows_number(at) ? (numbers(at) - 1) % 3 + 1 : 3;
      for (int i = 0; i < most && in(at, kNumber); ++i) at += length_at(at);
      return at;
    }

    int64_t numbers(At at) const {
      int64_t n = 0;
      for (; in(at, kNumber); at += length_at(at)) ++n;
      return n;
    }

    bool follows_number(At at) const { return at > begin && in(before(at), kNumber); }

    // \s*[\r\n]+ where lines are cut off, then \s+(?!\S)|\s+
    At space(At at, bool lines) const {
      At stop = run(at, kSpace);
      if (lines)
        for (At last = stop; last > at; --last)
          if (newline(last - 1)) return last;
      if (stop == end) return stop;
      At last = before(stop);
      return last > at ? last : stop;
    }
  };

  Style style_;
  Digits digits_;
  bool runs_;
};

}  // namespace native
