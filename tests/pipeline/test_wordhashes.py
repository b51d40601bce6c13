"""Words and their runs have the same hashes but for what typesetting changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.wordhashes import Words


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("Straße CAFÉ ﬁne", "STRASSE cafe\u0301 fine"),
        ("İstanbul Σίσυφος", "istanbul ΣΊΣΥΦΟΣ"),
        ("ｆｕｌｌ １２ km²", "full 12 KM2"),
        ("東京タワー", "東京 タワー"),
        ("can\u00adnot \u200bzero", "cannot zero"),
        ("snake_case isn't", "snake case isn t"),
    ],
)
def test_words_are_the_same_but_for_what_typesetting_changes(text: str, same: str) -> None:
    left, right = Words.of(text), Words.of(same)
    assert left.ngrams(1).tolist() == right.ngrams(1).tolist()


@pytest.mark.parametrize(
    ("text", "other"),
    [("a bc", "ab c"), ("हिन्दी", "हिन्दू"), ("が", "か"), ("1.5", "15"), ("a", "aa")],
)
def test_words_that_differ_differ(text: str, other: str) -> None:
    left, right = Words.of(text), Words.of(other)
    assert left.ngrams(1).tolist() != right.ngrams(1).tolist()


@given(st.text("ab京 ター.é"), st.text("ab京 ター.é"), st.integers(1, 4))
def test_a_run_of_words_has_its_hash_wherever_it_stands(text: str, before: str, n: int) -> None:
    alone, placed = Words.of(text).ngrams(n), Words.of(f"{before} | {text}").ngrams(n)
    assert alone.tolist() == placed[len(placed) - len(alone) :].tolist()
