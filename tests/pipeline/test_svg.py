"""Marks are round, places are where they should be, and any words may be drawn."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.svg import Axis, frame, named, page, text, ticks, titled

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 100, [0, 20, 40, 60, 80, 100]),
        (2.1, 3.9, [2, 2.5, 3, 3.5, 4]),
        (3, 3, [3, 3.2]),
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
    ],
)
def test_levels_are_round_and_hold_all_values(
    low: float, high: float, expected: list[float]
) -> None:
    assert ticks(low, high) == expected


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        (Axis(2.1, 3.9, 0, 1), [2.5, 3, 3.5]),
        (Axis(2.1, 3.9, 0, 1, logarithmic=True), [2.5, 3, 3.5]),
        (Axis(0.9, 30, 0, 1, logarithmic=True), [1, 2, 5, 10, 20]),
        (Axis(5, 2e4, 0, 1, logarithmic=True), [10, 100, 1000, 10_000]),
    ],
)
def test_marks_are_round_and_on_the_axis(axis: Axis, expected: list[float]) -> None:
    assert axis.marks() == pytest.approx(expected)


def test_equal_steps_are_equally_far_apart() -> None:
    upward, ratios = Axis(0, 4, 310, 50), Axis(1, 100, 0, 600, logarithmic=True)
    assert [upward.at(value) for value in (0, 1, 4)] == [310, 245, 50]
    assert [ratios.at(value) for value in (1, 10, 100)] == [0, 300, 600]


@given(st.text(st.characters(exclude_categories=["C"]), min_size=1))
def test_words_of_any_kind_are_drawn_as_they_are(words: str) -> None:
    drawn = page(10, 10, [text(1, 2, words), titled("circle", words, r=1, fill=words)])
    tree = ElementTree.fromstring(drawn)
    assert tree.findtext(f"{SVG}text") == words
    assert tree.findtext(f"{SVG}circle/{SVG}title") == words
    assert tree.find(f"{SVG}circle").attrib == {"r": "1", "fill": words}  # type: ignore[union-attr]


def test_a_frame_has_a_named_line_at_each_mark() -> None:
    x, y = Axis(0, 10, 50, 150), Axis(0, 1, 150, 50)
    tree = ElementTree.fromstring(page(200, 200, frame(x, y, named([0, 5]), {1: "all"}, "step")))
    places = [(line.get("x1"), line.get("y1")) for line in tree.iter(f"{SVG}line")]
    assert places == [("50", "150"), ("100", "150"), ("50", "50")]
    assert [one.text for one in tree.iter(f"{SVG}text")] == ["0", "5", "all", "step"]
