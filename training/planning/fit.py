"""Fits a scaling law to runs, with intervals by the bootstrap.

The objective is Hoffmann et al. 2022's: the Huber loss of log L with a threshold of 0.001, in which
a run that went wrong counts little. Two steps find its minimum:

- Variable projection (Golub and Pereyra 1973). For given exponents the law is linear in E, A and B,
  so that least squares give them; this leaves a plane of exponents to search, and needs no guess of
  A and B, which span many powers of ten.
- From the best points of that plane, all five together by a trust region, in logarithms of E, A and
  B: they stay positive, and the terms have one scale (Hoffmann et al. 2022, appendix D.3).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares, nnls

from pipeline.errors import UserError
from training.planning.laws import Law

Numbers = NDArray[np.float64]

LEAST_RUNS = 8
"""Five constants need more runs than five to be told from their noise."""
_LEAST_SIZES = 3
"""Distinct sizes, and token counts: a curve that flattens is not seen in two points."""
_LEAST_RATIO = 3.0
"""Between the largest and the smallest size, and token count."""
_MOST_CORRELATED = 0.98
"""Of log N and log D. Where D follows N, A and B share one slope, in whatever proportion."""
RESAMPLES = 500
_DELTA = 1e-3
_EXPONENTS = np.linspace(0.05, 1.25, 13)
_STARTS = 4
_NAMES = ("A", "B", "E", "alpha", "beta")
# ln A, ln B, ln E, alpha, beta: far beyond any published law.
_LOWEST = np.array([-20.0, -20.0, -10.0, 1e-3, 1e-3])
_HIGHEST = np.array([60.0, 60.0, 5.0, 2.0, 2.0])


class Run(NamedTuple):
    """What a finished training came to.

    Attributes:
        params: Parameters, N.
        tokens: Tokens trained on, D.
        loss: Of validation, in nats a token.
    """

    params: float
    tokens: float
    loss: float


@dataclass(frozen=True)
class Fit:
    """A law, and how sure it is.

    Attributes:
        law: The best one; its `draws` are those of the bootstrap.
        error: Root of the mean squared error of log L, over the runs.
        failed: Resamples that did not determine the constants, and are left out.
    """

    law: Law
    error: float
    failed: int


def fit(runs: Sequence[Run], resamples: int = RESAMPLES) -> Fit:
    """The law of these runs; the same runs give the same law and intervals.

    Raises:
        UserError: The runs are too few, too alike, or do not determine the constants.
    """
    table = np.array(sorted(runs), dtype=np.float64).reshape(-1, 3)
    check(table)
    best = min((_polish(start, table) for start in _starts(table)), key=lambda found: found[1])[0]
    if edge := _at_edge(best):
        raise UserError(
            f"the runs do not determine {', '.join(edge)} (the best fit is at the edge of what is "
            "searched); add runs of other sizes and token counts"
        )
    draws = []
    generator = np.random.default_rng(0)
    for _ in range(resamples):
        drawn = table[generator.integers(len(table), size=len(table))]
        # Bootstrap draws of few runs may lack what `check` asks of the whole.
        if problem(drawn, least_runs=0) is None:
            found = _polish(best, drawn)[0]
            if not _at_edge(found):
                draws.append(found)
    if len(draws) < resamples / 2:
        raise UserError(
            f"the runs do not determine the constants (of {resamples} resamples, only "
            f"{len(draws)} do); add runs of other sizes and token counts"
        )
    law = Law.of_vector(best, name="fitted", source=f"fitted to {len(table)} runs")
    error = float(np.sqrt(np.mean(_residuals(best, table) ** 2)))
    return Fit(law.with_draws(np.array(draws)), error, resamples - len(draws))


def check(table: Numbers) -> None:
    """Refuse runs from which no law can be told.

    Raises:
        UserError: Saying what is missing.
    """
    found = problem(table, LEAST_RUNS)
    if found is not None:
        raise UserError(found)


def problem(table: Numbers, least_runs: int) -> str | None:
    """What is missing in runs, or None; shape (n, 3) of params, tokens, loss."""
    if len(table) < least_runs:
        return f"{len(table)} runs are too few for five constants; give {least_runs} or more"
    for column, name in ((0, "sizes"), (1, "token counts")):
        values = table[:, column]
        distinct, ratio = len(np.unique(values)), values.max() / values.min()
        if distinct < _LEAST_SIZES or ratio < _LEAST_RATIO:
            return (
                f"{distinct} {name}, the largest {ratio:.3g} times the smallest, have too little "
                f"spread; give {_LEAST_SIZES} or more that span a factor of {_LEAST_RATIO:g}"
            )
    correlation = np.corrcoef(np.log(table[:, 0]), np.log(table[:, 1]))[0, 1]
    if abs(correlation) > _MOST_CORRELATED:
        return (
            f"sizes and token counts go together (correlation {correlation:.3f}), so that their "
            "effects cannot be told apart; vary the tokens at one size"
        )
    if np.ptp(table[:, 2]) == 0:
        return "all runs have the same loss; there is nothing to fit"
    return None


def _starts(table: Numbers) -> list[Numbers]:
    """The best points of the plane of exponents, with their E, A and B."""
    found = []
    for alpha, beta in product(_EXPONENTS, _EXPONENTS):
        error, constants = _project(float(alpha), float(beta), table)
        start = np.concatenate([np.log(np.maximum(constants, 1e-8)), [alpha, beta]])
        found.append((error, start))
    found.sort(key=lambda pair: pair[0])
    return [np.clip(start, _LOWEST + 1e-6, _HIGHEST - 1e-6) for _, start in found[:_STARTS]]


def _project(alpha: float, beta: float, table: Numbers) -> tuple[float, Numbers]:
    """The least relative error that these exponents allow, and its A, B and E, none negative."""
    params, tokens, loss = table.T
    terms = np.stack([params**-alpha, tokens**-beta, np.ones_like(loss)], axis=1) / loss[:, None]
    sizes = np.linalg.norm(terms, axis=0)
    constants, error = nnls(terms / sizes, np.ones_like(loss))
    return float(error), constants / sizes


def _polish(start: Numbers, table: Numbers) -> tuple[Numbers, float]:
    """The nearest minimum, as (ln A, ln B, ln E, alpha, beta), and its objective."""
    found = least_squares(
        _residuals,
        start,
        jac=_slopes,
        bounds=(_LOWEST, _HIGHEST),
        loss="huber",
        f_scale=_DELTA,
        x_scale="jac",
        max_nfev=300,
        args=(table,),
    )
    return found.x, float(found.cost)


def _terms(vector: Numbers, table: Numbers) -> Numbers:
    ln_a, ln_b, ln_e, alpha, beta = vector
    params, tokens = np.log(table[:, 0]), np.log(table[:, 1])
    exponents = [ln_a - alpha * params, ln_b - beta * tokens, np.full_like(params, ln_e)]
    result: Numbers = np.exp(np.minimum(np.stack(exponents), 300.0))
    return result


def _residuals(vector: Numbers, table: Numbers) -> Numbers:
    """Logarithm of the loss predicted over that measured, shape (n,)."""
    result: Numbers = np.log(_terms(vector, table).sum(axis=0) / table[:, 2])
    return result


def _slopes(vector: Numbers, table: Numbers) -> Numbers:
    """Derivatives of the residuals by the constants, shape (n, 5)."""
    terms = _terms(vector, table)
    by_params, by_tokens, by_floor = terms / terms.sum(axis=0)
    params, tokens = np.log(table[:, 0]), np.log(table[:, 1])
    slopes = [by_params, by_tokens, by_floor, -by_params * params, -by_tokens * tokens]
    return np.stack(slopes, axis=1)


def _at_edge(vector: Numbers) -> list[str]:
    """The constants that are as small or large as any searched."""
    reach = 1e-3 * (_HIGHEST - _LOWEST)
    outside = (vector < _LOWEST + reach) | (vector > _HIGHEST - reach)
    return [name for name, out in zip(_NAMES, outside, strict=True) if out]
