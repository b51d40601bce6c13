"""Pages made from sentence patterns: each a new document in the format of the articles.

A pattern is a sentence with `<one|another>` choices and slots: `{table}` is one word of that table,
the same all over a page; `{table+}` is a word not used on the page yet; `{3-90}` is a number.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from pipeline.sample.articles import Article, parse_article

_CHOICE = re.compile(r"<([^<>]+\|[^<>]*)>")
_SLOT = re.compile(r"\{(\w+)(\+?)\}|\{(\d+)-(\d+)\}")
_T = TypeVar("_T")

Words = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Section:
    """A part of a page.

    Attributes:
        take: How many patterns of the pool a page uses.
        pool: The patterns; a page keeps their order.
        joint: What stands between two sentences.
        frame: What stands around them; `%s` is their place.
    """

    take: int
    pool: tuple[str, ...]
    joint: str = " "
    frame: str = "%s"


@dataclass(frozen=True)
class Genre:
    """A family of pages.

    Attributes:
        name: Names the pages and seeds their choices.
        kind: As in `Article.kind`.
        topic: As in `Article.topic`.
        language: ISO 639-1 code.
        words: Tables of words by name.
        subject: The table that gives each page its own subject.
        titles: Patterns of titles.
        sections: The parts of a page in order.
    """

    name: str
    kind: str
    topic: str
    language: str
    words: Words
    subject: str
    titles: tuple[str, ...]
    sections: tuple[Section, ...]


def compose(genre: Genre, count: int) -> list[Article]:
    """The first `count` pages of a genre, always the same ones."""
    return [_page(genre, index) for index in range(count)]


def table(words: str) -> tuple[str, ...]:
    """A table of words from a list with commas."""
    return tuple(words.split(", "))


def pick(random: Random, options: Sequence[_T]) -> _T:
    """One of the options.

    Only `Random.random` promises the same sequence in every version of Python.
    """
    return options[int(random.random() * len(options))]


def sample(random: Random, options: Sequence[_T], count: int) -> list[_T]:
    """`count` different options, in their order."""
    left = list(range(len(options)))
    chosen = sorted(left.pop(int(random.random() * len(left))) for _ in range(count))
    return [options[index] for index in chosen]


@dataclass
class _Filler:
    """Fills patterns, remembering which words the page has used."""

    words: Words
    random: Random
    bound: dict[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def fill(self, pattern: str) -> str:
        chosen = _CHOICE.sub(lambda match: pick(self.random, match[1].split("|")), pattern)
        return _SLOT.sub(self._slot, chosen)

    def bind(self, table: str, word: str) -> None:
        self.bound[table] = word
        self.used.add(word)

    def _slot(self, match: re.Match[str]) -> str:
        table, fresh, low, high = match.groups()
        if table is None:
            return str(int(low) + int(self.random.random() * (int(high) - int(low) + 1)))
        if not fresh and table in self.bound:
            return self.bound[table]
        word = pick(self.random, [word for word in self.words[table] if word not in self.used])
        self.used.add(word)
        if not fresh:
            self.bound[table] = word
        return word


def _page(genre: Genre, index: int) -> Article:
    slug = f"{genre.name}-{index + 1:02d}"
    filler = _Filler(genre.words, Random(f"{genre.language}/{slug}"))
    subjects = genre.words[genre.subject]
    # A stride prime to the table's length visits every subject once and keeps neighbours apart.
    filler.bind(genre.subject, subjects[index * 37 % len(subjects)])
    title = _capitalize(filler.fill(genre.titles[index % len(genre.titles)]))
    parts = []
    for section in genre.sections:
        frame = filler.fill(section.frame)
        lines = map(filler.fill, sample(filler.random, section.pool, section.take))
        if section.joint == " ":
            lines = map(_capitalize, lines)
        parts.append(frame.replace("%s", section.joint.join(lines)))
    header = f"title: {title}\nkind: {genre.kind}\ntopic: {genre.topic}\n---\n"
    return parse_article(header + "\n\n".join(parts) + "\n", genre.language, slug)


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]
