"""Of the documents of each group the first, in some order, that a size has room for: exactly.

The documents of all groups lie in ranges of the order, each of which one task holds. The sums of
the ranges tell in which of them a group's size is reached, and that range's task finds the
document. What is found is a cut: documents before it are chosen. So the choice depends on the
documents alone, not on how they came to lie in ranges.

An order is two uint64 columns, `key` and, between equal keys, `tie`; least is first. Documents that
are equal in both are one to it: chosen together.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Uint64s = npt.NDArray[np.uint64]
Int64s = npt.NDArray[np.int64]

_GREATEST = 2**64 - 1


class Cut(NamedTuple):
    """A place in an order; what lies before it is chosen."""

    key: int
    tie: int


class Request(NamedTuple):
    """What is to be found: the cut of a group for a size, under the name of what it is for."""

    name: str
    group: int
    size: int


@dataclass(frozen=True)
class Rows:
    """Documents, one an entry.

    Attributes:
        group: The number of their group, shape (documents,).
        key: Their place in the order, shape (documents,).
        tie: Their place among equal keys, shape (documents,).
        size: What each takes of the room, shape (documents,).
    """

    group: npt.NDArray[np.int32]
    key: Uint64s
    tie: Uint64s
    size: Int64s

    @classmethod
    def of(cls, table: pa.Table) -> "Rows":
        """The rows of a table with `SCHEMA`."""
        return cls(*(column.to_numpy() for column in table.columns))

    @classmethod
    def joined(cls, some: Iterable["Rows"]) -> "Rows":
        """The rows of some, one after the other; there has to be one."""
        columns = zip(*(vars(rows).values() for rows in some), strict=True)
        return cls(*map(np.concatenate, columns))

    def table(self) -> pa.Table:
        """The inverse of `of`."""
        return pa.Table.from_arrays([*map(pa.array, vars(self).values())], schema=SCHEMA)

    def take(self, places: npt.NDArray[np.integer] | npt.NDArray[np.bool_]) -> "Rows":
        """Some of the rows."""
        return Rows(*(column[places] for column in vars(self).values()))

    def sums(self, groups: int) -> Int64s:
        """The sizes added up by group, shape (groups,)."""
        found = np.zeros(groups, dtype=np.int64)
        np.add.at(found, self.group, self.size)
        return found


SCHEMA = pa.schema(
    [
        pa.field("group", pa.int32(), nullable=False),
        pa.field("key", pa.uint64(), nullable=False),
        pa.field("tie", pa.uint64(), nullable=False),
        pa.field("size", pa.int64(), nullable=False),
    ]
)


def even_bounds(ranges: int) -> list[Cut]:
    """The bounds between ranges, if keys are spread evenly as hashes are."""
    return [Cut(number * (_GREATEST + 1) // ranges, 0) for number in range(1, ranges)]


def samples(rows: Rows, count: int) -> list[Cut]:
    """Places spread evenly over some rows, for `bounds_of`."""
    order = np.lexsort((rows.tie, rows.key))
    places = order[np.linspace(0, len(order) - 1, min(count, len(order))).astype(np.int64)]
    pairs = zip(rows.key[places].tolist(), rows.tie[places].tolist(), strict=True)
    return [Cut(*pair) for pair in pairs]


def bounds_of(sampled: Sequence[Cut], ranges: int) -> list[Cut]:
    """The bounds between ranges that hold about as many of the samples each."""
    ordered = sorted(sampled)
    return [ordered[number * len(ordered) // ranges] for number in range(1, ranges) if ordered]


def ranges_of(rows: Rows, bounds: Sequence[Cut]) -> Int64s:
    """The range of each row, shape (documents,): how many bounds are not above it."""
    keys = np.array([bound.key for bound in bounds], dtype=np.uint64)
    ties = np.array([bound.tie for bound in bounds], dtype=np.uint64)
    low, high = (np.searchsorted(keys, rows.key, side=side) for side in ("left", "right"))
    found: Int64s = high.astype(np.int64)
    for start in np.unique(low[low < high]).tolist():
        equal = np.flatnonzero((low == start) & (high > start))
        stop = int(high[equal[0]])
        found[equal] = start + np.searchsorted(ties[start:stop], rows.tie[equal], side="right")
    return found


def locate(sums: Sequence[Int64s], requests: Sequence[Request]) -> list[list[Request]]:
    """By range the requests whose cut lies in it, with the size that is left for it there.

    Args:
        sums: The sizes by group, for each range in order.
        requests: What is to be found; each size is less than that of its whole group.
    """
    totals = np.cumsum(sums, axis=0)
    found: list[list[Request]] = [[] for _ in sums]
    for name, group, size in requests:
        place = int(np.searchsorted(totals[:, group], size, side="right"))
        before = int(totals[place - 1, group]) if place else 0
        found[place].append(Request(name, group, size - before))
    return found


def cuts(rows: Rows, requests: Sequence[Request]) -> Iterator[tuple[Request, Cut]]:
    """The first document of each request's group that its size has no room for.

    Args:
        rows: The documents of a range.
        requests: What is to be found in it; see `locate`.
    """
    order = np.lexsort((rows.tie, rows.key, rows.group))
    ordered = rows.take(order)
    for request in requests:
        start, stop = np.searchsorted(ordered.group, [request.group, request.group + 1]).tolist()
        totals = np.cumsum(ordered.size[start:stop])
        place = start + int(np.searchsorted(totals, request.size, side="right"))
        yield request, Cut(int(ordered.key[place]), int(ordered.tie[place]))


def before(rows: Rows, found: Mapping[int, Cut]) -> npt.NDArray[np.bool_]:
    """Whether each row is chosen, given the cuts by group; none is of a group without a cut."""
    size = 1 + max(max(found, default=0), int(rows.group.max(initial=0)))
    at = np.zeros((2, size), dtype=np.uint64)
    for group, cut in found.items():
        at[:, group] = cut
    keys, ties = at[:, rows.group]
    chosen: npt.NDArray[np.bool_] = (rows.key < keys) | ((rows.key == keys) & (rows.tie < ties))
    return chosen
