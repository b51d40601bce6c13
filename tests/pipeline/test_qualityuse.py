"""The quality score's use: GPT-3's sampling, bounds, and the order of the best."""

import numpy as np
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from pipeline.qualityuse import best_first, keep_probability, passes
from pipeline.weightconfig import QualityUseSection

IDS = [f"<urn:uuid:{number}>" for number in range(40_000)]
SCORES = st.floats(0, 1)


def kept(ids: list[str], scores: list[float], **settings: object) -> list[bool]:
    section = QualityUseSection.model_validate(settings)
    return passes(ids, np.array(scores, dtype=np.float64), section).tolist()


@pytest.mark.parametrize("score", [0.0, 0.3, 0.7, 0.95, 1.0])
@pytest.mark.parametrize("alpha", [9.0, 3.0])
def test_documents_are_kept_as_often_as_gpt_3_s_formula_keeps_them(
    score: float, alpha: float
) -> None:
    """`np.random.pareto(alpha) > 1 - score`, literally; within five standard deviations."""
    draws = np.random.default_rng(0).pareto(alpha, len(IDS)) > 1 - score
    expected = float(keep_probability(np.array([score]), alpha)[0])
    deviation = (expected * (1 - expected) / len(IDS)) ** 0.5
    assert abs(draws.mean() - expected) <= 5 * deviation
    scores = [score] * len(IDS)
    found = kept(IDS, scores, mode="soft", pareto_alpha=alpha)
    assert abs(np.mean(found) - expected) <= 5 * deviation


def test_soft_keeps_by_the_documented_hash() -> None:
    hashes = [xxhash.xxh64_intdigest(f"quality:{key}".encode()) / 2**64 for key in IDS[:2000]]
    found = kept(IDS[:2000], [0.8] * 2000, mode="soft")
    assert found == [value < 1.2**-9 for value in hashes]


@given(st.lists(st.tuples(st.text(), SCORES), max_size=20))
def test_soft_depends_on_id_and_score_alone(rows: list[tuple[str, float]]) -> None:
    ids, scores = [key for key, _ in rows], [score for _, score in rows]
    alone = [kept([key], [score], mode="soft")[0] for key, score in rows]
    assert kept(ids, scores, mode="soft") == alone


@given(st.text(), SCORES, SCORES)
def test_a_better_document_is_kept_wherever_a_worse_one_is(
    key: str, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    assert kept([key], [low], mode="soft") <= kept([key], [high], mode="soft")


def test_a_threshold_keeps_what_reaches_it() -> None:
    assert kept(["a", "b", "c"], [0.3, 0.30001, 0.2], mode="threshold", min_score=0.3) == [
        True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "settings",
    [
        {"mode": "threshold", "min_score": 0.0},
        {"mode": "soft"},
        {"mode": "quantile", "keep_share": 0.5},
    ],
)
def test_documents_without_a_score_stay_or_go_as_is_said(settings: dict[str, object]) -> None:
    none = float("nan")
    assert kept(["a"], [none], **settings) == [True]
    assert kept(["a"], [none], **settings, unscored="drop") == [False]
    assert kept(["a"], [none], mode="off") == [True]


@given(
    st.lists(
        st.tuples(st.text(max_size=3), st.sampled_from([0.0, -0.0, 0.5, 0.7, 1.0]) | SCORES,
                  st.integers(0, 5) | st.integers(0, 2**24 - 1)),
        unique_by=lambda row: row[0],
    )
)  # fmt: skip
def test_the_best_come_first_by_score_then_length_then_id(
    rows: list[tuple[str, float, int]],
) -> None:
    ids, scores, sizes = ([row[column] for row in rows] for column in range(3))
    key, tie = best_first(ids, np.array(scores, dtype=float), np.array(sizes, dtype=np.int64))
    assert tie.max(initial=0) < 2**63

    def place(row: int) -> tuple[float, int, int]:
        return (-scores[row], -sizes[row], xxhash.xxh64_intdigest(f"best:{ids[row]}".encode()))

    ours = sorted(range(len(rows)), key=lambda row: (int(key[row]), int(tie[row])))
    assert ours == sorted(range(len(rows)), key=place)
