"""A keyed permutation is one, at any size, and looks like chance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.permutation import key_of, permute


@given(st.integers(1, 600), st.text(max_size=4))
def test_it_is_a_bijection(size: int, key: str) -> None:
    assert sorted(permute(np.arange(size), size, key_of(key))) == list(range(size))


@given(st.integers(10**9, 2**62), st.integers(0, 10**9 - 1))
def test_it_stays_in_a_range_that_no_memory_holds(size: int, place: int) -> None:
    assert 0 <= permute(place, size, key_of("key")) < size


@given(st.lists(st.tuples(st.integers(1, 2**40), st.integers(0, 9)), max_size=20), st.data())
def test_every_element_is_answered_by_itself(
    drawn: list[tuple[int, int]], data: st.DataObject
) -> None:
    """Whatever other sizes and keys stand beside it in the arrays."""
    sizes = [size for size, _ in drawn]
    keys = [key_of(number) for _, number in drawn]
    places = [data.draw(st.integers(0, size - 1)) for size in sizes]
    alone = [permute(*values).item() for values in zip(places, sizes, keys, strict=True)]
    together = permute(np.array(places, np.int64), sizes, np.array(keys, np.uint64))
    assert together.tolist() == alone


def test_neighbours_are_spread() -> None:
    """Mean distance of the images of neighbours: a third of the range, as for random places."""
    size = 5000
    images = permute(np.arange(size), size, key_of("key"))
    assert abs(np.abs(np.diff(images)).mean() / size - 1 / 3) < 0.02
    assert abs(np.corrcoef(np.arange(size), images)[0, 1]) < 0.05


@pytest.mark.parametrize(("size", "bound"), [(5, 18.5), (10, 27.9), (100, 148.2)])
def test_every_place_is_as_likely_as_another(size: int, bound: float) -> None:
    """Over 20,000 keys, where the last goes: chi-squared below its 99.9% quantile."""
    keys = np.array([key_of(number) for number in range(20_000)], np.uint64)
    found = np.bincount(permute(np.full(20_000, size - 1), size, keys), minlength=size)
    assert ((found - 20_000 / size) ** 2 / (20_000 / size)).sum() < bound


def test_the_order_stays_what_it_was() -> None:
    """Runs that were begun go on in the same order with a later version."""
    assert permute(np.arange(10), 10, key_of("a", 1)).tolist() == [2, 4, 6, 1, 7, 9, 5, 0, 8, 3]
