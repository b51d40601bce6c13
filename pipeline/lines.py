"""Passages that stand on many pages: found by counted hashes, taken out of all pages but one.

A unit is a line, or a whole code block or table, of which no part alone means anything. A passage
is the shortest run of units from a given one on that has a given number of words, so that a long
line is one by itself, and short ones, as of a menu, are one together. What is equal is equal letter
for letter, but for white space, up to chance collisions of 64 bits.

Boilerplate is a passage on too many pages of a host, or on too many hosts. Of its copies one stays,
whole: that in the longest text. So every line with a word that is taken out of a page still stands
on another, unless what is left of that one is too short to be kept. Code never goes: where manuals
are translated, it is what all languages share.

Lee et al. 2022, "Deduplicating Training Data Makes Language Models Better", and Raffel et al. 2020,
T5, section 2.2, take repeated spans out, too. Penedo et al. 2024, FineWeb, tried it with every line
that any two pages of many crawls share, and models got worse: hence bounds.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipeline.hashing import hash64
from pipeline.minhash import single_spaced
from pipeline.records import Edit
from pipeline.wordhashes import Words

if TYPE_CHECKING:
    from pipeline.config import LinesSection

KIND = "repeated_lines"
"""The kind of the edits."""

_FENCE = "```"
_HASH_BITS = 40
_MOST_CHARS = (1 << 64 - _HASH_BITS) - 1
# What stays if that which follows it does: a heading, and a line that announces something.
_ANNOUNCES = re.compile(r"#{1,6} |.*[:：]$")

Hashes = npt.NDArray[np.uint64]
Keepers = Mapping[tuple[int, int], int]
"""For each passage and host by their hashes, the rank of the text that keeps its copy."""

_UNIT = re.compile(
    r"^```[^\n]*(?:\n(?!```$)[^\n]*)*(?:\n```$)?|^\|[^\n]*(?:\n\|[^\n]*)*|^[^\S\n]*\S[^\n]*", re.M
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of a text that stays or goes as a whole.

    Attributes:
        start: Its first character.
        stop: The character after it: the newline, or the end of the text.
        n_words: Its words; a character is one in scripts without spaces.
        text: What it says, with single spaces.
    """

    start: int
    stop: int
    n_words: int
    text: str

    @property
    def is_code(self) -> bool:
        """Whether it is a code block."""
        return self.text.startswith(_FENCE)


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of units.

    Attributes:
        hash: 64 bits, of what the units with words say.
        first: The first unit.
        stop: The unit after the last one.
    """

    hash: int
    first: int
    stop: int


def units(text: str) -> list[Unit]:
    """The units of a text, in order; blank lines belong to none."""
    words = Words.of(text).starts
    spans = [match.span() for match in _UNIT.finditer(text)]
    bounds = np.searchsorted(words, np.array(spans, dtype=np.int64).reshape(-1, 2))
    return [
        Unit(start, stop, n_words, single_spaced(text[start:stop]))
        for (start, stop), n_words in zip(spans, np.diff(bounds)[:, 0].tolist(), strict=True)
    ]


def passages(units: Sequence[Unit], min_words: int) -> list[Passage]:
    """The passages of a text.

    From every unit with a word one begins. At the text's end, where words are too few, there is the
    one that is shortest back from the end. A text of fewer words has none.

    Args:
        units: The text's units.
        min_words: The words of a passage.
    """
    wordy = [index for index, unit in enumerate(units) if unit.n_words]
    ends = np.cumsum([0, *(units[index].n_words for index in wordy)])
    # The number of the unit with which so many words are reached, for each that they begin with.
    stops = np.searchsorted(ends, ends[:-1] + min_words)
    runs = [(first, int(stop)) for first, stop in enumerate(stops) if stop <= len(wordy)]
    if runs and runs[-1][1] < len(wordy):
        last = int(np.searchsorted(ends, ends[-1] - min_words, side="right")) - 1
        runs.append((last, len(wordy)))
    return [_passage(units, wordy[first:stop]) for first, stop in runs]


def _passage(units: Sequence[Unit], run: Sequence[int]) -> Passage:
    said = "\n".join(units[index].text for index in run)
    return Passage(hash64(said), run[0], run[-1] + 1)


def text_rank(text: str) -> int:
    """64 bits by which texts are ordered, the longest first; what `dedup` takes for equal is equal.

    A page that keeps a passage for others should not drop for its length, or as a lesser copy.
    """
    said = single_spaced(text)
    shortness = _MOST_CHARS - min(len(said), _MOST_CHARS)
    return shortness << _HASH_BITS | hash64(said) >> (64 - _HASH_BITS)


def host_hash(host: str) -> int:
    """64 bits of a host, others than those of a passage that says its name."""
    return hash64(f"\n{host}")


@dataclass(frozen=True)
class Tallies:
    """How often passages occur, a row a passage and host. All arrays are of shape (rows,).

    A host itself is in it like a passage of its own hash, which all its pages have.

    Attributes:
        passages: The hash of the passage.
        hosts: The hash of the host.
        pages: Pages of the host that have the passage.
        n_hosts: Hosts that have it.
        host_keeper: The least rank of the host's texts that have it.
        keeper: The least rank of all texts that have it.
    """

    passages: Hashes
    hosts: Hashes
    pages: Hashes
    n_hosts: Hashes
    host_keeper: Hashes
    keeper: Hashes

    def suspects(self, section: "LinesSection") -> npt.NDArray[np.bool_]:
        """Which rows are needed to say what is boilerplate, shares of hosts not yet known."""
        found: npt.NDArray[np.bool_] = self.passages == self.hosts
        found |= self.pages >= section.min_host_pages
        found |= self.n_hosts > section.max_hosts
        return found


class Groups:
    """Rows of a passage and a host each, grouped.

    Attributes:
        of_rows: The group of each row, shape (rows,).
    """

    def __init__(self, passages: Hashes, hosts: Hashes) -> None:
        self._order = np.lexsort((hosts, passages))
        self._columns = passages[self._order], hosts[self._order]
        starts = _starts(self._columns[0]) | _starts(self._columns[1])
        self._first = np.flatnonzero(starts)
        self.of_rows = np.empty(len(passages), dtype=np.int64)
        self.of_rows[self._order] = np.cumsum(starts) - 1

    def columns(self, pages: Hashes, keepers: Hashes) -> list[Hashes]:
        """The passage and host of each group, its pages added up, its least keeper."""
        if not len(self._first):
            return [*self._columns, pages, keepers]
        sums = np.add.reduceat(pages[self._order], self._first)
        least = np.minimum.reduceat(keepers[self._order], self._first)
        return [*(column[self._first] for column in self._columns), sums, least]


def tally(columns: Sequence[Hashes]) -> Tallies:
    """Count over hosts what `Groups.columns` counted on each.

    Args:
        columns: Passages, hosts, pages, keepers: all rows of the passages in them.
    """
    passages, hosts, pages, keepers = columns
    first = np.flatnonzero(_starts(passages))
    sizes = np.diff(np.append(first, len(passages)))
    there = (pages > 0).astype(np.uint64)
    n_hosts, least = (
        np.repeat(count.reduceat(column, first), sizes) if len(first) else column
        for count, column in ((np.add, there), (np.minimum, keepers))
    )
    return Tallies(passages, hosts, pages, n_hosts, keepers, least)


def _starts(sorted_: Hashes) -> npt.NDArray[np.bool_]:
    """Where another value begins."""
    return np.concatenate([[True], sorted_[1:] != sorted_[:-1]])[: len(sorted_)]


def boilerplate(tallies: Tallies, section: "LinesSection") -> Keepers:
    """The passages that are too frequent.

    Args:
        tallies: With those of the hosts themselves.
        section: The bounds.
    """
    pages = tallies.pages
    there = (pages > section.max_host_pages) | (
        pages > _host_pages(tallies) * section.max_host_share
    )
    there &= pages >= section.min_host_pages
    everywhere = tallies.n_hosts > section.max_hosts
    chosen = (there | everywhere) & (tallies.passages != tallies.hosts)
    keepers = np.where(everywhere, tallies.keeper, tallies.host_keeper)
    columns = (tallies.passages, tallies.hosts, keepers)
    rows = zip(*(column[chosen].tolist() for column in columns), strict=True)
    return {(passage, host): keeper for passage, host, keeper in rows}


def _host_pages(tallies: Tallies) -> Hashes:
    """All pages of each row's host."""
    hosts = np.flatnonzero(tallies.passages == tallies.hosts)
    hosts = hosts[np.argsort(tallies.hosts[hosts])]
    return tallies.pages[hosts[np.searchsorted(tallies.hosts[hosts], tallies.hosts)]]


