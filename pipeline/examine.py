"""What is found on one document: its edits, its statistics, and the text that is left.

The order is that of the statistics' meaning: line edits come first, everything else looks at the
text they leave. What is found there is put back on the text as extracted, so that all edits of a
document stand in one coordinate system.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Self

from classifiers import unigrams
from pipeline import boilerplate, cleaning, files, personal
from pipeline.badwords import BadWords
from pipeline.blocklists import BlockLists
from pipeline.contamination import ContaminationIndex, Coverage, contamination, rows_of, spans
from pipeline.edits import apply, merge
from pipeline.families import most_contaminated
from pipeline.languagebounds import LANGUAGES
from pipeline.records import Edit
from pipeline.rules import Measured, measure
from pipeline.textstats import TextStats

if TYPE_CHECKING:
    from pipeline.config import FilterSection

OBEYED = frozenset({"noai", "noindex", "tdm-reservation"})
"""The opt-outs that concern text; `noimageai` does not."""


@dataclass(frozen=True)
class Lists:
    """What a document is compared with; None where nothing is configured.

    Attributes:
        blocked: Block lists of URLs.
        bad_words: Bad words by language.
        benchmarks: The n-grams of benchmark items.
    """

    blocked: BlockLists | None
    bad_words: BadWords | None
    benchmarks: ContaminationIndex | None

    @classmethod
    def of(cls, section: "FilterSection") -> Self:
        """The lists of a configuration, read once a process.

        Raises:
            UserError: A list cannot be read.
        """
        blocked, bad_words, benchmarks = _load(
            section.url_lists, section.bad_words, section.benchmarks
        )
        return cls(blocked, bad_words, benchmarks)


@lru_cache(maxsize=1)
def _load(
    url_lists: tuple[str, ...], bad_words: str, benchmarks: tuple[str, ...]
) -> tuple[BlockLists | None, BadWords | None, ContaminationIndex | None]:
    return (
        BlockLists.load(_there(url_lists)) if url_lists else None,
        BadWords.load(bad_words) if bad_words else None,
        ContaminationIndex.load(_there(benchmarks)) if benchmarks else None,
    )


def _there(patterns: tuple[str, ...]) -> list[str]:
    return [path for pattern in patterns for path in files.matches(pattern)]


@dataclass(frozen=True)
class Subject:
    """A document to examine.

    Attributes:
        id: Its id.
        url: Its URL.
        text: Its text as extracted.
        language: Its language's tag.
        language_score: Probability of the language.
        opt_outs: The signals by which it refuses.
        quality: How much it looks like pages that Wikipedia cites; None without a classifier.
    """

    id: str
    url: str
    text: str
    language: str
    language_score: float
    opt_outs: Sequence[str]
    quality: float | None


@dataclass(frozen=True)
class Examined:
    """What was found.

    Attributes:
        text: What is left of the text, with placeholders.
        edits: What was taken out or replaced, on the text as extracted, in order.
        statistics: Every rule's statistic, by rule.
        details: Words for a person on a statistic, by rule.
        coverage: The benchmark items found in it.
    """

    text: str
    edits: Sequence[Edit]
    statistics: Mapping[str, float | None]
    details: Mapping[str, str]
    coverage: Sequence[Coverage]


def examine(subject: Subject, section: "FilterSection", lists: Lists) -> Examined:
    """Edit a document and measure what is left of it."""
    edited = cleaning.edit(subject.text, section.edits)
    hits = lists.benchmarks.find(edited.text) if lists.benchmarks else []
    edits, text = edited.edits, edited.text
    if hits and section.contaminated == "span":
        found = [Edit(*span, "contamination") for span in spans(hits, most_contaminated(section))]
        edits, text = merge(edits, found), apply(text, found)
    private = personal.find(text, subject.language, section.personal_data)
    blocked = lists.blocked.match(subject.url) if lists.blocked else None
    stats = TextStats.of(text, subject.language)
    facts: dict[str, float | None] = {
        "url_lists": None if blocked is None else len(blocked),
        "opt_out": len(subject.opt_outs),
        "language_score": subject.language_score,
        "removed_words": edited.removed_words,
        "quality": subject.quality,
        "contamination": contamination(hits) if lists.benchmarks else None,
        **edited.marks,
        **_on_words(stats, subject.language, lists),
        **dict.fromkeys(section.personal_data, 0),
        **Counter(edit.kind for edit in private),
    }
    table = LANGUAGES.get(subject.language)
    measured = Measured(stats, table.stop_words if table else None, facts)
    return Examined(
        apply(text, private),
        merge(edits, private),
        measure(measured),
        {"url_lists": ", ".join(blocked or ()), "opt_out": ", ".join(subject.opt_outs)},
        rows_of(hits, subject.id, subject.url),
    )


def _on_words(stats: TextStats, language: str, lists: Lists) -> dict[str, float | None]:
    """What is told by other modules of the text."""
    found = {
        "unigram_cross_entropy": unigrams.cross_entropy(stats.word_counts, language),
        "compression_ratio": unigrams.compression_ratio(stats.text),
        "machine_text": float(boilerplate.machine_text(stats.text)),
    }
    if lists.bad_words:
        words = [word.lower() for word in stats.words]
        found["bad_words"] = lists.bad_words.density(words, stats.text, language)
    return found
