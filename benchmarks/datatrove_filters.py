"""DataTrove's filters for `filters.py`: every statistic and verdict, and what they cost.

Started with the Python of DataTrove's own virtual environment. Reads documents from a file, a JSON
object a line (`text`, `tokenizer`, `stop_words`, `edited`), and then words from standard input:
`judge` is answered by a line of JSON for each document, `time` by its CPU seconds.

DataTrove's filters stop at the first rule that a text breaks. So that each rule judges, and by
their own code, they are given limits that note what they are compared with and let everything pass.
What they note is checked against the verdict of the filter as it is.

Usage: datatrove_filters.py DOCUMENTS
"""

import inspect
import json
import logging
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.utils.text import split_into_sentences, split_into_words
from datatrove.utils.word_tokenizers import (
    WhitespaceTokenizer,
    WordTokenizer,
    load_word_tokenizer,
)

# A limit's parameter and the rules it is compared for, in the order of the comparisons.
_QUALITY = {
    "min_doc_words": ("word_count",),
    "max_doc_words": ("word_count",),
    "min_avg_word_length": ("mean_word_length",),
    "max_avg_word_length": ("mean_word_length",),
    "max_symbol_word_ratio": ("hash_ratio", "ellipsis_ratio"),
    "max_bullet_lines_ratio": ("bullet_lines",),
    "max_ellipsis_lines_ratio": ("ellipsis_lines",),
    "max_non_alpha_words_ratio": ("alphabetic_tokens",),
    "min_stop_words": ("stop_words",),
}
_REPETITION = {
    "dup_para_frac": ("duplicate_paragraphs",),
    "dup_para_char_frac": ("duplicate_paragraph_characters",),
    "dup_line_frac": ("duplicate_lines",),
    "dup_line_char_frac": ("duplicate_line_characters",),
}
_NGRAMS = {"top_n_grams": "top_{}_gram", "dup_n_grams": "duplicate_{}_grams"}
_FINEWEB = {
    "line_punct_thr": ("terminal_lines",),
    "short_line_thr": ("short_line_ratio",),
    "char_duplicates_ratio": ("repeated_line_characters",),
    "new_line_ratio": ("newline_ratio",),
}
_C4 = {"min_num_sentences": ("sentence_count",)}
_C4_PAGES = {"filter_lorem_ipsum": "lorem_ipsum", "filter_curly_bracket": "curly_brackets"}
_NO_C4_PAGES = dict.fromkeys(_C4_PAGES, False)

Judged = dict[str, tuple[float, bool]]
"""The statistic and whether it drops the document, by rule."""


class _Noting:
    """A limit that lets everything pass and notes what it is compared with, and what it would do.

    Attributes:
        limit: The true limit.
        noted: The values, and whether each breaks the limit.
    """

    # So that numpy's numbers leave the comparison to it.
    __array_ufunc__ = None

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self.noted: list[tuple[float, bool]] = []

    def __gt__(self, value: float) -> bool:
        self.noted.append((float(value), bool(value < self.limit)))
        return False

    def __lt__(self, value: float) -> bool:
        self.noted.append((float(value), bool(value > self.limit)))
        return False


class _Probe:
    """A filter whose limits note."""

    def __init__(
        self, kind: type[BaseFilter], limits: Mapping[str, Sequence[str]], **given: Any
    ) -> None:
        defaults = {p.name: p.default for p in inspect.signature(kind).parameters.values()}
        noting: dict[str, Any] = {name: _Noting(defaults[name]) for name in limits}
        self._rules = [(noting[name], rules) for name, rules in limits.items()]
        for name, rule in _NGRAMS.items() if kind is GopherRepetitionFilter else ():
            pairs = [(n, _Noting(limit)) for n, limit in defaults[name]]
            self._rules += [(limit, (rule.format(n),)) for n, limit in pairs]
            noting[name] = tuple(pairs)
        self._filter = kind(**noting, **given)
        self._plain = kind(**given)

    def judge(self, text: str) -> Judged:
        """Each rule's statistic and verdict; a rule that the filter passes over has none."""
        self._filter.filter(Document(text=text, id=""))
        found: Judged = {}
        for limit, rules in self._rules:
            for rule, (value, broken) in zip(rules, limit.noted, strict=False):
                found[rule] = (value, broken or found.get(rule, (0, False))[1])
            limit.noted.clear()
        kept = self._plain.filter(Document(text=text, id="")) is True
        if kept == any(broken for _, broken in found.values()):
            raise RuntimeError(f"{self._plain.name}: keeps {kept}, but its rules say {found}")
        return found


