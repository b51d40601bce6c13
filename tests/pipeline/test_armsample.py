"""Which documents of an arm the model of a seed reads."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipeline.armsample import ALL, below, bound

Rows = dict[str, tuple[int, int]]
"""By id the tokens of a document, and how often it is read at most."""

arms = st.dictionaries(
    st.integers(0, 200).map(str), st.tuples(st.integers(1, 50), st.integers(1, 4)), max_size=60
)


def table(rows: Rows) -> pa.Table:
    return pa.table(
        {
            "doc_id": pa.array([*rows], pa.string()),
            "n_tokens": pa.array([tokens for tokens, _ in rows.values()], pa.int32()),
            "repeat": pa.array([repeat for _, repeat in rows.values()], pa.int32()),
        }
    )


def sample(rows: Rows, seed: int, tokens: int) -> Rows:
    documents = table(rows)
    found = below(documents, seed, bound(documents, seed, tokens))
    assert found.schema == documents.schema
    return {row["doc_id"]: (row["n_tokens"], row["repeat"]) for row in found.to_pylist()}


def total(rows: Rows) -> int:
    return sum(tokens * repeat for tokens, repeat in rows.values())


@given(arms, st.integers(0, 3), st.integers(1, 2000))
def test_it_has_the_tokens_and_hardly_more(rows: Rows, seed: int, tokens: int) -> None:
    found = sample(rows, seed, tokens)
    assert found.keys() <= rows.keys()
    assert all(found[name][1] <= rows[name][1] for name in found)
    if total(rows) <= tokens:
        assert found == rows
    else:
        assert tokens <= total(found) < tokens + 50


@given(arms, st.integers(0, 3), st.integers(1, 500), st.sets(st.integers(0, 200).map(str)))
def test_an_arm_that_has_less_reads_what_the_other_reads_of_it(
    rows: Rows, seed: int, tokens: int, left_out: set[str]
) -> None:
    fewer = {name: row for name, row in rows.items() if name not in left_out}
    whole, part = sample(rows, seed, tokens), sample(fewer, seed, tokens)
    for name in whole.keys() & fewer.keys():
        assert part[name][1] >= whole[name][1]


def test_another_seed_reads_others() -> None:
    rows = {f"{number}": (10, 1) for number in range(1000)}
    first, second = sample(rows, 0, 1000), sample(rows, 1, 1000)
    assert len(first) == len(second) == 100
    assert len(first.keys() & second.keys()) < 30


def test_the_last_hash_there_is_may_be_the_last_document() -> None:
    rows = table({"a": (5, 1)})
    assert bound(rows, 0, 6) == ALL
    assert below(rows, 0, ALL).num_rows == 1
    assert below(rows.slice(0, 0), 0, ALL).num_rows == 0
    assert np.array_equal(below(rows, 0, bound(rows, 0, 5))["doc_id"].to_pylist(), ["a"])
