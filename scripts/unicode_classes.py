"""Writes tokenizer/native/unicode.h: the classes of characters that pre-tokenizers tell apart.

The classes are those of the regular expressions in `tokenizers`, asked character by character, so
that our splitter agrees with it on every one; `tiktoken` has the same (Unicode 16). Python's own
`unicodedata` is older and the package `regex` newer. A test compares them again.
"""

import textwrap
from pathlib import Path

from tokenizers import Regex, pre_tokenizers

HEADER = Path(__file__).resolve().parent.parent / "tokenizer" / "native" / "unicode.h"
CLASSES = {
    "upper": r"[\p{Lu}\p{Lt}]",
    "lower": r"\p{Ll}",
    "letter": r"[\p{Lm}\p{Lo}]",
    "mark": r"\p{M}",
    "number": r"\p{N}",
    "space": r"\s",
}
_BLOCK = 4096
_TEXT = """\
// Written by scripts/unicode_classes.py; do not edit.
#pragma once

#include <cstdint>
#include <iterator>
#include <vector>

namespace native {{

enum Class : uint8_t {{ {names} }};

// Where a class of characters begins, as code point * 8 + class.
inline constexpr uint32_t kRuns[] = {{
{runs}
}};

inline const std::vector<uint8_t> kClasses = [] {{
  std::vector<uint8_t> classes(0x110000);
  for (size_t i = 0; i < std::size(kRuns); ++i) {{
    const size_t stop = i + 1 < std::size(kRuns) ? kRuns[i + 1] / 8 : classes.size();
    for (size_t c = kRuns[i] / 8; c < stop; ++c) classes[c] = kRuns[i] % 8;
  }}
  return classes;
}}();

// Bytes of the character that begins here.
inline int length_at(const uint8_t* at) {{
  return *at < 0x80 ? 1 : *at < 0xE0 ? 2 : *at < 0xF0 ? 3 : 4;
}}

// The character before this one.
inline const uint8_t* before(const uint8_t* at) {{
  while ((*--at & 0xC0) == 0x80) {{
  }}
  return at;
}}

inline Class class_at(const uint8_t* at) {{
  uint32_t c = at[0];
  switch (length_at(at)) {{
    case 1: break;
    case 2: c = (c & 0x1F) << 6 | (at[1] & 0x3F); break;
    case 3: c = (c & 0x0F) << 12 | (at[1] & 0x3F) << 6 | (at[2] & 0x3F); break;
    default: c = (c & 0x07) << 18 | (at[1] & 0x3F) << 12 | (at[2] & 0x3F) << 6 | (at[3] & 0x3F);
  }}
  return static_cast<Class>(kClasses[c]);
}}

}}  // namespace native
"""


def members(pattern: str) -> set[int]:
    """The code points that a pattern of one character matches in `tokenizers`."""
    split = pre_tokenizers.Split(Regex(pattern), "removed")
    found: set[int] = set()
    every = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    for start in range(0, len(every), _BLOCK):
        block = every[start : start + _BLOCK]
        left = {c for piece, _ in split.pre_tokenize_str("".join(map(chr, block))) for c in piece}
        found.update(code for code in block if chr(code) not in left)
    return found


def main() -> None:
    """Write the header."""
    classes = bytearray(0x110000)
    for number, pattern in enumerate(CLASSES.values(), start=1):
        for code in members(pattern):
            classes[code] = number
    runs = [
        code * 8 + kind
        for code, kind in enumerate(classes)
        if code == 0 or kind != classes[code - 1]
    ]
    lines = textwrap.wrap(", ".join(map(str, runs)), 100)
    names = ", ".join(["other", *CLASSES, "none"])
    HEADER.write_text(_TEXT.format(names=names, runs="\n".join(lines)), encoding="utf-8")


if __name__ == "__main__":
    main()
