"""How well the law of a swarm predicts proxies that it was not fitted to."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from training.mixlaw.law import fit
from training.mixlaw.swarm import Numbers
from training.mixlaw.table import Swarm

Interval = tuple[float, float]
_FOLDS = 5
_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Quality:
    """Of one metric, or of the objective, by cross-validation over the proxies.

    Attributes:
        rank_correlation: Spearman's, of what was predicted and what was measured.
        interval: Its 95% interval.
        linear_rank_correlation: That of linear regression in the law's place, RegMix's baseline.
        error: Root of the mean squared error.
    """

    rank_correlation: float
    interval: Interval
    linear_rank_correlation: float
    error: float


def least_proxies(domains: int) -> int:
    """The fewest proxies that are fitted.

    The law has a constant more than domains, and twice as many proxies leave as much to tell the
    noise by.
    """
    return max(2 * _FOLDS, 2 * (domains + 1))


def cross_validate(swarm: Swarm, importance: Numbers) -> tuple[list[Quality], Quality]:
    """Predict each fifth of the mixtures from the others.

    Proxies of one mixture are held out together, and count as one in the interval.

    Args:
        swarm: The proxies.
        importance: Weights of the metrics in the objective, shape (metrics,).

    Returns:
        Of each metric, and of the objective.
    """
    weights, values = swarm.weights, swarm.values
    predicted, linear = np.empty_like(values), np.empty_like(values)
    own, number = np.unique(weights, axis=0, return_inverse=True)
    folds = (np.random.default_rng(0).permutation(len(own)) % _FOLDS)[number.ravel()]
    for fold in range(_FOLDS):
        known, held = folds != fold, folds == fold
        predicted[held] = fit(weights[known], values[known]).predict(weights[held])
        linear[held] = weights[held] @ np.linalg.lstsq(weights[known], values[known])[0]
    rows = zip(predicted.T, linear.T, values.T, strict=True)
    whole = _quality(predicted @ importance, linear @ importance, values @ importance, len(own))
    return [_quality(*row, len(own)) for row in rows], whole


def _quality(predicted: Numbers, linear: Numbers, measured: Numbers, mixtures: int) -> Quality:
    found = _spearman(predicted, measured)
    return Quality(
        rank_correlation=found,
        interval=spearman_interval(found, mixtures),
        linear_rank_correlation=_spearman(linear, measured),
        error=float(np.sqrt(((predicted - measured) ** 2).mean())),
    )


def _spearman(left: Numbers, right: Numbers) -> float:
    """Spearman's rank correlation; 0 where one side is all the same."""
    if np.ptp(left) == 0 or np.ptp(right) == 0:
        return 0.0
    return float(stats.spearmanr(left, right).statistic)


def spearman_interval(found: float, count: int) -> Interval:
    """The 95% interval of a rank correlation of so many pairs, more than 3.

    By Fisher's transformation, with the variance of Bonett and Wright 2000.
    """
    error = math.sqrt((1 + found**2 / 2) / (count - 3))
    reach = float(stats.norm.ppf((1 + _CONFIDENCE) / 2)) * error
    middle = math.atanh(min(max(found, -1 + 1e-12), 1 - 1e-12))
    return math.tanh(middle - reach), math.tanh(middle + reach)
