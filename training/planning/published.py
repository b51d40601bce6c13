"""The published scaling laws, each constant with its source."""

from functools import cache
from math import exp

import numpy as np

from training.planning.laws import Law, Numbers, Repeats

DRAWS = 1000
"""Samples of uncertain constants: the same ones each time."""

_BESIROGLU_CENTRE = np.array([np.log(482.01), np.log(2085.43), np.log(1.8172), 0.3478, 0.3658])
# Besiroglu et al. publish the standard error of each constant (E .03, A 124.58, B 1293.23, alpha
# .02, beta .02), but A with alpha and B with beta hang together so closely (correlations of .999)
# that errors drawn apart would make nonsense of N and D. So this is the covariance of (ln A, ln B,
# ln E, alpha, beta) in 4,000 bootstraps of `training.planning.fit` on their 240 points, in which
# the standard errors are .025, 121.7, 1384, .015, .020 (docs/log.md).
_BESIROGLU_COVARIANCE = np.array(
    [
        [6.468358943e-2, -2.736647328e-2, 2.048951088e-3, 3.854220106e-3, -1.371228703e-3],
        [-2.736647328e-2, 1.747855466e-1, 3.530016373e-3, -1.703785346e-3, 8.551708579e-3],
        [2.048951088e-3, 3.530016373e-3, 1.924504041e-4, 1.207514309e-4, 1.721624291e-4],
        [3.854220106e-3, -1.703785346e-3, 1.207514309e-4, 2.299669385e-4, -8.541474013e-5],
        [-1.371228703e-3, 8.551708579e-3, 1.721624291e-4, -8.541474013e-5, 4.186900039e-4],
    ]
)


def _draws() -> Numbers:
    factor = np.linalg.cholesky(_BESIROGLU_COVARIANCE)
    normal = np.random.default_rng(0).standard_normal((DRAWS, 5))
    result: Numbers = _BESIROGLU_CENTRE + normal @ factor.T
    return result


@cache
def published() -> dict[str, Law]:
    """The laws by name, the default first."""
    laws = (
        Law(
            "besiroglu",
            'Besiroglu et al. 2024, "Chinchilla Scaling: A replication attempt", table 1, compared '
            "with quotations of it only; the intervals are of our own bootstrap of their points",
            floor=1.8172,
            a=482.01,
            b=2085.43,
            alpha=0.3478,
            beta=0.3658,
            range=(1.62e10, 3.2e11),
            draws=_draws(),
        ),
        # No draws: Besiroglu et al. find the intervals published with it implausibly narrow.
        Law(
            "hoffmann",
            'Hoffmann et al. 2022, "Training Compute-Optimal Large Language Models", appendix D.3, '
            "rounded as printed, compared with quotations only; the paper's TeX source has E "
            "1.69337, A 406.40, B 410.72, alpha 0.33917, beta 0.28491 (Besiroglu et al. 2024, "
            "second version)",
            floor=1.69,
            a=406.4,
            b=410.7,
            alpha=0.34,
            beta=0.28,
            range=(1.6e10, 5e11),
        ),
        Law(
            "muennighoff",
            'Muennighoff et al. 2023, "Scaling Data-Constrained Language Models", appendix A, '
            "with the digits of its repository huggingface/datablations",
            floor=exp(0.6254804),
            a=exp(6.255414),
            b=exp(7.3049974),
            alpha=0.3526596,
            beta=0.3526596,
            range=(8.7e9, 9e11),
            repeats=Repeats(tokens=15.387756, params=5.309743),
        ),
    )
    return {law.name: law for law in laws}