def main(path: str) -> None:
    """Answer the words of standard input."""
    logging.disable(logging.CRITICAL)
    answers, sys.stdout = sys.stdout, sys.stderr  # some tokenizers print
    with Path(path).open(encoding="utf-8") as lines:
        documents = [json.loads(line) for line in lines]
    for word in map(str.strip, sys.stdin):
        if word == "judge":
            for document in documents:
                print(json.dumps(judge(document)), file=answers, flush=True)
        else:
            print(*map(seconds, documents), sep="\n", file=answers, flush=True)


def judge(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document's words, rules, and the sentences of the lines that our edits left of it."""
    text = document["text"]
    tokenizer = tokenizer_of(document["tokenizer"])
    probes, pages = _probes(document["tokenizer"], tuple(document["stop_words"]))
    found: Judged = {}
    for probe in probes:
        found |= probe.judge(text)
    for rule, page_filter in pages.items():
        dropped = page_filter.filter(Document(text=text, id="")) is not True
        found[rule] = (float(dropped), dropped)
    lines = document["edited"].splitlines()
    return {
        "tokenizer": _name(tokenizer),
        "words": split_into_words(text, tokenizer),
        "rules": found,
        "sentences": sum(
            len(split_into_sentences(line, tokenizer)) for line in lines if line.strip()
        ),
    }


@cache
def tokenizer_of(language: str) -> WordTokenizer:
    """DataTrove's tokenizer for a language such as `eng_Latn`.

    Where it has none, or needs a package or model that is not installed, the one that it calls its
    fallback.
    """
    try:
        tokenizer = load_word_tokenizer(language)
        tokenizer.word_tokenize("a")
        tokenizer.span_tokenize("a")
    except (ImportError, OSError, ValueError):
        return load_word_tokenizer(WhitespaceTokenizer())
    return tokenizer


def _name(tokenizer: WordTokenizer) -> str:
    return f"{type(tokenizer).__name__} {tokenizer.language or ''}".strip()


@cache
def _probes(
    language: str, stop_words: tuple[str, ...]
) -> tuple[list[_Probe], Mapping[str, BaseFilter]]:
    tokenizer = tokenizer_of(language)
    probes = [
        _Probe(GopherQualityFilter, _QUALITY, language=tokenizer, stop_words=list(stop_words)),
        _Probe(GopherRepetitionFilter, _REPETITION, language=tokenizer),
        _Probe(FineWebQualityFilter, _FINEWEB, language=tokenizer),
        _Probe(C4QualityFilter, _C4, language=tokenizer, **_NO_C4_PAGES),
    ]
    pages = {
        rule: C4QualityFilter(
            min_num_sentences=-1, language=tokenizer, **{**_NO_C4_PAGES, parameter: True}
        )
        for parameter, rule in _C4_PAGES.items()
    }
    return probes, pages


@cache
def _pipeline(language: str) -> Sequence[Callable[[Document], Any]]:
    """The filters of FineWeb's recipe, in its order."""
    kinds = (GopherRepetitionFilter, GopherQualityFilter, C4QualityFilter, FineWebQualityFilter)
    return [kind(language=tokenizer_of(language)).filter for kind in kinds]


def seconds(document: Mapping[str, Any]) -> float:
    """CPU seconds that a document takes; the next filter looks at what one would drop, too."""
    filters = _pipeline(document["tokenizer"])
    begun = time.process_time()
    given = Document(text=document["text"], id="")
    for judged in filters:
        judged(given)
    return time.process_time() - begun


if __name__ == "__main__":
    main(*sys.argv[1:])
