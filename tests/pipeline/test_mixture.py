"""The mixture: as many copies as the weights say, the same in every run."""

import numpy as np
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from pipeline import mixture
from pipeline.errors import UserError

IDS = [f"<urn:uuid:{number}>" for number in range(20_000)]
WEIGHT = st.floats(0, 50)


def repeats(ids: list[str], weight: float) -> list[int]:
    found = mixture.repeats(ids, np.full(len(ids), weight))
    assert found.dtype == np.int32
    return [int(count) for count in found]


@pytest.mark.parametrize("weight", [0.01, 0.5, 0.999, 1.3, 2.75, 17.2])
def test_the_total_is_what_the_weights_add_up_to(weight: float) -> None:
    """Within four standard deviations of the rounding, and no document is more than one off."""
    found = repeats(IDS, weight)
    fraction = weight % 1
    deviation = (fraction * (1 - fraction) * len(IDS)) ** 0.5
    assert abs(sum(found) - weight * len(IDS)) < 4 * deviation
    assert set(found) == {int(weight), int(weight) + 1}


def test_weights_of_documents_are_their_own() -> None:
    assert mixture.repeats(["a", "b", "c"], np.array([0.0, 1.0, 3.0])).tolist() == [0, 1, 3]


@given(st.lists(st.text(), max_size=20), WEIGHT)
def test_what_a_document_gets_depends_on_its_id_alone(ids: list[str], weight: float) -> None:
    assert repeats(ids, weight) == [repeats([key], weight)[0] for key in ids]
    assert repeats(ids[::-1], weight) == repeats(ids, weight)[::-1]


@given(st.text(), WEIGHT, WEIGHT)
def test_a_greater_weight_never_shows_a_document_less(key: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert repeats([key], low) <= repeats([key], high)


@given(st.text(), st.integers(0, 1000))
def test_a_whole_weight_is_exact(key: str, weight: int) -> None:
    assert repeats([key], float(weight)) == [weight]


def test_the_choice_is_the_documented_hash() -> None:
    """A later release must not give a run other bytes."""
    hashes = [xxhash.xxh64_intdigest(f"repeats:{key}".encode()) for key in IDS]
    assert repeats(IDS, 0.4) == [int(value < 0.4 * 2**64) for value in hashes]


@pytest.mark.parametrize("weight", [-0.1, float("nan"), float("inf"), 2.0**31])
def test_a_weight_that_is_no_count_is_refused_with_the_document_s_name(weight: float) -> None:
    with pytest.raises(UserError, match=r"weight of document second: .*\[weight\.languages\]"):
        mixture.repeats(["first", "second"], np.array([1.0, weight]))


def test_no_documents_have_no_repeats() -> None:
    assert repeats([], 1.0) == []


TABLE = {"wikipedia.org": "encyclopedia", "news.wikipedia.org": "news", "gov": "government"}


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("wikipedia.org", "encyclopedia"),
        ("en.m.wikipedia.org", "encyclopedia"),
        ("news.wikipedia.org", "news"),
        ("old.news.wikipedia.org", "news"),
        ("notwikipedia.org", "unknown"),
        ("wikipedia.org.evil.com", "unknown"),
        ("www.nasa.gov", "government"),
        ("gov", "government"),
        ("localhost", "unknown"),
        ("", "unknown"),
    ],
)
def test_the_longest_known_suffix_of_whole_labels_decides(host: str, domain: str) -> None:
    assert mixture.domain_of(host, TABLE) == domain


@pytest.mark.parametrize(
    ("domain", "score", "certain"),
    [("news", 0.3, "news"), ("news", 0.29, "unknown"), (None, None, "unknown")],
)
def test_a_domain_that_is_not_certain_enough_is_unknown(
    domain: str | None, score: float | None, certain: str
) -> None:
    assert mixture.certain(domain, score, 0.3) == certain


def test_the_table_of_hosts_comes_before_the_classifier() -> None:
    assert mixture.domain_of("en.wikipedia.org", TABLE, "news") == "encyclopedia"
    assert mixture.domain_of("localhost", TABLE, "news") == "news"


def test_a_weight_is_the_product_of_its_factors_and_1_by_default() -> None:
    weights = mixture.Weights({"en": 0.5, "xx": 0.0}, {"news": 3.0, "unknown": 0.25})
    assert weights.weight("en", "news") == 1.5
    assert weights.weight("de", "news") == 3.0
    assert weights.weight("en", "code") == 0.5
    assert weights.weight("de", "code") == 1.0
    assert weights.weight("xx", "news") == 0.0
    assert weights.weight("de", mixture.UNKNOWN) == 0.25
    assert mixture.Weights().weight("en", "news") == 1.0
