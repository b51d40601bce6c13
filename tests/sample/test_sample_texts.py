"""The texts of the sample: different where they should be, alike where they should be."""

import re
from collections import defaultdict
from itertools import combinations

import pytest

from pipeline.sample.builder import plan_sample
from pipeline.sample.drafts import GENRES, Draft
from pipeline.sample.prose import compose
from pipeline.textstats import TextStats

_PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b\d{1,3}(?:\.\d{1,3}){3}\b|[(+]?[\d() -]*555-\d{4}"
)


@pytest.fixture(scope="module")
def drafts() -> list[Draft]:
    return plan_sample()[0]


def _shingles(draft: Draft) -> set[tuple[str, ...]]:
    words = [w.lower() for w in TextStats.of(draft.article.text).words]
    return {tuple(words[i : i + 5]) for i in range(len(words) - 4)}


def _jaccard(a: set[tuple[str, ...]], b: set[tuple[str, ...]]) -> float:
    return len(a & b) / len(a | b)


def test_originals_of_a_kind_share_few_shingles(drafts: list[Draft]) -> None:
    kinds = defaultdict(list)
    for draft in drafts:
        if draft.expect == "kept" and not (draft.duplicate_of or draft.near_duplicate_of):
            kinds[draft.kind].append(draft)
    for originals in kinds.values():
        shingled = [(draft.url, _shingles(draft)) for draft in originals]
        alike = [
            (a, b)
            for (a, one), (b, other) in combinations(shingled, 2)
            if _jaccard(one, other) >= 0.3
        ]
        assert alike == []


def test_exact_duplicates_have_the_text_of_their_original(drafts: list[Draft]) -> None:
    texts = {draft.url: draft.article.text for draft in drafts}
    copies = [draft for draft in drafts if draft.duplicate_of]
    assert len(copies) == 40
    assert all(draft.article.text == texts[draft.duplicate_of or ""] for draft in copies)


def test_near_duplicates_differ_a_little_from_their_original(drafts: list[Draft]) -> None:
    by_url = {draft.url: draft for draft in drafts}
    variants = [draft for draft in drafts if draft.near_duplicate_of]
    assert len(variants) == 40
    for draft in variants:
        original = by_url[draft.near_duplicate_of or ""]
        assert original.article.text != draft.article.text
        assert _jaccard(_shingles(original), _shingles(draft)) >= 0.85, draft.url


def test_pages_to_keep_have_at_least_eighty_words_and_thin_ones_under_fifty(
    drafts: list[Draft],
) -> None:
    for draft in drafts:
        words = TextStats.of(draft.article.text).word_count
        if draft.expect == "kept":
            assert words >= 80, draft.url
        if draft.kind in ("thin", "parked"):
            assert words < 50, draft.url


def test_all_personal_data_is_planted(drafts: list[Draft]) -> None:
    for draft in drafts:
        found = {match.strip() for match in _PERSONAL.findall(draft.article.text)}
        assert found == {datum.text for datum in draft.personal_data}, draft.url
    assert {d.type for draft in drafts for d in draft.personal_data} == {"email", "phone", "ip"}


def test_no_slot_is_left_unfilled_in_any_generated_page() -> None:
    for genre, count, _ in GENRES:
        for article in compose(genre, count):
            tables = "|".join(genre.words)
            left = rf"\{{(?:{tables})\+?\}}|\{{\d+-\d+\}}|<[^<>]*\||%s"
            assert not re.search(left, article.title + article.text)


def test_each_page_of_a_genre_has_its_own_title() -> None:
    for genre, count, _ in GENRES:
        assert len({article.title for article in compose(genre, count)}) == count, genre.name
