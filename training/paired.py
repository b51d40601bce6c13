"""Two ways of training compared on the same documents, seed by seed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from training.results import CONFIDENCE

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """How much more bits a byte one way needs than another.

    Attributes:
        value: The difference in bits a byte; below 0 the first predicts better.
        low: Lower end of its 95% confidence interval, over seeds and documents.
        high: The upper end.
        p_value: The probability of such a difference or a larger one, either way, if there is none.
    """

    value: float
    low: float
    high: float
    p_value: float


def difference(first: Floats, second: Floats, n_bytes: Floats) -> Difference:
    """Compares two ways of training.

    Seeds and documents are both samples: other seeds would give other models, other documents other
    sums. They are crossed, each model reading each document, so the variance of the difference is
    the sum of what the seeds and what the documents contribute (Searle, Casella and McCulloch 1992,
    "Variance Components"; their interaction counts on both sides, which errs on the wide side). The
    documents' part is that of a ratio of two sums, linearized (Cochran 1977, "Sampling Techniques",
    section 6.4); the degrees of freedom of the whole are Satterthwaite's (1946).

    Args:
        first: Cross entropy of each document in nats, shape `(seeds, documents)`; at least two of
            each. Models in one row were trained from the same seed as those of `second`.
        second: Likewise.
        n_bytes: Bytes of the documents, shape `(documents,)`.
    """
    gaps = (first - second) / math.log(2)
    seeds, documents = gaps.shape
    total = n_bytes.sum()
    by_seed = gaps.sum(1) / total
    value = float(by_seed.mean())
    residuals = gaps.mean(0) - value * n_bytes
    parts = np.array(
        [
            by_seed.var(ddof=1) / seeds,
            (residuals**2).sum() * documents / (documents - 1) / total**2,
        ]
    )
    variance = float(parts.sum())
    if not variance:
        return Difference(value, value, value, float(value == 0))
    freedom = variance**2 / float((parts**2 / [seeds - 1, documents - 1]).sum())
    error = math.sqrt(variance)
    margin = float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom)) * error
    p_value = 2 * float(stats.t.sf(abs(value) / error, freedom))
    return Difference(value, value - margin, value + margin, p_value)


def holm(p_values: Sequence[float]) -> list[float]:
    """The probabilities of several comparisons made at once, adjusted.

    Below a bound are then, by chance, any at all with that probability (Holm 1979, "A Simple
    Sequentially Rejective Multiple Test Procedure").
    """
    found = [0.0] * len(p_values)
    worst = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda at: p_values[at])):
        worst = max(worst, min(1.0, p_values[place] * (len(p_values) - rank)))
        found[place] = worst
    return found
