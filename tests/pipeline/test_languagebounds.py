"""FineWeb-2's bounds and stop words, by language."""

import tomllib
import unicodedata

import pytest

from classifiers.identifiers import LID176, load
from classifiers.languagetags import scripts
from pipeline.families import FAMILIES
from pipeline.languagebounds import _FILE, LANGUAGES
from pipeline.rules import RULES

FAMILIES_TUNED = ("gopher_quality", "gopher_repetition", "fineweb")
UNTUNED = {
    "alphabetic_words",
    "duplicate_line_characters",
    "duplicate_paragraph_characters",
    "duplicate_paragraphs",
}

# As published: language_score, duplicate_lines, duplicate n-grams of 5 and 10, top 2- and 4-gram,
# mean_word_length, alphabetic_tokens, terminal_lines, newline_ratio.
PUBLISHED = {
    "deu_Latn": (0.821, 0.263, 0.141, 0.098, 0.169, 0.137, (None, 15), 0.774, None, 0.152),
    "spa_Latn": (0.84, 0.252, 0.145, 0.099, 0.156, 0.125, (3, 14), 0.825, 0.182, 0.138),
    "rus_Cyrl": (0.9, 0.322, 0.168, 0.109, 0.184, 0.146, (3, 11), 0.713, 0.231, 0.139),
    "arb_Arab": (0.711, 0.304, 0.165, 0.109, 0.197, 0.146, (2, 9), 0.787, 0.143, 0.189),
    "jpn_Jpan": (0.886, 0.328, 0.243, 0.159, 0.239, 0.172, (1, 6), 0.759, 0.096, 0.13),
}

STOP_WORDS = {
    "deu_Latn": "der und die in von im den des mit das er dem als wurde für",
    "spa_Latn": "de la en el y a que del los se por un con una las su",
    "rus_Cyrl": "в и на с года по году из был к не от что за для его как а он также до после",
    "jpn_Jpan": "の に を は た て が と で 年 し ・ 月 れ さ",
    "eng_Latn": "the be to of and that have with",
}


def test_every_language_that_is_told_apart_has_a_table() -> None:
    """In the script it is usually written in; some of its other scripts have none."""
    tags = load(LID176).tags
    assert set(LANGUAGES) <= tags
    assert {f"{tag[:3]}_{scripts(tag[:3])[0]}" for tag in tags} <= set(LANGUAGES)


@pytest.mark.parametrize("code", PUBLISHED)
def test_bounds_are_the_published_ones(code: str) -> None:
    bounds = LANGUAGES[code].bounds
    score, lines, five, ten, two, four, length, alphabetic, terminal, newlines = PUBLISHED[code]
    assert bounds["language_score"] == (score, None)
    assert bounds["duplicate_lines"] == (None, lines)
    assert bounds["duplicate_5_grams"] == (None, five)
    assert bounds["duplicate_10_grams"] == (None, ten)
    assert bounds["top_2_gram"] == (None, two)
    assert bounds["top_4_gram"] == (None, four)
    assert bounds["mean_word_length"] == length
    assert bounds["alphabetic_tokens"] == (alphabetic, None)
    assert bounds["terminal_lines"] == (terminal, None)
    assert bounds["newline_ratio"] == (None, newlines)


@pytest.mark.parametrize("code", STOP_WORDS)
def test_stop_words_are_the_published_ones(code: str) -> None:
    assert LANGUAGES[code].stop_words == set(STOP_WORDS[code].split())


def test_short_lines_are_judged_in_english_only() -> None:
    """FineWeb-2 does without FineWeb's rule, and lets ten times as much be repeated."""
    english = LANGUAGES["eng_Latn"].bounds
    assert english["short_line_ratio"] == (None, 0.67)
    assert english["repeated_line_characters"] == (None, 0.01)
    for code in set(LANGUAGES) - {"eng_Latn"}:
        assert "short_line_ratio" not in LANGUAGES[code].bounds
        assert LANGUAGES[code].bounds["repeated_line_characters"] == (None, 0.1)


def test_stop_words_that_are_parts_of_words_are_not_asked_for() -> None:
    """Korean particles and Maltese articles are no words of ours."""
    without = {code for code, table in LANGUAGES.items() if "stop_words" not in table.bounds}
    assert without == {"kor_Hang", "mlt_Latn"}


def test_every_bound_is_of_a_rule_and_possible() -> None:
    """Names are rules', alike in all languages; the least is not above the greatest.

    They are Gopher's and FineWeb's, but for words for tokens, paragraphs, and repeated lines'
    characters of all.
    """
    theirs = {name for family in FAMILIES_TUNED for name in FAMILIES[family].bounds} - UNTUNED
    for table in LANGUAGES.values():
        assert set(table.bounds) <= set(RULES)
        assert theirs - set(table.bounds) <= {"short_line_ratio", "stop_words"}
        for low, high in table.bounds.values():
            assert low is None or low > 0
            assert high is None or high > 0
            assert low is None or high is None or low < high
        for rule in ("language_score", "alphabetic_tokens", "terminal_lines"):
            assert (table.bounds[rule][0] or 0) < 1


def test_stop_words_can_be_found_in_a_text() -> None:
    """They are written as words of a text are: lower-case, NFC, more of them than are asked for."""
    for table in LANGUAGES.values():
        assert len(table.stop_words) >= 8
        for word in table.stop_words:
            assert word == unicodedata.normalize("NFC", word.lower())


def test_file_is_one_line_a_language_in_order() -> None:
    """So that a person finds a language, and a change of one is a change of one line."""
    lines = [line for line in _FILE.read_text("utf-8").splitlines() if line and line[0] != "#"]
    assert [line.split(" = ")[0] for line in lines] == sorted(tomllib.loads("\n".join(lines)))
