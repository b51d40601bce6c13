"""Negatives matched to positives, and the split of the domains."""

from collections import Counter
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from classifiers.matching import Lowest, Stratum, match
from classifiers.splits import SHARES, SPLITS, TURNS, Sides
from pipeline.hashing import hash64


@dataclass(frozen=True)
class Page:
    id: str
    domain: str
    language: str
    length: int
    label: bool


PAGES = st.lists(
    st.builds(
        Page,
        id=st.integers(0, 10_000).map(str),
        domain=st.integers(0, 30).map("d{}.org".format),
        language=st.sampled_from(["en", "de"]),
        length=st.integers(0, 40),
        label=st.booleans(),
    ),
    max_size=60,
    unique_by=lambda page: page.id,
)


@given(PAGES, st.randoms(use_true_random=False), st.integers(1, 50))
def test_lowest_is_the_same_in_any_order_and_grows_at_its_end(
    pages: list[Page], random: object, size: int
) -> None:
    shuffled = sorted(pages, key=lambda page: random.random())  # type: ignore[attr-defined]
    some, everything = Lowest[Page](size), Lowest[Page](1000)
    for page in shuffled:
        some.offer(page)
    for page in pages:
        everything.offer(page)
    assert some.pages() == everything.pages()[:size]
    assert Counter(everything.pages()) == Counter(pages)


@given(PAGES, st.sampled_from([0.3, 1.0, 1.5, 3.0]), st.integers(1, 40))
def test_negatives_have_the_positives_languages_lengths_and_sides(
    pages: list[Page], ratio: float, most: int
) -> None:
    found = match(lambda: pages, ratio, most)
    strata = Counter(
        (Stratum(split, page.language, page.length.bit_length()), page.label)
        for page, split in found.pages
    )
    cited = sum(page.label for page in pages)
    assert sum(page.label for page, _ in found.pages) == min(most, cited)
    split_of = {page.domain: split for page, split in found.pages}
    assert all(split_of[page.domain] == split for page, split in found.pages)
    for stratum, count in found.positives.items():
        assert strata[stratum, True] == count
        assert found.wanted[stratum] == int(ratio * count + 0.5)
        assert strata[stratum, False] == found.taken.get(stratum, 0) <= found.wanted[stratum]
    assert {stratum for stratum, _ in strata} == found.positives.keys()
    # Where some are missing there are none left.
    taken = {page.id for page, _ in found.pages}
    for page in pages:
        if not page.label and page.id not in taken and page.domain in split_of:
            stratum = Stratum(split_of[page.domain], page.language, page.length.bit_length())
            assert found.wanted.get(stratum, 0) == found.taken.get(stratum, 0)


@given(PAGES)
def test_matching_does_not_depend_on_the_order(pages: list[Page]) -> None:
    assert match(lambda: pages, 2.0, 10) == match(lambda: pages[::-1], 2.0, 10)


SITES = st.dictionaries(st.integers(0, 10**6).map(str), st.integers(1, 5), max_size=200)


@given(SITES, st.integers(0, TURNS - 1))
def test_each_side_gets_its_share_of_the_examples(sites: dict[str, int], rotation: int) -> None:
    sides = Sides.of(sites, rotation=rotation)
    counts: Counter[str] = Counter()
    for site, count in sites.items():
        counts[sides.side(site)] += count
    total = sum(sites.values())
    for split in SPLITS:
        assert abs(counts[split] - SHARES[split] * total) <= 10
    assert sides.side("elsewhere.org") in SPLITS


@given(SITES)
def test_a_site_is_for_testing_in_one_rotation(sites: dict[str, int]) -> None:
    turns = [Sides.of(sites, SHARES, rotation) for rotation in range(TURNS)]
    for site in sites:
        assert [turn.side(site) for turn in turns].count("test") == 1


def test_the_sides_without_rotation_follow_one_another() -> None:
    sites = {f"d{n}.org": 1 for n in range(100)}
    sides = Sides.of(sites)
    found = [sides.side(site) for site in sorted(sites, key=hash64)]
    counts = zip(SPLITS, (50, 15, 15, 20), strict=True)
    assert found == [split for split, count in counts for _ in range(count)]


def test_a_large_domain_is_on_one_side_whole() -> None:
    sides = Sides.of({"large.org": 1000} | {f"d{n}.org": 1 for n in range(100)})
    assert sides.side("large.org") in SPLITS
    assert {sides.side(f"d{n}.org") for n in range(100)} <= set(SPLITS)
