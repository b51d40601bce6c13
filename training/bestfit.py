"""Best-fit decreasing: pieces of whole lengths into as few bins of one size as is easy.

Ding et al. 2024, "Fewer Truncations Improve Language Modeling", pack documents so.
"""

from bisect import bisect_left, insort

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]


def best_fit(lengths: Integers, capacity: int) -> Integers:
    """Puts each piece, the longest first, into the bin with the least room that holds it.

    Bins are kept by the room they have left. Pieces of one length go into bins of one room all at
    once.

    Args:
        lengths: From 1 to `capacity`, shape `(pieces,)`.
        capacity: Size of a bin.

    Returns:
        The bin of each piece, numbered from 0 as they were opened; shape `(pieces,)`.
    """
    counts = np.bincount(lengths, minlength=1)
    by_room: dict[int, list[int]] = {}
    rooms: list[int] = []  # The keys of `by_room`, sorted.
    opened = 0
    placed: list[int] = []
    for length in np.flatnonzero(counts)[::-1].tolist():
        count = int(counts[length])
        while count:
            at = bisect_left(rooms, length)
            if at == len(rooms):
                new = -(-count // (capacity // length))
                by_room[capacity] = list(range(opened, opened + new))
                rooms.append(capacity)
                opened += new
            room = rooms[at]
            bins = by_room[room]
            # What still fits into the best bin fits nowhere better, so it is filled up.
            times = min(room // length, count)
            taken = bins[-(count // times) :]
            del bins[-len(taken) :]
            placed += taken if times == 1 else [bin_ for bin_ in taken for _ in range(times)]
            count -= times * len(taken)
            if not bins:
                del rooms[at], by_room[room]
            left = room - times * length
            if left in by_room:
                by_room[left] += taken
            elif left:
                by_room[left] = taken
                insort(rooms, left)
    result = np.empty(len(lengths), np.int64)
    result[np.argsort(-lengths, kind="stable")] = placed
    return result
