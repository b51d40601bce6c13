"""The size and tokens that make the most of a budget.

Training costs 6 N D operations, answering 2 N a token (Kaplan et al. 2020, section 2.1), so that a
model of N parameters that is to answer with I tokens can be trained on

    D = C / 6N - w I / 3

tokens for C operations: the total 6 N D + 2 N I is that of Sardana et al. 2024, "Beyond
Chinchilla-Optimal", and w is what an operation of answering costs in those of training. Without
answers this is C = 6 N D.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from training.planning.laws import Law, Numbers

TRAINING = 6.0
"""Operations a parameter and token: 2 forward, 4 backward."""
INFERENCE = 2.0
_GRID = 400
# Budgets that are searched for an answer, in operations.
_LEAST, _MOST = 1e6, 1e40


@dataclass(frozen=True)
class Setting:
    """What is asked of a model besides its loss.

    Attributes:
        inference: Tokens to answer with, I.
        weight: What an operation of answering costs in those of training, w.
        unique: Distinct tokens there are; None is as many as needed.
    """

    inference: float = 0.0
    weight: float = 1.0
    unique: float | None = None

    def cost(self, params: float, tokens: float) -> float:
        """Operations of training and answering, the latter weighted."""
        return params * (TRAINING * tokens + INFERENCE * self.weight * self.inference)

    def tokens(self, budget: float, params: Numbers | float) -> Numbers:
        """What is left to train on, for a size; negative where answers alone cost more."""
        n = np.asarray(params, dtype=np.float64)
        result: Numbers = (
            budget / (TRAINING * n) - INFERENCE * self.weight * self.inference / TRAINING
        )
        return result

    def loss(self, law: Law, params: Numbers | float, tokens: Numbers | float) -> Numbers:
        """In nats a token."""
        if self.unique is None:
            return law.loss(params, tokens)
        return law.loss_of_repeated(params, tokens, self.unique)


def best(law: Law, budget: float, setting: Setting) -> tuple[float, float]:
    """The size and tokens of least loss for a budget of operations.

    The closed form (Hoffmann et al. 2022, equation 4) where there is one. Else the loss falls and
    then rises with the logarithm of the size (it is a sum of convex functions of it, but for the
    decay of repeats, for which a grid is searched first).
    """
    if setting.inference == 0 and setting.unique is None:
        share = law.beta / (law.alpha + law.beta)
        params = law.g * (budget / TRAINING) ** share
        return params, budget / (TRAINING * params)
    params = _least(law, budget, setting)
    return params, float(setting.tokens(budget, params))


def _least(law: Law, budget: float, setting: Setting) -> float:
    # Beyond this size nothing is left to train on; below a parameter, and a token, there is none.
    most = budget / (TRAINING + INFERENCE * setting.weight * setting.inference)
    grid = np.linspace(0.0, np.log(most), _GRID)

    def loss(log_params: Numbers | float) -> Numbers:
        tokens = setting.tokens(budget, np.exp(log_params))
        return setting.loss(law, np.exp(log_params), np.maximum(tokens, 1e-9))

    place = int(np.argmin(loss(grid)))
    bounds = grid[max(place - 1, 0)], grid[min(place + 1, _GRID - 1)]
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-9})
    return float(np.exp(found.x))


def budget_of_loss(law: Law, loss: float, setting: Setting) -> float | None:
    """The least budget that reaches a loss; None if none does."""

    def excess(log_budget: float) -> float:
        params, tokens = best(law, float(np.exp(log_budget)), setting)
        return float(setting.loss(law, params, tokens)) - loss

    return _root(excess, setting)


def budget_of_params(law: Law, params: float, setting: Setting) -> float | None:
    """The budget for which a size is best; None if there is none."""
    return _root(lambda at: float(np.log(params / best(law, np.exp(at), setting)[0])), setting)


def budget_of_tokens(law: Law, tokens: float, setting: Setting) -> float | None:
    """The budget for which so many training tokens are best; None if there is none."""
    return _root(lambda at: float(np.log(tokens / best(law, np.exp(at), setting)[1])), setting)


def lowest_loss(law: Law, unique: float) -> float:
    """What no budget gets below with so many distinct tokens, for a law that knows repeats."""
    assert law.repeats is not None
    params = float(law.best_params(unique)) * (1 + law.repeats.params)
    return float(law.loss(params, unique * (1 + law.repeats.tokens)))


def _root(falling: Callable[[float], float], setting: Setting) -> float | None:
    """Where a falling function of the logarithm of the budget is 0."""
    low, high = float(np.log(max(_LEAST, 2 * setting.cost(1.0, 1.0)))), float(np.log(_MOST))
    if not falling(low) > 0 > falling(high):
        return None
    return float(np.exp(brentq(falling, low, high, xtol=1e-12, rtol=1e-14)))
