"""Decontamination: which benchmark items stand in a page, where, and how much of them.

A copy is found whatever its case and punctuation (see `pipeline.wordhashes` for what a word
is). Each item is indexed again without the marks within its words (`doesnt`, `icecream`), since
many copies have lost those.

An item is looked for by the n-grams of its question: of 13 words, the length of Brown et al. 2020
(GPT-3, appendix C), and of 8, their least, for items of fewer than 26, in which one changed word
can spoil every 13-gram. A question of fewer than 8 words is joined with each of its choices, with
all of them (as they are, lettered, numbered: a label between two choices spoils the n-grams across
it), and with the words before it. An item of fewer than 8 words with all its choices is not looked
for, since it would prove nothing; labels are no words of an item. So a question that has 8 words
only by its marks (`is i-94 a toll road in michigan`) is not found alone once they are deleted.

The statistic is the greatest share of an item's words that stand in the page in such n-grams.
PaLM (Chowdhery et al. 2022), Llama 2 (Touvron et al. 2023) and Tülu 3 (Lambert et al. 2024) judge
by such a share, of 70%, 80% and 50%, where one n-gram was enough for GPT-3: a page has a turn of
phrase in common with an item by chance, but not most of it. N-grams of more than 10 items are
formulas such as "which of the following is the best", prove nothing, and count on neither side of
the share. (GPT-3 left out those of more than 10 training documents. Here it is items, so that no
page's verdict depends on other pages.) Items of the same words are one item, the first by path,
lest copies of a benchmark take one another for formulas.

Coverage is stored in rows of benchmark (string), item (uint32), n_words (uint32), covered
(float64), pages (uint64), page_id (string) and url (string), none of them null; see `Coverage`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

import numpy as np
import numpy.typing as npt

from pipeline import benchmarkitems
from pipeline.benchmarkitems import Item
from pipeline.passages import passages_of
from pipeline.wordhashes import Hashes, Integers, Words

_MOST_ITEMS = 10

_BITS = np.uint8(128) >> np.arange(8, dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What became of a benchmark's items.

    Attributes:
        name: As in `benchmarkitems.Item`.
        items: Items in the file.
        indexed: Items that are looked for.
        repeated: Items of the same words as earlier ones. The rest are `unindexed`.
    """

    name: str
    items: int
    indexed: int
    repeated: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A stretch of a page that is a stretch of a benchmark item.

    Attributes:
        start: Its first character in the page's text.
        stop: The character after it.
        benchmark: The benchmark's name.
        item: The item's number in its file, from 0.
        passage: The number among the item's passages of the one it is from, from 0.
        first: Its first word in the passage.
        last: The word after its last.
        n_words: Words of the passage that count: that are not in formulas alone.
    """

    start: int
    stop: int
    benchmark: str
    item: int
    passage: int
    first: int
    last: int
    n_words: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a benchmark item a page holds; of several pages, the one that holds most.

    All is 0 or empty for an item that is not looked for.

    Attributes:
        benchmark: The benchmark's name.
        item: The item's number in its file, from 0.
        n_words: Words that count of the passage that is covered best.
        covered: The share of them that the page holds, 0 to 1.
        pages: Pages that hold some of the item.
        page_id: The page's id.
        url: The page's URL.
    """

    benchmark: str
    item: int
    n_words: int
    covered: float
    pages: int
    page_id: str
    url: str


