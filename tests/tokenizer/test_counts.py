"""Counting: exact within the limit, and within the stated error beyond it."""

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tokenizer.counts import SCHEMA, Counts
from tokenizer.pretokenize import Pretokenizer

HOW = Pretokenizer("o200k")
TEXTS = [
    " ".join(f"w{int(random.Random(number * 50 + n).paretovariate(0.5))}" for n in range(50))
    for number in range(200)
]


def as_counter(counts: Counts) -> Counter[bytes]:
    table = counts.table()
    assert table.schema == SCHEMA
    pretokens = table["pretoken"].to_pylist()
    assert pretokens == sorted(set(pretokens))
    return Counter(dict(zip(pretokens, table["count"].to_pylist(), strict=True)))


def counted(texts: dict[str, int], limit: int) -> Counts:
    counts = Counts(limit)
    for text, repeats in texts.items():
        counts.add_text(text, repeats, HOW)
    return counts


@given(st.dictionaries(st.text(max_size=30), st.integers(1, 1 << 40), max_size=20))
def test_counts_are_exact_within_the_limit(texts: dict[str, int]) -> None:
    expected: Counter[bytes] = Counter()
    for text, repeats in texts.items():
        for pretoken in HOW.split(text):
            expected[pretoken.encode()] += repeats
    counts = counted(texts, 1 << 30)
    assert as_counter(counts) == expected
    assert counts.error == counts.dropped == 0


def test_beyond_the_limit_no_count_is_wrong_by_more_than_is_said() -> None:
    texts = dict.fromkeys(TEXTS, 3)
    exact = as_counter(counted(texts, 1 << 30))
    counts = counted(texts, 20_000)
    found = as_counter(counts)
    assert sum(len(pretoken) + 48 for pretoken in found) <= 20_000
    assert 0 < counts.error < exact.most_common(20)[-1][1]
    assert all(exact[p] - counts.error <= found[p] <= exact[p] for p in exact)
    assert exact.total() - found.total() == counts.dropped
    assert found.keys() <= exact.keys()


def test_tables_add_up() -> None:
    half = len(TEXTS) // 2
    counts = Counts(1 << 30)
    for texts in (TEXTS[:half], TEXTS[half:]):
        counts.add_table(counted(dict.fromkeys(texts, 2), 1 << 30).table())
    counts.add_table(counts.table().slice(0, 0))
    assert as_counter(counts) == as_counter(counted(dict.fromkeys(TEXTS, 2), 1 << 30))


def test_a_slice_is_a_table() -> None:
    table = counted(dict.fromkeys(TEXTS, 1), 1 << 30).table()
    counts = Counts(1 << 30)
    for start in range(0, len(table), 7):
        counts.add_table(table.slice(start, 7))
    assert counts.table() == table


def test_shrinking_leaves_the_most_frequent() -> None:
    exact = as_counter(counted(dict.fromkeys(TEXTS, 1), 1 << 30))
    counts = counted(dict.fromkeys(TEXTS, 1), 1 << 30)
    counts.shrink(2_000)
    found = as_counter(counts)
    assert found == {p: n for p, n in exact.items() if n > counts.error}
    assert found
