"""Quotas hold in each round and epochs are whole, at any place."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.order import Order

domains_strategy = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), max_size=5).filter(
    lambda domains: any(quota for quota, _ in domains)
)


@given(domains_strategy, st.integers(0, 10**12))
def test_every_round_has_every_quota(domains: list[tuple[int, int]], number: int) -> None:
    quotas, sequences = zip(*domains, strict=True)
    order = Order("f", 0, quotas, sequences)
    found, numbers = order.at(number * order.size + np.arange(order.size))
    assert np.bincount(found, minlength=len(quotas)).tolist() == list(quotas)
    assert (numbers < np.array(sequences)[found]).all()


@given(domains_strategy, st.integers(0, 3))
def test_a_domain_is_read_through_before_it_begins_anew(
    domains: list[tuple[int, int]], seed: int
) -> None:
    """After any number of rounds no sequence was read twice more often than another."""
    quotas, sequences = zip(*domains, strict=True)
    order = Order("f", seed, quotas, sequences)
    found, numbers = order.at(np.arange(7 * order.size))
    for domain, (quota, n) in enumerate(domains):
        times = np.bincount(numbers[found == domain], minlength=n)
        assert times.sum() == 7 * quota
        assert times.max() - times.min() <= 1


def test_each_epoch_of_a_domain_has_an_order_of_its_own() -> None:
    """Two rounds are an epoch of the first domain; what the first of them has changes."""
    order = Order("f", 0, [10, 90], [20, 90])
    rounds = []
    for number in range(4):
        found, numbers = order.at(number * 100 + np.arange(100))
        rounds.append(set(numbers[found == 0].tolist()))
    assert rounds[0] | rounds[1] == rounds[2] | rounds[3] == set(range(20))
    assert rounds[0] not in (rounds[2], rounds[3])


def test_a_place_is_answered_whatever_is_asked_with_it() -> None:
    order = Order("f", 0, [10, 90], [20, 90])
    together = np.stack(order.at(np.arange(500)))
    for place in (0, 99, 100, 333):
        assert np.stack(order.at(np.array([place])))[:, 0].tolist() == together[:, place].tolist()
