"""A cheap look at a page that rejects what the configured rules must reject anyway.

The main text is a part of the visible text, so what the visible text has too little of, the main
text has too little of as well: words, and distinct stop words. A language that no sample of the
visible text is in, the main text is hardly in either. Only markup is removed for this, by two
regular expressions: nothing is parsed.
"""

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from classifiers import identifiers
from classifiers.languagetags import UNDETERMINED
from pipeline.families import bounds_of
from pipeline.languagebounds import LANGUAGES
from pipeline.rules import UNBOUNDED
from pipeline.textstats import TextStats
from pipeline.words import Cut, cut_of

if TYPE_CHECKING:
    from pipeline.config import FilterSection

# Elements within a line, in either case; others end it.
_INLINE = re.compile(
    rb"</?(?:[abiqsu]|em|span|strong|font|small|code|su[bp]|abbr|cite|big|kbd|mark|var|wbr"
    rb"|[ABIQSU]|EM|SPAN|STRONG|FONT|SMALL|CODE|SU[BP]|CITE|BIG)(?:>|[\s/][^<>]*>)"
)
_TAGS = re.compile(rb"(?:<[a-zA-Z/!?][^<>]*>\s*+)++")
_BODY = re.compile(rb"<body[\s>]", re.IGNORECASE)
# What becomes words that are not visible: formulas, and the numbers of items.
_FORMULA = re.compile(rb"\\|<math", re.IGNORECASE)
_ITEM = re.compile(rb"<li[\s>]", re.IGNORECASE)
_SAMPLE_CHARS = 1_000
_SHORT_SAMPLE_CHARS = 300
_PARTS = 3
_LINE_CHARS = 40
_PROSE_CHARS = 250
_GLANCE_BYTES = 20_000
_GLANCE_CHARS = 1_000
_GLANCE_LINES = 20
# More visible text than this surely has any number of words that a rule asks for.
_WORD_CHARS = 12
_CERTAIN = 0.8


@dataclass(frozen=True)
class Screen:
    """What a page must have, by the filter's rules.

    Attributes:
        languages: Tags of the languages kept; none means all, or that `und` is among them.
        min_words: Least `word_count`, by a language for all whose words are cut as its are.
        min_stop_words: Least `stop_words` in each language kept that has a table.
        identifier: What tells the language.
    """

    languages: frozenset[str]
    min_words: Mapping[str, float]
    min_stop_words: Mapping[str, float]
    identifier: str = identifiers.LID176

    @classmethod
    def of(cls, section: "FilterSection", identifier: str = identifiers.LID176) -> "Screen":
        """What the filter of a configuration asks for."""
        kept = sorted(section.languages or {*LANGUAGES, UNDETERMINED})
        bounds = {code: bounds_of(section, code) for code in kept}
        min_words, stop_words = (
            {code: bounds[code].get(rule, UNBOUNDED)[0] or 0.0 for code in kept}
            for rule in ("word_count", "stop_words")
        )
        # Among all languages, a page would have to be asked for its own.
        asked = {code: stop_words[code] for code in section.languages if code in LANGUAGES}
        languages = frozenset(section.languages)
        if UNDETERMINED in languages:
            # Of code, say, the samples are in the language of the menu.
            asked, languages = {}, frozenset()
        least: dict[Cut, tuple[float, str]] = {}
        for code, words in min_words.items():
            least[cut_of(code)] = min((words, code), least.get(cut_of(code), (words, code)))
        by_cut = {code: words for words, code in least.values()}
        return cls(languages, by_cut, asked, identifier)

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self) | {"languages": sorted(self.languages)}

    def rejects(self, stripped: bytes) -> tuple[str, float | None, str] | None:
        """The reason, value and detail of a rejection; None if the page must be looked at.

        Args:
            stripped: A page as UTF-8, without scripts, styles and comments.
        """
        body = _BODY.search(stripped)
        start = body.start() if body else 0
        if len(stripped) - start > 1.5 * _GLANCE_BYTES:
            # Most pages that pass show it early.
            glance = stripped[start : start + _GLANCE_BYTES]
            lines = visible_lines(glance)
            prose = sum(len(line) for line in lines if len(line) >= _LINE_CHARS)
            if prose >= _GLANCE_CHARS and self._verdict(lines, glance) is None:
                return None
        return self._verdict(visible_lines(stripped[start:]), stripped)

    def _verdict(self, lines: list[str], markup: bytes) -> tuple[str, float | None, str] | None:
        chars = sum(map(len, lines))
        if chars < max(self.min_words.values()) * _WORD_CHARS and not _FORMULA.search(markup):
            text, items = "\n".join(lines), len(_ITEM.findall(markup))
            counts = {code: TextStats.of(text, code).word_count + items for code in self.min_words}
            if all(counts[code] < least for code, least in self.min_words.items()):
                return "screen_word_count", max(counts.values()), ""
        if self.languages and (found := self._foreign(lines)):
            return "screen_language", found[1], found[0]
        return self._without_stop_words(lines)

    def _foreign(self, lines: list[str]) -> tuple[str, float] | None:
        """The language of the page's prose and its probability, if it is surely none wanted.

        Samples must agree on that: a page may hold several languages, and the main text begins
        somewhere. Most pages that pass do so by the first, which is short.
        """
        prose = [line for line in lines if len(line) >= _LINE_CHARS]
        if sum(map(len, prose)) < _PROSE_CHARS:
            prose = lines
        longest = _joined(sorted(prose, key=len, reverse=True))
        found = ("", 0.0)
        parts = [_joined(prose[len(prose) * part // _PARTS :]) for part in range(_PARTS)]
        for sample in (longest[:_SHORT_SAMPLE_CHARS], longest, *parts):
            found = self._identify(sample)
            if found[0] in self.languages or found[1] < _CERTAIN:
                return None
        return found

    def _identify(self, text: str) -> tuple[str, float]:
        return identifiers.load(self.identifier).identify(text)

    def _without_stop_words(self, lines: list[str]) -> tuple[str, float, str] | None:
        longest = sorted(lines, key=len, reverse=True)
        if self._has_stop_words(longest[:_GLANCE_LINES]) or self._has_stop_words(lines):
            return None
        found = [self._identify(_joined(sample)) for sample in (longest, lines)]
        code, score = max(found, key=lambda pair: pair[1])
        if code not in self.min_stop_words or score < _CERTAIN:
            return None
        # Counted anew without the punctuation at the words.
        lower = TextStats.of("\n".join(lines).lower(), code)
        count = lower.stop_words(LANGUAGES[code].stop_words)
        return ("screen_stop_words", count, code) if count < self.min_stop_words[code] else None

    def _has_stop_words(self, lines: list[str]) -> bool:
        words = {word.lower() for line in lines for word in line.split()}
        return all(
            len(LANGUAGES[code].stop_words & words) >= least
            for code, least in self.min_stop_words.items()
        )


def visible_lines(markup: bytes) -> list[str]:
    """The lines of the visible text of some markup, roughly."""
    data = _INLINE.sub(b"", markup)
    text = html.unescape(_TAGS.sub(b"\n", data).decode("utf-8", "ignore"))
    return [line for raw in text.split("\n") if (line := raw.strip())]


def _joined(lines: Iterable[str]) -> str:
    """About a thousand characters of lines."""
    found: list[str] = []
    size = 0
    for line in lines:
        found.append(line[:_SAMPLE_CHARS])
        size += len(found[-1])
        if size >= _SAMPLE_CHARS:
            break
    return " ".join(found)
