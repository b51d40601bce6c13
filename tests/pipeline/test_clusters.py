"""Duplicates: chosen by rank, never by arrival, and each like the one kept."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import clusters
from pipeline.clusters import Candidates, Duplicate, duplicates
from pipeline.components import components, star_edges
from pipeline.config import DedupSection

BANDS, ROWS = 5, 2
WIDTH = BANDS * ROWS
SECTION = DedupSection(bands=BANDS, rows=ROWS, min_similarity=0.7)


def candidates(signatures: list[list[int]], **columns: Any) -> Candidates:
    """Documents of one component, told apart by their numbers in all that is not given."""
    n = len(signatures)
    known: dict[str, Any] = {
        "nodes": np.arange(n, dtype=np.uint64),
        "roots": np.zeros(n, dtype=np.uint64),
        "earlier": [False] * n,
        "ids": np.array([f"id{number:03}" for number in range(n)], dtype=np.str_),
        "dates": ["2024-05-01T00:00:00Z"] * n,
        "quality": [0.0] * n,
        "n_chars": [100] * n,
        "canonical_url": [b"u%015d" % number for number in range(n)],
        "exact": [b"t%015d" % number for number in range(n)],
        "shingles": None,
    }
    dtypes = {
        "earlier": np.bool_,
        "quality": np.float64,
        "canonical_url": "S16",
        "exact": "S16",
        "dates": np.str_,
    }
    known |= columns
    arrays = {
        key: value if key == "shingles" else np.array(value, dtype=dtypes.get(key))
        for key, value in known.items()
    }
    return Candidates(**arrays, signatures=np.array(signatures, np.uint32).reshape(n, WIDTH))


def agreeing(share: float) -> list[int]:
    """A signature that agrees with all ones in this share of its places, the first of them."""
    equal = round(share * WIDTH)
    return [1] * equal + [2] * (WIDTH - equal)


SAME = agreeing(1)


def removed(found: Candidates, **settings: Any) -> list[Duplicate]:
    return list(duplicates(found, SECTION.model_copy(update=settings)))


def test_the_best_document_is_kept_by_quality_then_length_then_id() -> None:
    best = candidates([SAME] * 3, quality=[0.1, 0.9, 0.5])
    assert {one.kept for one in removed(best)} == {1}
    longest = candidates([SAME] * 3, n_chars=[5, 6, 7])
    assert {one.kept for one in removed(longest)} == {2}
    first = candidates([SAME] * 3)
    assert {one.kept for one in removed(first)} == {0}


def test_a_chain_does_not_merge_its_ends() -> None:
    """0 is near 1 and 1 is near 2, but 2 is not near 0: it stays."""
    chain = candidates([SAME, agreeing(0.7), agreeing(0.4)], n_chars=[300, 200, 100])
    assert removed(chain) == [Duplicate(1, 0, "near", 0.7)]


def test_equal_texts_are_exact_duplicates_whatever_else() -> None:
    found = candidates([SAME, agreeing(0)], exact=[b"a" * 16] * 2)
    assert removed(found) == [Duplicate(1, 0, "exact", 1.0)]
    assert removed(found, exact=False) == []


def test_the_newest_capture_of_a_url_stays() -> None:
    """However good the older ones are; of one time, the best."""
    dates = ["2023-01-01T00:00:00Z", "2024-01-01T00:00:00Z", ""]
    texts = [agreeing(0), SAME, agreeing(0.5)]
    found = candidates(texts, dates=dates, canonical_url=[b"u" * 16] * 3, quality=[0.9, 0.1, 0.5])
    assert removed(found) == [Duplicate(0, 1, "url", 0.0), Duplicate(2, 1, "url", 0.5)]
    assert removed(found, url=False) == []
    of_one_time = replace(found, dates=np.array(["2024"] * 3))
    assert {one.kept for one in removed(of_one_time)} == {0}


def test_older_captures_name_what_is_kept_for_the_newest() -> None:
    """0 and 1 are captures of one URL; the newer, 1, says the same as 2, which is better."""
    found = candidates(
        [agreeing(0), SAME, agreeing(0.8)],
        dates=["2023", "2024", "2022"],
        canonical_url=[b"u" * 16, b"u" * 16, b"v" * 16],
        n_chars=[1, 2, 3],
    )
    assert removed(found) == [Duplicate(1, 2, "near", 0.8), Duplicate(0, 2, "url", 0.2)]


def test_what_an_earlier_run_kept_stays_and_takes_the_others_place() -> None:
    """Older, worse and shorter as it may be; and two of them stay beside each other."""
    found = candidates(
        [SAME, SAME, agreeing(0.8), agreeing(0)],
        earlier=[True, True, False, False],
        dates=["2020", "2020", "2024", "2024"],
        n_chars=[1, 2, 9, 9],
        canonical_url=[b"a" * 16, b"b" * 16, b"c" * 16, b"a" * 16],
    )
    assert removed(found) == [Duplicate(2, 1, "near", 0.8), Duplicate(3, 0, "url", 0.0)]


def test_a_bucket_shared_by_chance_removes_nothing() -> None:
    assert removed(candidates([SAME, agreeing(0.6)])) == []
    assert removed(candidates([SAME, agreeing(0.9)]), near=False) == []


@pytest.mark.parametrize(
    ("verify", "similarity"), [("jaccard", 4 / 8), ("containment", 4 / 5), ("signature", 0.6)]
)
def test_pairs_are_verified_by_the_measure_that_is_asked_for(
    verify: str, similarity: float
) -> None:
    shingles = [np.arange(7, dtype=np.uint64), np.arange(3, 8, dtype=np.uint64)]
    found = candidates(
        [SAME, agreeing(0.6)],
        n_chars=[9, 5],
        shingles=None if verify == "signature" else shingles,
    )
    for least, expected in (
        (similarity, [Duplicate(1, 0, "near", similarity)]),
        (similarity + 0.01, []),
    ):
        assert removed(found, verify=verify, min_similarity=least) == expected


def test_components_do_not_mix() -> None:
    found = candidates([SAME] * 4, roots=np.array([0, 0, 2, 2], dtype=np.uint64))
    assert removed(found) == [Duplicate(1, 0, "near", 1.0), Duplicate(3, 2, "near", 1.0)]


def test_no_pairs_no_duplicates() -> None:
    assert removed(candidates([])) == []


def test_in_a_crowded_bucket_the_best_are_compared_and_others_by_their_other_buckets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sixty pages share a band and are not near; one more is near to the last but one of them."""
    crowd = [[1, 1, *([number + 10] * (WIDTH - 2))] for number in range(60)]
    near = [*crowd[58][:-1], 7]
    compared: list[int] = []
    measure = clusters._Keepers.similarities

    def counted(keepers: Any, member: int, others: Sequence[int]) -> Any:
        compared.append(len(others))
        return measure(keepers, member, others)

    monkeypatch.setattr(clusters, "_KEEPERS_A_BUCKET", 8)
    monkeypatch.setattr(clusters._Keepers, "similarities", counted)
    found = candidates([*crowd, near], quality=[1.0 - n / 100 for n in range(61)])
    assert [(one.node, one.kept) for one in removed(found)] == [(60, 58)]
    assert max(compared) <= 9


