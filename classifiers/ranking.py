"""How well scores put positives above negatives: AUC, its interval, and average precision."""

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.bool_]
Numbers = NDArray[np.float64]

_RESAMPLES = 1000


def auc(labels: Labels, scores: Numbers) -> float:
    """Area under the ROC curve: how often a positive scores above a negative, ties by half.

    Args:
        labels: Whether each item is a positive, shape (n,).
        scores: Their scores, shape (n,).

    Returns:
        0 to 1; NaN if there are no positives or no negatives.
    """
    _, group = np.unique(scores, return_inverse=True)
    return _grouped_auc(group, labels, np.ones(len(labels)))


def average_precision(labels: Labels, scores: Numbers) -> float:
    """Mean of the precision at each positive's score, the whole of equal scores taken at once."""
    _, group = np.unique(-scores, return_inverse=True)
    positives = np.bincount(group, labels)
    precision = np.cumsum(positives) / np.cumsum(np.bincount(group))
    return float((positives * precision).sum() / positives.sum())


def auc_interval(labels: Labels, scores: Numbers, domains: list[str]) -> tuple[float, float]:
    """The 95% bootstrap interval of the AUC (Efron 1979), whole domains resampled.

    Pages of a domain resemble each other, so resampling pages would promise too much. Resamples
    without a positive or a negative do not count.
    """
    generator = np.random.default_rng(0)
    _, domain = np.unique(domains, return_inverse=True)
    _, group = np.unique(scores, return_inverse=True)
    size = int(domain.max()) + 1
    resampled = [
        _grouped_auc(group, labels, np.bincount(draw, minlength=size)[domain].astype(np.float64))
        for draw in (generator.integers(size, size=size) for _ in range(_RESAMPLES))
    ]
    low, high = np.nanpercentile(resampled, [2.5, 97.5])
    return float(low), float(high)


def _grouped_auc(group: NDArray[np.intp], labels: Labels, weights: Numbers) -> float:
    """The AUC of items whose scores are given by their rank among the distinct scores."""
    positives = np.bincount(group, weights * labels)
    negatives = np.bincount(group, weights * ~labels)
    pairs = positives.sum() * negatives.sum()
    below = np.cumsum(negatives) - negatives / 2
    return float((positives * below).sum() / pairs) if pairs else float("nan")
