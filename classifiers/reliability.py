"""Whether probabilities come true: bins of a reliability diagram, their error, and its drawing."""

from typing import NamedTuple

import numpy as np

from classifiers.ranking import Labels, Numbers
from pipeline.svg import Axis, frame, line, named, page, titled

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
    """The reliability diagram as SVG; a larger dot is a bin of more weight."""
    low, high = _MARGIN, _MARGIN + _SIDE
    x, y = Axis(0, 1, low, high), Axis(0, 1, high, low)
    dots = [
        titled(
            "circle",
            f"{one.pages} pages: score {one.score:.3f}, cited {one.share:.3f}",
            cx=x.at(one.score),
            cy=y.at(one.share),
            r=round(3 + 20 * one.weight**0.5, 1),
            fill="#1f77b4",
            fill_opacity=0.6,
        )
        for one in found
    ]
    marks = named(x.marks())
    return page(
        high + _MARGIN,
        high + _MARGIN,
        [
            *frame(x, y, marks, marks, "score", "share of cited pages, at even odds"),
            line((low, high), (high, low), stroke="#888", stroke_dasharray=4),
            *dots,
        ],
    )
