"""Draws iso-FLOP curves: the loss by size at equal compute, as SVG."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pipeline.svg import Axis, curve, frame, named, page, text, titled
from training.planning.fit import Run
from training.planning.laws import Law
from training.planning.optimum import TRAINING, Setting, best
from training.planning.quantities import short

# The drawing's units: a margin around the plot, on the right for the name of the last curve.
_LEFT, _TOP, _RIGHT, _BOTTOM = 60, 30, 700, 410
_NAME_WIDTH, _NAME_HEIGHT = 95, 14
# From dark to light by compute; a curve spans so many powers of ten around its best size.
_DARK, _LIGHT = (33, 24, 100), (240, 150, 60)
_REACH = 2.0
_STEPS = 60


class Extent(NamedTuple):
    """What the runs cover.

    Attributes:
        params: The smallest and the largest size.
        tokens: The fewest and the most tokens.
        flops: The least and the most operations.
    """

    params: tuple[float, float]
    tokens: tuple[float, float]
    flops: tuple[float, float]

    @classmethod
    def of(cls, runs: Sequence[Run]) -> "Extent":
        """Of these runs; operations are 6 N D."""
        params, tokens = [run.params for run in runs], [run.tokens for run in runs]
        flops = [TRAINING * run.params * run.tokens for run in runs]
        ends = ((min(values), max(values)) for values in (params, tokens, flops))
        return cls(*ends)

    def holds(self, params: float, tokens: float) -> bool:
        """Whether such a run would lie among the runs."""
        flops = TRAINING * params * tokens
        pairs = ((params, self.params), (tokens, self.tokens), (flops, self.flops))
        # A budget that is the runs' own must not fall out by rounding.
        return all(low * (1 - 1e-9) <= value <= high * (1 + 1e-9) for value, (low, high) in pairs)


class _Curve(NamedTuple):
    """The losses of sizes at a budget, and where they are drawn."""

    budget: float
    sizes: list[float]
    losses: list[float]


def drawing(law: Law, runs: Sequence[Run], budgets: Sequence[float]) -> str:
    """The curves of budgets, solid where runs are and dashed beyond, and the runs as dots.

    Args:
        law: The fitted law.
        runs: What it was fitted to.
        budgets: Operations, rising.
    """
    extent = Extent.of(runs)
    curves = [_curve(law, budget) for budget in budgets]
    sizes = [*extent.params, *(size for one in curves for size in one.sizes)]
    losses = [*(run.loss for run in runs), *(loss for one in curves for loss in one.losses)]
    x, y = _axis(sizes, _LEFT, _RIGHT), _axis(losses, _BOTTOM, _TOP)
    tint = _axis([*budgets, *extent.flops], 0, 1)
    columns = {size: short(size) for size in x.marks()}
    name = "parameters (dashed, hollow: extrapolated beyond the runs)"
    parts = frame(x, y, columns, named(y.marks()), name, "loss, nats a token")
    for run in runs:
        title = f"{short(run.params)} parameters, {short(run.tokens)} tokens: {run.loss:.4f}"
        colour = _colour(tint.share(TRAINING * run.params * run.tokens))
        place = {"cx": x.at(run.params), "cy": y.at(run.loss)}
        parts.append(titled("circle", title, r=3, fill=colour, fill_opacity=0.4, **place))
    colours = [_colour(tint.share(budget)) for budget in budgets]
    for one, colour in zip(curves, colours, strict=True):
        parts += _lines(one, extent, colour, x, y)
        parts.append(_minimum(law, one.budget, extent, colour, x, y))
    return page(_RIGHT + _NAME_WIDTH + 10, _BOTTOM + 50, [*parts, *_names(curves, colours, x, y)])


def _axis(values: Sequence[float], begin: float, end: float) -> Axis:
    return Axis(min(values) * 0.98, max(values) * 1.02, begin, end, logarithmic=True)


def _curve(law: Law, budget: float) -> _Curve:
    """Sizes around the best one, and their losses, at a budget."""
    middle, _ = best(law, budget, Setting())
    sizes = middle * 10 ** np.linspace(-_REACH / 2, _REACH / 2, _STEPS)
    return _Curve(budget, sizes.tolist(), law.loss(sizes, budget / (TRAINING * sizes)).tolist())


def _lines(one: _Curve, extent: Extent, colour: str, x: Axis, y: Axis) -> list[str]:
    """A curve in runs of steps that lie among the runs, or do not."""
    inside = [extent.holds(size, one.budget / (TRAINING * size)) for size in one.sizes]
    points = [(x.at(size), y.at(loss)) for size, loss in zip(one.sizes, one.losses, strict=True)]
    parts, begin = [], 0
    for end in range(1, len(points) + 1):
        if end < len(points) and inside[end] == inside[begin]:
            continue
        dash = {} if inside[begin] else {"stroke_dasharray": "5 4"}
        parts.append(curve(points[begin : end + 1], stroke=colour, stroke_width=1.5, **dash))
        begin = end
    return parts


def _minimum(law: Law, budget: float, extent: Extent, colour: str, x: Axis, y: Axis) -> str:
    params, tokens = best(law, budget, Setting())
    loss = float(law.loss(params, tokens))
    return titled(
        "rect",
        f"{budget:.3g} FLOPs: {short(params)} parameters, {short(tokens)} tokens, {loss:.4f}",
        x=round(x.at(params) - 4, 1),
        y=round(y.at(loss) - 4, 1),
        width=8,
        height=8,
        fill=colour if extent.holds(params, tokens) else "white",
        stroke=colour,
    )


def _names(curves: Sequence[_Curve], colours: Sequence[str], x: Axis, y: Axis) -> list[str]:
    """The budgets at the ends of their curves, from the lowest up, none above another."""
    parts = []
    next_left, next_top = float(_RIGHT), float(_BOTTOM)
    for one, colour in zip(curves[::-1], colours[::-1], strict=True):
        left, bottom = x.at(one.sizes[-1]) + 5, y.at(one.losses[-1]) + 4
        if left + _NAME_WIDTH > next_left:
            bottom = min(bottom, next_top)
        name = f"{one.budget:.2g} FLOPs".replace("e+", "e")
        parts.append(text(left, round(bottom, 1), name, fill=colour))
        next_left, next_top = left, bottom - _NAME_HEIGHT
    return parts


def _colour(share: float) -> str:
    mixed = (
        round(dark + (light - dark) * share) for dark, light in zip(_DARK, _LIGHT, strict=True)
    )
    return "#" + "".join(f"{part:02x}" for part in mixed)
