"""The curves of the losses as a drawing."""

import json
from collections.abc import Sequence
from pathlib import Path

from pipeline.svg import Axis, curve, frame, named, page, text, ticks, titled

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
    levels = ticks(min(losses), max(losses))
    x = Axis(0, max(step for step, _ in [*train, *valid]), _MARGIN, _WIDTH - _MARGIN)
    y = Axis(levels[0], levels[-1], _HEIGHT - _MARGIN, _MARGIN)
    dots = [
        titled(
            "circle",
            f"step {step}: {loss:.4f}",
            cx=x.at(step),
            cy=y.at(loss),
            r=3,
            fill=_VALID,
        )
        for step, loss in valid
    ]
    lines = [
        curve([(x.at(step), y.at(loss)) for step, loss in points], stroke=colour)
        for points, colour in ((train, _TRAIN), (valid, _VALID))
    ]
    return page(
        _WIDTH,
        _HEIGHT,
        [
            *frame(x, y, named(x.marks()), named(levels), "step"),
            *lines,
            *dots,
            text(_MARGIN, 30, "loss in nats a token:"),
            text(_MARGIN + 130, 30, "training", fill=_TRAIN),
            text(_MARGIN + 190, 30, "validation", fill=_VALID),
        ],
    )


def thinned(points: Sequence[Point]) -> list[Point]:
    """At most 600 points: means of equal runs, at the last step of each."""
    size = -(-len(points) // _MOST) or 1
    runs = [points[first : first + size] for first in range(0, len(points), size)]
    return [(run[-1][0], sum(loss for _, loss in run) / len(run)) for run in runs]
