"""What fits, in an order, into a size: the same as one sorted list says, however it is cut up."""

from typing import NamedTuple

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline import selection
from pipeline.selection import Cut, Request, Rows

GROUPS = 3


class Document(NamedTuple):
    group: int
    key: int
    tie: int
    size: int


KEYS = st.sampled_from([0, 5, 2**64 - 1]) | st.integers(0, 2**64 - 1)
DOCUMENTS = st.lists(
    st.builds(Document, st.integers(0, GROUPS - 1), KEYS, KEYS, st.integers(0, 50)), max_size=30
)


def rows_of(documents: list[Document]) -> Rows:
    columns = list(zip(*documents, strict=True)) or [(), (), (), ()]
    kinds = (np.int32, np.uint64, np.uint64, np.int64)
    return Rows(*(np.array(c, dtype=kind) for c, kind in zip(columns, kinds, strict=True)))


def slowly(documents: list[Document], group: int, room: int) -> set[Document]:
    """One by one in their order, until one has no room; equals go or stay together."""
    chosen: set[Document] = set()
    own = sorted(d for d in documents if d.group == group)
    for document in own:
        if room < document.size:
            return {d for d in chosen if d[1:3] < document[1:3]}
        chosen.add(document)
        room -= document.size
    return chosen


@given(DOCUMENTS, st.lists(st.tuples(KEYS, KEYS), max_size=4), st.floats(0, 1, exclude_max=True))
def test_the_choice_is_that_of_one_sorted_list_whatever_the_ranges(
    documents: list[Document], bounds: list[tuple[int, int]], share: float
) -> None:
    cut_up = sorted(Cut(*bound) for bound in bounds)
    rows = rows_of(documents)
    ranges = selection.ranges_of(rows, cut_up)
    pieces = [rows.take(ranges == number) for number in range(len(cut_up) + 1)]
    totals = rows.sums(GROUPS)
    requests = [
        Request("", group, int(share * size)) for group, size in enumerate(totals.tolist()) if size
    ]
    sums = [piece.sums(GROUPS) for piece in pieces]
    found = {
        request.group: cut
        for piece, asked in zip(pieces, selection.locate(sums, requests), strict=True)
        for request, cut in selection.cuts(piece, asked)
    }
    chosen = {documents[place] for place in np.flatnonzero(selection.before(rows, found))}
    for request in requests:
        ours = {document for document in chosen if document.group == request.group}
        assert ours == slowly(documents, request.group, request.size)


@given(DOCUMENTS, st.lists(st.tuples(KEYS, KEYS), max_size=5))
def test_ranges_follow_the_order(documents: list[Document], bounds: list[tuple[int, int]]) -> None:
    ordered = sorted(Cut(*bound) for bound in bounds)
    found = selection.ranges_of(rows_of(documents), ordered).tolist()
    assert found == [sum(bound <= d[1:3] for bound in ordered) for d in documents]


def test_sampled_bounds_divide_documents_evenly_even_if_all_keys_are_equal() -> None:
    random = np.random.default_rng(1)
    ties = random.integers(0, 2**63, 10_000, dtype=np.uint64)
    rows = Rows(np.zeros(10_000, np.int32), np.full(10_000, 7, np.uint64), ties,
                np.ones(10_000, np.int64))  # fmt: skip
    bounds = selection.bounds_of(selection.samples(rows, 64), 4)
    counts = np.bincount(selection.ranges_of(rows, bounds), minlength=4)
    assert counts.min() > 2000


def test_hashes_fall_evenly_between_even_bounds() -> None:
    bounds = selection.even_bounds(4)
    assert [bound.key for bound in bounds] == [2**62, 2**63, 3 * 2**62]
    assert selection.even_bounds(1) == []
    assert selection.bounds_of([], 3) == []
