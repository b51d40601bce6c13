"""Whether probabilities come true: bins of a reliability diagram, their error, and its drawing."""

from typing import NamedTuple

import numpy as np

from classifiers.ranking import Labels, Numbers

_BINS = 10
# The drawing's units: a margin around a square.
_MARGIN, _SIDE = 50, 300


class Bin(NamedTuple):
    """Items whose probability is in a tenth.

    Attributes:
        pages: How many.
        weight: Their share of all, weighted.
        score: Their mean probability, weighted.
        share: The share of positives among them, weighted.
    """

    pages: int
    weight: float
    score: float
    share: float


def bins(labels: Labels, probabilities: Numbers, weights: Numbers) -> list[Bin]:
    """The tenths that are not empty, in order.

    Args:
        labels: Whether each item is a positive, shape (n,).
        probabilities: 0 to 1, shape (n,).
        weights: How much each item counts, on average 1, shape (n,).
    """
    weights = weights / len(labels)
    place = np.minimum((probabilities * _BINS).astype(np.intp), _BINS - 1)
    pages = np.bincount(place, minlength=_BINS)
    weight, score, share = (
        np.bincount(place, weights * values, _BINS)
        for values in (np.ones(len(labels)), probabilities, labels)
    )
    return [
        Bin(
            int(pages[n]),
            float(weight[n]),
            float(score[n] / weight[n]),
            float(share[n] / weight[n]),
        )
        for n in np.flatnonzero(pages)
    ]


def calibration_error(found: list[Bin]) -> float:
    """Expected calibration error (Naeini et al. 2015): mean distance of score and share."""
    return sum(one.weight * abs(one.score - one.share) for one in found)


def drawing(found: list[Bin]) -> str:
    """The reliability diagram as SVG; a dot's area is its bin's weight."""
    low, high = _MARGIN, _MARGIN + _SIDE
    size = high + _MARGIN
    ticks = [n / 5 for n in range(6)]
    marks = [
        f'<line x1="{_at(t)}" y1="{low}" x2="{_at(t)}" y2="{high}" stroke="#ddd"/>'
        f'<line x1="{low}" y1="{_at(t)}" x2="{high}" y2="{_at(t)}" stroke="#ddd"/>'
        f'<text x="{_at(t)}" y="{high + 18}" text-anchor="middle">{t:g}</text>'
        f'<text x="{low - 8}" y="{_at(1 - t) + 4}" text-anchor="end">{t:g}</text>'
        for t in ticks
    ]
    dots = [
        f'<circle cx="{_at(one.score)}" cy="{_at(1 - one.share)}"'
        f' r="{3 + 20 * one.weight**0.5:.1f}" fill="#1f77b4" fill-opacity="0.6">'
        f"<title>{one.pages} pages: score {one.score:.3f}, cited {one.share:.3f}</title></circle>"
        for one in found
    ]
    middle = (low + high) // 2
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" width="{size}"'
            ' font-family="sans-serif" font-size="12">',
            f'<rect width="{size}" height="{size}" fill="white"/>',
            *marks,
            f'<line x1="{low}" y1="{high}" x2="{high}" y2="{low}" stroke="#888"'
            ' stroke-dasharray="4"/>',
            *dots,
            f'<text x="{middle}" y="{high + 38}" text-anchor="middle">score</text>',
            f'<text transform="translate(14 {middle}) rotate(-90)" text-anchor="middle">'
            "share of cited pages, at even odds</text>",
            "</svg>\n",
        ]
    )


def _at(value: float) -> float:
    return round(_MARGIN + value * _SIDE, 1)