def test_a_million_equal_pages_are_one_keeper() -> None:
    """One hot bucket costs no pairs: what is quadratic in it ends at the tests' time limit."""
    n = 1_000_000
    nodes, roots = components(star_edges(np.zeros(n, np.uint64), np.arange(n, dtype=np.uint64)))
    numbers = np.arange(n)
    found = Candidates(
        nodes=nodes,
        roots=roots,
        earlier=np.zeros(n, dtype=bool),
        ids=np.char.mod("%07d", numbers),
        dates=np.full(n, "2024"),
        quality=np.zeros(n),
        n_chars=np.full(n, 9),
        canonical_url=numbers.astype("S16"),
        exact=np.full(n, b"a" * 16, "S16"),
        signatures=np.ones((n, WIDTH), np.uint32),
        shingles=None,
    )
    result = removed(found)
    assert len(result) == n - 1
    assert {(one.kept, one.level) for one in result} == {(0, "exact")}


@given(st.integers(0, 2**32 - 1), st.permutations(range(12)))
def test_what_is_removed_is_like_what_is_kept_whatever_the_order(
    seed: int, order: list[int]
) -> None:
    """Equal, near, or of the URL of a newer page; and the same pages however they are numbered."""
    rng = np.random.default_rng(seed)
    signatures = rng.integers(1, 3, (12, WIDTH)).tolist()
    columns: dict[str, Any] = {
        "ids": np.array([f"id{number:03}" for number in range(12)]),
        "dates": rng.choice(["2022", "2023", "2024"], 12),
        "quality": rng.choice([0.1, 0.5], 12),
        "n_chars": rng.integers(1, 4, 12),
        "canonical_url": rng.choice([b"u1", b"u2", b"u3", b"u4", b"u5", b"u6"], 12),
        "exact": rng.choice([b"t1", b"t2", b"t3", b"t4", b"t5", b"t6", b"t7"], 12),
    }
    found = candidates(signatures, **columns)
    shuffled = candidates(
        [signatures[place] for place in order],
        **{name: values[order] for name, values in columns.items()},
    )
    result, again = removed(found), removed(shuffled)
    assert {(order[one.node], order[one.kept], one.level, one.similarity) for one in again} == {
        (one.node, one.kept, one.level, one.similarity) for one in result
    }
    gone = {one.node for one in result}
    assert len(gone) == len(result)
    for one in result:
        assert one.kept not in gone
        agreement = np.mean(np.array(signatures[one.node]) == signatures[one.kept])
        if one.level == "exact":
            assert found.exact[one.node] == found.exact[one.kept]
        elif one.level == "near":
            assert agreement == one.similarity >= 0.7
        else:
            newer = found.dates >= found.dates[one.node]
            same = found.canonical_url == found.canonical_url[one.node]
            assert (newer & same).sum() > 1
    for url in set(columns["canonical_url"]):
        captures = [node for node in range(12) if columns["canonical_url"][node] == url]
        assert len([node for node in captures if node not in gone]) <= 1
