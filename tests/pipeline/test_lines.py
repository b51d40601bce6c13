"""Passages on many pages: what they are, how they are counted, what goes and what stays."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import LinesSection
from pipeline.edits import apply
from pipeline.lines import (
    Groups,
    Keepers,
    boilerplate,
    cut,
    host_hash,
    passages,
    tally,
    text_rank,
    units,
)

Page = tuple[str, str, str]
"""Host, id, text."""

# So few lines that they meet; three have no word, one many.
LINES = ["a", "b c", "d e f", "g h i j", "---", "", "  ", "| x | y |", "|---|", "k l m n o p q"]
PAGES = st.lists(
    st.tuples(
        st.sampled_from(["one.example", "two.example", "three.example"]),
        st.integers(0, 99).map(str),
        st.lists(st.sampled_from(LINES), max_size=12).map("\n".join),
    ),
    max_size=10,
    unique_by=lambda page: page[1],
)
BOUNDS = st.builds(
    LinesSection,
    min_words=st.integers(1, 5),
    max_host_share=st.sampled_from([0.0, 0.3, 0.5, 1.0]),
    max_host_pages=st.sampled_from([2, 1000]),
    min_host_pages=st.integers(2, 3),
    max_hosts=st.integers(1, 3),
)


def said(text: str) -> list[str]:
    return [unit.text for unit in units(text)]


def keepers_of(pages: Sequence[Page], section: LinesSection) -> Keepers:
    """What is boilerplate in some pages, counted in one go."""
    rows = [
        (passage, host_hash(host), text_rank(text))
        for host, _, text in pages
        for passage in {host_hash(host)}
        | {one.hash for one in passages(units(text), section.min_words)}
    ]
    found, hosts, keys = np.array(rows, dtype=np.uint64).reshape(-1, 3).T
    columns = Groups(found, hosts).columns(np.ones_like(found), keys)
    return boilerplate(tally(columns), section)


def cut_all(pages: Sequence[Page], section: LinesSection) -> list[str]:
    keepers = keepers_of(pages, section)
    left = []
    for host, _, text in pages:
        edits = cut(text, host_hash(host), keepers, section.min_words)
        left.append(apply(text, edits))
    return left


def test_a_unit_is_a_line_a_code_block_or_a_table() -> None:
    text = "One line.\n\n  Two  lines.\n```\nx = 1\n\ny = 2\n```\n| a | b |\n| c | d |\nEnd"
    assert said(text) == [
        "One line.",
        "Two lines.",
        "``` x = 1 y = 2 ```",
        "| a | b | | c | d |",
        "End",
    ]
    assert [unit.n_words for unit in units(text)] == [2, 2, 4, 4, 1]


def test_code_that_is_not_closed_reaches_to_the_end() -> None:
    assert said("a\n```\nb\nc") == ["a", "``` b c"]


def test_a_character_is_a_word_where_none_are_spaced() -> None:
    assert [unit.n_words for unit in units("版权所有\nall rights")] == [4, 2]


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("a b c\nd e f", [(0, 1), (1, 2)]),
        ("a\nb\nc d e", [(0, 3), (1, 3), (2, 3)]),
        ("a b c\nd", [(0, 1), (0, 2)]),
        ("a b c\nd\ne", [(0, 1), (0, 3)]),
        ("a\n---\nb c", [(0, 3)]),
        ("---\na b c\n---", [(1, 2)]),
        ("a b", []),
        ("", []),
    ],
)
def test_a_passage_is_the_shortest_run_with_its_words(
    text: str, runs: list[tuple[int, int]]
) -> None:
    assert [(one.first, one.stop) for one in passages(units(text), 3)] == runs


@given(st.lists(st.sampled_from(LINES), max_size=12).map("\n".join), st.integers(1, 6))
def test_every_unit_with_a_word_is_in_a_passage_or_the_text_has_too_few(
    text: str, least: int
) -> None:
    found = units(text)
    covered = {place for one in passages(found, least) for place in range(one.first, one.stop)}
    wordy = {place for place, unit in enumerate(found) if unit.n_words}
    if sum(unit.n_words for unit in found) < least:
        assert not covered
    else:
        assert wordy <= covered
    for one in passages(found, least):
        counts = [unit.n_words for unit in found[one.first : one.stop] if unit.n_words]
        assert sum(counts) >= least
        assert min(sum(counts[1:]), sum(counts[:-1])) < least


def test_passages_are_equal_but_for_white_space() -> None:
    def hashes(text: str) -> list[int]:
        return [one.hash for one in passages(units(text), 3)]

    assert hashes("All  rights reserved ") == hashes("\n\n All rights\treserved")
    assert hashes("All rights reserved 2023") != hashes("All rights reserved 2024")
    assert hashes("All rights reserved") != hashes("all rights reserved")


@given(PAGES, BOUNDS)
def test_counts_and_bounds_are_those_of_counting_by_hand(
    pages: list[Page], section: LinesSection
) -> None:
    on_host: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    n_pages: defaultdict[str, int] = defaultdict(int)
    for host, _, text in pages:
        n_pages[host] += 1
        for passage in {one.hash for one in passages(units(text), section.min_words)}:
            on_host[passage, host].append(text_rank(text))
    expected = {}
    for (passage, host), keys in on_host.items():
        everywhere = [own for (other, _), own in on_host.items() if other == passage]
        if len(everywhere) > section.max_hosts:
            expected[passage, host_hash(host)] = min(map(min, everywhere))
        elif len(keys) >= section.min_host_pages and (
            len(keys) > section.max_host_pages or len(keys) > section.max_host_share * n_pages[host]
        ):
            expected[passage, host_hash(host)] = min(keys)
    assert keepers_of(pages, section) == expected


@given(PAGES, BOUNDS)
def test_what_is_taken_out_of_a_page_stands_on_another(
    pages: list[Page], section: LinesSection
) -> None:
    everywhere = {line for text in cut_all(pages, section) for line in text.split("\n")}
    before = {line for _, _, text in pages for line in text.split("\n")}
    assert {line for line in before if line.strip(" -|")} <= everywhere


@given(PAGES, BOUNDS)
def test_what_stays_is_unchanged_in_its_order(pages: list[Page], section: LinesSection) -> None:
    for (_, _, before), after in zip(pages, cut_all(pages, section), strict=True):
        rest = iter(before.split("\n"))
        assert all(line in rest for line in after.split("\n") if line)


@given(PAGES, BOUNDS, st.randoms())
def test_the_order_of_the_pages_does_not_matter(
    pages: list[Page], section: LinesSection, random: st.DataObject
) -> None:
    shuffled = pages[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert keepers_of(shuffled, section) == keepers_of(pages, section)


def footers(texts: Sequence[str], hosts: int = 1) -> list[Page]:
    return [(f"{n % hosts}.example", f"id{n}", text) for n, text in enumerate(texts)]


FOOTER = "All rights are reserved by us"
OWN = [f"Story number {word} is of its own." for word in "one two three four five six".split()]


@pytest.mark.parametrize(
    ("with_footer", "settings", "left"),
    [
        (6, {}, 1),
        (4, {}, 1),
        (3, {}, 3),
        (4, {"max_host_share": 0.7}, 4),
        (5, {"max_host_share": 0.7}, 1),
        (5, {"max_host_share": 1.0, "max_host_pages": 5}, 5),
        (6, {"max_host_share": 1.0, "max_host_pages": 5}, 1),
        (6, {"min_words": 7}, 6),
        (4, {"min_host_pages": 5}, 4),
    ],
)
def test_a_passage_goes_from_a_host_s_pages_beyond_its_bounds(
    with_footer: int, settings: dict[str, float], left: int
) -> None:
    texts = [own + f"\n{FOOTER}" * (number < with_footer) for number, own in enumerate(OWN)]
    found = cut_all(footers(texts), LinesSection.model_validate(settings))
    assert sum(FOOTER in text for text in found) == left
    assert [text.split("\n")[0] for text in found] == OWN


@pytest.mark.parametrize(("hosts", "left"), [(3, 6), (4, 1)])
def test_a_passage_on_too_many_hosts_stays_on_one_page_of_all(hosts: int, left: int) -> None:
    section = LinesSection(max_hosts=3, min_host_pages=7)
    found = cut_all(footers([f"{own}\n{FOOTER}" for own in OWN], hosts), section)
    assert sum(FOOTER in text for text in found) == left


def test_a_host_s_name_in_a_text_is_no_host() -> None:
    name = "the-best-little-shop-in-town.example"
    pages = [(name, f"id{number}", f"{own}\n{name}") for number, own in enumerate(OWN)]
    found = cut_all(pages, LinesSection(max_host_share=0.9))
    assert sum(name in text for text in found) == 1


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"{FOOTER}\n\nOwn words.", "Own words."),
        (f"Own words.\n\n{FOOTER}", "Own words."),
        (f"Own words.\n\n{FOOTER}\n\nMore words.", "Own words.\n\nMore words."),
        (f"Own words.\n{FOOTER}\n\nMore words.", "Own words.\n\nMore words."),
        (f"Own words.\n\n{FOOTER}\nMore words.", "Own words.\n\nMore words."),
        (f"Own words.\n{FOOTER}\nMore words.", "Own words.\nMore words."),
        (f"Own words.\n{FOOTER}\n---\n{FOOTER}\nMore words.", "Own words.\n---\nMore words."),
        (f"{FOOTER}", ""),
    ],
)
def test_the_wider_gap_stays(text: str, left: str) -> None:
    (passage,) = {one.hash for one in passages(units(FOOTER), 6)}
    edits = cut(text, 1, {(passage, 1): 0}, 6)
    assert apply(text, edits) == left


@pytest.mark.parametrize(
    ("before", "announcing"), [("", "## Contact"), ("Own words.\n", "In these cases only:")]
)
def test_what_announces_words_that_stay_stays(before: str, announcing: str) -> None:
    """Though it is repeated itself, with the line before it."""
    texts = [f"{before}{FOOTER}\n{announcing}\n{own}" for own in OWN]
    found = cut_all(footers(texts), LinesSection())
    assert sum(FOOTER in text for text in found) == 1
    assert all(text.endswith(f"{announcing}\n{OWN[n]}") for n, text in enumerate(found))


def test_code_stays() -> None:
    code = "```\nfor name in names: print(name, end=' ')\n```"
    texts = [f"{own}\n{code}\n{FOOTER}" for own in OWN]
    found = cut_all(footers(texts), LinesSection())
    assert all(text.startswith(f"{OWN[n]}\n{code}") for n, text in enumerate(found))
    assert sum(FOOTER in text for text in found) == 1


def test_the_longest_text_keeps_the_copy() -> None:
    texts = [f"{own}\n{FOOTER}" for own in OWN]
    texts[2] += "\nAnd some words more."
    found = cut_all(footers(texts), LinesSection())
    assert [FOOTER in text for text in found] == [n == 2 for n in range(len(OWN))]


def test_words_that_repeat_within_a_page_count_once() -> None:
    texts = [f"{own}\n{FOOTER}\n{FOOTER}\n{FOOTER}" for own in OWN[:2]]
    assert cut_all(footers(texts), LinesSection()) == texts
