"""The law of a swarm: each metric by the weights of the domains.

    metric = c + exp(t . w)

It is the one of Data Mixing Laws (Ye et al. 2024), on which Olmix settles too (Chen et al. 2026).
Their factor k before the exponential is left out: since the weights add up to 1, every k can stand
in t. It is convex in the weights.

What is minimized is the Huber loss with a threshold of 0.01, as Olmix has it. Slopes count as if
each had been measured to be the mean one but for an error of 3. The floor of few noisy proxies may
else come so near the best of them, and slopes become so steep, that other mixtures are predicted
wildly; many proxies outweigh it.

For a given c the law is linear in t after a logarithm, so that least squares give t (variable
projection, Golub and Pereyra 1973); the best of a row of c are where the search for the minimum
begins.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from training.mixlaw.swarm import Numbers

_DELTA = 0.01
_SPREAD = 3.0
"""Chosen on swarms of known laws, for the largest error over proxies held out; see docs/log.md."""
_TOLERANCE = 1e-6
_STARTS = 3
# The floor as a share of the least value measured: from none to nearly all of it.
_FLOORS = 1 - np.geomspace(1, 1e-3, 16)
_LARGEST = 300.0


@dataclass(frozen=True)
class Law:
    """Metrics by weights.

    Attributes:
        floors: c, shape (metrics,), from 0 on.
        slopes: t, shape (metrics, domains).
    """

    floors: Numbers
    slopes: Numbers

    def predict(self, weights: Numbers) -> Numbers:
        """The metrics of mixtures: of shape (..., domains) to (..., metrics)."""
        return self.floors + np.exp(np.minimum(weights @ self.slopes.T, _LARGEST))


def fit(weights: Numbers, values: Numbers, near: Law | None = None) -> Law:
    """The law of measured mixtures; the same input gives the same law.

    Args:
        weights: Shape (proxies, domains).
        values: Above 0, shape (proxies, metrics).
        near: A law that the search begins at, which spares it all others.
    """
    found = [
        _fit(weights, one, None if near is None else np.append(near.slopes[at], near.floors[at]))
        for at, one in enumerate(values.T)
    ]
    return Law(np.array([one[-1] for one in found]), np.array([one[:-1] for one in found]))


def _fit(weights: Numbers, values: Numbers, near: Numbers | None) -> Numbers:
    """Slopes and floor, shape (domains + 1,)."""
    starts = _starts(weights, values) if near is None else [near]
    polished = [_polish(start, weights, values) for start in starts]
    return min(polished, key=lambda pair: pair[1])[0]


def _starts(weights: Numbers, values: Numbers) -> list[Numbers]:
    """The best of the projections for given floors."""
    found = [_project(weights, values, floor) for floor in _FLOORS * values.min()]
    found.sort(key=lambda one: float(np.abs(_residuals(one, weights, values)).sum()))
    return found[:_STARTS]


def _project(weights: Numbers, values: Numbers, floor: float) -> Numbers:
    """The slopes that fit best, to first order, above a floor.

    Around the mean mixture, so that a domain which no mixture has is taken for a mean one.
    """
    mean = weights.mean(axis=0)
    rest = values - floor
    design = np.column_stack([np.ones_like(values), weights - mean])
    height, *slopes = np.linalg.lstsq(design * rest[:, None], np.log(rest) * rest, rcond=1e-9)[0]
    return np.append(height + slopes - np.dot(slopes, mean), floor)


def _polish(start: Numbers, weights: Numbers, values: Numbers) -> tuple[Numbers, float]:
    """The nearest minimum, and its loss."""
    lowest = np.append(np.full(weights.shape[1], -np.inf), 0.0)
    begin = np.append(start[:-1], max(start[-1], 1e-9))
    found = least_squares(
        _residuals,
        begin,
        jac=_slopes,
        bounds=(lowest, np.inf),
        loss="huber",
        f_scale=_DELTA,
        ftol=_TOLERANCE,
        xtol=_TOLERANCE,
        max_nfev=100,
        args=(weights, values),
    )
    return found.x, float(found.cost)


def _residuals(vector: Numbers, weights: Numbers, values: Numbers) -> Numbers:
    """Of the proxies, and of the slopes, shape (proxies + domains,)."""
    slopes = vector[:-1]
    wrong = _above(vector, weights) + vector[-1] - values
    return np.concatenate([wrong, _DELTA / _SPREAD * (slopes - slopes.mean())])


def _slopes(vector: Numbers, weights: Numbers, values: Numbers) -> Numbers:
    """Derivatives of the residuals."""
    domains = weights.shape[1]
    by_slope = _DELTA / _SPREAD * (np.eye(domains) - 1 / domains)
    return np.block(
        [
            [_above(vector, weights)[:, None] * weights, np.ones_like(values)[:, None]],
            [by_slope, np.zeros((domains, 1))],
        ]
    )


def _above(vector: Numbers, weights: Numbers) -> Numbers:
    result: Numbers = np.exp(np.minimum(weights @ vector[:-1], _LARGEST))
    return result
