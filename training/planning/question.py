"""What is asked of `curate plan`, and the size and tokens that answer it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from pipeline.errors import UserError
from training.planning.cost import Rates
from training.planning.laws import Law
from training.planning.memory import Layout
from training.planning.optimum import (
    INFERENCE,
    TRAINING,
    Setting,
    best,
    budget_of_loss,
    budget_of_params,
    budget_of_tokens,
    lowest_loss,
)

Interval = tuple[float, float]
_BUDGETS = ("flops", "gpu_hours", "money", "loss")
# A budget whose loss is so near to the lowest that the data allows says nothing about sizes.
_SATURATED, _NEARLY = 1e-6, 1e-3


@dataclass(frozen=True)
class Question:
    """The options of `curate plan`; what is None was not given.

    Attributes:
        flops: Budget of operations, those of answering included.
        gpu_hours: Budget of device hours.
        money: Budget of money.
        loss: In place of a budget: the loss to reach as cheaply as possible.
        params: All parameters.
        active_params: Those that work on a token, of a mixture of experts.
        tokens: Tokens to train on.
        inference_tokens: Tokens to answer with; 0 leaves answers out.
        unique_tokens: Distinct tokens there are.
        law: The scaling law.
        rates: What a device does and takes.
        layout: How training is spread over devices.
        device_memory: Bytes a device has.
        layers: Blocks of the model.
        width: Of its residual stream.
        vocab_size: Of its tokenizer.
    """

    flops: float | None
    gpu_hours: float | None
    money: float | None
    loss: float | None
    params: float | None
    active_params: float | None
    tokens: float | None
    inference_tokens: float
    unique_tokens: float | None
    law: Law
    rates: Rates
    layout: Layout
    device_memory: float
    layers: int | None
    width: int | None
    vocab_size: int

    @property
    def setting(self) -> Setting:
        """What the model is for; operations count alike where they are the budget."""
        weight = 1.0 if self.flops is not None else self.rates.weight
        return Setting(self.inference_tokens, weight, self.unique_tokens)

    @property
    def budget(self) -> float | None:
        """In operations of training; None without a budget."""
        if self.gpu_hours is not None:
            return self.rates.flops_of_hours(self.gpu_hours)
        if self.money is not None:
            return self.rates.flops_of_money(self.money)
        return self.flops

    def check(self) -> None:
        """Refuse what contradicts itself or is not enough.

        Raises:
            UserError: Naming the options.
        """
        given = [name for name in _BUDGETS if getattr(self, name) is not None]
        sizes = [name for name in ("params", "tokens") if getattr(self, name) is not None]
        if len(given) > 1:
            raise UserError(f"plan: {_flags(given)} are two budgets; give one of them")
        if not given and not sizes:
            raise UserError(
                f"plan: nothing to plan from; give one of {_flags(_BUDGETS)}, or --params, --tokens"
            )
        if given and len(sizes) == 2:
            raise UserError(
                f"plan: --params and --tokens decide what {_flags(given)} asks; drop one"
            )
        if self.loss is not None and sizes:
            raise UserError(f"plan: --loss decides {_flags(sizes)}; drop one of them")
        if self.active_params is not None:
            if self.params is None:
                raise UserError("plan: --active-params needs --params, all of the model's")
            if self.active_params > self.params:
                raise UserError("plan: --active-params is more than --params")
        if self.unique_tokens is not None:
            if self.law.repeats is None:
                raise UserError(
                    f"plan: --unique-tokens: the law {self.law.name} knows no repeated data; "
                    "use --law muennighoff"
                )
            if not given and len(sizes) == 1:
                raise UserError(
                    "plan: --unique-tokens needs a budget, or both --params and --tokens"
                )
        if self.layout.tensor_parallel > self.layout.devices:
            raise UserError("plan: --tensor-parallel is more than --devices")


def _flags(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join("--" + name.replace("_", "-") for name in names)


@dataclass(frozen=True)
class Point:
    """A size and its tokens.

    Attributes:
        params: Parameters that work on a token.
        tokens: Tokens trained on.
        params_interval: 95%, by the uncertainty of the law; None if the size was given or the law
            has no uncertainty.
        tokens_interval: The same of the tokens.
        loss: What the law predicts.
        loss_interval: The same law's uncertainty of it.
    """

    params: float
    tokens: float
    params_interval: Interval | None
    tokens_interval: Interval | None
    loss: float
    loss_interval: Interval | None


def solve(question: Question) -> Point:
    """The size and tokens that a question asks for.

    Raises:
        UserError: It contradicts itself, or has no answer.
    """
    question.check()
    setting, law = question.setting, question.law
    find = _finder(question)
    params, tokens = find(law)
    if params < 1 or tokens < 1:
        raise UserError("plan: too small a plan for one parameter and one token")
    points = np.array([find(drawn) for drawn in law.drawn]).reshape(-1, 2)
    losses = [float(setting.loss(one, params, tokens)) for one in law.drawn]
    return Point(
        params,
        tokens,
        _interval(points[:, 0]),
        _interval(points[:, 1]),
        float(setting.loss(law, params, tokens)),
        _interval(np.array(losses)),
    )


def _interval(values: np.ndarray) -> Interval | None:
    """The middle 95%; None where the law leaves nothing open."""
    if not len(values) or np.isnan(values).all() or np.nanmax(values) == np.nanmin(values):
        return None
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def _finder(question: Question) -> Callable[[Law], tuple[float, float]]:
    """How the size and tokens follow from a law; NaN where a drawn law has no answer."""
    setting, budget = question.setting, question.budget
    params = question.active_params or question.params
    tokens = question.tokens
    if params is not None and tokens is not None:
        return lambda _: (params, tokens)
    if budget is not None and params is not None:
        left = float(setting.tokens(budget, params))
        if left <= 0:
            raise UserError("plan: answering alone costs more than the budget; lower --params")
        return lambda _: (params, left)
    if budget is not None and tokens is not None:
        each = TRAINING * tokens + INFERENCE * setting.weight * setting.inference
        return lambda _: (budget / each, tokens)
    if budget is not None:
        if budget <= setting.cost(1.0, 1.0):
            raise UserError("plan: the budget is too small for one parameter and one token")
        _check_saturation(question, budget)
        return lambda law: best(law, budget, setting)
    # What is left has a budget to be found first: the one that reaches a loss, or for which the
    # size or the tokens given are best.
    if _budget_found(question, question.law) is None:
        wanted = question.loss or params or tokens
        raise UserError(
            f"plan: no budget leads to {wanted:g} by the law {question.law.name} "
            f"(its lowest loss is {_floor(question):.4g})"
        )

    def find(law: Law) -> tuple[float, float]:
        at = _budget_found(question, law)
        if at is None:
            return float("nan"), float("nan")
        size, data = best(law, at, setting)
        return (params or size), (tokens or data)

    return find


def _budget_found(question: Question, law: Law) -> float | None:
    if question.loss is not None:
        return budget_of_loss(law, question.loss, question.setting)
    params = question.active_params or question.params
    if params is not None:
        return budget_of_params(law, params, question.setting)
    assert question.tokens is not None
    return budget_of_tokens(law, question.tokens, question.setting)


def _floor(question: Question) -> float:
    if question.unique_tokens is None:
        return question.law.floor
    return lowest_loss(question.law, question.unique_tokens)


def _check_saturation(question: Question, budget: float) -> None:
    """Refuse a budget that so little data cannot use.

    Raises:
        UserError: Saying how much it can.
    """
    if question.unique_tokens is None:
        return
    lowest, setting = _floor(question), question.setting
    loss = float(setting.loss(question.law, *best(question.law, budget, setting)))
    if loss < lowest * (1 + _SATURATED):
        training = replace(setting, inference=0.0)
        enough = budget_of_loss(question.law, lowest * (1 + _NEARLY), training)
        raise UserError(
            f"plan: --unique-tokens {question.unique_tokens:g} cannot use so much compute: the "
            f"loss stays above {lowest:.4f}, to which {enough:.3g} FLOPs of training come within "
            "0.1%; lower the budget"
        )
