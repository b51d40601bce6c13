"""Repeated lines and n-grams, against a slow restatement of what they are."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.repetition import DUPLICATE_NGRAMS, TOP_NGRAMS, ngram_characters, number, repeats

tokens = st.lists(st.sampled_from(["a", "b", "cc", "ddd"]), max_size=60)
# Long repeats, which random tokens seldom are.
phrases = st.lists(
    st.sampled_from(["a b cc ddd e f g h i j k", "a b cc ddd e f g", "x y", "a", "b", "zz zz"]),
    max_size=12,
).map(lambda pieces: " ".join(pieces).split())


def measured(words: list[str]) -> dict[int, int]:
    numbers, _ = number(words)
    return ngram_characters(numbers, np.array([len(word) for word in words], dtype=np.int64))


def top(words: list[str], n: int) -> int:
    """Characters of the most frequent n-gram, spaces counted, times its count; of several first."""
    ngrams = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
    if not ngrams:
        return 0
    counts = Counter(ngrams)
    most = max(counts.values())
    first = next(ngram for ngram in ngrams if counts[ngram] == most)
    return len(" ".join(first)) * most


def duplicates(words: list[str], n: int) -> int:
    """Characters of n-grams that were there before; after each, the search goes on behind it."""
    seen = set()
    at = chars = 0
    while at + n <= len(words):
        ngram = tuple(words[at : at + n])
        if ngram in seen:
            chars += len("".join(ngram))
            at += n
        else:
            seen.add(ngram)
            at += 1
    return chars


def test_the_lengths_are_those_of_gopher() -> None:
    assert list(TOP_NGRAMS) == [2, 3, 4]
    assert list(DUPLICATE_NGRAMS) == [5, 6, 7, 8, 9, 10]


@settings(deadline=None, max_examples=200)
@given(tokens | phrases)
def test_ngrams_are_counted_as_the_definition_says(words: list[str]) -> None:
    expected = {n: top(words, n) for n in TOP_NGRAMS}
    expected |= {n: duplicates(words, n) for n in DUPLICATE_NGRAMS}
    assert measured(words) == expected


@pytest.mark.parametrize(
    ("words", "n", "chars"),
    [
        ("a b a b cc", 2, 6),  # `a b` twice
        ("a b cc ddd", 2, 3),  # all unique: the first once
        ("x yy zz x yy zz", 2, 8),  # `x yy` and `yy zz` twice each: the first of them
        ("long word cc x y x y", 2, 6),  # the most frequent, not the longest or first
        ("a a a a", 2, 9),  # those that overlap count each
        ("a b a b a b", 4, 14),
        ("a b c", 4, 0),  # no 4-gram at all
        ("a b c d e x a b c d e", 5, 5),  # no spaces counted
        ("a " * 12, 5, 10),  # from the second on, each after the one before it
        ("a b c d e f a b c d e f", 6, 6),
        ("a b c d e f a b c d e f", 7, 0),
    ],
)
def test_worked_examples(words: str, n: int, chars: int) -> None:
    assert measured(words.split())[n] == chars


@given(st.lists(st.sampled_from(["", "a", "bb"])))
def test_repeats_are_the_pieces_but_for_the_first_of_each(pieces: list[str]) -> None:
    extra = Counter(pieces) - Counter(set(pieces))
    assert repeats(pieces) == (extra.total(), sum(map(len, extra.elements())))


@given(tokens)
def test_numbers_are_given_in_order_of_first_occurrence(words: list[str]) -> None:
    numbers, distinct = number(words)
    assert [distinct[place] for place in numbers.tolist()] == words
    assert distinct == list(dict.fromkeys(words))
