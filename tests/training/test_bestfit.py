"""Best-fit decreasing against the same written down plainly, and against first fit."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.bestfit import best_fit


@st.composite
def pieces(draw: st.DrawFn) -> tuple[list[int], int]:
    capacity = draw(st.integers(1, 40))
    return draw(st.lists(st.integers(1, capacity), max_size=60)), capacity


def plainly(lengths: list[int], capacity: int, *, best: bool) -> list[int]:
    """The room left in each bin; the longest first into the best, or the first, bin that fits."""
    rooms: list[int] = []
    for length in sorted(lengths, reverse=True):
        fitting = [at for at, room in enumerate(rooms) if room >= length]
        if not fitting:
            rooms.append(capacity - length)
        else:
            at = min(fitting, key=lambda at: rooms[at]) if best else fitting[0]
            rooms[at] -= length
    return sorted(rooms)


def rooms(lengths: list[int], capacity: int) -> list[int]:
    bins = best_fit(np.array(lengths, np.int64), capacity)
    if not lengths:
        return []
    filled = np.bincount(bins, lengths).astype(int)
    assert (np.bincount(bins) > 0).all()
    return sorted((capacity - filled).tolist())


@given(pieces())
def test_the_bins_are_filled_as_the_plain_algorithm_fills_them(
    drawn: tuple[list[int], int],
) -> None:
    assert rooms(*drawn) == plainly(*drawn, best=True)


def test_little_is_wasted() -> None:
    """No more than first fit wastes, on lengths like those of web pages."""
    rng = np.random.default_rng(3)
    lengths = np.clip(rng.lognormal(6, 1, 3000), 1, 2049).astype(int).tolist()
    ours = sum(rooms(lengths, 2049))
    assert ours <= sum(plainly(lengths, 2049, best=False))
    assert ours < 0.01 * sum(lengths)
