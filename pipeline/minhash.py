"""MinHash signatures of texts, for finding near-duplicates.

The similarity of two texts is the Jaccard similarity of their sets of shingles (runs of n words).
A permutation of all possible shingles puts the same shingle first in both sets with just that
probability (Broder 1997, "On the resemblance and containment of documents"), so the share of
permutations whose minima agree estimates it. Locality-sensitive hashing cuts the signature into
bands, and texts that agree on a whole band share a bucket (Leskovec, Rajaraman and Ullman, "Mining
of Massive Datasets", chapter 3). 14 bands of 8 rows over 5-grams are FineWeb's (Penedo et al.
2024).

Every hash here is the same on every machine, in every process and for every NumPy; only a Python
with newer Unicode tables may read a character otherwise.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
import regex
import xxhash

Hashes = npt.NDArray[np.uint64]
Signature = npt.NDArray[np.uint32]

# Shingles hashed at once. Their hashes under 112 permutations stay in a core's cache.
_BLOCK = 2048

_SPACELESS = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]"
)
_SPACE = ord(" ")
_DROPPED = 0
_UNKNOWN = 0xFFFFFFFF
_KIND_BITS = 24
_PLAIN, _ALONE, _ATTACHED = range(3)
# What each code point becomes: a code point, and above it how it makes words. Filled as they occur.
_folds = np.full(0x110000, _UNKNOWN, dtype=np.uint32)


def normalize(text: str) -> str:
    """The words of a text as `words` gives them, separated by single spaces."""
    return " ".join(words(text))


def words(text: str) -> list[str]:
    """The words of a text, as far as they count for comparing texts.

    Letters are lower case and without accents, digits are 0, and all but letters, digits and marks
    is space. Vowel points of Hebrew and Arabic go the way of accents; marks without which a word
    cannot be read, as in the scripts of India, stay. In scripts that are written without spaces
    (Han, kana, Thai, Lao, Khmer, Burmese, Tibetan) each character with its marks is a word.
    """
    codes = np.frombuffer(text.encode("utf-32-le"), dtype="<u4")
    folded = _folds[codes]
    unknown = codes[folded == _UNKNOWN]
    if len(unknown):
        for code in np.unique(unknown).tolist():
            _folds[code] = _fold(chr(code))
        folded = _folds[codes]
    folded = folded[folded != _DROPPED]
    kinds = folded >> _KIND_BITS
    if kinds.any():
        after_spaceless = np.concatenate([[False], kinds[:-1] != _PLAIN])
        starts = (kinds == _ALONE) | ((kinds == _PLAIN) & after_spaceless)
        folded &= (1 << _KIND_BITS) - 1
        folded = np.insert(folded, np.flatnonzero(starts), _SPACE)
    separated: bytes = folded.astype("<u4", copy=False).tobytes()
    return separated.decode("utf-32-le").split()


def _fold(character: str) -> int:
    """The entry of `_folds` for a character."""
    lower = character.lower()
    parts = unicodedata.normalize("NFD", lower)
    folded = parts[0] if all(map(_is_accent, parts[1:])) else lower[0]
    category = unicodedata.category(folded)
    if category == "Cf" or _is_accent(folded):
        return _DROPPED
    if category == "Nd":
        return ord("0")
    if category[0] not in "LMN":
        return _SPACE
    if not _SPACELESS.match(folded):
        return ord(folded)
    kind = _ATTACHED if category[0] == "M" else _ALONE
    return ord(folded) | kind << _KIND_BITS


def _is_accent(character: str) -> bool:
    """Whether a mark is one that a text can do without.

    Those are the combining classes 10 to 36 (points of Hebrew, Arabic, Syriac) and from 200
    (accents by their place). Vowel signs, viramas, nuktas and kana voicing have others.
    """
    combining = unicodedata.combining(character)
    return 10 <= combining <= 36 or combining >= 200


def single_spaced(text: str) -> str:
    """A text with single spaces for white space: the same of texts that count as equal.

    Stricter than `normalize`: pages that differ in their numbers alone are not equal.
    """
    return " ".join(text.split())


def exact_hash(text: str) -> bytes:
    """16 bytes, equal for texts that are `single_spaced` equal."""
    return xxhash.xxh3_128_digest(single_spaced(text).encode())


def text_signature(text: str, n: int, permutations: int) -> Signature | None:
    """The signature of a text's word n-grams; None for a text without a word."""
    return signature(shingles(words(text), n), permutations)


