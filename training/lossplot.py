"""The curves of the losses as a drawing."""

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

Point = tuple[float, float]

# The drawing's units.
_WIDTH, _HEIGHT, _MARGIN = 720, 360, 50
# Steps are averaged where there are more than a reader could tell apart.
_MOST = 600
_TRAIN, _VALID = "#1f77b4", "#d62728"


def loss_plot(metrics: Path) -> str:
    """The losses by step as SVG: of each batch a line, of each validation a dot on another.

    Args:
        metrics: `metrics.jsonl` of a run.
    """
    rows = [json.loads(line) for line in metrics.read_text().splitlines()]
    train = thinned([(row["step"], row["loss"]) for row in rows if "loss" in row])
    valid = [(row["step"], row["valid_loss"]) for row in rows if "valid_loss" in row]
    losses = [loss for _, loss in [*train, *valid]]
    last = max(step for step, _ in [*train, *valid])
    bottom, *_, top = levels = ticks(min(losses), max(losses))

    def at(point: Point) -> tuple[float, float]:
        x = _MARGIN + (_WIDTH - 2 * _MARGIN) * point[0] / last
        y = _HEIGHT - _MARGIN - (_HEIGHT - 2 * _MARGIN) * (point[1] - bottom) / (top - bottom)
        return round(x, 1), round(y, 1)

    grid = [_level(at((0, level))[1], f"{level:g}") for level in levels]
    names = [
        _step(at((step, bottom))[0], f"{step:g}") for step in ticks(0, last) if 0 <= step <= last
    ]
    dots = [
        f'<circle cx="{x}" cy="{y}" r="3" fill="{_VALID}"><title>step {step}: {loss:.4f}'
        "</title></circle>"
        for step, loss in valid
        for x, y in [at((step, loss))]
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
            f'width="{_WIDTH}" font-family="sans-serif" font-size="12">',
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
            *grid,
            *names,
            _line(map(at, train), _TRAIN),
            _line(map(at, valid), _VALID),
            *dots,
            f'<text x="{_WIDTH // 2}" y="{_HEIGHT - 12}" text-anchor="middle">step</text>',
            f'<text x="{_MARGIN}" y="30">loss in nats a token: <tspan fill="{_TRAIN}">training'
            f'</tspan>, <tspan fill="{_VALID}">validation</tspan></text>',
            "</svg>\n",
        ]
    )


def thinned(points: Sequence[Point]) -> list[Point]:
    """At most 600 points: means of equal runs, at the last step of each."""
    size = -(-len(points) // _MOST) or 1
    runs = [points[first : first + size] for first in range(0, len(points), size)]
    return [(run[-1][0], sum(loss for _, loss in run) / len(run)) for run in runs]


def ticks(low: float, high: float) -> list[float]:
    """Round numbers, evenly apart, from one not above `low` to one not below `high`."""
    rough = (high - low or 1) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    apart = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first, last = math.floor(low / apart), math.ceil(high / apart)
    return [round(n * apart, 10) for n in range(first, max(last, first + 1) + 1)]


def _line(points: Iterable[Point], colour: str) -> str:
    joined = " ".join(f"{x},{y}" for x, y in points)
    return f'<polyline points="{joined}" fill="none" stroke="{colour}"/>'


def _level(y: float, name: str) -> str:
    return (
        f'<line x1="{_MARGIN}" y1="{y}" x2="{_WIDTH - _MARGIN}" y2="{y}" stroke="#ddd"/>'
        f'<text x="{_MARGIN - 8}" y="{y + 4}" text-anchor="end">{name}</text>'
    )


def _step(x: float, name: str) -> str:
    return f'<text x="{x}" y="{_HEIGHT - _MARGIN + 18}" text-anchor="middle">{name}</text>'
