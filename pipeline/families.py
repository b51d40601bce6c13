"""The rule sets of the field: their bounds, by language, and where they are from."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.languagebounds import LANGUAGES
from pipeline.rules import RULES, UNBOUNDED, Bounds

if TYPE_CHECKING:
    from pipeline.config import FilterSection

_GOPHER = "Rae et al. 2021, Scaling Language Models (Gopher), appendix A1.1"
_C4 = "Raffel et al. 2020, T5, section 2.2"
_FINEWEB = "Penedo et al. 2024, FineWeb, section 3.6"
# Rules whose bounds mean something in a language only.
_OF_A_LANGUAGE = frozenset({"mean_word_length", "stop_words"})
# In these a letter is a word or a syllable.
_NO_WORD_LENGTH = frozenset("cmn yue wuu jpn kor tha lao khm mya bod dzo".split())


@dataclass(frozen=True)
class Family:
    """A rule set.

    Attributes:
        source: The paper or program the bounds are from.
        bounds: Least and greatest value kept, by rule, where a language has none of its own.
        differences: What the source does otherwise.
        in_language: Bounds in a language, in place of those in `bounds`.
    """

    source: str
    bounds: Mapping[str, Bounds]
    differences: str
    in_language: Callable[[str], Mapping[str, Bounds]] | None = None

    def of(self, language: str) -> Mapping[str, Bounds]:
        """The bounds for a language."""
        return self.in_language(language) if self.in_language else self.bounds


_REPETITION: Mapping[str, Bounds] = {
    "duplicate_paragraphs": (None, 0.3),
    "duplicate_paragraph_characters": (None, 0.2),
    "duplicate_lines": (None, 0.3),
    "duplicate_line_characters": (None, 0.2),
    "top_2_gram": (None, 0.2),
    "top_3_gram": (None, 0.18),
    "top_4_gram": (None, 0.16),
    "duplicate_5_grams": (None, 0.15),
    "duplicate_6_grams": (None, 0.14),
    "duplicate_7_grams": (None, 0.13),
    "duplicate_8_grams": (None, 0.12),
    "duplicate_9_grams": (None, 0.11),
    "duplicate_10_grams": (None, 0.10),
}
_QUALITY: Mapping[str, Bounds] = {
    "word_count": (50, 100_000),
    "mean_word_length": (3, 10),
    "hash_ratio": (None, 0.1),
    "ellipsis_ratio": (None, 0.1),
    "bullet_lines": (None, 0.9),
    "ellipsis_lines": (None, 0.3),
    "alphabetic_words": (0.8, None),
    "stop_words": (2, None),
}
_LINES: Mapping[str, Bounds] = {
    "terminal_lines": (0.12, None),
    "short_line_ratio": (None, 0.67),
    "repeated_line_characters": (None, 0.01),
    "newline_ratio": (None, 0.3),
}
_C4_PAGES: Mapping[str, Bounds] = {"lorem_ipsum": (None, 0), "curly_brackets": (None, 0)}


def _gopher_quality(language: str) -> Mapping[str, Bounds]:
    """Without the rules that mean nothing in a language."""
    bounds = dict(_QUALITY)
    if language[:3] in _NO_WORD_LENGTH or language not in LANGUAGES:
        del bounds["mean_word_length"]
    if language not in LANGUAGES or "stop_words" not in LANGUAGES[language].bounds:
        del bounds["stop_words"]
    return bounds


def _fineweb2(language: str) -> Mapping[str, Bounds]:
    """The language's own bounds; where it has no table, those that need none."""
    if language in LANGUAGES:
        bounds = dict(LANGUAGES[language].bounds)
        # GlotLID's scores are others.
        del bounds["language_score"]
        return bounds
    free = FAMILIES["fineweb2"].bounds
    return {rule: free[rule] for rule in free if rule not in _OF_A_LANGUAGE}


