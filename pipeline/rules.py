"""The rules as rows of a table, and the judgement of a document by them.

A rule's name is at once its configuration key, its drop reason and its column.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from pipeline.textstats import TextStats

GOPHER = "Rae et al. 2021, Scaling Language Models (Gopher), appendix A1.1"


class _Bounds(Protocol):
    @property
    def low(self) -> float | None: ...

    @property
    def high(self) -> float | None: ...


@dataclass(frozen=True)
class Measured:
    """All that a rule may look at.

    Attributes:
        stats: The text and its statistics.
        language_score: Probability of the language.
        quality: Probability that Wikipedia would cite the page; None without a classifier.
    """

    stats: TextStats
    language_score: float
    quality: float | None


@dataclass(frozen=True)
class Rule:
    """Keeps a document when `low <= value <= high`; None is no bound, zero is a real one.

    Attributes:
        name: Configuration key, drop reason and column in one.
        statistic: The number judged; None where it has no meaning for the document.
        low: The least value kept.
        high: The greatest value kept.
        source: Where the bounds are from.
        meaning: What the statistic is, for the documentation.
    """

    name: str
    statistic: Callable[[Measured], float | None]
    low: float | None
    high: float | None
    source: str
    meaning: str

    def keeps(self, value: float | None, bounds: Mapping[str, _Bounds]) -> bool:
        """Whether the value lies within the configured bounds, or else the rule's own."""
        if value is None:
            return True
        limit: _Bounds = bounds.get(self.name, self)
        low, high = limit.low, limit.high
        return (low is None or value >= low) and (high is None or value <= high)


_TABLE = [
    Rule(
        "language_score",
        lambda m: m.language_score,
        0.65,
        None,
        "Penedo et al. 2024, FineWeb",
        "probability of the language, by fastText lid.176",
    ),
    Rule("word_count", lambda m: m.stats.word_count, 50, 100_000, GOPHER, "words"),
    Rule(
        "mean_word_length",
        lambda m: m.stats.mean_word_length,
        3,
        10,
        GOPHER,
        "mean characters a word; not judged in Korean and in languages written without spaces",
    ),
    Rule(
        "hash_ratio",
        lambda m: m.stats.hash_ratio,
        None,
        0.1,
        GOPHER,
        "`#` characters a word, headings' marks apart",
    ),
    Rule("ellipsis_ratio", lambda m: m.stats.ellipsis_ratio, None, 0.1, GOPHER, "ellipses a word"),
    Rule(
        "bullet_lines",
        lambda m: m.stats.bullet_lines,
        None,
        0.9,
        GOPHER,
        "share of lines that begin with a bullet",
    ),
    Rule(
        "ellipsis_lines",
        lambda m: m.stats.ellipsis_lines,
        None,
        0.3,
        GOPHER,
        "share of lines that end in an ellipsis",
    ),
    Rule(
        "alphabetic_words",
        lambda m: m.stats.alphabetic_words,
        0.8,
        None,
        GOPHER,
        "share of words with a letter in them",
    ),
    Rule(
        "stop_words",
        lambda m: m.stats.stop_words,
        2,
        None,
        GOPHER,
        "distinct words of: the, be, to, of, and, that, have, with; judged in English only",
    ),
    Rule(
        "quality",
        lambda m: m.quality,
        None,
        None,
        "Brown et al. 2020 (GPT-3), appendix A, for the idea; no bound by default",
        "probability that Wikipedia would cite the page, by the run's own classifier",
    ),
]

RULES: Mapping[str, Rule] = {rule.name: rule for rule in _TABLE}
"""Every rule by name, in the order in which they judge."""


def measure(measured: Measured) -> dict[str, float | None]:
    """Every rule's statistic, by rule."""
    return {name: rule.statistic(measured) for name, rule in RULES.items()}


def judge(
    statistics: Mapping[str, float | None], bounds: Mapping[str, _Bounds]
) -> tuple[str, float] | None:
    """The first rule that drops the document and its value, or None if all keep it."""
    for name, rule in RULES.items():
        value = statistics[name]
        if value is not None and not rule.keeps(value, bounds):
            return name, value
    return None
