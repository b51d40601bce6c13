"""Two ways of training compared on the same documents, seed by seed."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.optimize import brentq

from training.results import CONFIDENCE

Floats = npt.NDArray[np.float64]
_LEAST = 1e-12


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
    sums. They are crossed, each model reading each document, so what is found is the truth and what
    the seeds add and what the documents add. The interval joins theirs (Zou and Donner 2008,
    "Construction of confidence limits about effect measures"); what both add together counts on
    both sides, which errs on the wide one. The documents' part is that of a ratio of two sums,
    linearized (Cochran 1977, "Sampling Techniques", section 6.4).

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
    errors = np.sqrt(
        [
            by_seed.var(ddof=1) / seeds,
            (residuals**2).sum() * documents / (documents - 1) / total**2,
        ]
    )

    def margin(chance: float) -> float:
        """Half of the interval that misses the truth with this probability."""
        quantiles = stats.t.isf(chance / 2, [seeds - 1, documents - 1])
        return float(np.hypot(*(quantiles * errors)))

    reach = margin(1 - CONFIDENCE)
    p_value = _chance_of(abs(value), margin) if errors.any() else float(value == 0)
    return Difference(value, value - reach, value + reach, p_value)


def _chance_of(value: float, margin: Callable[[float], float]) -> float:
    """The probability at which an interval's half is as long as a value; at least 1e-12."""
    if value >= margin(_LEAST):
        return _LEAST
    return float(brentq(lambda chance: margin(chance) - value, _LEAST, 1, xtol=_LEAST))


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