FAMILIES: Mapping[str, Family] = {
    "gopher_quality": Family(
        _GOPHER,
        _QUALITY,
        "Gopher has the eight stop words of English alone; those of "
        "other languages are FineWeb-2's. Word length means nothing where a character is a word or "
        "a syllable.",
        _gopher_quality,
    ),
    "gopher_repetition": Family(
        _GOPHER,
        _REPETITION,
        "Shares of n-grams leave out the spaces within them, but for the most frequent n-gram, as "
        "DataTrove's do.",
    ),
    "c4_tfds": Family(
        f"{_C4}; TensorFlow Datasets, c4_utils.py",
        {**_C4_PAGES, "sentence_count": (3, None)},
        "To be used with `edits` of five words a line. TFDS cuts sentences by NLTK, drops a page "
        "for one bad word, asks langdetect for .99, and removes spans of three lines that stand "
        "elsewhere in the crawl.",
    ),
    "c4_datatrove": Family(
        f"{_C4}; DataTrove 0.10, C4QualityFilter",
        {**_C4_PAGES, "sentence_count": (5, None)},
        "To be used with `edits` of three words a line. DataTrove cuts sentences by spaCy.",
    ),
    "mc4": Family(
        "Xue et al. 2021, mT5, section 3.1",
        {"long_lines": (3, None)},
        "mC4 asks cld3 for a language score of .7 beside.",
    ),
    "fineweb": Family(
        _FINEWEB,
        {**_LINES, "alphabetic_tokens": (0.8, None)},
        "To be used with Gopher's families and C4's as DataTrove has them; `alphabetic_tokens` is "
        "how DataTrove reads Gopher's `alphabetic_words`. FineWeb judges by Gopher's rules before "
        "the C4 edits; here all rules judge the edited text.",
    ),
    "fineweb2": Family(
        "Penedo et al. 2025, FineWeb-2; thresholds by language from the configs it published",
        {**_QUALITY, **_REPETITION, **_LINES, "repeated_line_characters": (None, 0.1)},
        "FineWeb-2's bounds on language scores are GlotLID's and left out. Its words "
        "are those of a tokenizer for each language. English "
        "has FineWeb's bounds for lines and Gopher's n-grams.",
        _fineweb2,
    ),
    "refinedweb": Family(
        "Penedo et al. 2023, RefinedWeb, appendix G.2",
        {"removed_words": (None, 0.05)},
        "To be used with RefinedWeb's `edits`; DCLM has the same bound.",
    ),
    "outliers": Family(
        "quantiles of real pages, docs/log.md",
        {
            "longest_word": (None, 1000),
            "symbol_characters": (None, 0.25),
            "digit_characters": (None, 0.2),
            "unigram_cross_entropy": (-0.2, 0.5),
            "compression_ratio": (0.15, 0.73),
        },
        "",
    ),
}
"""Every rule set by name."""


def bounds_of(section: "FilterSection", language: str) -> dict[str, Bounds]:
    """The bounds that hold for a document of a language, in the order in which rules judge.

    Every chosen family must keep it; a bound under `[filter.rules]` stands in place of theirs and
    of the rule's own, and a language's `min_language_scores` of all of them.
    """
    families = [FAMILIES[name].of(language) for name in section.families]
    found = {}
    for name, rule in RULES.items():
        own = (rule.low, rule.high)
        if name == "opt_out" and not section.respect_opt_out:
            own = UNBOUNDED
        bounds = _all_of([own, *(family.get(name, UNBOUNDED) for family in families)])
        bounds = _configured(name, bounds, section)
        if name == "language_score" and language in section.min_language_scores:
            bounds = (section.min_language_scores[language], bounds[1])
        if bounds != UNBOUNDED and not (name == "contamination" and section.contaminated == "span"):
            found[name] = bounds
    return found


def _configured(name: str, bounds: Bounds, section: "FilterSection") -> Bounds:
    """The bounds of a rule with those under `[filter.rules]` in their place."""
    return section.rules[name].over(bounds) if name in section.rules else bounds


def _all_of(bounds: Sequence[Bounds]) -> Bounds:
    """The narrowest of several bounds."""
    lows = [low for low, _ in bounds if low is not None]
    highs = [high for _, high in bounds if high is not None]
    return max(lows, default=None), min(highs, default=None)


def most_contaminated(section: "FilterSection") -> float:
    """The share of a benchmark item that a text may hold."""
    own = RULES["contamination"]
    _, high = _configured(own.name, (own.low, own.high), section)
    return math.inf if high is None else high
