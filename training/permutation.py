"""Keyed permutations: a shuffle that answers any place at once and stores nothing."""

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]

# With fewer bits six turns favour some orders: a chi-squared test on 20,000 keys sees it.
_LEAST_BITS = 6
_GAMMA = np.uint64(0x9E3779B97F4A7C15)
# What makes the function of each turn another: the first values of SplitMix64 from seed 0.
_SALTS = np.array(
    [
        0xE220A8397B1DCDAF,
        0x6E789E6AA1B965F4,
        0x06C45D188009454F,
        0xF88BB8A8724C81EC,
        0x1B39896A51A8749B,
        0x53CB9F0C747EA2EA,
    ],
    np.uint64,
)


def key_of(*parts: object) -> int:
    """A key from what it stands for, in order."""
    digest = hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def derive(keys: Words, numbers: Words) -> Words:
    """Keys made from others and a number each; arrays of one shape."""
    words = numbers + np.uint64(1)
    words *= _GAMMA
    words += keys
    return _mix(words)


def permute(places: Any, sizes: Any, keys: Any) -> npt.NDArray[np.int64]:
    """Where keyed permutations of the numbers below `sizes` send `places`.

    A Feistel network permutes the smallest power of two that holds the size, from 64 on; a result
    outside is permuted again until it falls inside (cycle walking; Black and Rogaway 2002, "Ciphers
    with Arbitrary Finite Domains"). Of more than 32 places it takes fewer than two permutations on
    average.

    Args:
        places: Numbers from 0 to below their sizes; integers of any shape.
        sizes: From 1 to 2**62, of a shape that broadcasts to it.
        keys: Unsigned 64-bit numbers, likewise.

    Returns:
        The shape of `places`.
    """
    shape = np.shape(places)
    at, size, key = (
        np.broadcast_to(np.asarray(values, np.uint64), shape).ravel()
        for values in (places, sizes, keys)
    )
    bits = _bits(size)
    at = at.copy()
    outside = np.arange(len(at))
    while len(outside):
        moved = _feistel(at[outside], bits[outside], key[outside])
        at[outside] = moved
        outside = outside[moved >= size[outside]]
    return at.astype(np.int64).reshape(shape)


def _bits(sizes: Words) -> Words:
    """Bits of the numbers below each size."""
    distinct, place = np.unique(sizes, return_inverse=True)
    bits = [max(_LEAST_BITS, (size - 1).bit_length()) for size in distinct.tolist()]
    return np.array(bits, np.uint64)[place]


def _feistel(at: Words, bits: Words, key: Words) -> Words:
    """The two halves of the bits, of which one may have a bit more, change each other in turn."""
    low = bits >> np.uint64(1)
    masks = (np.uint64(1) << low) - np.uint64(1), (np.uint64(1) << (bits - low)) - np.uint64(1)
    halves = [at & masks[0], at >> low]
    for turn, salt in enumerate(_SALTS):
        changed = turn % 2
        mixed = derive(key + salt, halves[1 - changed])
        mixed &= masks[changed]
        halves[changed] ^= mixed
    upper: Words = halves[1] << low
    return upper | halves[0]


def _mix(words: Words) -> Words:
    """A bijection of 64 bits that spreads every bit over all: Stafford's variant 13, in place.

    The finalizer of SplitMix64 (Steele, Lea and Flood 2014, "Fast Splittable Pseudorandom Number
    Generators").
    """
    words ^= words >> np.uint64(30)
    words *= np.uint64(0xBF58476D1CE4E5B9)
    words ^= words >> np.uint64(27)
    words *= np.uint64(0x94D049BB133111EB)
    words ^= words >> np.uint64(31)
    return words
