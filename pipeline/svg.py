"""Small drawings as SVG: elements, axes with round marks, and the frame around a plot."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

Marks = Mapping[float, str]
"""Names of values on an axis."""


@dataclass(frozen=True)
class Axis:
    """Values along one side of a plot.

    Attributes:
        low: The value at the axis's beginning.
        high: The value at its end, above `low`.
        begin: Where on the page it begins; of an upward axis this is more than `end`, since a
            page's units are counted from its top.
        end: Where it ends.
        logarithmic: Whether equal ratios are equally far apart; values are then above 0.
    """

    low: float
    high: float
    begin: float
    end: float
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """Where on the page a value is, to a tenth of its units."""
        return round(self.begin + (self.end - self.begin) * self.share(value), 1)

    def share(self, value: float) -> float:
        """How far along the axis a value is: 0 is `low`, 1 is `high`."""
        low, high = self.low, self.high
        if self.logarithmic:
            return math.log(value / low) / math.log(high / low)
        return (value - low) / (high - low)

    def marks(self) -> list[float]:
        """Round values on the axis; on a logarithmic one of a decade or more, powers of ten."""
        decades = math.log10(self.high / self.low) if self.logarithmic else 0.0
        if decades >= 1:
            exponents = range(
                math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1
            )
            factors = (1, 2, 5) if decades < 3 else (1,)
            values = [factor * 10.0**n for n in exponents for factor in factors]
        else:
            values = ticks(self.low, self.high)
        return [value for value in values if self.low <= value <= self.high]


def ticks(low: float, high: float) -> list[float]:
    """Round numbers, evenly apart, from one not above `low` to one not below `high`."""
    rough = (high - low or 1) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    apart = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first, last = math.floor(low / apart), math.ceil(high / apart)
    return [round(n * apart, 10) for n in range(first, max(last, first + 1) + 1)]


def page(width: float, height: float, parts: Iterable[str]) -> str:
    """A drawing on white, of these elements, the later ones above the earlier."""
    whole = f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}"'
    font = 'font-family="sans-serif" font-size="12"'
    ground = element("rect", width=width, height=height, fill="white")
    return "\n".join([f'<svg {whole} width="{width:g}" {font}>', ground, *parts, "</svg>\n"])


def frame(
    x: Axis, y: Axis, columns: Marks, rows: Marks, x_name: str, y_name: str | None = None
) -> list[str]:
    """The grid of a plot, with the names of its lines below and to the left.

    Args:
        x: The axis below.
        y: The axis to the left.
        columns: The values of `x` with a line, and their names.
        rows: The same of `y`.
        x_name: What `x` is.
        y_name: What `y` is, if it is not said elsewhere.
    """
    parts = []
    for value, name in columns.items():
        at = x.at(value)
        parts.append(line((at, y.begin), (at, y.end), stroke="#ddd"))
        parts.append(text(at, y.begin + 18, name, text_anchor="middle"))
    for value, name in rows.items():
        at = y.at(value)
        parts.append(line((x.begin, at), (x.end, at), stroke="#ddd"))
        parts.append(text(x.begin - 8, at + 4, name, text_anchor="end"))
    parts.append(text((x.begin + x.end) / 2, y.begin + 38, x_name, text_anchor="middle"))
    if y_name is not None:
        middle = (y.begin + y.end) / 2
        turned = f"rotate(-90 14 {middle:g})"
        parts.append(text(14, middle, y_name, text_anchor="middle", transform=turned))
    return parts


def named(values: Iterable[float]) -> dict[float, str]:
    """Marks that are named by their numbers."""
    return {value: f"{value:,.10g}" for value in values}


def line(begin: tuple[float, float], end: tuple[float, float], **attributes: str | float) -> str:
    """A straight line between two places on the page."""
    (x1, y1), (x2, y2) = begin, end
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, **attributes)


def curve(points: Iterable[tuple[float, float]], **attributes: str | float) -> str:
    """A line through places on the page."""
    joined = " ".join(f"{x:g},{y:g}" for x, y in points)
    return element("polyline", points=joined, fill="none", **attributes)


def text(x: float, y: float, words: str, **attributes: str | float) -> str:
    """Words at a place on the page."""
    return element("text", escape(words), x=x, y=y, **attributes)


def titled(name: str, title: str, /, **attributes: str | float) -> str:
    """An element that shows a title where a reader points at it."""
    return element(name, element("title", escape(title)), **attributes)


def element(name: str, content: str = "", /, **attributes: str | float) -> str:
    """An element; `text_anchor` is the attribute `text-anchor`.

    Args:
        name: Its name.
        content: What is inside, as markup.
        attributes: Their values; numbers are written short.
    """
    written = "".join(
        f" {key.replace('_', '-')}=" + quoteattr(value if isinstance(value, str) else f"{value:g}")
        for key, value in attributes.items()
    )
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"
