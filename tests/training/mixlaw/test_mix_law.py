"""The law of a swarm that follows one is found."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from tests.training.mixlaw.mixswarms import truth
from training.mixlaw.law import fit
from training.mixlaw.swarm import Room, draw


@pytest.mark.parametrize(("proxies", "noise", "near"), [(512, 0.0, 1e-3), (64, 0.0, 0.02)])
def test_constants_are_recovered_without_noise(proxies: int, noise: float, near: float) -> None:
    known = truth(proxies, noise)
    found = fit(known.swarm.weights, known.swarm.values)
    assert np.abs(found.floors - known.law.floors).max() < near
    assert np.abs(found.slopes - known.law.slopes).max() < 5 * near


@pytest.mark.parametrize(("proxies", "noise", "near"), [(512, 0.01, 0.01), (64, 0.005, 0.02)])
def test_mixtures_never_seen_are_predicted_through_noise(
    proxies: int, noise: float, near: float
) -> None:
    known = truth(proxies, noise)
    found = fit(known.swarm.weights, known.swarm.values)
    other = draw(Room(known.prior, 1e-3, np.ones(17)), 300, 99, (1.0, 64.0))
    predicted, real = found.predict(other), known.law.predict(other)
    assert np.sqrt(((predicted - real) ** 2).mean()) < near
    assert min(spearmanr(*pair).statistic for pair in zip(predicted.T, real.T, strict=True)) > 0.97


def test_proxies_that_went_wrong_count_little() -> None:
    known = truth(128, 0.002)
    values = known.swarm.values.copy()
    values[::16] += 1.0
    found = fit(known.swarm.weights, values)
    real = known.law.predict(known.swarm.weights)
    assert np.abs(found.predict(known.swarm.weights) - real).max() < 0.05


def test_the_law_is_the_same_each_time_and_near_another_found_again() -> None:
    known = truth(64, 0.01, domains=4, metrics=2)
    first, again = (fit(known.swarm.weights, known.swarm.values) for _ in range(2))
    assert (first.slopes == again.slopes).all() and (first.floors == again.floors).all()
    near = fit(known.swarm.weights, known.swarm.values, near=first)
    assert near.predict(known.swarm.weights) == pytest.approx(
        first.predict(known.swarm.weights), abs=1e-4
    )


def test_a_domain_that_no_mixture_has_is_taken_for_a_mean_one() -> None:
    """Nothing is known of it: a little of it in place of all others alike changes little."""
    known = truth(64, 0.0, domains=4, metrics=1)
    weights = np.column_stack([known.swarm.weights, np.zeros(64)])
    found = fit(weights, known.swarm.values)
    mean = weights.mean(axis=0)
    changed = found.predict(0.9 * mean + 0.1 * np.eye(5)[4]) - found.predict(mean)
    assert abs(changed) < 0.2 * np.ptp(known.swarm.values)
