"""How well scores put positives above negatives: AUC and average precision, and their intervals."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.bootstrap import interval, resamples

Labels = NDArray[np.bool_]
Numbers = NDArray[np.float64]
Groups = NDArray[np.intp]

Metric = Callable[[Groups, Labels, Numbers], float]
"""A measure of items whose scores are given by their rank among the distinct scores, from 0; their
labels; and how often each counts. All of shape (n,)."""


class Estimate(NamedTuple):
    """A measure and the ends of its 95% interval."""

    value: float
    low: float
    high: float


def auc(group: Groups, labels: Labels, weights: Numbers) -> float:
    """Area under the ROC curve: how often a positive scores above a negative, ties by half.

    A `Metric`: 0 to 1; NaN if there are no positives or no negatives.
    """
    positives = np.bincount(group, weights * labels)
    negatives = np.bincount(group, weights * ~labels)
    pairs = positives.sum() * negatives.sum()
    below = np.cumsum(negatives) - negatives / 2
    return float((positives * below).sum() / pairs) if pairs else float("nan")


def average_precision(group: Groups, labels: Labels, weights: Numbers) -> float:
    """Mean of the precision at each positive's score, the whole of equal scores taken at once.

    A `Metric`: 0 to 1; NaN if there are no positives.
    """
    positives = np.bincount(group, weights * labels)[::-1]
    everything = np.bincount(group, weights)[::-1]
    taken = np.cumsum(everything)
    precision = np.divide(np.cumsum(positives), taken, out=np.zeros_like(taken), where=taken > 0)
    total = positives.sum()
    return float((positives * precision).sum() / total) if total else float("nan")


def measure(metric: Metric, labels: Labels, scores: Numbers) -> float:
    """A metric of some items, each counting once.

    Args:
        metric: The measure.
        labels: Whether each item is a positive, shape (n,).
        scores: Their scores, shape (n,).
    """
    return metric(_groups(scores), labels, np.ones(len(labels)))


def estimate(metric: Metric, labels: Labels, scores: Numbers, domains: Sequence[str]) -> Estimate:
    """A metric with its 95% bootstrap interval, whole domains resampled.

    Resamples without a positive or a negative do not count.
    """
    group = _groups(scores)
    drawn = [metric(group, labels, weights) for weights in resamples(domains)]
    return Estimate(measure(metric, labels, scores), *interval(drawn))


def difference(
    metric: Metric, labels: Labels, scores: Numbers, others: Numbers, domains: Sequence[str]
) -> Estimate:
    """By how much one score's metric is above another's on the same items, as in `estimate`."""
    one, two = _groups(scores), _groups(others)
    drawn = [
        metric(one, labels, weights) - metric(two, labels, weights)
        for weights in resamples(domains)
    ]
    value = measure(metric, labels, scores) - measure(metric, labels, others)
    return Estimate(value, *interval(drawn))


def _groups(scores: Numbers) -> Groups:
    return np.unique(scores, return_inverse=True)[1]
