"""Edits of edits: two in a row are one."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from pipeline.edits import apply, merge
from pipeline.records import Edit


@st.composite
def disjoint_edits(draw: st.DrawFn, length: int) -> list[Edit]:
    points = st.lists(st.integers(0, length), max_size=12, unique=True)
    cuts = sorted(draw(points))
    spans = itertools.pairwise(cuts)
    texts = st.sampled_from(["", "", "x", "<NAME>"])
    return [Edit(*span, "kind", draw(texts)) for span in spans if draw(st.booleans())]


@given(st.data())
def test_merged_edits_do_the_same_in_one_step(data: st.DataObject) -> None:
    """Whatever the later edits touch: kept text, removed stretches, parts of replacements."""
    text = "abcdefghijklmnopqrstuvwxyz"
    first = data.draw(disjoint_edits(len(text)))
    between = apply(text, first)
    later = data.draw(disjoint_edits(len(between)))
    merged = merge(first, later)
    assert apply(text, merged) == apply(between, later)
    stops = [0, *(edit.stop for edit in merged)]
    assert all(edit.start >= stop for edit, stop in zip(merged, stops, strict=False))
    assert all(edit.start < edit.stop for edit in merged)


def test_merged_edits_keep_their_kinds() -> None:
    """Edits that do not meet stay apart, also where they are neighbours."""
    first = [Edit(0, 2, "short_lines"), Edit(5, 7, "citation_marks")]
    later = [Edit(0, 3, "email", "<E>"), Edit(4, 5, "phone", "<P>")]
    assert merge(first, later) == [
        Edit(0, 2, "short_lines"),
        Edit(2, 5, "email", "<E>"),
        Edit(5, 7, "citation_marks"),
        Edit(8, 9, "phone", "<P>"),
    ]


def test_a_replacement_changed_in_part_stays_one_edit() -> None:
    first = [Edit(2, 4, "email", "<EMAIL>")]
    assert merge(first, [Edit(3, 8, "upper", "mail")]) == [Edit(2, 4, "email", "<mail>")]
