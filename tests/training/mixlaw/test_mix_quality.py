"""What is predicted well is told from what is not."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from tests.training.mixlaw.mixswarms import truth
from training.mixlaw.quality import cross_validate, least_proxies, spearman_interval
from training.mixlaw.table import Swarm

EQUAL = np.full(13, 1 / 13)


@pytest.mark.parametrize(("proxies", "least"), [(512, 0.98), (64, 0.95)])
def test_a_law_is_predicted_and_better_than_by_lines(proxies: int, least: float) -> None:
    rows, whole = cross_validate(truth(proxies, 0.01).swarm, EQUAL)
    assert len(rows) == 13
    assert whole.rank_correlation > least
    assert whole.rank_correlation > whole.linear_rank_correlation
    assert whole.interval[0] < whole.rank_correlation < whole.interval[1] < 1
    assert np.mean([row.error for row in rows]) < 0.02


def test_what_is_predicted_was_not_seen() -> None:
    """With as many constants as proxies, seen ones would be predicted perfectly."""
    swarm = truth(64, 0.0).swarm
    noise = np.random.default_rng(1).uniform(1, 2, swarm.values.shape)
    rows, whole = cross_validate(Swarm(swarm.domains, swarm.metrics, swarm.weights, noise), EQUAL)
    assert abs(whole.rank_correlation) < 0.35
    assert max(row.rank_correlation for row in rows) < 0.5


def test_proxies_of_one_mixture_tell_nothing_of_each_other() -> None:
    """Noise that copies share is not predicted, and copies make the interval no narrower."""
    swarm = truth(20, 0.0, domains=3, metrics=1).swarm
    noise = np.random.default_rng(2).uniform(1, 2, (20, 1))
    once = Swarm(swarm.domains, swarm.metrics, swarm.weights, noise)
    weights, values = (np.tile(part, (4, 1)) for part in (swarm.weights, noise))
    _, alone = cross_validate(once, np.ones(1))
    _, copied = cross_validate(Swarm(swarm.domains, swarm.metrics, weights, values), np.ones(1))
    assert copied.rank_correlation < 0.3
    assert np.diff(copied.interval)[0] > 0.9 * np.diff(alone.interval)[0]


@pytest.mark.parametrize("seed", [4, 5])
def test_few_noisy_proxies_make_no_wild_law(seed: int) -> None:
    """Without a word on the slopes, proxies held out are predicted wrong by 0.17 and more."""
    swarm = truth(24, 0.06, domains=3, metrics=3, seed=seed).swarm
    rows, _ = cross_validate(swarm, np.full(3, 1 / 3))
    assert max(row.error for row in rows) < 0.1


def test_a_metric_that_never_changes_ranks_nothing() -> None:
    swarm = truth(40, 0.0, domains=3, metrics=1).swarm
    flat = Swarm(swarm.domains, swarm.metrics, swarm.weights, np.ones((40, 1)))
    _, whole = cross_validate(flat, np.ones(1))
    assert (whole.linear_rank_correlation, whole.error) == (0.0, pytest.approx(0, abs=1e-6))
    assert whole.rank_correlation == 0


@pytest.mark.parametrize(("correlation", "count"), [(0.0, 24), (0.6, 24), (0.8, 64)])
def test_intervals_hold_as_often_as_they_say(correlation: float, count: int) -> None:
    rng = np.random.default_rng(0)
    real = 6 / np.pi * np.arcsin(correlation / 2)
    held = 0
    for _ in range(400):
        left = rng.normal(size=count)
        right = correlation * left + np.sqrt(1 - correlation**2) * rng.normal(size=count)
        low, high = spearman_interval(float(spearmanr(left, right).statistic), count)
        held += low <= real <= high
    assert 0.92 <= held / 400 <= 0.98


def test_more_domains_need_more_proxies() -> None:
    assert [least_proxies(domains) for domains in (2, 3, 17)] == [10, 10, 36]