@dataclass(frozen=True, eq=False)
class ContaminationIndex:
    """The n-grams of benchmark items: 12 bytes each, and 1 to 2 in the screen.

    Attributes:
        benchmarks: The benchmarks, in the order of their names.
        unindexed: The items that are not looked for: too short, or of formulas alone.
        hashes: The n-grams, sorted; one of several passages stands there as often. uint64, shape
            (n-grams,).
        positions: The place of each in the row of all passages' n-grams; uint32, shape (n-grams,).
        offsets: The place of each passage's first one, and their number; shape (passages + 1,).
        passages: Of each passage its benchmark, item, number in the item, n, and words that count;
            int64, shape (passages, 5).
        screen: A bit for each beginning that a hash may have, set where there is such a hash.
    """

    benchmarks: tuple[Benchmark, ...]
    unindexed: tuple[Coverage, ...]
    hashes: Hashes
    positions: npt.NDArray[np.uint32]
    offsets: Integers
    passages: Integers
    screen: npt.NDArray[np.uint8]

    @staticmethod
    def load(paths: Sequence[str], ngram: int = 13, short_ngram: int = 8) -> "ContaminationIndex":
        """Index the benchmarks in files and folders; the same whatever the order of the paths.

        Args:
            paths: See `pipeline.benchmarkitems`.
            ngram: Words of an n-gram.
            short_ngram: Words of an n-gram in passages of fewer than 2 * `ngram` words, and the
                fewest words of a passage.

        Raises:
            UserError: A file is missing, of no known format, or broken.
        """
        return ContaminationIndex.of(benchmarkitems.read(paths), ngram, short_ngram)

    @staticmethod
    def of(items: Iterable[Item], ngram: int = 13, short_ngram: int = 8) -> "ContaminationIndex":
        """Index some items; the numbers are those of `load`."""
        builder = _Builder(ngram, short_ngram)
        for item in items:
            builder.add(item)
        return builder.finish()

    def find(self, text: str) -> list[Hit]:
        """The stretches of a text that are stretches of items, by their place in the text."""
        words = Words.of(text)
        hits = [hit for n in self.lengths for hit in self._hits(words, n)]
        return sorted(hits, key=lambda hit: (hit.start, hit.stop, _place(hit)))

    def _hits(self, words: Words, n: int) -> Iterator[Hit]:
        page, positions = self._matches(words.ngrams(n))
        if not len(page):
            return
        passages = np.searchsorted(self.offsets, positions, side="right") - 1
        item = positions - self.offsets[passages]
        order = np.lexsort((page, page - item, passages))
        page, item, passages = page[order], item[order], passages[order]
        # N-grams of a passage that overlap or touch, and lie in the page as they do in the passage.
        begins = np.ones(len(page), dtype=np.bool_)
        begins[1:] = (np.diff(passages) != 0) | (np.diff(page - item) != 0) | (np.diff(page) > n)
        firsts = np.flatnonzero(begins)
        lasts = np.append(firsts[1:], len(page)) - 1
        for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
            benchmark, number, passage, _, n_words = self.passages[passages[first]].tolist()
            yield Hit(
                int(words.starts[page[first]]),
                int(words.stops[page[last] + n - 1]),
                self.benchmarks[benchmark].name,
                number,
                passage,
                int(item[first]),
                int(item[last]) + n,
                n_words,
            )

    def _matches(self, ngrams: Hashes) -> tuple[Integers, Integers]:
        """Which n-grams of a page items have, by index, and their positions."""
        slots = _slots(ngrams, self.screen)
        maybe = np.flatnonzero(self.screen[slots >> 3] & _BITS[slots & 7])
        if not len(maybe):
            return maybe, maybe
        left = np.searchsorted(self.hashes, ngrams[maybe])
        counts = np.searchsorted(self.hashes, ngrams[maybe], side="right") - left
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        entries = np.repeat(left, counts) + within
        return np.repeat(maybe, counts), self.positions[entries].astype(np.int64)

    @cached_property
    def lengths(self) -> list[int]:
        """The lengths of its n-grams, in words."""
        lengths: list[int] = np.unique(self.passages[:, 3]).tolist()
        return lengths


class _Builder:
    """Gathers passages and makes an index of them."""

    def __init__(self, ngram: int, short_ngram: int) -> None:
        self._ngram = ngram
        self._short = short_ngram
        self._seen: set[int] = set()
        self._ngrams: list[Hashes] = []
        self._passages: list[tuple[int, int, int, int]] = []
        self._too_short: list[tuple[int, int]] = []
        self._counts: dict[str, list[int]] = {}

    def add(self, item: Item) -> None:
        """Take in the passages of an item that are long enough and new."""
        counts = self._counts.setdefault(item.benchmark, [0, 0])
        place, before, repeated = len(self._counts) - 1, len(self._passages), False
        for number, words in enumerate(passages_of(item, self._short)):
            n = words.pace * (self._short if words.size < 2 * self._ngram else self._ngram)
            if words.size < self._short or len(words.starts) < n:
                continue
            (whole,) = words.ngrams(len(words.starts)).tolist()
            if whole in self._seen:
                repeated = True
                continue
            self._seen.add(whole)
            self._ngrams.append(words.ngrams(n))
            self._passages.append((place, item.number, number, n))
        counts[0] += 1
        if len(self._passages) == before:
            counts[1] += repeated
            if not repeated:
                self._too_short.append((place, item.number))

    def finish(self) -> ContaminationIndex:
        """The index of what was added."""
        passages = np.array(self._passages, dtype=np.int64).reshape(-1, 4)
        sizes = np.array([len(ngrams) for ngrams in self._ngrams], dtype=np.int64)
        offsets = np.concatenate([[0], np.cumsum(sizes)])
        hashes = np.concatenate([np.empty(0, np.uint64), *self._ngrams])
        self._ngrams.clear()
        # Stable: equal ones stay in the order of their items.
        positions = np.argsort(hashes, kind="stable")
        hashes = hashes[positions]
        telling = _telling(hashes, np.repeat(np.arange(len(sizes)), sizes)[positions], passages)
        hashes, positions = hashes[telling], positions[telling]
        n_words = _count_words(np.sort(positions), offsets, passages[:, 3])
        tells = n_words > 0
        sought = {(place, item) for place, item, *_ in passages[tells].tolist()}
        formulas = {(place, item) for place, item, *_ in passages[~tells].tolist()} - sought
        indexed = Counter(place for place, _ in sought)
        names = list(self._counts)
        return ContaminationIndex(
            tuple(
                Benchmark(name, items, indexed[place], repeated)
                for place, (name, (items, repeated)) in enumerate(self._counts.items())
            ),
            tuple(
                Coverage(names[place], item, 0, 0.0, 0, "", "")
                for place, item in sorted([*self._too_short, *formulas])
            ),
            hashes,
            positions.astype(np.uint32),
            offsets,
            np.column_stack([passages, n_words]),
            _screen(hashes),
        )


