"""Hashes of runs of words, by which texts are compared with benchmark items.

Words are runs of letters and digits, lower case, without accents, compatibility characters
resolved; in scripts without spaces each character is a word and counts half.
"""

import unicodedata
from dataclasses import dataclass
from itertools import chain
from typing import Self

import numpy as np
import numpy.typing as npt
import regex

Hashes = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]

_SPACELESS = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]"
)
# What a code point becomes: a code point, and above it how it makes words. Filled as they occur.
_folds = np.full(0x110000, 0xFFFFFFFF, dtype=np.uint32)
_SEPARATOR, _DROPPED, _EXPANDED, _UNKNOWN = 0, 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFF
_KIND_BITS = 24
_PLAIN, _ALONE, _ATTACHED = range(3)
_expansions: dict[int, list[int]] = {}
# The golden ratio's 64 bits: an odd number without a pattern, and its inverse modulo 2^64.
_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)
_MOST_LETTERS = 4


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text, ready to be hashed in runs.

    The hash of a run is a polynomial in its letters, modulo 2^64 (Karp and Rabin 1987): of two sums
    over the text's beginnings, the difference.

    Attributes:
        starts: The first character of each word, shape (words,).
        stops: The character after each, shape (words,).
        size: How many words they count as.
        sums: The polynomial of the text before each word, and of all, shape (words + 1,).
        scales: What takes a run's place in the text out of its polynomial, shape (words + 1,).
    """

    starts: Integers
    stops: Integers
    size: float
    sums: Hashes
    scales: Hashes

    @classmethod
    def of(cls, text: str) -> Self:
        """The words of a text; see the module for what a word is."""
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        folded, offsets = _fold(codes)
        inside = np.flatnonzero(folded != _SEPARATOR)
        letters = folded[inside].astype(np.uint64)
        begins = np.ones(len(letters), dtype=np.bool_)
        begins[1:] = inside[1:] - inside[:-1] != 1
        n_alone = 0
        if len(letters) and letters.max() >> _KIND_BITS:
            kinds = letters >> _KIND_BITS
            n_alone = int(np.count_nonzero(kinds == _ALONE))
            begins |= kinds == _ALONE
            begins[1:] |= (kinds[1:] == _PLAIN) & (kinds[:-1] != _PLAIN)
        firsts = np.flatnonzero(begins)
        bounds = np.append(firsts, len(letters))
        # A word's first letter differs from the same letter within a word.
        letters[firsts] |= np.uint64(1 << 32)
        sums = np.zeros(len(letters) + 1, dtype=np.uint64)
        np.cumsum(letters * _powers(_BASE, len(letters)), out=sums[1:])
        starts, stops = offsets[inside[firsts]], offsets[inside[bounds[1:] - 1]] + 1
        scales = _powers(_INVERSE, len(sums))[bounds]
        return cls(starts, stops, len(firsts) - n_alone / 2, sums[bounds], scales)

    def ngrams(self, n: int) -> Hashes:
        """The hashes of the runs of n words, shape (words - n + 1,), or (0,) if they are fewer."""
        return (self.sums[n:] - self.sums[:-n]) * self.scales[:-n]

    @property
    def pace(self) -> int:
        """Words in the place of one: 2 where most are characters that count half, else 1."""
        return 2 if self.size < 0.75 * len(self.starts) else 1


def _powers(base: int, count: int) -> Hashes:
    """1, base, base^2, ... modulo 2^64."""
    powers = np.full(count, base, dtype=np.uint64)
    powers[:1] = 1
    return np.cumprod(powers, out=powers)


def _fold(codes: npt.NDArray[np.uint32]) -> tuple[npt.NDArray[np.uint32], Integers]:
    """What code points become, and which of them each result is of."""
    folded = _folds[codes]
    if not len(codes) or folded.max() < _DROPPED:
        return folded, np.arange(len(codes))
    for code in np.unique(codes[folded == _UNKNOWN]).tolist():
        entries = _expansions[code] = _entries(chr(code))
        _folds[code] = _EXPANDED if len(entries) > 1 else entries[0] if entries else _DROPPED
    folded, offsets = _folds[codes], np.arange(len(codes))
    long = np.flatnonzero(folded == _EXPANDED)
    if len(long):
        parts = [_expansions[code] for code in codes[long].tolist()]
        times = np.ones(len(codes), dtype=np.int64)
        times[long] = list(map(len, parts))
        folded, offsets = np.repeat(folded, times), np.repeat(offsets, times)
        folded[folded == _EXPANDED] = np.fromiter(chain.from_iterable(parts), np.uint32)
    kept = np.flatnonzero(folded != _DROPPED)
    return folded[kept], offsets[kept]


def _entries(character: str) -> list[int]:
    """What a character becomes: one letter, digit or separator, more for such as `ﬁ`, or none."""
    folded = unicodedata.normalize("NFKC", character).casefold()
    entries = [entry for part in folded if (entry := _entry(part)) != _DROPPED]
    # There are single characters of 18 letters; a page of them must not outgrow memory.
    return entries[:_MOST_LETTERS]


def _entry(character: str) -> int:
    parts = unicodedata.normalize("NFD", character)
    base = parts[0] if all(map(_is_accent, parts[1:])) else character
    category = unicodedata.category(base)
    if category == "Cf" or _is_accent(base):
        return _DROPPED
    if category[0] not in "LMN":
        return _SEPARATOR
    if not _SPACELESS.match(base):
        return ord(base)
    return ord(base) | (_ATTACHED if category[0] == "M" else _ALONE) << _KIND_BITS


def _is_accent(character: str) -> bool:
    """Whether a mark is one that a text can do without; as in `pipeline.minhash`."""
    combining = unicodedata.combining(character)
    return 10 <= combining <= 36 or combining >= 200
