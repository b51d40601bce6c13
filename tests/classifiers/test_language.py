"""Language identification by lid.176."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.language import identify

SENTENCES = Path(__file__).resolve().parents[2] / "../shared/data/language/sentences.jsonl.gz"

COMMON = "en ru es de fr ja pt it nl pl zh tr fa vi cs ko uk ar el th he hi"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The committee will meet again on Thursday to discuss the report.", "en"),
        ("Der Ausschuss tagt am Donnerstag erneut, um den Bericht zu erörtern.", "de"),
        ("Комитет соберётся в четверг, чтобы обсудить доклад.", "ru"),
        ("委員会は木曜日に再び開かれ、報告書を検討します。", "ja"),
        ("समिति रिपोर्ट पर चर्चा करने के लिए गुरुवार को फिर बैठेगी।", "hi"),
    ],
)
def test_identifies_plain_sentences(text: str, language: str) -> None:
    code, probability = identify(text)
    assert code == language
    assert 0.5 < probability <= 1


@pytest.mark.parametrize("text", ["", " \n\t", "12:30 – 14.00 !!!", "☃"])
def test_text_without_letters_is_undetermined(text: str) -> None:
    assert identify(text) == ("und", 0.0)


def test_all_of_the_first_thousand_characters_count() -> None:
    assert identify("1 " * 498 + "Wort")[0] != "und"
    assert identify("1 " * 500 + "Wort") == ("und", 0.0)


@given(st.text("ab c\n\té漢", min_size=1), st.text())
def test_only_the_first_thousand_characters_count_white_space_collapsed(
    start: str, rest: str
) -> None:
    start = (" ".join(start.split()) or "a").ljust(1000, "x")
    assert identify(start) == identify(start + rest)
    assert identify(start) == identify("\n" + start.replace(" ", " \t\n "))


def test_is_right_for_nine_in_ten_labelled_sentences() -> None:
    """Every tenth sentence of the languages the web has most of."""
    if not SENTENCES.exists():
        pytest.skip(f"{SENTENCES} is absent")
    with gzip.open(SENTENCES, "rt", encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["lang"] in COMMON.split()][::10]
    right = sum(identify(row["text"])[0] == row["lang"] for row in rows)
    assert len(rows) > 300
    assert right / len(rows) > 0.9
