"""Whether a proposal is better than the natural shares where both are trained again."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from training.mixlaw.quality import Interval
from training.mixlaw.swarm import Numbers

_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Check:
    """The objective of proxies of fresh seeds, in pairs of the same seed.

    Attributes:
        seeds: How many pairs.
        prior: Mean objective of the natural shares.
        proposal: That of the proposal.
        change: The proposal's less the prior's, on average.
        interval: Its 95% interval over seeds, by Student's t. That other documents could have been
            held out is not in it.
        verdict: `verified` if all of it is below 0, `worse` if all is above, else `not verified`.
    """

    seeds: int
    prior: float
    proposal: float
    change: float
    interval: Interval
    verdict: str


def check(prior: Numbers, proposal: Numbers) -> Check:
    """Compare objectives in pairs.

    Args:
        prior: Of the natural shares by seed, shape (seeds,), two at least.
        proposal: Of the proposal, likewise.
    """
    pairs = proposal - prior
    error = float(pairs.std(ddof=1)) / np.sqrt(len(pairs))
    reach = float(stats.t.ppf((1 + _CONFIDENCE) / 2, len(pairs) - 1)) * error
    change = float(pairs.mean())
    low, high = change - reach, change + reach
    verdict = "verified" if high < 0 else "worse" if low > 0 else "not verified"
    return Check(
        seeds=len(pairs),
        prior=float(prior.mean()),
        proposal=float(proposal.mean()),
        change=change,
        interval=(float(low), float(high)),
        verdict=verdict,
    )
