"""The statistics as rows of a table, and the judgement of a document by them.

A statistic's name is at once its configuration key, its drop reason and its column.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pipeline.personal import KINDS
from pipeline.repetition import DUPLICATE_NGRAMS, TOP_NGRAMS
from pipeline.textstats import TextStats

Bounds = tuple[float | None, float | None]
"""The least and the greatest value kept; None does not limit, zero is a bound like any other."""

UNBOUNDED: Bounds = (None, None)


@dataclass(frozen=True)
class Measured:
    """All that a rule may look at.

    Attributes:
        stats: The text and its statistics.
        stop_words: The stop words of its language; None for a language without a table.
        facts: What is known from elsewhere, by the name of the statistic.
    """

    stats: TextStats
    stop_words: frozenset[str] | None
    facts: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """Keeps a document when its statistic lies within the bounds, ends included.

    Attributes:
        name: Configuration key, drop reason and column in one.
        statistic: The number judged; None where it has no meaning for the document.
        meaning: What the statistic is, for the documentation.
        low: The least value kept, whatever families are chosen.
        high: The greatest value kept.
    """

    name: str
    statistic: Callable[[Measured], float | None]
    meaning: str
    low: float | None = None
    high: float | None = None


def _fact(name: str, meaning: str, low: float | None = None, high: float | None = None) -> Rule:
    """A rule on what is known from elsewhere."""
    return Rule(name, lambda measured: measured.facts.get(name), meaning, low, high)


def _text(statistic: Callable[[TextStats], float], name: str, meaning: str) -> Rule:
    """A rule on the text."""
    return Rule(name, lambda measured: statistic(measured.stats), meaning)


def _stop_words(measured: Measured) -> float | None:
    table = measured.stop_words
    return None if table is None else measured.stats.stop_words(table)


def _ngrams(n: int) -> Callable[[TextStats], float]:
    return lambda stats: stats.ngram_characters(n)


_TABLE = [
    _fact("url_lists", "block lists that name the URL", high=0),
    _fact("opt_out", "signals by which the page refuses to train models", high=0),
    _fact("language_score", "probability of the language; 0 for `und`", low=0.65),
    _text(lambda s: s.word_count, "word_count", "words"),
    _text(lambda s: s.mean_word_length, "mean_word_length", "mean characters a word"),
    _text(lambda s: s.hash_ratio, "hash_ratio", "`#` a token, headings' marks apart"),
    _text(lambda s: s.ellipsis_ratio, "ellipsis_ratio", "ellipses a token"),
    _text(lambda s: s.bullet_lines, "bullet_lines", "share of lines that begin with `-` or `•`"),
    _text(lambda s: s.ellipsis_lines, "ellipsis_lines", "share of lines that end in an ellipsis"),
    _text(lambda s: s.alphabetic_words, "alphabetic_words", "share of words with a letter"),
    _text(lambda s: s.alphabetic_tokens, "alphabetic_tokens", "share of tokens with a letter"),
    Rule("stop_words", _stop_words, "distinct stop words of the language's table"),
    _text(
        lambda s: s.duplicate_paragraphs,
        "duplicate_paragraphs",
        "share of paragraphs that stood there before",
    ),
    _text(
        lambda s: s.duplicate_paragraph_characters,
        "duplicate_paragraph_characters",
        "share of characters in paragraphs that stood there before",
    ),
    _text(lambda s: s.duplicate_lines, "duplicate_lines", "share of lines that stood there before"),
    _text(
        lambda s: s.duplicate_line_characters,
        "duplicate_line_characters",
        "share of characters in lines that stood there before",
    ),
    *(
        _text(
            _ngrams(n),
            f"top_{n}_gram",
            f"share of characters in the most frequent {n}-gram of tokens",
        )
        for n in TOP_NGRAMS
    ),
    *(
        _text(
            _ngrams(n),
            f"duplicate_{n}_grams",
            f"share of characters in {n}-grams of tokens that stood there before",
        )
        for n in DUPLICATE_NGRAMS
    ),
    _fact("lorem_ipsum", "lines with `lorem ipsum`, after the edits that come before in C4"),
    _fact("curly_brackets", "lines with `{`, after the edits that come before in C4"),
    _text(lambda s: s.sentence_count, "sentence_count", "sentences"),
    _text(lambda s: s.long_lines, "long_lines", "lines of 200 characters and more"),
    _fact("removed_words", "share of the words that the line edits took out"),
    _text(
        lambda s: s.terminal_lines,
        "terminal_lines",
        "share of lines that end in a mark that ends sentences",
    ),
    _text(
        lambda s: s.short_line_ratio, "short_line_ratio", "share of lines of at most 30 characters"
    ),
    _text(
        lambda s: s.repeated_line_characters,
        "repeated_line_characters",
        "share of characters, newlines apart, in lines that stood there before",
    ),
    _text(lambda s: s.newline_ratio, "newline_ratio", "newlines a token"),
    _text(lambda s: s.longest_word, "longest_word", "characters of the longest word"),
    _text(lambda s: s.digit_characters, "digit_characters", "share of characters that are digits"),
    _text(
        lambda s: s.symbol_characters,
        "symbol_characters",
        "share of characters in tokens without letter or digit",
    ),
    _fact(
        "unigram_cross_entropy",
        "bits a word under the language's unigram model: 0 is usual there, 1 is no known word",
    ),
    _fact("compression_ratio", "compressed bytes a byte"),
    _fact("bad_words", "share of words that the language's list of bad words names", high=0.0125),
    _fact("machine_text", "phrases that language models leave behind", high=0),
    _fact("contamination", "greatest share of a benchmark item that the text holds", high=0.5),
    *(_fact(name, f"personal data: {kind.meaning}") for name, kind in KINDS.items()),
    _fact(
        "quality",
        "how much the page looks like those that Wikipedia cites, 0 to 1, by the classifier",
    ),
]

RULES: Mapping[str, Rule] = {rule.name: rule for rule in _TABLE}
"""Every rule by name, in the order in which they judge."""

STATISTICS = [name for name in RULES if name != "language_score"]
"""The columns that the filter adds; the language's score is there already."""


def measure(measured: Measured) -> dict[str, float | None]:
    """Every rule's statistic, by rule."""
    return {name: rule.statistic(measured) for name, rule in RULES.items()}


def judge(
    statistics: Mapping[str, float | None], bounds: Mapping[str, Bounds]
) -> tuple[str, float] | None:
    """The first rule that drops the document and its value, or None if all keep it.

    Args:
        statistics: Every statistic by rule; None where it has no meaning.
        bounds: The bounds by rule, in the order in which they judge.
    """
    for name, (low, high) in bounds.items():
        value = statistics[name]
        if value is None:
            continue
        if (low is not None and value < low) or (high is not None and value > high):
            return name, value
    return None