def _telling(hashes: Hashes, owners: Integers, passages: Integers) -> npt.NDArray[np.bool_]:
    """Which n-grams, sorted, tell of an item: no formulas, and the first of each in a passage.

    Args:
        hashes: The n-grams, equal ones in the order of their passages.
        owners: The passage of each.
        passages: The benchmark and the item of each passage, first.
    """
    items = np.cumsum(np.diff(passages[:, :2], axis=0, prepend=-1).any(axis=1))[owners]
    new = np.ones(len(hashes), dtype=np.bool_)
    new[1:] = hashes[1:] != hashes[:-1]
    groups = np.cumsum(new) - 1
    n_items = np.bincount(groups[new | (np.diff(items, prepend=-1) != 0)])
    telling: npt.NDArray[np.bool_] = n_items[groups] <= _MOST_ITEMS
    telling &= new | (np.diff(owners, prepend=-1) != 0)
    return telling


def _count_words(positions: Integers, offsets: Integers, lengths: Integers) -> Integers:
    """The words of each passage that the n-grams at these positions, ascending, cover."""
    passages = np.searchsorted(offsets, positions, side="right") - 1
    steps = np.diff(positions, append=0)
    last = np.diff(passages, append=-1) != 0
    covered = np.where(last, lengths[passages], np.minimum(lengths[passages], steps))
    return np.bincount(passages, covered, minlength=len(lengths)).astype(np.int64)


def _screen(hashes: Hashes) -> npt.NDArray[np.uint8]:
    """The screen of an index: 8 to 16 bits a hash."""
    screen = np.zeros(1 << len(hashes).bit_length(), dtype=np.uint8)
    slots = _slots(hashes, screen)
    if len(slots):
        firsts = np.flatnonzero(np.diff(slots >> 3, prepend=-1))
        screen[slots[firsts] >> 3] = np.bitwise_or.reduceat(_BITS[slots & 7], firsts)
    return screen


def _slots(hashes: Hashes, screen: npt.NDArray[np.uint8]) -> Integers:
    """The bit of each hash in a screen of 2^k bytes."""
    beginning = len(screen).bit_length() + 2
    return (hashes >> np.uint64(64 - beginning)).astype(np.int64)


def contamination(hits: Sequence[Hit]) -> float:
    """The statistic that is judged: the greatest share of an item that a page holds, 0 to 1."""
    return max((share for share, _ in _shares(hits).values()), default=0.0)


def spans(hits: Sequence[Hit], bound: float) -> list[tuple[int, int]]:
    """What a page holds of the items of which it holds a greater share than the bound.

    Returns:
        The first character of each stretch and the one after it; in order, none touch.
    """
    shares = _shares(hits)
    merged: list[tuple[int, int]] = []
    for hit in sorted(hits, key=lambda hit: hit.start):
        if shares[hit.benchmark, hit.item][0] <= bound:
            continue
        if merged and hit.start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], hit.stop)
        else:
            merged.append((hit.start, hit.stop))
    return merged


def rows_of(hits: Sequence[Hit], page_id: str, url: str) -> list[Coverage]:
    """What a page holds of each item, by benchmark and item."""
    return [
        Coverage(benchmark, item, n_words, share, 1, page_id, url)
        for (benchmark, item), (share, n_words) in _shares(hits).items()
    ]


def merge(rows: Iterable[Coverage]) -> list[Coverage]:
    """One row an item: of the page that holds most of it, among equals the first by id.

    Neither the order of the rows matters nor whether some were merged before. Every page's rows
    must come in once.
    """
    best: dict[tuple[str, int], Coverage] = {}
    pages: dict[tuple[str, int], int] = defaultdict(int)
    for row in rows:
        key = row.benchmark, row.item
        pages[key] += row.pages
        best[key] = min(best.get(key, row), row, key=_rank)
    return [replace(best[key], pages=pages[key]) for key in sorted(best)]


def _rank(row: Coverage) -> tuple[float, str, str, int]:
    return -row.covered, row.page_id, row.url, row.n_words


def _shares(hits: Sequence[Hit]) -> dict[tuple[str, int], tuple[float, int]]:
    """By benchmark and item, in order: the share of its best covered passage, and its words."""
    shares: dict[tuple[str, int], tuple[float, int]] = {}
    for (benchmark, item, _), group in groupby(
        sorted(hits, key=_place), key=lambda hit: _place(hit)[:3]
    ):
        covered = reached = n_words = 0
        for hit in group:
            covered += max(0, hit.last - max(hit.first, reached))
            reached, n_words = max(reached, hit.last), hit.n_words
        best = shares.get((benchmark, item), (0.0, 0))
        shares[benchmark, item] = max(best, (covered / n_words, n_words))
    return shares


def _place(hit: Hit) -> tuple[str, int, int, int, int]:
    return hit.benchmark, hit.item, hit.passage, hit.first, hit.last
