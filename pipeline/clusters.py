"""Candidate pairs to duplicates: which document stays, and which says the same as it.

Documents of earlier runs are keepers. Of the captures of one URL that, or else the newest, goes on.
Of the documents that go on, best first (by quality, then length, then id), each becomes a keeper
unless it is a duplicate of one: equal to a keeper, or verified as near to a keeper with which it
shares a bucket, of whose keepers the best 256 are compared.

The guarantee: a removed document is equal to the very document that is named as kept, or measured
to be near to it; or it is an older capture of a document that is kept or is so itself. Chains do
not merge: what is only near to a removed document stays.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipeline import minhash

if TYPE_CHECKING:
    from pipeline.config import DedupSection

Nodes = npt.NDArray[np.uint64]

# Pages of one template may share a bucket and be none of them near to another. The best of them
# stand for the bucket: else a million would be compared with a million.
_KEEPERS_A_BUCKET = 256


@dataclass(frozen=True)
class Candidates:
    """The documents that share a bucket with another, column by column, aligned.

    Attributes:
        nodes: The documents' numbers, ascending.
        roots: The smallest node of each one's connected component of candidate pairs.
        earlier: Whether an earlier run kept them.
        ids: Their ids.
        dates: When they were captured, ISO 8601.
        quality: Their quality scores; -1 where there is none.
        n_chars: The lengths of their texts.
        canonical_url: Hashes of their canonical URLs; shape (n,), 16 bytes each.
        exact: Hashes of their normalized texts; likewise.
        signatures: MinHash signatures; shape (n, permutations), uint32.
        shingles: The hashes of each one's shingles, sorted, each once; None where pairs are
            verified by signatures.
    """

    nodes: Nodes
    roots: Nodes
    earlier: npt.NDArray[np.bool_]
    ids: npt.NDArray[np.str_]
    dates: npt.NDArray[np.str_]
    quality: npt.NDArray[np.float64]
    n_chars: npt.NDArray[np.int64]
    canonical_url: npt.NDArray[np.bytes_]
    exact: npt.NDArray[np.bytes_]
    signatures: npt.NDArray[np.uint32]
    shingles: Sequence[minhash.Hashes] | None


@dataclass(frozen=True)
class Duplicate:
    """A document that is removed, and for which it is.

    Attributes:
        node: The removed document's number.
        kept: The number of the document kept in its stead.
        level: `url`, `exact` or `near`.
        similarity: How alike the two are, by the configured measure; 1 if they are equal.
    """

    node: int
    kept: int
    level: str
    similarity: float


def duplicates(found: Candidates, section: "DedupSection") -> Iterator[Duplicate]:
    """The documents to remove, whatever the order in which they arrived.

    Args:
        found: Every document that occurs in a candidate pair.
        section: Which levels count, and how pairs are verified.
    """
    rank = (found.ids, -found.n_chars, -found.quality, ~found.earlier, found.roots)
    order = np.lexsort(rank)
    starts = np.flatnonzero(np.diff(found.roots[order], prepend=found.roots[order][:1] + 1))
    buckets = np.empty((len(order), 0), dtype=np.uint64)
    if section.near:
        buckets = minhash.bands(found.signatures, section.bands, section.rows)
    for members in np.split(order, starts[1:]) if len(order) else []:
        yield from _within(members.tolist(), found, buckets, section)


def _within(
    members: Sequence[int], found: Candidates, buckets: minhash.Hashes, section: "DedupSection"
) -> Iterator[Duplicate]:
    """The duplicates among one component's members, best first."""
    newest = _newest(members, found) if section.url else {member: member for member in members}
    keepers = _Keepers(found, buckets, section)
    kept_for: dict[int, int] = {}
    for member in members:
        if found.earlier[member]:
            keepers.keep(member)
            kept_for[member] = member
            continue
        if newest[member] != member:
            continue
        match = keepers.match(member)
        kept_for[member] = match[0] if match else member
        if match:
            yield _duplicate(found, member, *match)
    for member in members:
        if newest[member] != member and not found.earlier[member]:
            kept = kept_for[newest[member]]
            yield _duplicate(found, member, kept, "url", *keepers.similarities(member, [kept]))


def _duplicate(
    found: Candidates, member: int, kept: int, level: str, similarity: float
) -> Duplicate:
    nodes = found.nodes
    return Duplicate(int(nodes[member]), int(nodes[kept]), level, float(similarity))


def _newest(members: Iterable[int], found: Candidates) -> dict[int, int]:
    """For each member the capture of its URL that stays: an earlier run's, or the newest.

    Of several, and of those of one time, it is the best.
    """
    by_url: dict[bytes, int] = {}
    for member in members:
        url = found.canonical_url[member]
        first = by_url.setdefault(url, member)
        if not found.earlier[first] and found.dates[member] > found.dates[first]:
            by_url[url] = member
    return {member: by_url[found.canonical_url[member]] for member in members}


class _Keepers:
    """The documents kept so far of a component, best first, and where they are found again."""

    def __init__(self, found: Candidates, buckets: minhash.Hashes, section: "DedupSection") -> None:
        self._found = found
        self._buckets = buckets
        self._section = section
        self._kept: list[int] = []
        self._by_text: dict[bytes, int] = {}
        self._by_bucket: defaultdict[int, list[int]] = defaultdict(list)

    def match(self, member: int) -> tuple[int, str, float] | None:
        """The keeper that a document is a duplicate of, the level and the similarity.

        If there is none, the document becomes a keeper.
        """
        section, text = self._section, self._found.exact[member]
        if section.exact and text in self._by_text:
            return self._by_text[text], "exact", 1.0
        if section.near:
            buckets = self._buckets[member].tolist()
            ranks = sorted({rank for bucket in buckets for rank in self._by_bucket.get(bucket, ())})
            keepers = [self._kept[rank] for rank in ranks]
            similarities = self.similarities(member, keepers)
            for near in np.flatnonzero(similarities >= section.min_similarity)[:1]:
                return keepers[near], "near", float(similarities[near])
        self.keep(member)
        return None

    def keep(self, member: int) -> None:
        """Make a document a keeper."""
        self._by_text.setdefault(self._found.exact[member], member)
        for bucket in self._buckets[member].tolist():
            if len(self._by_bucket[bucket]) < _KEEPERS_A_BUCKET:
                self._by_bucket[bucket].append(len(self._kept))
        self._kept.append(member)

    def similarities(self, member: int, others: Sequence[int]) -> npt.NDArray[np.float64]:
        """How alike a document is to others, by the configured measure."""
        shingles = self._found.shingles
        if shingles is None:
            signatures = self._found.signatures
            agreement: npt.NDArray[np.float64] = (
                signatures[list(others)] == signatures[member]
            ).mean(axis=1)
            return agreement
        own, jaccard = shingles[member], self._section.verify == "jaccard"
        found = np.empty(len(others))
        for place, other in enumerate(others):
            shared = len(np.intersect1d(own, shingles[other], assume_unique=True))
            sizes = len(own), len(shingles[other])
            found[place] = shared / (sum(sizes) - shared if jaccard else min(sizes))
        return found
