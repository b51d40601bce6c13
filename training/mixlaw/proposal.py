"""The mixture that a law finds best, under a cap on repeats and a penalty for leaving the prior."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import rel_entr

from pipeline.errors import UserError
from training.mixlaw.law import Law
from training.mixlaw.swarm import Numbers

_ROUNDS = 50
_EXACT = 1e-6
"""How far above the least objective a proposal may be, relative to objective and penalty."""


@dataclass(frozen=True)
class Objective:
    """What is minimized: `importance . metrics(w) + penalty * KL(w, prior)`. It is convex.

    Attributes:
        law: The metrics by weights.
        importance: Weights of the metrics, shape (metrics,), from 0 on.
        prior: The natural shares, shape (domains,), all above 0.
        penalty: Of leaving the prior, from 0 on.
    """

    law: Law
    importance: Numbers
    prior: Numbers
    penalty: float

    def __call__(self, weights: Numbers) -> float:
        """The value of a mixture, shape (domains,)."""
        predicted = self.law.predict(weights) @ self.importance
        return float(predicted + self.penalty * rel_entr(weights, self.prior).sum())

    def slope(self, weights: Numbers) -> Numbers:
        """Its derivatives by the weights, which are above 0."""
        above = (self.law.predict(weights) - self.law.floors) * self.importance
        leaving = np.log(weights / self.prior) + 1
        result: Numbers = above @ self.law.slopes + self.penalty * leaving
        return result


def best(objective: Objective, least: Numbers, most: Numbers) -> Numbers:
    """The mixture with the least objective.

    The objective is convex and the mixtures allowed are too, so that the best corner of the tangent
    plane bounds how much better any other can be (Frank and Wolfe 1956): what is returned is the
    optimum to a millionth part, whatever the solver did.

    Args:
        objective: What is minimized.
        least: Smallest shares, shape (domains,), above 0, that add up to at most 1.
        most: Greatest shares, none below the smallest, that add up to at least 1.

    Returns:
        Shape (domains,), adding up to 1.
    """
    found = project(objective.prior, least, most)
    for _ in range(_ROUNDS):
        allowed = _EXACT * (abs(objective(found)) + objective.penalty)
        if gap(objective, found, least, most) <= allowed:
            break
        found = _descend(objective, found, least, most)
    return found


def gap(objective: Objective, weights: Numbers, least: Numbers, most: Numbers) -> float:
    """How much better than a mixture any other can be, at most."""
    slope = objective.slope(weights)
    return float(slope @ (weights - _corner(slope, least, most)))


def _corner(slope: Numbers, least: Numbers, most: Numbers) -> Numbers:
    """The mixture with the least `slope . w`: the cheapest domains are filled first."""
    order = np.argsort(slope, kind="stable")
    room = (most - least)[order]
    before = np.concatenate([[0.0], np.cumsum(room)[:-1]])
    result = least.copy()
    result[order] += np.clip(1 - least.sum() - before, 0, room)
    return result


def project(prior: Numbers, least: Numbers, most: Numbers) -> Numbers:
    """The allowed mixture nearest to the prior by Kullback-Leibler divergence.

    It is a multiple of the prior, cut where it is too small or too large.
    """
    low, high = float((least / prior).min()), float((most / prior).max())
    for _ in range(200):
        middle = (low + high) / 2
        if np.clip(middle * prior, least, most).sum() < 1:
            low = middle
        else:
            high = middle
    result: Numbers = np.clip(high * prior, least, most)
    return result


def _descend(objective: Objective, start: Numbers, least: Numbers, most: Numbers) -> Numbers:
    """A mixture that is no worse, by sequential quadratic programming."""
    scale = 1 + objective.penalty
    found = minimize(
        lambda w: objective(w) / scale,
        start,
        jac=lambda w: objective.slope(w) / scale,
        method="SLSQP",
        bounds=list(zip(least, most, strict=True)),
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like},
        options={"ftol": 1e-15, "maxiter": 500},
    ).x
    result: Numbers = np.clip(found, least, most)
    return result


def greatest_shares(
    unique: Numbers, domains: tuple[str, ...], tokens: float, epochs: float
) -> Numbers:
    """The share of each domain at which it is seen as often as it may be, or 1.

    Args:
        unique: Tokens there are of each domain, shape (domains,).
        domains: Their names.
        tokens: Those of the planned training.
        epochs: How often it may see a domain.

    Raises:
        UserError: All domains together allow fewer tokens than are planned.
    """
    shares = unique * epochs / tokens
    if shares.sum() < 1:
        largest = int(unique.argmax())
        raise UserError(
            f"mix.max_epochs = {epochs:g}: so often all domains together give "
            f"{unique.sum() * epochs:,.0f} tokens, of the {tokens:,.0f} planned; "
            f"{domains[largest]} has most room, {unique[largest] * epochs:,.0f}; lower "
            "mix.tokens, or raise mix.max_epochs"
        )
    result: Numbers = np.minimum(shares, 1)
    return result
