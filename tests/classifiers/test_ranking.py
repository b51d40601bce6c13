"""AUC and average precision against their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.ranking import auc, auc_interval, average_precision

ITEMS = st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=30).filter(
    lambda items: len({label for label, _ in items}) == 2
)


@given(ITEMS)
def test_auc_is_the_share_of_pairs_in_order_ties_by_half(items: list[tuple[bool, int]]) -> None:
    above = [score for label, score in items if label]
    below = [score for label, score in items if not label]
    pairs = [(high > low) + (high == low) / 2 for high in above for low in below]
    labels, scores = np.array([i[0] for i in items]), np.array([float(i[1]) for i in items])
    assert auc(labels, scores) == pytest.approx(sum(pairs) / len(pairs))


@given(ITEMS)
def test_average_precision_is_the_mean_precision_at_the_positives(
    items: list[tuple[bool, int]],
) -> None:
    precisions = []
    for label, threshold in items:
        if label:
            taken = [label for label, score in items if score >= threshold]
            precisions.append(sum(taken) / len(taken))
    labels, scores = np.array([i[0] for i in items]), np.array([float(i[1]) for i in items])
    assert average_precision(labels, scores) == pytest.approx(sum(precisions) / len(precisions))


def test_auc_without_negatives_is_undefined() -> None:
    assert np.isnan(auc(np.array([True]), np.array([0.5])))


def test_interval_holds_the_auc_and_is_the_same_every_time() -> None:
    generator = np.random.default_rng(1)
    labels = generator.random(400) < 0.5
    scores = labels + generator.normal(size=400)
    domains = [f"d{i}" for i in generator.integers(100, size=400)]
    low, high = auc_interval(labels, scores, domains)
    assert low < auc(labels, scores) < high
    assert high - low < 0.15
    assert auc_interval(labels, scores, domains) == (low, high)


def test_pages_of_one_domain_count_as_one_observation() -> None:
    """Repeating every page a hundred times must not narrow the interval."""
    generator = np.random.default_rng(2)
    labels = np.arange(40) % 2 == 0
    scores = labels + generator.normal(size=40)
    domains = [f"d{i}" for i in range(40)]
    once = auc_interval(labels, scores, domains)
    repeated = auc_interval(np.tile(labels, 100), np.tile(scores, 100), domains * 100)
    assert repeated == pytest.approx(once)
