"""Differences between two ways of training, and how sure they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from training.paired import difference, holm

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


def test_holms_adjustment_is_that_of_the_r_function() -> None:
    """p.adjust(c(.01, .04, .03, .005), "holm") in R's package stats."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_adjusted_probabilities_keep_their_order_and_are_no_smaller(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(before <= after <= 1 for before, after in zip(p_values, adjusted, strict=True))
    order = np.argsort(p_values, kind="stable")
    assert np.all(np.diff(np.array(adjusted)[order]) >= 0)
    # Rejecting one by one, as Holm describes it, rejects the same at every level.
    for level in (0.01, 0.05, 0.3):
        rejected = 0
        while rejected < len(p_values) and (
            p_values[order[rejected]] * (len(p_values) - rejected) <= level
        ):
            rejected += 1
        assert sum(one <= level for one in adjusted) == rejected
