"""Candidate pairs to duplicates: which document stays, and which says the same as it.

The guarantee: a removed document is equal to, or its signature agrees to at least the configured
share with, the very document that is named as kept. Chains do not merge: a document that is only
near to a removed one is compared with the keepers itself, and stays if it is near to none.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.components import components

Nodes = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Candidates:
    """The documents that share a bucket with another, column by column, aligned.

    Attributes:
        nodes: The documents' numbers, ascending.
        ids: Their ids.
        quality: Their quality scores; -1 where there is none.
        n_chars: The lengths of their texts.
        exact: Hashes of their normalized texts; shape (n,), 16 bytes each.
        signatures: MinHash signatures; shape (n, permutations), uint32.
    """

    nodes: Nodes
    ids: npt.NDArray[np.str_]
    quality: npt.NDArray[np.float64]
    n_chars: npt.NDArray[np.int64]
    exact: npt.NDArray[np.bytes_]
    signatures: npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Duplicate:
    """A document that is removed, and for which it is.

    Attributes:
        node: The removed document's number.
        kept: The number of the document kept in its stead.
        level: `exact` or `near`.
        similarity: Share of equal permutations, the estimate of the Jaccard similarity.
    """

    node: int
    kept: int
    level: str
    similarity: float


def duplicates(
    edges: npt.NDArray[np.uint64], found: Candidates, exact: bool, min_similarity: float
) -> Iterator[Duplicate]:
    """The documents to remove.

    Within a connected component of candidate pairs the best document (by quality, then length, then
    id) is kept; each next one is a duplicate of the first keeper that it equals or is near to, and
    else a keeper itself. So nothing depends on the order of arrival.

    Args:
        edges: Candidate pairs of nodes, shape (n, 2).
        found: The columns of every node that occurs in an edge.
        exact: Whether equal texts count whatever their signatures.
        min_similarity: Least share of equal permutations for a near-duplicate; above 1 for none.
    """
    _, roots = components(edges)
    order = np.lexsort((found.ids, -found.n_chars, -found.quality, roots))
    starts = np.flatnonzero(np.diff(roots[order], prepend=roots[order][:1] + 1))
    for members in np.split(order, starts[1:]) if len(order) else []:
        yield from _within(members, found, exact, min_similarity)


def _within(
    members: npt.NDArray[np.intp], found: Candidates, exact: bool, min_similarity: float
) -> Iterator[Duplicate]:
    """The duplicates among one component's members, best first."""
    keepers = members[:1].copy()
    keepers.resize(len(members))
    count = 1
    signatures = np.empty_like(found.signatures[members])
    signatures[0] = found.signatures[members[0]]
    for member in members[1:]:
        equal = found.exact[keepers[:count]] == found.exact[member]
        agreement = (signatures[:count] == found.signatures[member]).mean(axis=1)
        hits = np.flatnonzero((equal if exact else False) | (agreement >= min_similarity))
        if not len(hits):
            keepers[count], signatures[count] = member, found.signatures[member]
            count += 1
            continue
        first = hits[0]
        level = "exact" if exact and equal[first] else "near"
        similarity = 1.0 if equal[first] else float(agreement[first])
        kept = int(found.nodes[keepers[first]])
        yield Duplicate(int(found.nodes[member]), kept, level, similarity)