def shingles(words: Sequence[str], n: int) -> Hashes:
    """Hashes of the runs of n words, in their order, repeats included.

    Fewer than n words, but at least one, are one shingle of all of them.

    Returns:
        uint64, shape (shingles,).
    """
    if not words:
        return np.empty(0, dtype=np.uint64)
    digests = b"".join(map(xxhash.xxh64_digest, map(str.encode, words)))
    hashes = np.frombuffer(digests, dtype=">u8").astype(np.uint64)
    return _mix(np.convolve(hashes, _multipliers("word", min(n, len(words))), "valid"))


def signature(shingles: Hashes, permutations: int) -> Signature | None:
    """The least hash of the shingles under each permutation.

    A permutation is x -> a * x + b mod 2^32 with odd a, on the upper half of the shingle's hash.

    Args:
        shingles: Hashes, shape (shingles,).
        permutations: How many. The first of them are the same for any number.

    Returns:
        uint32, shape (permutations,); None if there are no shingles.
    """
    if not len(shingles):
        return None
    values = (shingles >> np.uint64(32)).astype(np.uint32)
    numbers = _multipliers("permutation", permutations)[:, None]
    factors, terms = numbers.astype(np.uint32), (numbers >> np.uint64(32)).astype(np.uint32)
    minima = np.full(permutations, np.iinfo(np.uint32).max, dtype=np.uint32)
    for start in range(0, len(values), _BLOCK):
        hashes = values[start : start + _BLOCK] * factors
        hashes += terms
        np.minimum(minima, hashes.min(axis=1), out=minima)
    return minima


def bands(signatures: Signature, bands: int, rows: int) -> Hashes:
    """The bucket keys of signatures.

    Two signatures have a key in common exactly if they agree on a whole band, up to chance
    collisions of 64 bits. Keys of different bands differ, so all may be thrown together.

    Args:
        signatures: uint32, shape (..., bands * rows).
        bands: Bands of a signature.
        rows: Permutations a band.

    Returns:
        uint64, shape (..., bands).
    """
    values = signatures.reshape(*signatures.shape[:-1], bands, rows)
    factors = _multipliers("band", bands * rows).reshape(bands, rows)
    # The sums of (value + 1) * factor; einsum widens the values a buffer at a time.
    return _mix(np.einsum("...br,br->...b", values, factors) + factors.sum(axis=-1))


def jaccard_estimate(left: Signature, right: Signature) -> float:
    """The share of equal permutations: an unbiased estimate of the Jaccard similarity.

    Its standard error is sqrt(s * (1 - s) / permutations) at similarity s.
    """
    return float((left == right).mean())


def match_probability(similarity: float, bands: int, rows: int) -> float:
    """The probability that texts of a similarity share a bucket: 1 - (1 - s^rows)^bands."""
    return 1.0 - (1.0 - similarity**rows) ** bands


@cache
def _multipliers(purpose: str, count: int) -> Hashes:
    """Odd numbers without a pattern: the constants of multilinear and linear hashing."""
    hashes = [xxhash.xxh64_intdigest(f"{purpose}:{index}".encode()) | 1 for index in range(count)]
    return np.array(hashes, dtype=np.uint64)


def _mix(values: Hashes) -> Hashes:
    """Spread each value over all 64 bits: the finalizer of MurmurHash3 (Appleby)."""
    values = values ^ (values >> np.uint64(33))
    values *= np.uint64(0xFF51AFD7ED558CCD)
    values ^= values >> np.uint64(33)
    values *= np.uint64(0xC4CEB9FE1A85EC53)
    return values ^ (values >> np.uint64(33))
