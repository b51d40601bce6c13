"""AUC and average precision against their definitions."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.ranking import Metric, auc, average_precision, difference, estimate, measure

ITEMS = st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=30).filter(
    lambda items: len({label for label, _ in items}) == 2
)


@given(ITEMS)
def test_auc_is_the_share_of_pairs_in_order_ties_by_half(items: list[tuple[bool, int]]) -> None:
    above = [score for label, score in items if label]
    below = [score for label, score in items if not label]
    pairs = [(high > low) + (high == low) / 2 for high in above for low in below]
    labels, scores = np.array([i[0] for i in items]), np.array([float(i[1]) for i in items])
    assert measure(auc, labels, scores) == pytest.approx(sum(pairs) / len(pairs))


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
    assert measure(average_precision, labels, scores) == pytest.approx(
        sum(precisions) / len(precisions)
    )


def test_measures_of_one_class_are_undefined() -> None:
    assert np.isnan(measure(auc, np.array([True]), np.array([0.5])))
    assert np.isnan(measure(average_precision, np.array([False]), np.array([0.5])))
    assert np.isnan(estimate(auc, np.array([True]), np.array([0.5]), ["d"])).all()


@given(ITEMS, st.randoms(use_true_random=False))
def test_a_weight_counts_as_so_many_items(items: list[tuple[bool, int]], random: Random) -> None:
    times = [random.randint(0, 3) for _ in items]
    repeated = [item for item, n in zip(items, times, strict=True) for _ in range(n)]
    labels = np.array([i[0] for i in items])
    group = np.unique([i[1] for i in items], return_inverse=True)[1]
    weights = np.array(times, dtype=np.float64)
    for metric in (auc, average_precision):
        if len({label for label, _ in repeated}) == 2:
            of_repeated = measure(
                metric,
                np.array([i[0] for i in repeated]),
                np.array([float(i[1]) for i in repeated]),
            )
            assert metric(group, labels, weights) == pytest.approx(of_repeated)


def drawn(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    generator = np.random.default_rng(seed)
    labels = generator.random(n) < 0.5
    domains = [f"d{i}" for i in generator.integers(n // 4, size=n)]
    return labels, labels + generator.normal(size=n), domains


@pytest.mark.parametrize("metric", [auc, average_precision])
def test_interval_holds_the_measure_and_is_the_same_every_time(metric: Metric) -> None:
    labels, scores, domains = drawn(400, 1)
    found = estimate(metric, labels, scores, domains)
    assert found.low < found.value < found.high
    assert found.value == measure(metric, labels, scores)
    assert found.high - found.low < 0.15
    assert estimate(metric, labels, scores, domains) == found


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Of normal scores a distance of 1 apart the AUC is Phi(1 / sqrt 2) = 0.7602."""
    inside = 0
    for seed in range(30):
        found = estimate(auc, *drawn(200, seed))
        inside += found.low <= 0.7602 <= found.high
    assert 25 <= inside <= 30


def test_pages_of_one_domain_count_as_one_observation() -> None:
    """Repeating every page a hundred times must not narrow the interval."""
    generator = np.random.default_rng(2)
    labels = np.arange(40) % 2 == 0
    scores = labels + generator.normal(size=40)
    domains = [f"d{i}" for i in range(40)]
    once = estimate(auc, labels, scores, domains)
    repeated = estimate(auc, np.tile(labels, 100), np.tile(scores, 100), domains * 100)
    assert repeated == pytest.approx(once)


def test_difference_is_of_the_same_pages() -> None:
    """Two scores that vary together differ more surely than their own intervals tell."""
    labels, scores, domains = drawn(400, 3)
    worse = scores - 0.1 * labels
    lead = difference(auc, labels, scores, worse, domains)
    assert lead.value == measure(auc, labels, scores) - measure(auc, labels, worse)
    assert 0 < lead.low < lead.value < lead.high
    assert estimate(auc, labels, scores, domains).low < measure(auc, labels, worse)
    assert difference(auc, labels, scores, scores, domains) == (0, 0, 0)
