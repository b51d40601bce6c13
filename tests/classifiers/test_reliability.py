"""The reliability diagram's figures against a plain count."""

from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.calibration import even_odds
from classifiers.reliability import bins, calibration_error, drawing

ITEMS = st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=2, max_size=50).filter(
    lambda items: len({label for label, _ in items}) == 2
)


@given(ITEMS)
def test_bins_are_tenths_at_even_odds(items: list[tuple[bool, float]]) -> None:
    labels, scores = np.array([i[0] for i in items]), np.array([i[1] for i in items])
    positives = int(labels.sum())
    weight = {True: 0.5 / positives, False: 0.5 / (len(items) - positives)}
    found = iter(bins(labels, scores, even_odds(labels)))
    error = 0.0
    for tenth in range(10):
        inside = [i for i in items if min(int(i[1] * 10), 9) == tenth]
        if inside:
            total = sum(weight[label] for label, _ in inside)
            score = sum(weight[label] * p for label, p in inside) / total
            share = sum(weight[label] for label, _ in inside if label) / total
            assert next(found) == pytest.approx((len(inside), total, score, share))
            error += total * abs(score - share)
    assert next(found, None) is None
    assert calibration_error(bins(labels, scores, even_odds(labels))) == pytest.approx(error)


def test_the_drawing_has_a_dot_a_bin_where_it_belongs() -> None:
    labels, scores = np.array([True, False, False, True]), np.array([0.9, 0.1, 0.5, 0.5])
    found = bins(labels, scores, np.ones(4))
    tree = ElementTree.fromstring(drawing(found))
    dots = tree.findall("{http://www.w3.org/2000/svg}circle")
    places = [(float(dot.attrib["cx"]), float(dot.attrib["cy"])) for dot in dots]
    # The square goes from 50 to 350, upwards.
    assert places == [(80, 350), (200, 200), (320, 50)]
