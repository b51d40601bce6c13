"""Intervals of measures by the bootstrap (Efron 1979), whole sites resampled.

Pages of a site resemble each other, so resampling pages would promise too much.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
"""How many are drawn: the same ones each time."""


def resamples(sites: Sequence[str]) -> Iterator[NDArray[np.float64]]:
    """How often each item counts, shape (n,), in each resample of the sites.

    Args:
        sites: Each item's site, n of them.
    """
    generator = np.random.default_rng(0)
    _, site = np.unique(sites, return_inverse=True)
    size = int(site.max()) + 1
    for _ in range(RESAMPLES):
        draw = generator.integers(size, size=size)
        yield np.bincount(draw, minlength=size)[site].astype(np.float64)


def interval(drawn: Sequence[float]) -> tuple[float, float]:
    """The ends of the 95% interval of a measure's resampled values.

    NaN does not count; where there is nothing else, both are NaN.
    """
    known = [one for one in drawn if not np.isnan(one)]
    if not known:
        return float("nan"), float("nan")
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)
