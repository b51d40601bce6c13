"""Duplicates: chosen by rank, never by arrival, and each like the one kept."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clusters import Candidates, Duplicate, duplicates

WIDTH = 10


def candidates(
    signatures: list[list[int]],
    quality: list[float] | None = None,
    n_chars: list[int] | None = None,
    exact: list[bytes] | None = None,
) -> Candidates:
    n = len(signatures)
    return Candidates(
        nodes=np.arange(n, dtype=np.uint64),
        ids=np.array([f"id{number:03}" for number in range(n)]),
        quality=np.array(quality or [0.0] * n),
        n_chars=np.array(n_chars or [100] * n),
        exact=np.array(exact or [b"%016d" % number for number in range(n)], dtype="S16"),
        signatures=np.array(signatures, dtype=np.uint32),
    )


def edges(*pairs: tuple[int, int]) -> np.ndarray:
    return np.array(pairs, dtype=np.uint64).reshape(-1, 2)


def agreeing(share: float) -> list[int]:
    """A signature that agrees with all ones in this share of its places."""
    equal = round(share * WIDTH)
    return [1] * equal + [2] * (WIDTH - equal)


def test_the_best_document_is_kept_by_quality_then_length_then_id() -> None:
    same = [[1] * WIDTH] * 3
    pairs = edges((0, 1), (0, 2))
    best = candidates(same, quality=[0.1, 0.9, 0.5])
    assert {one.kept for one in duplicates(pairs, best, True, 0.7)} == {1}
    longest = candidates(same, n_chars=[5, 6, 7])
    assert {one.kept for one in duplicates(pairs, longest, True, 0.7)} == {2}
    first = candidates(same)
    assert {one.kept for one in duplicates(pairs, first, True, 0.7)} == {0}


def test_a_chain_does_not_merge_its_ends() -> None:
    """0 is near 1 and 1 is near 2, but 2 is not near 0: it stays."""
    ends = [[1] * WIDTH, [1] * 7 + [2] * 3, [1] * 4 + [2] * 6]
    found = candidates(ends, n_chars=[300, 200, 100])
    assert list(duplicates(edges((0, 1), (1, 2)), found, True, 0.7)) == [
        Duplicate(1, 0, "near", 0.7)
    ]


def test_equal_texts_are_exact_duplicates_whatever_else() -> None:
    found = candidates([[1] * WIDTH] * 2, exact=[b"a" * 16] * 2)
    assert list(duplicates(edges((0, 1)), found, True, 0.7)) == [Duplicate(1, 0, "exact", 1.0)]


def test_a_bucket_shared_by_chance_removes_nothing() -> None:
    found = candidates([agreeing(1), agreeing(0.6)])
    assert list(duplicates(edges((0, 1)), found, True, 0.7)) == []


def test_no_pairs_no_duplicates() -> None:
    assert list(duplicates(edges(), candidates([]), True, 0.7)) == []


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20), st.randoms())
def test_every_removed_document_is_near_its_kept_one_whatever_the_order(
    pairs: list[tuple[int, int]], random: object
) -> None:
    rng = np.random.default_rng(7)
    signatures = rng.integers(1, 3, (10, WIDTH)).tolist()
    chosen = np.unique(edges(*pairs))
    found = candidates(signatures)
    subset = Candidates(
        *(getattr(found, name)[chosen.astype(int)] for name in found.__dataclass_fields__)
    )
    result = set(duplicates(edges(*pairs), subset, True, 0.7))
    random.shuffle(pairs)  # type: ignore[attr-defined]
    assert set(duplicates(edges(*pairs), subset, True, 0.7)) == result
    removed = {one.node for one in result}
    for one in result:
        assert one.kept not in removed
        agreement = np.mean(np.array(signatures[one.node]) == signatures[one.kept])
        assert agreement == one.similarity >= 0.7
