"""Statistics on hand-made texts, and the bounds at their very edges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import Bounds
from pipeline.rules import RULES, Measured, judge, measure
from pipeline.textstats import TextStats

PROSE = "The cat and the dog walk to the sea with a red ball that they have. " * 5


def stats(text: str, language: str = "en") -> TextStats:
    return TextStats(text, language)


def verdict(text: str, language: str = "en", **bounds: Bounds) -> tuple[str, float] | None:
    return judge(measure(Measured(stats(text, language), 0.9, None)), bounds)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("One two, three!", ["One", "two", "three"]),
        ("don't re-read U.S.A. 3.14", ["don't", "re-read", "U.S.A", "3.14"]),
        ("-- *** ...", []),
        ("naïve café", ["naïve", "café"]),
        ("Привет, мир", ["Привет", "мир"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("中文abc", ["中", "文", "abc"]),
        ("", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert stats(text).words == words


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("word_count", "a bb ccc", 3),
        ("mean_word_length", "a bb ccc", 2),
        ("hash_ratio", "# one #two three four", 0.25),
        ("ellipsis_ratio", "one... two… three four", 0.5),
        ("bullet_lines", "- a\n• b\nc\n\nd", 0.5),
        ("ellipsis_lines", "a...\nb…\nc\nd", 0.5),
        ("alphabetic_words", "a 1 b 2", 0.5),
        ("stop_words", "The THE of and cat", 3),
    ],
)
def test_statistics(name: str, text: str, value: float) -> None:
    assert measure(Measured(stats(text), 0.9, None))[name] == value


def test_prose_is_kept() -> None:
    assert verdict(PROSE) is None


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("The cat and the dog.", "word_count"),
        ("the and " + "a " * 100, "mean_word_length"),
        ("the and " + "incomprehensibilities " * 100, "mean_word_length"),
        (PROSE + "#" * 20, "hash_ratio"),
        (PROSE + "…\n" * 20, "ellipsis_ratio"),
        ("\n".join(f"- the line and number {n} of them" for n in range(20)), "bullet_lines"),
        (
            "\n".join(
                f"the long line of many words which someone thought about and wrote down {n}..."
                for n in range(20)
            ),
            "ellipsis_lines",
        ),
        ("the and " + "1234 " * 100, "alphabetic_words"),
        ("cats dogs birds " * 50, "stop_words"),
    ],
)
def test_each_rule_drops_what_it_is_for(text: str, rule: str) -> None:
    dropped = verdict(text)
    assert dropped is not None
    assert dropped[0] == rule


def test_a_rule_that_has_no_meaning_for_a_language_does_not_judge() -> None:
    chinese = "今天天气很好我们一起去公园散步看见了许多花" * 5
    found = measure(Measured(stats(chinese, "zh"), 0.9, None))
    assert found["mean_word_length"] is None
    assert found["stop_words"] is None
    assert verdict(chinese, "zh") is None


@given(st.sampled_from(sorted(RULES)), st.floats(0, 1e6), st.floats(0, 1e6))
def test_bounds_include_their_ends_and_zero_is_a_bound(name: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    rule, bounds = RULES[name], {name: Bounds(low=low, high=high)}
    assert rule.keeps(low, bounds)
    assert rule.keeps(high, bounds)
    assert not rule.keeps(low - 1, bounds)
    assert not rule.keeps(high + 1, bounds)
    assert not rule.keeps(1.0, {name: Bounds(high=0.0)})
    assert rule.keeps(0.0, {name: Bounds(high=0.0)})
    assert rule.keeps(low, {name: Bounds()})
    assert rule.keeps(None, bounds)


def test_a_configured_bound_takes_the_place_of_both() -> None:
    short = "The cat and the dog walk to the sea."
    assert verdict(short) == ("word_count", 9.0)
    assert verdict(short, word_count=Bounds(low=9)) is None
    assert verdict(short, word_count=Bounds(high=8)) == ("word_count", 9.0)


@given(st.text())
def test_every_text_has_statistics(text: str) -> None:
    found = measure(Measured(stats(text), 0.5, None))
    assert list(found) == list(RULES)
    assert found["language_score"] == 0.5