def cut(text: str, host: int, keepers: Keepers, min_words: int) -> list[Edit]:
    """The edits that take the boilerplate out of a text.

    A line of which this text keeps the copy stays, though it be part of another passage, too.

    Args:
        text: The text.
        host: The hash of its host.
        keepers: The passages that are boilerplate.
        min_words: The words of a passage.
    """
    found = units(text) if keepers else []
    met = [one for one in passages(found, min_words) if (one.hash, host) in keepers]
    if not met:
        return []
    rank = text_rank(text)
    gone, kept = set[int](), {index for index, unit in enumerate(found) if unit.is_code}
    for passage in met:
        run = range(passage.first, passage.stop)
        (kept if keepers[passage.hash, host] == rank else gone).update(run)
    gone -= kept
    for index in sorted(gone, reverse=True):
        follows = index + 1 < len(found) and index + 1 not in gone
        if follows and _ANNOUNCES.match(found[index].text):
            gone.remove(index)
    return _edits(text, found, gone)


def _edits(text: str, units: Sequence[Unit], gone: Collection[int]) -> list[Edit]:
    """Edits that take units out; of the gaps around them the longer one stays."""
    edits = []
    for is_gone, run in groupby(range(len(units)), key=gone.__contains__):
        if is_gone:
            first, *others = run
            last = others[-1] if others else first
            edits.append(Edit(*_span(text, units, first, last), KIND))
    return edits


def _span(text: str, units: Sequence[Unit], first: int, last: int) -> tuple[int, int]:
    """What to take out that the units go and what is around them stays apart."""
    start, stop = units[first].start, units[last].stop
    before = units[first - 1].stop if first else 0
    after = units[last + 1].start if last + 1 < len(units) else len(text)
    if first == 0 or after == len(text):
        return before, after
    return (start, after) if start - before >= after - stop else (before, stop)
