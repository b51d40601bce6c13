"""Draws iso-FLOP curves: the loss by size at equal compute, as SVG."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from training.planning.fit import Run
from training.planning.laws import Law
from training.planning.optimum import TRAINING, Setting, best
from training.planning.quantities import short

# The drawing's units: a margin around the plot.
_LEFT, _TOP, _WIDTH, _HEIGHT = 70, 30, 620, 380
_RIGHT, _BOTTOM = _LEFT + _WIDTH, _TOP + _HEIGHT
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


def drawing(law: Law, runs: Sequence[Run], budgets: Sequence[float]) -> str:
    """The curves of budgets, solid where runs are and dashed beyond, and the runs as dots.

    Args:
        law: The fitted law.
        runs: What it was fitted to.
        budgets: Operations, rising.
    """
    extent = Extent.of(runs)
    curves = [_curve(law, budget) for budget in budgets]
    x = _Axis(*_span([*np.concatenate([sizes for sizes, _ in curves]), *extent.params]))
    losses = [*np.concatenate([losses for _, losses in curves]), *(run.loss for run in runs)]
    y = _Axis(*_span(losses))
    tint = _Axis(*_span([*budgets, *extent.flops]))
    parts = [*_frame(x, y)]
    for budget, (sizes, losses_) in zip(budgets, curves, strict=True):
        color = _color(tint.share(budget))
        parts += _lines(sizes, losses_, budget, extent, color, x, y)
        parts.append(_minimum(law, budget, extent, color, x, y))
    for run in runs:
        flops = TRAINING * run.params * run.tokens
        parts.append(
            f'<circle cx="{_x(x, run.params)}" cy="{_y(y, run.loss)}" r="3.5"'
            f' fill="{_color(tint.share(flops))}"><title>{short(run.params)} parameters,'
            f" {short(run.tokens)} tokens: {run.loss:.4f}</title></circle>"
        )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_RIGHT + 110} {_BOTTOM + 60}"'
            ' font-family="sans-serif" font-size="12">',
            f'<rect width="{_RIGHT + 110}" height="{_BOTTOM + 60}" fill="white"/>',
            *parts,
            f'<text x="{(_LEFT + _RIGHT) // 2}" y="{_BOTTOM + 38}" text-anchor="middle">'
            "parameters (dashed, hollow: extrapolated beyond the runs)</text>",
            f'<text transform="translate(16 {(_TOP + _BOTTOM) // 2}) rotate(-90)"'
            ' text-anchor="middle">loss, nats a token</text>',
            "</svg>\n",
        ]
    )


class _Axis(NamedTuple):
    """A logarithmic axis."""

    low: float
    high: float

    def share(self, value: float) -> float:
        return float(np.log(value / self.low) / np.log(self.high / self.low))


def _span(values: Sequence[float]) -> tuple[float, float]:
    return float(min(values)) * 0.98, float(max(values)) * 1.02


def _curve(law: Law, budget: float) -> tuple[np.ndarray, np.ndarray]:
    """Sizes around the best one, and their losses, at a budget."""
    middle, _ = best(law, budget, Setting())
    sizes = middle * 10 ** np.linspace(-_REACH / 2, _REACH / 2, _STEPS)
    return sizes, law.loss(sizes, budget / (TRAINING * sizes))


def _lines(
    sizes: np.ndarray,
    losses: np.ndarray,
    budget: float,
    extent: Extent,
    color: str,
    x: _Axis,
    y: _Axis,
) -> list[str]:
    """A curve in runs of steps that lie among the runs, or do not."""
    inside = [extent.holds(size, budget / (TRAINING * size)) for size in sizes]
    parts, begin = [], 0
    for end in range(1, len(sizes) + 1):
        if end < len(sizes) and inside[end] == inside[begin]:
            continue
        points = " ".join(
            f"{_x(x, sizes[n])},{_y(y, losses[n])}" for n in range(begin, min(end + 1, len(sizes)))
        )
        dash = "" if inside[begin] else ' stroke-dasharray="5 4" class="extrapolated"'
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="1.5"{dash}/>'
        )
        begin = end
    label = f'<text x="{_x(x, sizes[-1]) + 5}" y="{_y(y, losses[-1])}" fill="{color}">'
    return [*parts, f"{label}{budget:.2g} FLOPs</text>"]


def _minimum(law: Law, budget: float, extent: Extent, color: str, x: _Axis, y: _Axis) -> str:
    params, tokens = best(law, budget, Setting())
    loss = float(law.loss(params, tokens))
    fill = color if extent.holds(params, tokens) else "white"
    left, top = _x(x, params) - 4, _y(y, loss) - 4
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="8" height="8" fill="{fill}" stroke="{color}">'
        f"<title>{budget:.3g} FLOPs: {short(params)} parameters, {short(tokens)} tokens,"
        f" {loss:.4f}</title></rect>"
    )


def _frame(x: _Axis, y: _Axis) -> list[str]:
    parts = []
    for value in np.geomspace(x.low, x.high, 6):
        at = _x(x, value)
        parts.append(f'<line x1="{at}" y1="{_TOP}" x2="{at}" y2="{_BOTTOM}" stroke="#ddd"/>')
        label = f'<text x="{at}" y="{_BOTTOM + 18}" text-anchor="middle">{short(value)}</text>'
        parts.append(label)
    for value in np.geomspace(y.low, y.high, 6):
        at = _y(y, value)
        parts.append(f'<line x1="{_LEFT}" y1="{at}" x2="{_RIGHT}" y2="{at}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{at + 4}" text-anchor="end">{value:.2f}</text>')
    return parts


def _x(axis: _Axis, value: float) -> float:
    return round(_LEFT + _WIDTH * axis.share(value), 1)


def _y(axis: _Axis, value: float) -> float:
    return round(_BOTTOM - _HEIGHT * axis.share(value), 1)


def _color(share: float) -> str:
    mixed = (
        round(dark + (light - dark) * share) for dark, light in zip(_DARK, _LIGHT, strict=True)
    )
    return "#" + "".join(f"{part:02x}" for part in mixed)
