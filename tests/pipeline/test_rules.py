"""The table of statistics, and the judgement of a document by its bounds."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import Bounds, FilterSection
from pipeline.families import bounds_of
from pipeline.languagebounds import LANGUAGES
from pipeline.personal import KINDS
from pipeline.rules import RULES, STATISTICS, Measured, judge, measure
from pipeline.schema import DOCUMENTS, filter_rejected, filtered
from pipeline.textstats import TextStats

GOPHER = FilterSection(families=("gopher_quality", "gopher_repetition"))
ENGLISH = LANGUAGES["eng_Latn"].stop_words
PROSE = (
    "The keeper walked down to the harbour with a basket of fresh bread for the sailors. Nobody "
    "knew why she had painted her boat green, but everyone agreed that it suited the quiet bay. "
    "When winter came, snow covered every roof, and smoke rose from all the chimneys of our town. "
    "Children skated on frozen ponds until their mothers called them home to supper and to bed."
)


def measured(text: str, **facts: float | None) -> dict[str, float | None]:
    return measure(Measured(TextStats.of(text), ENGLISH, {"language_score": 0.9, **facts}))


def verdict(text: str, section: FilterSection = GOPHER) -> tuple[str, float] | None:
    return judge(measured(text), bounds_of(section, "eng_Latn"))


def numbered(line: str) -> str:
    """The words of the prose, four a line, each line after a pattern."""
    words = PROSE.split()
    return "\n".join(line.format(" ".join(words[i : i + 4])) for i in range(0, len(words), 4))


def test_a_name_is_column_key_and_reason_in_one() -> None:
    """Plain snake_case names, each with a meaning, none of them a column of the documents."""
    assert all(re.fullmatch(r"[a-z]+(?:_(?:[a-z]+|\d+))*", name) for name in RULES)
    assert all(rule.name == name and rule.meaning for name, rule in RULES.items())
    assert [name for name in RULES if name in DOCUMENTS.names] == ["language_score"]
    assert [name for name in RULES if name != "language_score"] == STATISTICS
    for schema in (filtered(STATISTICS), filter_rejected(STATISTICS)):
        assert set(RULES) <= set(schema.names)
        assert len(set(schema.names)) == len(schema.names)


def test_every_kind_of_personal_data_is_counted() -> None:
    assert set(KINDS) <= set(RULES)


def test_facts_are_taken_as_they_are_and_missing_ones_are_none() -> None:
    """What is not known has no number; 0 is one."""
    found = measured(PROSE, quality=0.25, url_lists=0, bad_words=None)
    assert list(found) == list(RULES)
    assert (found["language_score"], found["quality"], found["url_lists"]) == (0.9, 0.25, 0)
    assert found["bad_words"] is None
    assert found["contamination"] is None


def test_without_a_table_there_is_no_number_of_stop_words() -> None:
    stats = TextStats.of("the and of")
    assert measure(Measured(stats, None))["stop_words"] is None
    assert measure(Measured(stats, frozenset()))["stop_words"] == 0
    assert measure(Measured(stats, ENGLISH))["stop_words"] == 3


def test_prose_is_kept() -> None:
    assert verdict(PROSE) is None


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("The cat and the dog.", "word_count"),
        (re.sub(r"\b(?!the|and)(\w)\w+", r"\1", PROSE), "mean_word_length"),
        (re.sub(r"\b(\w{3,})\b", r"\1ification", PROSE) + " the and", "mean_word_length"),
        (PROSE.replace(" ", " # ", 20), "hash_ratio"),
        (PROSE.replace(" ", "… ", 20), "ellipsis_ratio"),
        (numbered("- {}"), "bullet_lines"),
        (PROSE + "\nAnd so on...\nAnd on...", "ellipsis_lines"),
        (PROSE + "".join(f" {n * 977}" for n in range(100, 130)), "alphabetic_words"),
        (re.sub(r"\b(the|and|of|to|with|that|have)\b ?", "", PROSE, flags=re.I), "stop_words"),
        (f"{PROSE}\n\n{PROSE}", "duplicate_paragraphs"),
        (PROSE + "\n\nShort.\n\nOther.\n\nThird.\n\n" + PROSE, "duplicate_paragraph_characters"),
        (PROSE + "\nYes." * 3, "duplicate_lines"),
        ("\n".join(["", PROSE, "One.", "Two.", "Three.", PROSE]), "duplicate_line_characters"),
        (PROSE + ", rowing boats" * 16, "top_2_gram"),
        (f"{PROSE} {PROSE}", "duplicate_5_grams"),
    ],
)
def test_gophers_rules_drop_what_they_are_for(text: str, rule: str) -> None:
    """Each text is prose but for one thing."""
    dropped = verdict(text)
    assert dropped is not None
    assert dropped[0] == rule
    assert dropped[1] == measured(text)[rule]


def test_the_first_rule_that_drops_in_the_order_of_the_bounds_decides() -> None:
    statistics = {"one": 5.0, "two": 0.0, "three": 9.0}
    assert judge(statistics, {"one": (None, 9), "two": (1, None), "three": (None, 8)}) == ("two", 0)
    assert judge(statistics, {"three": (None, 8), "two": (1, None)}) == ("three", 9)
    assert judge(statistics, {}) is None


def test_bounds_stand_in_the_order_of_the_table() -> None:
    """Whatever the order of the families and of the configuration."""
    rules = {"quality": Bounds(low=0.5), "word_count": Bounds(low=1), "url_lists": Bounds(high=1)}
    families = ("gopher_repetition", "outliers", "fineweb", "gopher_quality")
    for chosen in (families, families[::-1]):
        found = list(bounds_of(FilterSection(families=chosen, rules=rules), "eng_Latn"))
        assert found == [name for name in RULES if name in found]


numbers = st.integers(-1000, 1000) | st.floats(-1e6, 1e6)


@given(numbers, numbers, numbers)
def test_bounds_include_their_ends(one: float, other: float, value: float) -> None:
    low, high = sorted((one, other))
    kept = judge({"x": value}, {"x": (low, high)}) is None
    assert kept == (low <= value <= high)
    assert judge({"x": low}, {"x": (low, high)}) is None
    assert judge({"x": high}, {"x": (low, high)}) is None
    assert judge({"x": value}, {"x": (None, None)}) is None


@given(numbers, numbers)
def test_a_statistic_without_meaning_never_judges(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert judge({"x": None, "y": low - 1}, {"x": (low, high), "y": (low, None)}) == ("y", low - 1)
    assert judge({"x": None}, {"x": (low, high)}) is None


def test_zero_is_a_bound() -> None:
    assert judge({"x": 1.0}, {"x": (None, 0)}) == ("x", 1.0)
    assert judge({"x": 0.0}, {"x": (None, 0)}) is None
    assert judge({"x": -1.0}, {"x": (0, None)}) == ("x", -1.0)
    assert judge({"x": 0.0}, {"x": (0, None)}) is None
