"""A proof as a drawing: how far each arm is from `raw`, on every kind of text."""

from collections.abc import Iterator, Sequence

from pipeline.proof import Comparison, Proof
from pipeline.svg import Axis, element, frame, line, named, page, text, ticks

_COLOURS = {"better": "#2ca02c", "worse": "#d62728", "": "#7f7f7f"}
# The drawing's units.
_WIDTH, _LEFT, _RIGHT = 720, 150, 30
_ROW, _ABOVE, _BELOW = 22, 44, 50


def proof_plot(found: Proof) -> str:
    """The differences as SVG: a panel for each kind of text, in it a line for each arm."""
    kinds = list(found.held_out)
    arms = [arm.name for arm in found.arms if arm.bits_per_byte and arm.name != found.arms[0].name]
    ends = [end for one in found.against_raw for end in (one.low, one.high)]
    levels = ticks(min([0.0, *ends]), max([0.0, *ends]))
    x = Axis(levels[0], levels[-1], _LEFT, _WIDTH - _RIGHT)
    height = _ABOVE + _ROW * len(arms) + _BELOW
    parts = [
        part
        for number, kind in enumerate(kinds)
        for part in _panel(
            kind,
            arms,
            [one for one in found.against_raw if one.kind == kind],
            x,
            levels,
            number * height + _ABOVE,
        )
    ]
    return page(_WIDTH, height * len(kinds), parts)


def _panel(
    kind: str,
    arms: Sequence[str],
    rows: Sequence[Comparison],
    x: Axis,
    levels: Sequence[float],
    top: float,
) -> Iterator[str]:
    """A kind of text: its name, the grid, and each arm's interval."""
    y = Axis(len(arms), 0, top + _ROW * len(arms), top)
    yield text(_LEFT, top - 12, kind, font_weight="bold")
    places = {number + 0.5: arm for number, arm in enumerate(arms)}
    yield from frame(x, y, named(levels), places, "bits a byte more than raw; less is better")
    yield line((x.at(0), y.begin), (x.at(0), y.end), stroke="#333")
    for one in rows:
        at = y.at(arms.index(one.arm) + 0.5)
        colour = _COLOURS[one.verdict]
        yield line((x.at(one.low), at), (x.at(one.high), at), stroke=colour, stroke_width=2)
        yield element("circle", cx=x.at(one.difference), cy=at, r=4, fill=colour)
