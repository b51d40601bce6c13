"""The mixture: exact targets, shares reached or redistributed, no cap exceeded."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline import mixture
from pipeline.mixture import Cell, allocate, targets
from pipeline.weightconfig import SharesSection, WeightSection

LANGUAGES, DOMAINS = ("eng_Latn", "deu_Latn", "swh_Latn"), ("news", "books", "unknown")
CELLS = [Cell(language, domain) for language in LANGUAGES for domain in DOMAINS]
SIZES = st.fixed_dictionaries({}, optional=dict.fromkeys(CELLS, st.integers(1, 10**12)))
MANY = st.integers(1, 5)


def shares_of(names: tuple[str, ...]) -> st.SearchStrategy[dict[str, float]]:
    """Shares of some of the names, in hundredths, that add up to 1 at most."""
    cut = st.lists(st.integers(0, 100), min_size=len(names), max_size=len(names), unique=True)
    pieces = cut.map(lambda cuts: [b - a for a, b in pairwise([0, *sorted(cuts)])])
    shares = pieces.map(lambda some: {n: s / 100 for n, s in zip(names, some, strict=True)})
    subset = st.sets(st.sampled_from(names))
    return st.tuples(shares, subset).map(lambda pair: {n: pair[0][n] for n in pair[1]})


def factors_of(names: tuple[str, ...]) -> st.SearchStrategy[dict[str, float]]:
    return st.dictionaries(st.sampled_from(names), st.floats(0, 1))


@st.composite
def sections(draw: st.DrawFn) -> WeightSection:
    """Factors, shares or an exponent of languages, and factors or shares of domains."""
    by_language = draw(st.sampled_from(["factors", "shares", "alpha"]))
    by_domain = draw(st.booleans())
    return WeightSection(
        languages=draw(factors_of(LANGUAGES)) if by_language == "factors" else {},
        domains=draw(factors_of(DOMAINS)) if by_domain else {},
        language_alpha=draw(st.floats(0, 1)) if by_language == "alpha" else None,
        max_repeats=draw(MANY),
        shares=SharesSection(
            languages=draw(shares_of(LANGUAGES)) if by_language == "shares" else {},
            domains={} if by_domain else draw(shares_of(DOMAINS)),
        ),
    )


def total_of(found: dict[Cell, int], axis: int, name: str) -> int:
    return sum(size for cell, size in found.items() if cell[axis] == name)


@given(SIZES, sections())
def test_the_total_is_the_mass_of_what_is_wanted_or_all_that_the_cap_allows(
    sizes: dict[Cell, int], section: WeightSection
) -> None:
    found = targets(sizes, section)
    masses = {cell: sizes[cell] * mixture.factor(cell, section) for cell in sizes}
    room = sum(section.max_repeats * sizes[cell] for cell in sizes if masses[cell])
    wanted = min(sum(masses.values()), room)
    assert wanted - len(sizes) <= sum(found.values()) <= wanted
    assert found.keys() == sizes.keys()


@given(SIZES, sections())
def test_no_cell_exceeds_the_cap_and_what_is_not_wanted_is_not_seen(
    sizes: dict[Cell, int], section: WeightSection
) -> None:
    for cell, target in targets(sizes, section).items():
        assert 0 <= target <= section.max_repeats * sizes[cell]
        if not mixture.factor(cell, section):
            assert target == 0


@given(SIZES, sections(), st.randoms())
def test_the_order_of_the_cells_does_not_matter(
    sizes: dict[Cell, int], section: WeightSection, random: object
) -> None:
    mixed = list(sizes.items())
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert targets(dict(mixed), section) == targets(sizes, section)


@given(SIZES, shares_of(DOMAINS), MANY)
def test_a_share_is_exact_unless_the_cap_or_a_lack_of_others_forbids_it(
    sizes: dict[Cell, int], shares: dict[str, float], cap: int
) -> None:
    assume(sizes)
    section = WeightSection(max_repeats=cap, shares=SharesSection(domains=shares))
    found = targets(sizes, section)
    wanted = {cell: size for cell, size in sizes.items() if mixture.factor(cell, section)}
    total = sum(wanted.values())
    others = [cell for cell in wanted if cell.domain not in shares]
    others_full = all(found[cell] >= cap * sizes[cell] - 1 for cell in others)
    for name, share in shares.items():
        own = {cell: size for cell, size in wanted.items() if cell.domain == name}
        got, asked = total_of(found, 1, name), mixture.exact(share) * total
        room = cap * sum(own.values())
        assert got <= room
        if not others_full:
            assert min(asked, room) - len(own) - 1 < got <= asked
        else:
            assert got > min(asked, room) - len(own) - 1


@given(SIZES, shares_of(DOMAINS), MANY)
def test_within_a_share_and_in_the_rest_everything_keeps_its_own_proportions(
    sizes: dict[Cell, int], shares: dict[str, float], cap: int
) -> None:
    section = WeightSection(max_repeats=cap, shares=SharesSection(domains=shares))
    found = targets(sizes, section)
    groups = [[cell for cell in sizes if cell.domain == name] for name in shares]
    groups.append([cell for cell in sizes if cell.domain not in shares])
    for group in groups:
        weights = [Fraction(found[cell], sizes[cell]) for cell in group]
        rounding = [Fraction(1, sizes[cell]) for cell in group]
        for one, other, slack in zip(weights, weights[1:], rounding, strict=False):
            assert abs(one - other) <= slack + max(rounding)


def test_what_a_capped_share_leaves_goes_to_what_is_not_named() -> None:
    sizes = {
        Cell("eng_Latn", "books"): 10,
        Cell("eng_Latn", "news"): 90,
        Cell("eng_Latn", "unknown"): 900,
    }
    section = WeightSection(shares=SharesSection(domains={"books": 0.5, "news": 0.1}))
    assert list(targets(sizes, section).values()) == [40, 100, 860]
    every = WeightSection(shares=SharesSection(domains={"books": 0.5, "news": 0.5}))
    assert list(targets(sizes, every).values()) == [40, 60, 0]
    missed = mixture.shortfalls(targets(sizes, section), section)
    assert [(one.name, one.asked, one.reached) for one in missed] == [("books", 0.5, 0.04)]


def test_shares_of_both_divide_each_language_by_domain() -> None:
    sizes = {
        Cell("eng_Latn", "books"): 400, Cell("eng_Latn", "news"): 400,
        Cell("deu_Latn", "books"): 100, Cell("deu_Latn", "news"): 100,
    }  # fmt: skip
    shares = SharesSection(languages={"deu_Latn": 0.5}, domains={"books": 0.2})
    found = targets(sizes, WeightSection(shares=shares))
    assert list(found.values()) == [100, 400, 100, 400]


def test_factors_stay_what_they_are_and_shares_move_their_masses() -> None:
    sizes = {
        Cell("eng_Latn", "books"): 100,
        Cell("eng_Latn", "news"): 200,
        Cell("deu_Latn", "news"): 100,
    }
    section = WeightSection(languages={"deu_Latn": 0.5}, domains={"books": 2.5})
    assert list(targets(sizes, section).values()) == [250, 200, 50]
    both = WeightSection(domains={"books": 2.0}, shares=SharesSection(languages={"deu_Latn": 0.5}))
    assert list(targets(sizes, both).values()) == [125, 125, 250]


@pytest.mark.parametrize("alpha", [0.0, 0.3, 0.5, 1.0])
def test_languages_are_seen_by_the_power_of_their_size(alpha: float) -> None:
    """As XLM-R (Conneau et al. 2020, section 3.1) and mT5 (Xue et al. 2021) define it."""
    sizes = {Cell("eng_Latn", "unknown"): 10**9, Cell("swh_Latn", "unknown"): 3 * 10**8}
    section = WeightSection(language_alpha=alpha, max_repeats=1000)
    found = targets(sizes, section)
    powers = [size**alpha for size in sizes.values()]
    for target, power in zip(found.values(), powers, strict=True):
        assert target == pytest.approx(1.3 * 10**9 * power / sum(powers), abs=2)


AMOUNTS = st.dictionaries(
    st.text(max_size=2), st.tuples(st.fractions(0, 100), st.fractions(0, 100)), max_size=6
)


@given(AMOUNTS, st.fractions(0, 500), st.fractions(0, 500))
def test_more_to_divide_gives_nobody_less(
    amounts: dict[str, tuple[Fraction, Fraction]], one: Fraction, other: Fraction
) -> None:
    wants = {name: want for name, (want, _) in amounts.items()}
    caps = {name: cap for name, (_, cap) in amounts.items()}
    less, more = (allocate(total, wants, caps) for total in sorted((one, other)))
    for name, want in wants.items():
        assert 0 <= less[name] <= more[name] <= caps[name]
        assert want or not more[name]
    room = sum(cap for name, cap in caps.items() if wants[name])
    assert sum(more.values()) == min(max(one, other), room)


@given(SIZES, st.floats(0, 5), st.floats(0, 5))
def test_a_greater_factor_never_asks_for_less(
    sizes: dict[Cell, int], one: float, other: float
) -> None:
    low, high = (
        targets(sizes, WeightSection(languages={"eng_Latn": factor}, max_repeats=5))
        for factor in sorted((one, other))
    )
    assert all(low[cell] <= high[cell] for cell in sizes)


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
