"""Negatives that are like the positives in what must not tell them apart: language and length.

A classifier of cited pages against any others would learn first that cited pages are long and
mostly English. So for each positive some other pages are taken of its language and of its length
to a factor of two, and of its side of the split. Which of them is decided by hashes of their ids.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

from classifiers.splits import Sides, Split
from pipeline.hashing import hash64


class Stratum(NamedTuple):
    """Pages that may be compared.

    Attributes:
        split: The side of the split they are on.
        language: Their language's tag.
        bin: The binary digits of their length in characters: 2^(bin-1) to 2^bin - 1 of them.
    """

    split: Split
    language: str
    bin: int


class Matchable(Protocol):
    """A page that can be sampled."""

    @property
    def id(self) -> str:
        """A stable id, which decides whether it is sampled."""

    @property
    def domain(self) -> str:
        """The registered domain of its host, which decides its split."""

    @property
    def language(self) -> str:
        """Its language's tag."""

    @property
    def length(self) -> int:
        """Its characters."""

    @property
    def label(self) -> bool:
        """Whether it is a positive."""


class Sided(Protocol):
    """Knows the side of the split of every domain, as `Sides` does."""

    def side(self, domain: str) -> Split:
        """Where a domain belongs."""


T = TypeVar("T", bound=Matchable)


@dataclass(frozen=True)
class Matched(Generic[T]):
    """Positives and the negatives matched to them.

    Attributes:
        pages: All of them, each with its split, in the order of their ids' hashes.
        positives: How many positives each stratum has.
        wanted: How many negatives each should have.
        taken: How many it has: as many, or all there are.
    """

    pages: list[tuple[T, Split]]
    positives: Mapping[Stratum, int]
    wanted: Mapping[Stratum, int]
    taken: Mapping[Stratum, int]


class Lowest(Generic[T]):
    """Of all pages offered, the `size` whose ids hash lowest: the same in whatever order.

    A smaller sample is the beginning of a larger one.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._heap: list[tuple[int, str, int, T]] = []
        self._offered = 0

    def offer(self, page: T) -> None:
        """Keep the page if its hash is among the lowest so far."""
        self._offered += 1
        # Of equal ids the first one offered; pages themselves are never compared.
        entry = (-hash64(page.id), page.id, -self._offered, page)
        if len(self._heap) < self._size:
            heapq.heappush(self._heap, entry)
        elif self._heap and entry > self._heap[0]:
            heapq.heapreplace(self._heap, entry)

    def pages(self) -> list[T]:
        """The pages, in the order of their hashes."""
        return [entry[-1] for entry in sorted(self._heap, reverse=True)]


def match(
    pages: Callable[[], Iterable[T]],
    ratio: float,
    most: int,
    cut: Callable[[Mapping[str, int]], Sided] = Sides.of,
) -> Matched[T]:
    """Sample positives, and negatives matched to them.

    Args:
        pages: Gives all pages, in any order; they are gone through twice, and what is not sampled
            is not held.
        ratio: Negatives per positive.
        most: Positives at most.
        cut: Gives the sides of the domains, by how many of these positives each has.
    """
    positives: Lowest[T] = Lowest(most)
    for page in pages():
        if page.label:
            positives.offer(page)
    cited = positives.pages()
    sides = cut(Counter(page.domain for page in cited))

    def stratum(page: T) -> Stratum:
        return Stratum(sides.side(page.domain), page.language, page.length.bit_length())

    counts = Counter(map(stratum, cited))
    wanted = {key: int(ratio * count + 0.5) for key, count in counts.items()}
    others: dict[Stratum, Lowest[T]] = {key: Lowest(quota) for key, quota in wanted.items()}
    for page in pages():
        if not page.label and (key := stratum(page)) in others:
            others[key].offer(page)
    negatives = [page for lowest in others.values() for page in lowest.pages()]
    ordered = sorted(cited + negatives, key=lambda page: (hash64(page.id), page.id))
    both = [(page, sides.side(page.domain)) for page in ordered]
    return Matched(both, counts, wanted, Counter(map(stratum, negatives)))
