"""Mixtures are shares, in their room, and a swarm grows by going on."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.errors import UserError
from training.mixlaw.swarm import DIGITS, Numbers, Room, draw, rounded

PRIOR = np.array([0.62, 0.3, 0.05, 0.03])
FREE = Room(PRIOR, 1e-3, np.ones(4))


@st.composite
def rooms(draw_: st.DrawFn) -> Room:
    parts = draw_(st.lists(st.floats(0.05, 1), min_size=2, max_size=12))
    prior = np.array(parts) / sum(parts)
    factor = draw_(st.floats(1, 20))
    return Room(prior, draw_(st.sampled_from([1e-3, 3e-3])), factor * prior)


@given(rooms(), st.integers(0, 2**63 - 1), st.sampled_from([(0.01, 0.1), (1.0, 64.0), (1e4, 1e6)]))
def test_mixtures_are_shares_within_their_room(
    room: Room, seed: int, strengths: tuple[float, float]
) -> None:
    try:
        mixtures = draw(room, 8, seed, strengths)
    except UserError:
        # A narrow room has few mixtures, and strengths near 0 hardly more than its corners.
        assume(False)
    units = mixtures * 10**DIGITS
    assert (np.rint(units).sum(axis=1) == 10**DIGITS).all()
    assert np.abs(units - np.rint(units)).max() < 1e-6
    assert ((mixtures == 0) | (mixtures >= room.least - 1e-6)).all()
    # What is left out goes to the others, in proportion.
    left_out = len(room.prior) * room.least
    assert (mixtures[1:] <= room.most / (1 - left_out) + 1e-6).all()


def test_the_natural_shares_come_first_and_a_larger_swarm_goes_on() -> None:
    few, many = draw(FREE, 5, 7, (1.0, 64.0)), draw(FREE, 9, 7, (1.0, 64.0))
    assert few[0].tolist() == PRIOR.tolist()
    assert (many[:5] == few).all()
    assert not (draw(FREE, 5, 8, (1.0, 64.0))[1:] == few[1:]).any(axis=0).all()


def test_no_two_mixtures_are_alike_to_a_proxy() -> None:
    """They differ by a sequence at least, of the hundred that a proxy reads."""
    mixtures = draw(FREE._replace(unit=0.01), 60, 0, (1.0, 64.0))
    assert len(np.unique(np.rint(mixtures * 100), axis=0)) == 60


def test_where_there_is_no_room_for_so_many_it_is_said() -> None:
    two = Room(np.array([0.5, 0.5]), 1e-3, np.array([0.52, 0.52]), unit=0.01)
    with pytest.raises(UserError, match=r"mix\.proxies = 48: there is room for 5 mixtures"):
        draw(two, 48, 0, (1.0, 64.0))


def test_small_strengths_leave_domains_out_and_great_ones_stay_near_the_centre() -> None:
    sparse, dense = (draw(FREE, 200, 0, (one, one))[1:] for one in (0.5, 1000.0))
    # Less than of all that were drawn: of equal ones, such as a domain alone, one is left.
    assert (sparse == 0).mean() > 0.3
    centre = np.sqrt(PRIOR) / np.sqrt(PRIOR).sum()
    assert np.abs(dense - centre).max() < 0.1
    assert np.abs(dense.mean(axis=0) - centre).max() < 0.01


def test_small_domains_are_tried_beyond_their_share() -> None:
    mixtures = draw(FREE, 100, 0, (1.0, 64.0))
    assert (mixtures.max(axis=0) > 3 * PRIOR)[1:].all()


def test_a_narrow_room_ends_the_drawing_at_its_walls() -> None:
    """Where a domain may be no more than its natural share, no proxy has more of it."""
    most = np.array([1.0, 1.0, 0.06, 0.03])
    mixtures = draw(FREE._replace(most=most), 50, 0, (1.0, 64.0))
    assert (mixtures <= most / (1 - 4e-3) + 1e-6).all()
    assert np.ptp(mixtures[:, 0]) > 0.2


@pytest.mark.parametrize("mixture", [[1.0, 1.0, 1.0], [1e-9, 1.0, 0.5], [0.1] * 7])
def test_rounded_shares_add_up_and_stay_near(mixture: list[float]) -> None:
    exact: Numbers = np.array(mixture) / sum(mixture)
    found = rounded(exact)
    assert round(found.sum() * 10**DIGITS) == 10**DIGITS
    assert np.abs(found - exact).max() <= 10**-DIGITS
