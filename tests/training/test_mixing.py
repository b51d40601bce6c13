"""Quotas are the shares asked for, to less than one sequence."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from training.mixing import quotas, target_shares

PREDICTED = {"books": 100, "code": 300, "empty": 0, "web": 600}


def test_what_is_not_named_keeps_its_proportions_in_the_rest() -> None:
    assert target_shares({"books": 0.4}, PREDICTED) == {
        "books": Fraction(2, 5),
        "code": Fraction(1, 5),
        "empty": 0,
        "web": Fraction(2, 5),
    }


def test_if_all_are_named_their_proportions_count() -> None:
    weights = {"books": 1, "code": 2.5, "web": 1.5}
    named = {name: PREDICTED[name] for name in weights}
    assert target_shares(weights, named) == {
        "books": Fraction(1, 5),
        "code": Fraction(1, 2),
        "web": Fraction(3, 10),
    }


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"wbe": 0.5}, "train.weights.wbe: no shards of this domain; there are books, code, empty"),
        ({"empty": 0.5}, "train.weights.empty: the domain has no tokens; set it to 0"),
        ({"books": 0.5, "web": 0.6}, "the shares add up to 1.1, more than 1"),
        ({"books": 0, "code": 0, "web": 0}, "all shares are 0"),
    ],
)
def test_shares_that_cannot_be_are_refused(weights: dict[str, float], message: str) -> None:
    with pytest.raises(UserError, match=message):
        target_shares(weights, PREDICTED)


@given(st.data(), st.integers(1, 6))
def test_no_domain_is_a_whole_sequence_away_from_its_share(data: st.DataObject, n: int) -> None:
    names = [f"d{number}" for number in range(n)]
    sequences = {name: data.draw(st.integers(1, 500)) for name in names}
    # Sequences are full, or as best fit leaves them.
    full = {name: data.draw(st.integers(1, 64)) for name in names}
    predicted = {name: sequences[name] * full[name] for name in names}
    raw = {name: data.draw(st.integers(0, 100)) for name in names}
    if not any(raw.values()):
        raw["d0"] = 1
    shares = {name: Fraction(raw[name], sum(raw.values())) for name in names}
    try:
        found = quotas(shares, predicted, sequences)
    except UserError as error:
        assert "is less than one of" in str(error)
        return
    assert sum(found.values()) == sum(sequences.values())
    tokens = {name: found[name] * full[name] for name in names}
    total = Fraction(sum(sequences.values())) / sum(shares[name] / full[name] for name in names)
    for name in names:
        assert abs(tokens[name] - total * shares[name]) < full[name]


def test_a_share_of_less_than_a_sequence_is_refused() -> None:
    with pytest.raises(UserError, match=r"weights\.a: 0\.001 of the tokens is less than one of"):
        quotas(
            {"a": Fraction(1, 1000), "b": Fraction(999, 1000)}, {"a": 8, "b": 80}, {"a": 1, "b": 10}
        )
