"""How well probabilities of several classes fit the true ones, and what makes them fit better.

Everywhere `truth` holds class numbers, shape (n,), and `probabilities` has shape (n, classes).
"""

import numpy as np
from numpy.typing import NDArray

from classifiers import reliability
from classifiers.bootstrap import interval, resamples

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_LEAST = 1e-12
_TEMPERATURES = (0.05, 20.0)


def confusion(truth: Ints, predicted: Ints, classes: int) -> Ints:
    """Counts by true class (row) and predicted class (column)."""
    return np.bincount(truth * classes + predicted, minlength=classes**2).reshape(classes, classes)


def f1_by_class(counts: Floats | Ints) -> Floats:
    """The F1 of each class of a confusion matrix; NaN for one neither true nor predicted.

    Args:
        counts: Shape (..., classes, classes).
    """
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    due = counts.sum(axis=-1) + counts.sum(axis=-2)
    scores: Floats = np.divide(2.0 * hits, due, out=np.full(due.shape, np.nan), where=due > 0)
    return scores


def macro_f1(truth: Ints, predicted: Ints, classes: int) -> float:
    """The mean F1 of the classes that are true or predicted anywhere."""
    return float(np.nanmean(f1_by_class(confusion(truth, predicted, classes))))


def macro_f1_interval(
    truth: Ints, predicted: Ints, classes: int, sites: list[str]
) -> tuple[float, float]:
    """The 95% bootstrap interval of the macro-F1, whole sites resampled."""
    cell = truth * classes + predicted
    counts = np.array(
        [np.bincount(cell, weights, minlength=classes**2) for weights in resamples(sites)]
    )
    values = np.nanmean(f1_by_class(counts.reshape(-1, classes, classes)), axis=1)
    return interval(values.tolist())


def log_loss(truth: Ints, probabilities: Floats) -> float:
    """The mean negative logarithm of the true class's probability, in nats."""
    own = probabilities[np.arange(len(truth)), truth]
    return float(-np.log(np.maximum(own, _LEAST)).mean())


def tempered(probabilities: Floats, temperature: float) -> Floats:
    """Probabilities whose logarithms are divided by a temperature; above 1 they get less certain.

    The order of the classes stays as it is.
    """
    logits = np.log(np.maximum(probabilities, _LEAST)) / temperature
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    scaled: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return scaled


def best_temperature(truth: Ints, probabilities: Floats) -> float:
    """The temperature with the least log loss (Guo et al. 2017, section 4.2); 1 if none is better.

    Between 1/20 and 20. One number cannot overfit the few pages that are left for it, as curves a
    class would.
    """
    # Takes a third of a second, and those that only predict never need it.
    from scipy.optimize import minimize_scalar

    low, high = np.log(_TEMPERATURES)
    found = minimize_scalar(
        lambda log: log_loss(truth, tempered(probabilities, np.exp(log))),
        bounds=(low, high),
        method="bounded",
    )
    best = float(np.exp(found.x))
    better = found.fun < log_loss(truth, probabilities)
    return best if better else 1.0


def calibration_error(truth: Ints, probabilities: Floats) -> float:
    """Expected calibration error: how far accuracy is from confidence, over ten bins of the latter.

    The bins are of equal width and weigh by their pages (Guo et al. 2017, equation 3).
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    return reliability.calibration_error(reliability.bins(right, confidence, np.ones(len(truth))))


def by_threshold(
    truth: Ints, probabilities: Floats, thresholds: tuple[float, ...]
) -> list[tuple[float, float, float]]:
    """For each threshold the share of pages whose best label reaches it, and their accuracy."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    rows = []
    for threshold in thresholds:
        covered = confidence >= threshold
        accuracy = float(right[covered].mean()) if covered.any() else float("nan")
        rows.append((threshold, float(covered.mean()), accuracy))
    return rows
