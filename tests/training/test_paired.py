"""Differences between two ways of training, and how sure they are."""

import numpy as np
import pytest
from scipy import stats

from training.paired import difference

LN2 = np.log(2)


def test_the_difference_is_in_bits_over_all_bytes() -> None:
    first = np.array([[2.0, 4.0], [2.0, 5.0]]) * LN2
    second = np.array([[1.0, 1.0], [1.0, 1.0]]) * LN2
    found = difference(first, second, np.array([10.0, 30.0]))
    assert found.value == pytest.approx((4 / 40 + 5 / 40) / 2)
    assert found.low < found.value < found.high


def test_with_seeds_alone_differing_it_is_the_paired_t_test() -> None:
    """Documents that all differ by as much a byte leave the seeds as the only source of chance."""
    random = np.random.default_rng(1)
    n_bytes = random.integers(50, 500, 40).astype(float)
    ours, theirs = random.normal(1, 0.1, 5), random.normal(1.05, 0.1, 5)
    found = difference(np.outer(ours, n_bytes) * LN2, np.outer(theirs, n_bytes) * LN2, n_bytes)
    expected = stats.ttest_rel(ours, theirs)
    interval = expected.confidence_interval(0.95)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-6)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


def test_with_documents_alone_differing_it_is_the_paired_t_test() -> None:
    random = np.random.default_rng(2)
    ours, theirs = random.normal(100, 5, 30), random.normal(102, 5, 30)
    n_bytes = np.full(30, 100.0)
    found = difference(np.stack([ours] * 3) * LN2, np.stack([theirs] * 3) * LN2, n_bytes)
    expected = stats.ttest_rel(ours / 100, theirs / 100)
    interval = expected.confidence_interval(0.95)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-6)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


@pytest.mark.parametrize(("by_seed", "by_document"), [(0.02, 0.2), (0.05, 0.05), (0.005, 0.5)])
def test_the_interval_holds_the_truth_as_often_as_it_says(
    by_seed: float, by_document: float
) -> None:
    """Three seeds and fifty documents, a thousand times, with chance in both and in each pair."""
    random = np.random.default_rng(3)
    truth, held = 0.03, 0
    for _ in range(1000):
        gaps = (
            truth
            + random.normal(0, by_seed, (3, 1))
            + random.normal(0, by_document, (1, 50))
            + random.normal(0, 0.1, (3, 50))
        )
        found = difference(gaps * 200 * LN2, np.zeros((3, 50)), np.full(50, 200.0))
        held += found.low <= truth <= found.high
    assert held >= 940
    assert found.low <= 0 <= found.high or found.p_value < 0.05


def test_the_same_models_do_not_differ() -> None:
    nats = np.random.default_rng(4).normal(5, 1, (3, 10))
    found = difference(nats, nats, np.full(10, 7.0))
    assert (found.value, found.low, found.high, found.p_value) == (0, 0, 0, 1)
