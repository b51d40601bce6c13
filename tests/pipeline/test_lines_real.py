"""Real pages of one template: their own words stay, and they are no copies of one another."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from pipeline import minhash, warc
from pipeline.config import ExtractSection, LinesSection
from pipeline.edits import apply
from pipeline.extract import extract
from pipeline.lines import Groups, Keepers, boilerplate, cut, host_hash, passages, tally, text_rank
from pipeline.lines import units as units_of
from pipeline.records import Document, Page, Split

ARCHIVE = Path(__file__).resolve().parents[2] / "../shared/data/pages/web.warc.gz"
NEAR = 0.75


@pytest.fixture(scope="module")
def charities() -> list[str]:
    """The texts of a register's pages, two thirds of each of which explain the register."""
    if not ARCHIVE.exists():
        pytest.skip(f"{ARCHIVE} is absent")
    found = []
    for page in warc.read_records(Split(str(ARCHIVE), 0, ARCHIVE.stat().st_size), 10_000_000):
        if isinstance(page, Page) and "charitynavigator.org/ein/" in page.capture.url:
            document = extract(page, ExtractSection(), None)
            assert isinstance(document, Document)
            found.append(document.text)
    assert len(found) == 27
    return found


@pytest.fixture(scope="module")
def cut_charities(charities: list[str]) -> list[str]:
    section, host = LinesSection(), host_hash("charitynavigator.org")
    rows = [
        (passage, text_rank(text))
        for text in charities
        for passage in {host} | {one.hash for one in passages(units_of(text), section.min_words)}
    ]
    found, keys = np.array(rows, dtype=np.uint64).T
    columns = Groups(found, np.full_like(found, host)).columns(np.ones_like(found), keys)
    keepers: Keepers = boilerplate(tally(columns), section)
    return [apply(text, cut(text, host, keepers, section.min_words)) for text in charities]


def near_pairs(texts: list[str]) -> int:
    """Pairs of texts whose shingles' Jaccard similarity counts as near."""
    shingles = [set(minhash.shingles(minhash.words(text), 5).tolist()) for text in texts]
    pairs = combinations(shingles, 2)
    return sum(len(left & right) >= NEAR * len(left | right) for left, right in pairs)


def test_pages_of_one_template_are_near_until_it_is_taken_out(
    charities: list[str], cut_charities: list[str]
) -> None:
    assert near_pairs(charities) > 50
    assert near_pairs(cut_charities) == 0


def test_every_line_still_stands_somewhere(charities: list[str], cut_charities: list[str]) -> None:
    left = {unit.text for text in cut_charities for unit in units_of(text)}
    assert {unit.text for text in charities for unit in units_of(text) if unit.n_words} <= left


def test_a_page_keeps_what_it_alone_says(charities: list[str], cut_charities: list[str]) -> None:
    lines = [{unit.text for unit in units_of(text)} for text in charities]
    for number, (own, text) in enumerate(zip(lines, cut_charities, strict=True)):
        alone = own.difference(*(lines[:number] + lines[number + 1 :]))
        assert alone
        assert alone <= {unit.text for unit in units_of(text)}
